"""Classes: opening, sessions, the list of names, and who may do what with them.

Every write here locks the class first, so that two focal persons who nominate at once cannot
overfill it; the list's unique key has the last word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from courses.enrolment import enrol
from courses.models import ClassInstructor, ClassRosterEntry, ClassSession, TrainingClass
from lms.people import audit
from lms.people.models import Posting, StaffMember, Unit
from lms.people.models.accounts import Role
from lms.people.scopes import Scope
from lms.people.text import clean, fold

# Names offered by one search: enough to choose from, too few to copy a register of staff.
SEARCH_LIMIT = 20
SEARCH_MIN_LETTERS = 2


class BadPeriods(Exception):
    """A session must cover at least one period, and only those of the course's class plan."""


class BadTimes(Exception):
    """The session ends before it begins."""


class ClassCancelled(Exception):
    """Nothing more can be arranged in a class that was called off."""


class ClassFull(Exception):
    """Every seat is taken."""


class HasMarks(Exception):
    """Attendance was recorded: the session took place and cannot be called off."""


@dataclass(frozen=True)
class Rights:
    """What the asker may do with one class she sees."""

    keeps: bool  # arranges sessions and names, takes the register
    nominates: bool  # puts people of her own scope on the list
    sees_names: bool  # of those people she may see; a learner sees only herself


def rights_over(training_class: TrainingClass, scope: Scope) -> Rights:
    """Return the rights of ``scope`` over a class it sees; one query."""
    keeps = TrainingClass.objects.managed_by(scope).filter(pk=training_class.pk).exists()
    focal = scope.has_role(Role.UNIT_FOCAL, Role.DISTRICT_FOCAL, Role.PROVINCE_MANAGER)
    return Rights(keeps=keeps, nominates=keeps or focal, sees_names=keeps or scope.sees_people)


def may_open_classes(scope: Scope) -> bool:
    return scope.has_role(Role.PROVINCE_MANAGER, Role.INSTRUCTOR)


def roster_of(
    training_class: TrainingClass, scope: Scope, rights: Rights
) -> QuerySet[ClassRosterEntry]:
    """Return the names on the list that the asker may see, by given name; lazy, no writes."""
    entries = ClassRosterEntry.objects.filter(
        training_class=training_class, removed_at__isnull=True
    ).select_related("person", "enrolment__course_version")
    if not rights.keeps:
        people = scope.people(StaffMember.objects.all())
        entries = entries.filter(person__in=people.values("pk"))
    return entries.order_by("person__sort_name", "person_id")


def people_to_add(training_class: TrainingClass, scope: Scope, words: str) -> QuerySet[StaffMember]:
    """Return people of the asker's scope not yet on the list whose name or code matches ``words``.

    An instructor reaches the staff of the units she teaches for, and of no other. Fewer than
    ``SEARCH_MIN_LETTERS`` letters find nobody.
    """
    folded = fold(words)
    if len(folded) < SEARCH_MIN_LETTERS:
        return StaffMember.objects.none()
    listed = ClassRosterEntry.objects.filter(training_class=training_class, removed_at__isnull=True)
    return (
        within_reach(scope)
        .filter(Q(folded_name__contains=folded) | Q(staff_code__iexact=clean(words)))
        .exclude(pk__in=listed.values("person_id"))
        .order_by("sort_name", "pk")[:SEARCH_LIMIT]
    )


def within_reach(scope: Scope) -> QuerySet[StaffMember]:
    """Return the people the asker may put on a class list: hers, and those she teaches for."""
    taught = (
        Posting.objects.current().valid_on(scope.day).filter(unit__in=scope.units(Role.INSTRUCTOR))
    )
    people = StaffMember.objects.filter(erased_at__isnull=True)
    seen = scope.people(StaffMember.objects.all())
    return people.filter(Q(pk__in=seen.values("pk")) | Q(pk__in=taught.values("person_id")))


@transaction.atomic
def create_class(
    course: Any,
    *,
    unit: Unit,
    title: str,
    place: str,
    actor: Any,
    at: datetime,
    seats: int | None = None,
    instructors: Iterable[Any] = (),
    note: str = "",
) -> TrainingClass:
    """Open a class of ``course`` for ``unit`` and those below it.

    Without ``seats`` the course's largest class holds.
    """
    training_class = TrainingClass.objects.create(
        course=course,
        unit=unit,
        title=clean(title),
        place=clean(place),
        note=note.strip(),
        seats=seats or course.class_size_max,
        created_at=at,
        created_by=actor,
    )
    ClassInstructor.objects.bulk_create(
        ClassInstructor(training_class=training_class, user=user) for user in instructors
    )
    audit.log("class.open", training_class, actor=actor, at=at, unit=unit)
    return training_class


