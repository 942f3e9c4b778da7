"""What a new portal starts with: the units of 2024, province bodies, position groups, first rules.

Everything is known always (``loaded=True``) and begins before our records, so that a figure for any
day, as known on any day, finds it. What exists already is left as it is: an office that renamed a
unit or changed a tier keeps its change when the command runs again.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from lms.people import audit
from lms.people.days import BEFORE
from lms.people.facts import record
from lms.people.models import GroupTier, PositionGroup, RuleSet, Unit, UnitVersion
from lms.people.models.units import UnitLevel
from lms.people.roles import set_group_permissions
from lms.people.units import UNPLACED_KEY, NewUnit, open_unit, rebuild_paths

DATA = Path(__file__).resolve().parent / "data"
PROVINCE_CODE = "49"


@dataclass(frozen=True)
class LoadResult:
    """How many rows one run added; all zero when everything was there."""

    province_count: int = 0
    district_count: int = 0
    commune_count: int = 0
    agency_count: int = 0
    unplaced_count: int = 0
    group_count: int = 0
    rule_set_count: int = 0

    @property
    def total(self) -> int:
        return sum(vars(self).values())


@transaction.atomic
def load_units(*, at: datetime) -> LoadResult:
    """Add what is missing of units, position groups, tiers and rules; return what was added.

    Two runs at once cannot add a unit twice: the guard of unit codes refuses the later one.
    """
    counts = dict.fromkeys(LoadResult.__dataclass_fields__, 0)
    by_code = {
        version.code: version.unit
        for version in UnitVersion.objects.select_related("unit").order_by("recorded_at")
    }
    own_keys = set(Unit.objects.exclude(own_key="").values_list("own_key", flat=True))

    def open_missing(new: NewUnit) -> bool:
        if new.code in by_code or new.own_key in own_keys:
            return False
        by_code[new.code] = open_unit(new, valid_from=BEFORE, actor=None, at=at, loaded=True)
        return True

    counts["province_count"] += open_missing(
        NewUnit(PROVINCE_CODE, "Quảng Nam", "Tỉnh", UnitLevel.PROVINCE, None)
    )
    province = by_code[PROVINCE_CODE]
    # The file lists districts before their communes; sorting by level keeps that true.
    for row in sorted(read_rows("units_2024.csv"), key=lambda row: row["level"] != "district"):
        counts[f"{row['level']}_count"] += open_missing(
            NewUnit(
                row["code"], row["name"], row["type"], row["level"], by_code[row["parent_code"]]
            )
        )
    for row in read_rows("agencies.csv"):
        counts["agency_count"] += open_missing(
            NewUnit(row["code"], row["name"], "", UnitLevel.AGENCY, province, row["own_key"])
        )
    # Without a parent: nobody's child, so its people are counted in a row of their own.
    counts["unplaced_count"] += open_missing(
        NewUnit("CHUA-XEP", "Chưa xếp đơn vị", "", UnitLevel.AGENCY, None, UNPLACED_KEY)
    )
    counts["group_count"] = _load_groups(at=at)
    counts["rule_set_count"] = _load_rules(at=at)
    set_group_permissions()
    result = LoadResult(**counts)
    if result.total:
        rebuild_paths()
        audit.log("units.load", province, actor=None, at=at, unit=province, **counts)
    return result


def read_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a file in ``lms/people/data`` by column name."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _load_groups(*, at: datetime) -> int:
    known = set(PositionGroup.objects.values_list("code", flat=True))
    missing = [row for row in read_rows("position_groups.csv") if row["code"] not in known]
    for row in missing:
        group = PositionGroup.objects.create(
            code=row["code"],
            name=row["name"],
            short_name=row["short_name"],
            typical_titles=row["typical_titles"],
            bit=int(row["bit"]),
        )
        record(GroupTier, actor=None, at=at, loaded=True, group=group, tier=row["tier"])
    return len(missing)


def _load_rules(*, at: datetime) -> int:
    if RuleSet.objects.exists():
        return 0
    record(RuleSet, actor=None, at=at, loaded=True)
    return 1
