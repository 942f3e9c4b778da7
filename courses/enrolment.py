"""Taking up a course: rounds of a person, and the gates before a course.

A round belongs to the staff member, account or not; one is open per person and course, and a
refresher or renewal is the next one (``docs/decisions.md`` 23). Course 1 gates 2 and 3 (25).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction

from content.models import CoursePage
from courses.conditions import Manifest, latest_versions
from courses.models import Completion, Enrolment
from lms.people import audit
from lms.people.days import local_day
from lms.people.models import StaffMember


class CourseNotPublished(Exception):
    """The course has no version yet: there is nothing to pin."""


class CourseLocked(Exception):
    """Courses must be completed first; ``gates`` holds their page ids."""

    def __init__(self, gates: Iterable[int]) -> None:
        self.gates = tuple(gates)
        super().__init__(self.gates)


def closed_gates(person_id: int, gates: Iterable[int], day: date) -> tuple[int, ...]:
    """Return those of ``gates`` not held by the person on ``day``; one query at most."""
    gates = tuple(gates)
    if not gates:
        return ()
    held = set(
        Completion.objects.current()
        .valid_on(day)
        .for_person(person_id)
        .filter(course__in=gates)
        .values_list("course_id", flat=True)
    )
    return tuple(gate for gate in gates if gate not in held)


@transaction.atomic
def enrol(
    person: StaffMember, course: CoursePage, *, actor: Any, at: datetime, enforce_gates: bool = True
) -> Enrolment:
    """Return the person's open round of ``course``, opening the next one if none is open.

    The newest course version is pinned whatever its date: a history may be older than the texts.
    Raises :class:`CourseNotPublished`, or :class:`CourseLocked` while a gate is not held on the
    day of ``at``; ``enforce_gates=False`` is for lists of a class, which gates do not bind.
    """
    # The person is locked, not the round: there may be none yet to lock.
    StaffMember.objects.select_for_update().only("pk").get(pk=person.pk)
    latest = Enrolment.objects.filter(person=person, course=course).order_by("-round").first()
    if latest is not None and latest.closed_at is None:
        return latest
    version = latest_versions([course.pk]).get(course.pk)
    if version is None:
        raise CourseNotPublished(course.pk)
    day = local_day(at)
    if enforce_gates:
        closed = closed_gates(person.pk, Manifest.of(version).gates, day)
        if closed:
            raise CourseLocked(closed)
    enrolment = Enrolment.objects.create(
        person=person,
        course=course,
        course_version=version,
        round=latest.round + 1 if latest else 1,
        opened_at=at,
        opened_on=day,
        opened_by=actor,
    )
    audit.log(
        "enrolment.open",
        enrolment,
        actor=actor,
        at=at,
        person=person,
        course=course.pk,
        round=enrolment.round,
        course_version=version.pk,
    )
    return enrolment
