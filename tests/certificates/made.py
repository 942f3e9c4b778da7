"""The smallest rows a certificate rests on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from content.models import CoursePage
from courses.models import Completion
from lms.people.models import StaffMember, Unit
from tests.factories import (
    make_completion,
    make_course,
    make_course_version,
    make_enrolment,
    make_person,
    make_unit,
)

DONE = date(2024, 5, 6)
ISSUED_AT = datetime(2024, 5, 7, 3, 0, tzinfo=UTC)


def make_done(
    person: StaffMember | None = None,
    course: CoursePage | None = None,
    *,
    unit: Unit | None = None,
    valid_from: date = DONE,
    mode: str = "on_completion",
    **fields: Any,
) -> Completion:
    """A completion of this portal, with its round and the unit of that day."""
    person = person or make_person(full_name="Nguyễn Thị Ngọc Ánh")
    course = course or make_course(title="Nhận diện nạn nhân bị mua bán")
    if not course.versions.exists():
        make_course_version(course, certificate_mode=mode)
    enrolment = make_enrolment(
        person,
        course,
        at=datetime(2024, 4, 1, 3, 0, tzinfo=UTC),
        round=fields.pop("round", 1),
        closed_at=ISSUED_AT,
        closed_as="completed",
    )
    fields.setdefault("position_title", "Công chức văn hóa – xã hội")
    return make_completion(
        person,
        course,
        valid_from=valid_from,
        source="portal",
        enrolment=enrolment,
        course_version=enrolment.course_version,
        unit=unit or make_unit(name="Chà Vàl", kind="Xã"),
        **fields,
    )
