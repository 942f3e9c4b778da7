"""Attendance in periods: marks are appended, the state is a fold over them.

``docs/decisions.md`` 27: a session names which periods of the class plan it covers; what a person
attended is the set of distinct periods over all classes of her round, so that a missed period can
be made up in another class and none counts twice. Who comes more than the rule's minutes late to a
period (15 unless the rule set says otherwise) was absent for that period.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from courses.models import AttendanceMark, ClassRosterEntry, ClassSession
from courses.models.classes import AttendanceStatus, MarkSource
from lms.people.days import local_day
from lms.people.facts import writing
from lms.people.followers import touch
from lms.people.rules import rules_on

# One teaching period (domain.md 2, "tiết").
PERIOD_MINUTES = 45
LATE_MINUTES = 15


# Of marks: what was cancelled does not count, whatever was marked.
NOT_CANCELLED = {
    "session__cancelled_at__isnull": True,
    "session__training_class__cancelled_at__isnull": True,
}


class RegisterClosed(Exception):
    """The register was signed off; only reopening it lets a mark be changed."""


class SessionNotOpen(Exception):
    """The session was cancelled, or its day has not come: nobody can have been present."""


class NotOnRoster(Exception):
    """``person_ids`` do not stand on the list of the class."""

    def __init__(self, person_ids: Collection[int]) -> None:
        super().__init__(sorted(person_ids))
        self.person_ids = frozenset(person_ids)


class RegisterChanged(Exception):
    """Somebody else marked these people since the form was shown.

    ``marks`` holds what stands now, by person, ``None`` where the mark was undone; ``last`` the key
    of the last mark, to be seen by the next try.
    """

    def __init__(self, marks: Mapping[int, AttendanceMark | None], last: Mapping[int, int]) -> None:
        super().__init__(sorted(marks))
        self.marks, self.last = dict(marks), dict(last)


@dataclass(frozen=True)
class Seen:
    """What a trainer saw or says of one person: a status, and how late in minutes."""

    status: str
    minutes_late: int | None = None


@dataclass(frozen=True)
class Attendance:
    """Periods a person attended in a round and the first day on which each was attended."""

    first_days: Mapping[int, date] = field(default_factory=dict)

    @property
    def periods(self) -> frozenset[int]:
        return frozenset(self.first_days)

    def reached_on(self, needed: int) -> date | None:
        """Return the day on which ``needed`` distinct periods were reached, ``None`` if not yet.

        Nothing needed has no day: the condition was met before any session.
        """
        days = sorted(self.first_days.values())
        return days[needed - 1] if 0 < needed <= len(days) else None


def periods_needed(total: int, percent: int) -> int:
    """Return ⌈``percent`` % of ``total``⌉ periods, in integers: 80 % of 3 is 3, of 5 is 4."""
    return -(-total * percent // 100)


def periods_after_arrival(
    periods: Iterable[int], minutes_late: int, *, limit_minutes: int = LATE_MINUTES
) -> list[int]:
    """Return which of a session's ``periods`` count for somebody who came ``minutes_late``.

    The periods follow each other, 45 minutes each; more than ``limit_minutes`` late to one means
    absent for it. 15 minutes late keeps all, 16 loses the first, 60 the first, 61 the first two.
    """
    return [
        period
        for place, period in enumerate(sorted(periods))
        if minutes_late - place * PERIOD_MINUTES <= limit_minutes
    ]


def standing_marks(marks: Iterable[AttendanceMark]) -> dict[tuple[int, int], AttendanceMark]:
    """Fold ``marks``, oldest first, into the mark that stands per (session, person).

    A mark of source ``undo`` takes back the one before it, so the state is that of the mark before
    the one undone. Where everything was undone there is no entry. Pure.
    """
    stacks: dict[tuple[int, int], list[AttendanceMark]] = defaultdict(list)
    for mark in marks:
        stack = stacks[mark.session_id, mark.person_id]
        if mark.source != MarkSource.UNDO:
            stack.append(mark)
        elif stack:
            stack.pop()
    return {key: stack[-1] for key, stack in stacks.items() if stack}


def register_of(session: ClassSession) -> tuple[dict[int, AttendanceMark], dict[int, int]]:
    """Return the standing mark and the key of the last mark, both by person; one query.

    The key of the last mark, an undo included, is what a form remembers to notice a change.
    """
    marks = list(_in_order(AttendanceMark.objects.filter(session=session)))
    standing = {person: mark for (_session, person), mark in standing_marks(marks).items()}
    return standing, {mark.person_id: mark.pk for mark in marks}


def attendance_by_enrolment(enrolment_ids: Collection[int]) -> dict[int, Attendance]:
    """Return the attendance of each enrolment, marks or not; one query for all of them.

    Sessions and classes that were cancelled do not count, whatever was marked.
    """
    marks = _in_order(
        AttendanceMark.objects.filter(enrolment__in=enrolment_ids)
        .filter(**NOT_CANCELLED)
        .select_related("session")
    )
    days: dict[int, dict[int, date]] = {enrolment_id: {} for enrolment_id in enrolment_ids}
    for mark in standing_marks(marks).values():
        held_on = local_day(mark.session.starts_at)
        own = days[mark.enrolment_id]
        for period in mark.periods:
            own[period] = min(held_on, own.get(period, held_on))
    return {enrolment_id: Attendance(found) for enrolment_id, found in days.items()}


def came_to(person_ids: Collection[int]) -> list[ClassSession]:
    """Return the sessions at which one of these people stands as present or late, with classes.

    Cancelled ones are left out; one query.
    """
    marks = _in_order(
        AttendanceMark.objects.filter(person__in=person_ids, **NOT_CANCELLED).select_related(
            "session__training_class"
        )
    )
    came = {AttendanceStatus.PRESENT, AttendanceStatus.LATE}
    return [mark.session for mark in standing_marks(marks).values() if mark.status in came]


def attendance_of(enrolment: Any) -> Attendance:
    """Return what was attended in the round of ``enrolment``; one query."""
    return attendance_by_enrolment([enrolment.pk])[enrolment.pk]


def attended_periods(enrolment: Any) -> frozenset[int]:
    """Return the distinct periods attended in the round of ``enrolment``; one query."""
    return attendance_of(enrolment).periods


@writing()
def record_attendance(
    session: ClassSession,
    statuses: Mapping[int, str | Seen],
    *,
    marked_by: Any,
    at: datetime,
    seen: Mapping[int, int] | None = None,
    source: str = MarkSource.TRAINER,
    device_at: datetime | None = None,
) -> int:
    """Add one mark for each person key in ``statuses``; return how many marks were added.

    Marks are facts: a correction is a new mark, and the state is the last one that stands. A mark
    equal to the standing one adds nothing, so the same post twice is once. ``seen`` holds, by
    person, the key of the last mark that the form showed (0 = none): a person whose marks moved on
    since, to something else than what is said now, makes the whole call a
    :class:`RegisterChanged` and nothing is written.

    Raises :class:`RegisterClosed` if the register was signed off at or before ``at``,
    :class:`SessionNotOpen` before the session's day or after a cancellation, and
    :class:`NotOnRoster`. Completion is settled in the same transaction.
    """
    session = _open_session(session, at)
    told = {
        person: entry if isinstance(entry, Seen) else Seen(entry)
        for person, entry in statuses.items()
    }
    enrolments = dict(
        ClassRosterEntry.objects.filter(
            training_class=session.training_class_id, person__in=told, removed_at__isnull=True
        ).values_list("person_id", "enrolment_id")
    )
    if len(enrolments) < len(told):
        raise NotOnRoster(told.keys() - enrolments.keys())
    limit_minutes = _late_limit(session, told.values())
    standing, last = register_of(session)
    fresh = {
        person: mark
        for person, entry in told.items()
        if (mark := _mark(session, entry, limit_minutes=limit_minutes)) is not None
        and not _same(mark, entry, standing.get(person))
    }
    if seen is not None:
        stale = {
            person: standing.get(person)
            for person in fresh
            if last.get(person, 0) != seen.get(person, 0)
        }
        if stale:
            raise RegisterChanged(stale, last)
    for person, mark in fresh.items():
        mark.person_id, mark.enrolment_id = person, enrolments[person]
    _append(fresh.values(), marked_by=marked_by, at=at, source=source, device_at=device_at)
    return len(fresh)


@writing()
def undo_marks(
    session: ClassSession, mark_ids: Mapping[int, int], *, marked_by: Any, at: datetime
) -> int:
    """Take back the standing mark of each person in ``mark_ids`` (person: key of that mark).

    Return how many were taken back: a mark that no longer stands is left alone, so a second click
    does not undo the one before. Raises as :func:`record_attendance` does.
    """
    session = _open_session(session, at)
    standing, _last = register_of(session)
    undone = [
        AttendanceMark(
            session=session,
            person_id=person,
            enrolment_id=standing[person].enrolment_id,
            status="",
            periods=[],
        )
        for person, mark_id in mark_ids.items()
        if person in standing and standing[person].pk == mark_id
    ]
    _append(undone, marked_by=marked_by, at=at, source=MarkSource.UNDO, device_at=None)
    return len(undone)


def _in_order(marks: Any) -> Any:
    return marks.order_by("recorded_at", "pk")


def _open_session(session: ClassSession, at: datetime) -> ClassSession:
    """Lock the session, so that two registers saved at once fold one after the other."""
    session = (
        ClassSession.objects.select_for_update(of=("self",))
        .select_related("training_class")
        .get(pk=session.pk)
    )
    if session.register_closed_at and session.register_closed_at <= at:
        raise RegisterClosed(session.pk)
    if (
        session.cancelled_at
        or session.training_class.cancelled_at
        or local_day(at) < local_day(session.starts_at)
    ):
        raise SessionNotOpen(session.pk)
    return session


def _late_limit(session: ClassSession, entries: Iterable[Seen]) -> int:
    """Return the rule's minutes on the day of the session; asked only if somebody came late."""
    if not any(entry.minutes_late for entry in entries):
        return LATE_MINUTES
    return rules_on(local_day(session.starts_at)).late_minutes