@transaction.atomic
def add_session(
    training_class: TrainingClass,
    *,
    starts_at: datetime,
    ends_at: datetime,
    periods: Collection[int],
    actor: Any,
    at: datetime,
    title: str = "",
) -> ClassSession:
    """Add a meeting that covers ``periods`` of the class plan.

    Raises :class:`BadTimes`, :class:`BadPeriods` or :class:`ClassCancelled`.
    """
    training_class = _lock(training_class)
    plan = range(1, training_class.course.class_periods + 1)
    wanted = sorted(set(periods))
    if not wanted or not set(wanted) <= set(plan):
        raise BadPeriods(wanted)
    if ends_at <= starts_at:
        raise BadTimes(starts_at, ends_at)
    session = ClassSession.objects.create(
        training_class=training_class,
        title=clean(title),
        starts_at=starts_at,
        ends_at=ends_at,
        periods=wanted,
    )
    audit.log("class.add_session", session, actor=actor, at=at, unit=training_class.unit)
    return session


@transaction.atomic
def add_to_roster(
    training_class: TrainingClass, person: StaffMember, *, actor: Any, at: datetime
) -> ClassRosterEntry:
    """Put ``person`` on the list, enrolling her if she is not; the same person twice is once.

    Classes are independent of gates (``docs/decisions.md`` 25). Raises :class:`ClassFull` or
    :class:`ClassCancelled`, and what ``enrol`` raises for a course without a published version.
    """
    training_class = _lock(training_class)
    listed = ClassRosterEntry.objects.filter(training_class=training_class, removed_at__isnull=True)
    entry = listed.filter(person=person).first()
    if entry is not None:
        return entry
    if listed.count() >= training_class.seats:
        raise ClassFull(training_class.pk)
    entry = ClassRosterEntry.objects.create(
        training_class=training_class,
        person=person,
        added_at=at,
        added_by=actor,
        enrolment=enrol(person, training_class.course, actor=actor, at=at, enforce_gates=False),
    )
    audit.log(
        "class.add_person", entry, actor=actor, at=at, person=person, unit=training_class.unit
    )
    return entry


@transaction.atomic
def remove_from_roster(entry: ClassRosterEntry, *, actor: Any, at: datetime) -> None:
    """Take a name off the list; marks already given stay and count. Twice is once."""
    changed = ClassRosterEntry.objects.filter(pk=entry.pk, removed_at__isnull=True).update(
        removed_at=at, removed_by=actor
    )
    if changed:
        audit.log("class.remove_person", entry, actor=actor, at=at, person=entry.person)


@transaction.atomic
def cancel_class(training_class: TrainingClass, *, actor: Any, at: datetime) -> None:
    """Call a class off. Raises :class:`HasMarks` once attendance was taken; twice is once."""
    training_class = TrainingClass.objects.select_for_update().get(pk=training_class.pk)
    if training_class.cancelled_at:
        return
    if training_class.sessions.filter(marks__isnull=False).exists():
        raise HasMarks(training_class.pk)
    TrainingClass.objects.filter(pk=training_class.pk).update(cancelled_at=at)
    audit.log("class.cancel", training_class, actor=actor, at=at, unit=training_class.unit)


@transaction.atomic
def cancel_session(session: ClassSession, *, actor: Any, at: datetime) -> None:
    """Call one meeting off. Raises :class:`HasMarks` once attendance was taken; twice is once."""
    session = ClassSession.objects.select_for_update().get(pk=session.pk)
    if session.cancelled_at:
        return
    if session.marks.exists():
        raise HasMarks(session.pk)
    ClassSession.objects.filter(pk=session.pk).update(cancelled_at=at)
    audit.log("class.cancel_session", session, actor=actor, at=at)


@transaction.atomic
def close_register(session: ClassSession, *, actor: Any, at: datetime) -> bool:
    """Sign the register off: no mark changes from ``at`` on. Return whether it was open."""
    changed = ClassSession.objects.filter(pk=session.pk, register_closed_at__isnull=True).update(
        register_closed_at=at
    )
    if changed:
        audit.log("class.close_register", session, actor=actor, at=at)
    return bool(changed)


@transaction.atomic
def reopen_register(session: ClassSession, *, actor: Any, at: datetime) -> bool:
    """Open a signed-off register again for a correction. Return whether it was closed."""
    changed = ClassSession.objects.filter(pk=session.pk, register_closed_at__isnull=False).update(
        register_closed_at=None
    )
    if changed:
        audit.log("class.reopen_register", session, actor=actor, at=at)
    return bool(changed)


def _lock(training_class: TrainingClass) -> TrainingClass:
    locked = (
        TrainingClass.objects.select_for_update(of=("self",))
        .select_related("course", "unit")
        .get(pk=training_class.pk)
    )
    if locked.cancelled_at:
        raise ClassCancelled(locked.pk)
    return locked
