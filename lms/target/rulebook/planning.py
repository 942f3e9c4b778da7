"""A new set of numbers from a day on: its plan, its impact, saving it and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count
from django.utils.translation import ngettext

from content.models import CourseVersion
from courses.models import Completion, Enrolment
from lms.people import audit, batches
from lms.people.batches import DependedOn
from lms.people.facts import writing
from lms.people.models import Batch, BatchFact, PositionGroup, RuleSet, UnitVersion, User
from lms.target.changes.comparing import Impact, Turns, compare, turned_people
from lms.target.changes.series import (
    ChangedMeanwhile,
    NothingChanged,
    Place,
    place_on,
    print_of,
    write,
)
from lms.target.figures import Question
from lms.target.figures.assumed import AS_IT_STANDS, Assumed
from lms.target.rulebook.numbers import FIELDS, FIGURE_FIELDS, Difference, differences
from lms.target.rulebook.overdue import overdue_count
from lms.target.small_units import forget

# What the batches of this page are called.
KIND = "rules"
SERIES = "province"
# Numbers that a course may set for itself, and those that decide a running round all the same.
OF_ATTEMPTS = ("pass_mark_percent", "attempt_starts", "attempt_window_hours")

Numbers = Mapping[str, int | None]


@dataclass(frozen=True)
class RulePlan:
    """What is written for a set from ``day``; ``seen`` names what the plan was built upon."""

    day: date
    numbers: Numbers
    place: Place
    seen: str

    @property
    def changed(self) -> list[Difference]:
        return differences(self.place.held, dict(self.numbers))

    def changes(self, field: str) -> bool:
        return any(each.number.field == field for each in self.changed)


def plan(numbers: Numbers, day: date) -> RulePlan:
    """Return what must be written so that ``numbers`` hold from ``day``; one query."""
    rows = list(RuleSet.objects.current().filter(scope_key=SERIES).order_by("valid_from", "pk"))
    kept = {name: numbers[name] for name in FIELDS}
    return RulePlan(day, kept, place_on(rows, day), print_of(rows))


@writing()
def save(
    numbers: Numbers,
    day: date,
    *,
    seen: str,
    reason: str,
    basis: str = "",
    actor: User | None,
    at: datetime,
) -> Batch:
    """Let ``numbers`` hold from ``day`` until the next set; return the batch that undoes it.

    ``seen`` is :attr:`RulePlan.seen` of the plan whose impact was shown, ``basis`` the document
    that decides it. Completions recorded earlier keep their validity. Raises
    :class:`ChangedMeanwhile` or :class:`NothingChanged`.
    """
    _wait_for_other_writers()
    now = plan(numbers, day)
    if now.seen != seen:
        raise ChangedMeanwhile
    if not now.changed:
        raise NothingChanged
    with batches.gather(KIND, actor=actor, at=at, reason=reason, numbers=len(now.changed)) as batch:
        row = write(
            RuleSet,
            now.place,
            day,
            reason=reason,
            actor=actor,
            at=at,
            scope_key=SERIES,
            basis=basis,
            **now.numbers,
        )
        audit.log("rules.set", row, actor=actor, at=at, **now.numbers)
    transaction.on_commit(forget)
    return batch


@writing()
def take_back(batch: Batch, *, actor: User | None, at: datetime) -> None:
    """Undo a set. Raises ``BatchUndone`` or ``DependedOn``, the latter also where completions have
    been recorded since with a validity that only this set gives.
    """
    _wait_for_other_writers()
    if count := completions_resting_on(batch):
        raise DependedOn(
            [
                ngettext(
                    "%(count)d completion recorded since has the validity of this set.",
                    "%(count)d completions recorded since have the validity of this set.",
                    count,
                )
                % {"count": count}
            ]
        )
    batches.undo(batch, actor=actor, at=at)
    transaction.on_commit(forget)


def completions_resting_on(batch: Batch) -> int:
    """Count completions that were given their end by the set of ``batch``; three queries."""
    rows = list(BatchFact.objects.filter(batch=batch).order_by("pk"))
    versions = RuleSet.objects.in_bulk(
        [key for row in rows for key in (row.before_id, row.after_id) if key]
    )
    begun = [versions[row.after_id] for row in rows if row.after_id in versions]
    ended = [versions[row.before_id] for row in rows if row.before_id in versions]
    if not begun:
        return 0
    # What the act let begin is the latest of what it left, what it changed is the set before it.
    newest = max(begun, key=lambda row: row.valid_from)
    if any(row.validity_months == newest.validity_months for row in ended):
        return 0
    return (
        Completion.objects.current()
        .filter(
            recorded_at__gte=batch.at,
            valid_from__gte=newest.valid_from,
            valid_from__lt=newest.valid_to,
            validity_months=newest.validity_months,
        )
        .count()
    )


def _wait_for_other_writers() -> None:
    """Serialise all writers of rules: the first set may not exist, the groups always do."""
    list(PositionGroup.objects.select_for_update().order_by("pk").values_list("pk"))


# The impact ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class RuleImpact:
    """What a set does on ``day``: whom it turns, who becomes overdue, whose rounds are running.

    ``people`` is ``None`` where no number changes that decides who counts.
    """

    day: date
    people: Impact | None
    overdue_before: int | None = None
    overdue_after: int | None = None
    open_rounds: int = 0
    rounds_with_new_attempts: int = 0


def sides_of(planned: RulePlan, day: date) -> tuple[Assumed, Assumed, str]:
    """Return the numbers of ``day`` as they stand and as planned, and whom that can touch."""
    numbers = {name: int(planned.numbers[name] or 0) for name in FIGURE_FIELDS}
    held = planned.place.held
    parts = []
    if planned.changes("min_leave_days"):
        parts.append(ON_LEAVE)
    if planned.changes("new_duty_days"):
        was = (held or RuleSet()).new_duty_days
        shortest, longest = sorted((was, numbers["new_duty_days"]))
        # Both days were worked out here: nothing typed stands in the text.
        earliest, latest = day - timedelta(days=longest), day - timedelta(days=shortest)
        parts.append(f"p.duty_began_on >= '{earliest}' AND p.duty_began_on < '{latest}'")
    among = " OR ".join(f"({part})" for part in parts) or "1 = 0"
    return AS_IT_STANDS, Assumed(numbers=numbers), f"AND ({among})"


# Whoever is away on the day, under any record of hers; ``v`` and ``p`` are those of ``among``.
ON_LEAVE = """coalesce(v.survivor_id, p.person_id) IN (
    SELECT coalesce(w.survivor_id, l.person_id) FROM people_leave l
    LEFT JOIN survivor w ON w.duplicate_id = l.person_id
    WHERE l.valid_from <= %(day)s AND l.valid_to > %(day)s AND l.withdrawn_on = '9999-12-31')"""


def impact_of(planned: RulePlan, root: UnitVersion, day: date) -> RuleImpact:
    """Return what ``planned`` does on ``day``, which lies in its days; eleven statements at most.

    ``root`` is the province on ``day``.
    """
    before, after, among = sides_of(planned, day)
    people = None
    if planned.changes("min_leave_days") or planned.changes("new_duty_days"):
        people = compare(root, day, before, after, among)
    overdue: tuple[int | None, int | None] = (None, None)
    if planned.changes("due_grace_days") or planned.changes("min_leave_days"):
        question = Question(day=day, unit_id=root.unit_id, is_root=True)
        overdue = overdue_count(question, before), overdue_count(question, after)
    open_rounds = with_attempts = 0
    if any(planned.changes(name) for name in (*OF_ATTEMPTS, "attendance_percent")):
        open_rounds, with_attempts = running_rounds(planned)
    return RuleImpact(day, people, *overdue, open_rounds, with_attempts)


def turned_by(planned: RulePlan, root: UnitVersion, day: date, *, last: int = 0) -> Turns:
    """Return one page of the people whom ``planned`` turns on ``day``, after ``last``."""
    if not planned.changes("min_leave_days"):
        return Turns()
    return turned_people(root, day, *sides_of(planned, day), last=last)


def running_rounds(planned: RulePlan) -> tuple[int, int]:
    """Return how many rounds are open, and for how many the numbers of attempts change.

    A course that has numbers of its own is not touched by those of the set. Two queries.
    """
    counts = dict(
        Enrolment.objects.filter(closed_at=None)
        .order_by()
        .values("course_version")
        .annotate(rounds=Count("pk"))
        .values_list("course_version", "rounds")
    )
    changed = [name for name in OF_ATTEMPTS if planned.changes(name)]
    touched = 0
    for version in CourseVersion.objects.filter(pk__in=counts).iterator():
        own = version.body.get("rule") or {}
        if any(not own.get(name) for name in changed):
            touched += counts[version.pk]
    return sum(counts.values()), touched