def _mark(session: ClassSession, entry: Seen, *, limit_minutes: int) -> AttendanceMark:
    status = AttendanceStatus(entry.status)
    mark = AttendanceMark(session=session, status=status, periods=[])
    if status == AttendanceStatus.PRESENT:
        mark.periods = sorted(session.periods)
    elif status == AttendanceStatus.LATE:
        minutes = entry.minutes_late or 0
        mark.periods = periods_after_arrival(session.periods, minutes, limit_minutes=limit_minutes)
        mark.note = f"+{minutes} min" if minutes else ""
    return mark


def _same(mark: AttendanceMark, entry: Seen, standing: AttendanceMark | None) -> bool:
    """Tell whether ``mark`` says what stands already; "late" without minutes repeats any "late"."""
    if standing is None or mark.status != standing.status:
        return False
    if entry.status == AttendanceStatus.LATE and entry.minutes_late is None:
        return True
    return (mark.periods, mark.note) == (standing.periods, standing.note)


def _append(
    marks: Iterable[AttendanceMark],
    *,
    marked_by: Any,
    at: datetime,
    source: str,
    device_at: datetime | None,
) -> None:
    """Insert ``marks`` and settle the completion of everybody whose attended periods moved."""
    # Completion reads the attendance that is recorded here.
    from courses.completion import settle_many  # noqa: PLC0415 (a cycle)

    marks = list(marks)
    if not marks:
        return
    for mark in marks:
        mark.marked_by, mark.source, mark.device_at = marked_by, source, device_at
        mark.recorded_at, mark.recorded_on = at, local_day(at)
    enrolment_ids = [mark.enrolment_id for mark in marks]
    before = attendance_by_enrolment(enrolment_ids)
    AttendanceMark.objects.bulk_create(marks)
    # A mark can begin somebody's learning, and taking it back can end it.
    touch(mark.person_id for mark in marks)
    after = attendance_by_enrolment(enrolment_ids)
    moved = [key for key in enrolment_ids if before[key] != after[key]]
    settle_many(moved, actor=marked_by, at=at)
