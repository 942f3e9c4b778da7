"""From ticks that were set or taken away to facts: what begins, what ends, from which day.

A change holds from its day until the next change of the
same group and course that is already planned; what held before the day stays as it was, so that a
figure of a past day keeps its need (``docs/decisions.md`` 5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lms.people import batches
from lms.people.days import FAR
from lms.people.facts import record, succeed, withdraw, writing
from lms.people.models import Batch, PositionGroup, User
from lms.target.changes.series import ChangedMeanwhile, NothingChanged, print_of
from lms.target.models import Requirement
from lms.target.standing.tops import needs_changed

# What the batches of this grid are called.
KIND = "requirement"

Pair = tuple[int, int]


class EditKind(StrEnum):
    BEGIN = "begin"
    END = "end"
    # Began on the very day: there is nothing before it to keep.
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Edit:
    """One change of one group and course; ``row`` is the version that stands, if any.

    ``until`` is the first day on which it no longer holds: that of the next planned change.
    """

    kind: EditKind
    group_id: int
    course_id: int
    until: date = FAR
    row: Requirement | None = None

    @property
    def is_begin(self) -> bool:
        return self.kind == EditKind.BEGIN


@dataclass(frozen=True)
class Plan:
    """What is written for a change from ``day``; ``seen`` names what the plan was built upon."""

    day: date
    edits: tuple[Edit, ...]
    seen: str


def plan(begin: Iterable[Pair], end: Iterable[Pair], day: date) -> Plan:
    """Return what must change so that ``begin`` is required on ``day`` and ``end`` is not.

    A pair is (group id, course id); all others stay as they are, whatever that is on the day.
    Writes nothing; one query.
    """
    begin, end = set(begin), set(end)
    rows = list(Requirement.objects.current().order_by("valid_from", "logical_id", "pk"))
    by_pair: dict[Pair, list[Requirement]] = defaultdict(list)
    for row in rows:
        by_pair[row.group_id, row.course_id].append(row)
    edits: list[Edit] = []
    for pair in sorted(begin | end):
        held = [row for row in by_pair[pair] if row.valid_from <= day < row.valid_to]
        if pair in begin and not held:
            later = [row.valid_from for row in by_pair[pair] if row.valid_from > day]
            edits.append(Edit(EditKind.BEGIN, *pair, until=min(later, default=FAR)))
        elif pair in end:
            edits += [
                Edit(
                    EditKind.WITHDRAW if row.valid_from == day else EditKind.END,
                    *pair,
                    until=row.valid_to,
                    row=row,
                )
                for row in held
            ]
    return Plan(day, tuple(edits), print_of(rows))


@writing()
def save(
    begin: Iterable[Pair],
    end: Iterable[Pair],
    day: date,
    *,
    seen: str,
    reason: str,
    due_on: date | None = None,
    actor: User | None,
    at: datetime,
) -> Batch:
    """Require ``begin`` and no longer ``end`` from ``day``; return the batch that undoes it.

    ``seen`` is :attr:`Plan.seen` of the plan whose impact was shown; ``due_on`` belongs to the
    requirements that begin (``None`` = 31 December of the year in which each begins for a person).
    Raises :class:`ChangedMeanwhile` or :class:`NothingChanged`.
    """
    # Every writer of the grid waits here, whatever pair is changed.
    list(PositionGroup.objects.select_for_update().order_by("pk").values_list("pk"))
    now = plan(begin, end, day)
    if now.seen != seen:
        raise ChangedMeanwhile
    if not now.edits:
        raise NothingChanged
    begun = sum(edit.is_begin for edit in now.edits)
    with batches.gather(
        KIND, actor=actor, at=at, reason=reason, begun=begun, ended=len(now.edits) - begun
    ) as batch:
        for edit in now.edits:
            _write(edit, day, due_on=due_on, reason=reason, actor=actor, at=at)
    needs_changed()
    return batch


def _write(
    edit: Edit, day: date, *, due_on: date | None, reason: str, actor: User | None, at: datetime
) -> None:
    if edit.is_begin:
        record(
            Requirement,
            actor=actor,
            at=at,
            group_id=edit.group_id,
            course_id=edit.course_id,
            valid_from=day,
            valid_to=edit.until,
            due_on=due_on,
            reason=reason,
        )
    elif edit.kind == EditKind.WITHDRAW:
        withdraw(edit.row, actor=actor, at=at)
    else:
        succeed(edit.row, actor=actor, at=at, valid_to=day, reason=reason)
