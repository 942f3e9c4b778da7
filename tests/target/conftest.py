"""A small province with two districts, and those who look at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from lms.people.models import User
from tests import factories as f


@dataclass
class Province:
    """Units by code, two groups that need courses, and the courses."""

    units: dict[str, Any] = field(default_factory=dict)
    groups: dict[str, Any] = field(default_factory=dict)
    courses: list[Any] = field(default_factory=list)

    def person(self, code: str, *, group: str = "xa", name: str = "", **fields: Any) -> Any:
        person = f.make_person(full_name=name)
        f.make_posting(person, unit=self.units[code], group=self.groups[group], **fields)
        return person

    def train(self, person: Any, *, on: date = date(2024, 3, 1), count: int | None = None) -> None:
        for course in self.courses[:count]:
            f.make_completion(person, course, valid_from=on)


@pytest.fixture
def province() -> Province:
    world = Province()
    add = world.units
    add["49"] = f.make_unit(code="49", name="Quảng Nam", kind="Tỉnh", level="province")
    for district, name in (("510", "Nam Giang"), ("511", "Phước Sơn")):
        add[district] = f.make_unit(
            code=district, name=name, kind="Huyện", level="district", parent=add["49"]
        )
        for number in (1, 2):
            code = f"{district}0{number}"
            add[code] = f.make_unit(code=code, name=f"Xã {code}", parent=add[district])
    add["SO"] = f.make_unit(code="SO", name="Sở Mẫu", kind="", level="agency", parent=add["49"])
    add["CHUA-XEP"] = f.make_unit(
        code="CHUA-XEP",
        name="Chưa xếp đơn vị",
        kind="",
        level="agency",
        own_key="chua-xep-don-vi",
    )
    world.groups = {
        "xa": f.make_group(code="xa", name="Công chức xã"),
        "cong_an": f.make_group(code="cong_an", tier="N", name="Công an"),
        "doan": f.make_group(code="doan", tier="E", name="Đoàn thể"),
    }
    world.courses = [f.make_course(title=f"Khóa số {number}") for number in (1, 2)]
    for group in world.groups.values():
        f.make_requirement(group, world.courses[0])
    f.make_requirement(world.groups["xa"], world.courses[1])
    f.make_rules()
    return world


def sign_in(user: User) -> Client:
    """Return a client signed in with the second factor shown."""
    client = Client()
    client.force_login(user)
    device = TOTPDevice.objects.create(user=user, name="thử", confirmed=True)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client


@pytest.fixture
def as_role(province):
    """Return a function: role and unit code in, signed-in client out."""

    def make(role: str, code: str = "49") -> Client:
        person = f.make_person()
        user = f.make_user(person)
        if role != "learner":
            f.make_role(user, role, unit=province.units[code])
        return sign_in(user)

    return make
