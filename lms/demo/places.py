"""How many people of which position group each unit of 2024 has, in proportion to all staff.

Not verified by any source: the numbers of staff are invented so that every unit has its core group
and the target counts about seven of ten people.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date

from lms.people.models import Unit, UnitPath, UnitVersion
from lms.people.models.units import UnitLevel

AGENCY_STAFF: dict[str, dict[str, float]] = {
    "so-ldtbxh": {"so_ldtbxh": 14},
    "tt-ctxh": {"tt_ctxh": 22},
    "tong-dai": {"tong_dai": 8},
    "so-tu-phap": {"tgpl": 3},
    "tt-tgpl": {"tgpl": 10},
    "cong-an-tinh": {"cong_an": 8},
    "bien-phong": {"bien_phong": 16},
    "hoi-lhpn": {"phu_nu": 5},
    "so-y-te": {"y_te_gd": 4},
    "so-gddt": {"y_te_gd": 3},
    "mttq": {"doan_the": 2},
    "tinh-doan": {"doan_the": 2},
    "hoi-nong-dan": {"doan_the": 2},
    "hoi-ccb": {"doan_the": 2},
}
DISTRICT_STAFF = {
    "phong_ldtbxh": 3.2,
    "cong_an": 1.6,
    "phu_nu": 1.0,
    "y_te_gd": 1.2,
    "doan_the": 1.2,
}
COMMUNE_STAFF = {
    "xa_ldtbxh": 2.7,
    "cong_an": 0.3,
    "phu_nu": 0.35,
    "y_te_gd": 0.22,
    "doan_the": 0.45,
}
TITLES: dict[str, tuple[str, ...]] = {
    "so_ldtbxh": ("Chuyên viên", "Chuyên viên", "Phó Trưởng phòng", "Trưởng phòng"),
    "tt_ctxh": ("Nhân viên công tác xã hội", "Tư vấn viên", "Quản lý trường hợp"),
    "tong_dai": ("Tư vấn viên",),
    "phong_ldtbxh": ("Chuyên viên", "Chuyên viên", "Phó Trưởng phòng", "Trưởng phòng"),
    "xa_ldtbxh": (
        "Công chức văn hóa – xã hội",
        "Công chức văn hóa – xã hội",
        "Người làm công tác bảo vệ trẻ em",
        "Cộng tác viên",
    ),
    "tgpl": ("Trợ giúp viên pháp lý",),
    "cong_an": ("Cán bộ tiếp nhận, xác minh", "Công an xã"),
    "bien_phong": ("Cán bộ tiếp nhận, xác minh",),
    "phu_nu": ("Chủ tịch Hội", "Cán bộ chuyên trách"),
    "y_te_gd": ("Y sĩ", "Giáo viên tư vấn học đường"),
    "doan_the": ("Bí thư Đoàn", "Chủ tịch Hội Nông dân", "Trưởng thôn", "Cán bộ Mặt trận"),
}


@dataclass(frozen=True, slots=True)
class UnitPlace:
    """A unit where people are posted; ``district_code`` is "" for the agencies of the province."""

    unit_id: int
    code: str
    name: str
    level: str
    district_code: str


@dataclass(frozen=True, slots=True)
class Place:
    """One seat: a unit and the group of its duty."""

    unit: UnitPlace
    group: str


def read_units(day: date) -> dict[str, UnitPlace]:
    """Return the units of ``day`` by code, in code order; agencies also under their own key."""
    districts = {
        path.unit_id: path.ancestor_id
        for path in UnitPath.objects.filter(
            depth__lte=1,
            valid_from__lte=day,
            valid_to__gt=day,
            ancestor__versions__level=UnitLevel.DISTRICT,
        )
    }
    codes = dict(UnitVersion.objects.current().valid_on(day).values_list("unit_id", "code"))
    own_keys = dict(Unit.objects.exclude(own_key="").values_list("pk", "own_key"))
    units = {}
    for version in UnitVersion.objects.current().valid_on(day).order_by("code"):
        if version.parent_id is None and version.level == UnitLevel.AGENCY:
            continue  # the catch-all for people without a unit
        place = UnitPlace(
            version.unit_id,
            version.code,
            version.full_name,
            version.level,
            codes.get(districts.get(version.unit_id, 0), ""),
        )
        units[own_keys.get(version.unit_id, version.code)] = place
    return units


def share_out(units: dict[str, UnitPlace], count: int, rng: random.Random) -> list[Place]:
    """Return ``count`` places, units in code order, by the largest remainder."""
    quotas: list[tuple[Place, float]] = []
    for key, unit in units.items():
        staff = {
            UnitLevel.AGENCY: AGENCY_STAFF.get(key, {}),
            UnitLevel.DISTRICT: DISTRICT_STAFF,
            UnitLevel.COMMUNE: COMMUNE_STAFF,
        }.get(unit.level, {})
        quotas += [(Place(unit, group), weight) for group, weight in staff.items()]
    scale = count / sum(weight for _place, weight in quotas)
    whole = [int(weight * scale) for _place, weight in quotas]
    by_remainder = sorted(
        range(len(quotas)),
        key=lambda at: (whole[at] - quotas[at][1] * scale, rng.random()),
    )
    for at in by_remainder[: count - sum(whole)]:
        whole[at] += 1
    return [
        place
        for (place, _weight), seats in zip(quotas, whole, strict=True)
        for _seat in range(seats)
    ]
