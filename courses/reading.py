"""What a lesson page needs to know of its reader.

A lesson is opened far more often than anything else, so this asks for less than
``courses.standing``: no attempts, no attendance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from content.models import CoursePage, CourseVersion
from courses.conditions import Manifest, latest_versions
from courses.models import Enrolment, LessonProgress
from courses.standing import completions_of, gates_of
from courses.steps import Gate
from lms.people.days import local_day
from lms.people.models import StaffMember


@dataclass(frozen=True)
class Reading:
    """What a lesson page needs to know of one person in its course."""

    # The open round, else the last one; NULL before the first.
    enrolment: Enrolment | None
    done: Mapping[int, date]
    is_held: bool
    locked_by: tuple[Gate, ...]

    @property
    def is_open(self) -> bool:
        return self.enrolment is not None and self.enrolment.closed_at is None

    @property
    def may_record(self) -> bool:
        """An act would be recorded, opening a round if need be; a held course is left alone."""
        return self.is_open or (not self.is_held and not self.locked_by)


def reading_of(person: StaffMember, course: CoursePage, *, at: datetime) -> Reading:
    """Return how ``person`` stands towards the lessons of ``course``; at most five queries."""
    day = local_day(at)
    enrolment = (
        Enrolment.objects.filter(person=person, course=course)
        .select_related("course_version")
        .order_by("-round")
        .first()
    )
    if enrolment is not None and enrolment.closed_at is None:
        version: CourseVersion | None = enrolment.course_version
    else:
        version = latest_versions([course.pk]).get(course.pk)
    manifest = Manifest.of(version) if version else None
    completions = completions_of(person, [course.pk], [manifest] if manifest else [], day)
    gates = gates_of(
        {course.pk: enrolment} if enrolment else {},
        {course.pk: manifest} if manifest else {},
        completions,
        day,
    )
    completion = completions.get(course.pk)
    is_held = completion is not None and day < completion.valid_to
    is_shown = enrolment is not None and (enrolment.closed_at is None or is_held)
    done = (
        dict(LessonProgress.objects.filter(enrolment=enrolment).values_list("lesson_id", "done_on"))
        if is_shown
        else {}
    )
    return Reading(
        enrolment=enrolment,
        done=done,
        is_held=is_held,
        locked_by=() if is_held else gates.get(course.pk, ()),
    )
