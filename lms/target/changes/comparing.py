"""The same people judged twice by the one definition: as it stands, and as it would stand.

Both sides are the statement of ``lms.target.figures.sql`` over the facts; they differ in nothing
but what is taken for granted. Only people whom the change can touch are judged: the caller names
them by a condition upon one of their duties.
"""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from lms.people.models import PositionGroup, UnitVersion
from lms.people.models.units import UnitLevel
from lms.target.figures import Question, figures
from lms.target.figures.counts import Counts
from lms.target.figures.sql import (
    DIALECT,
    UNPLACED,
    Assumed,
    known_text,
    valid_text,
    verdict_ctes,
)
from lms.target.tables import row_label, unit_table

PAGE_SIZE = 25
# No bucket, no group: the person does not count on that side.
NOWHERE = -1


class Place(IntEnum):
    """Where one person stands on one side of the comparison; a state is never a negative one."""

    ABSENT = 0
    ON_LEAVE = 1
    NOT_TRAINED = 2
    TRAINED = 3

    @property
    def is_counted(self) -> bool:
        return self >= Place.NOT_TRAINED


@dataclass
class ImpactLine:
    """One row: people counted and trained before and after, and who turned.

    ``joined`` and ``left`` are those who come into the denominator and go out of it, ``lost`` and
    ``won`` those counted on both sides who become not trained, or trained.
    """

    label: str = ""
    counted_before: int = 0
    counted_after: int = 0
    trained_before: int = 0
    trained_after: int = 0
    joined: int = 0
    left: int = 0
    lost: int = 0
    won: int = 0

    @property
    def is_touched(self) -> bool:
        return bool(
            self.joined
            or self.left
            or self.lost
            or self.won
            or self.counted_before != self.counted_after
        )

    def count(self, counts: Counts) -> None:
        """Begin with what stands."""
        self.counted_before = self.counted_after = counts.denominator
        self.trained_before = self.trained_after = counts.numerator

    def move(self, was: Place, becomes: Place, people: int, *, leaves: bool, comes: bool) -> None:
        """Take ``people`` away from the row where they stood and add them where they will stand.

        Somebody whose home moves goes out of one row of a table and comes into another.
        """
        if leaves and was.is_counted:
            self.counted_after -= people
            self.trained_after -= people if was == Place.TRAINED else 0
        if comes and becomes.is_counted:
            self.counted_after += people
            self.trained_after += people if becomes == Place.TRAINED else 0
        if comes and becomes.is_counted and not (leaves and was.is_counted):
            self.joined += people
        if leaves and was.is_counted and not (comes and becomes.is_counted):
            self.left += people
        if leaves and comes and was.is_counted and becomes.is_counted:
            self.lost += people if was > becomes else 0
            self.won += people if becomes > was else 0


@dataclass(frozen=True)
class Impact:
    """The impact on the people of ``day``: whole, by unit below the province, by group.

    A row of a unit or group is left out where nothing changes. ``newly_before`` and
    ``newly_after`` count the newly assigned.
    """

    day: date
    total: ImpactLine
    units: list[ImpactLine]
    groups: list[ImpactLine]
    newly_before: int = 0
    newly_after: int = 0


@dataclass(frozen=True)
class Turn:
    """One person whose place changes."""

    person_id: int
    full_name: str
    unit_name: str
    group_id: int
    was: Place
    becomes: Place

    @property
    def words(self) -> str:
        """What happens to her, in one phrase."""
        if not self.was.is_counted:
            trained = self.becomes == Place.TRAINED
            return _("will count, trained") if trained else _("will count, not trained")
        if not self.becomes.is_counted:
            return _("will no longer count")
        if self.becomes == Place.TRAINED:
            return _("will become trained")
        return _("will become not trained")


@dataclass(frozen=True)
class Turns:
    """One page of the people who turn, by name; ``next_key`` is ``None`` on the last."""

    lines: list[Turn] = field(default_factory=list)
    next_key: int | None = None


def compare(root: UnitVersion, day: date, before: Assumed, after: Assumed, among: str) -> Impact:
    """Return what changes on ``day`` if ``after`` held in place of ``before``.

    ``root`` is the province on ``day``; ``among`` is the condition upon a duty ``p`` of everybody
    whom the change can touch. Seven statements at most, whatever the numbers.
    """
    total, newly = ImpactLine(), [0, 0]
    units: dict[int, ImpactLine] = defaultdict(ImpactLine)
    groups: dict[int, ImpactLine] = defaultdict(ImpactLine)
    standing = figures(root, day)
    table = unit_table(root, day, result=standing)
    total.count(standing.total)
    for row in table.rows:
        key = row.unit.unit_id if row.unit else UNPLACED
        units[key].count(row.counts)
        units[key].label = row_label(row.unit, row.own_staff)
    for key, counts in standing.groups.items():
        groups[key].count(counts)
    for was_in, is_in, group, new_group, was, becomes, newly_was, newly_is, people in _rows(
        root, day, before, after, among
    ):
        newly[0] += newly_was * people
        newly[1] += newly_is * people
        places = Place(was), Place(becomes)
        total.move(*places, people, leaves=True, comes=True)
        for lines, old, new in ((units, was_in, is_in), (groups, group, new_group)):
            for key in {old, new} - {NOWHERE}:
                lines[key].move(*places, people, leaves=key == old, comes=key == new)
    named = {group.pk: group for group in PositionGroup.objects.all()}
    for key, line in groups.items():
        line.label = named[key].label
    return Impact(
        day=day,
        total=total,
        units=[line for line in units.values() if line.is_touched],
        groups=[groups[key] for key in named if key in groups and groups[key].is_touched],
        newly_before=standing.total.newly_assigned,
        newly_after=standing.total.newly_assigned - newly[0] + newly[1],
    )


def turned_people(
    root: UnitVersion, day: date, before: Assumed, after: Assumed, among: str, *, last: int = 0
) -> Turns:
    """Return one page of those who turn, by name, after the person ``last``; one statement."""
    question = Question(day=day, unit_id=root.unit_id, is_root=True)
    return turns_of(_pairs(question, before, after, among), question, last=last)


def turns_of(pairs: str, question: Question, *, last: int = 0) -> Turns:
    """Return one page of the people of ``pairs`` who turn, by name; one statement.

    ``pairs`` is a SELECT over the parameters of ``question`` with ``person_id``, the units and
    groups ``old_…`` and ``new_…``, and the places ``was`` and ``becomes``.
    """
    params = question.params() | {"rows": PAGE_SIZE + 1, "last": last}
    by_name = DIALECT[connection.vendor]["bytewise"].format
    later = ""
    if last:
        given = "(SELECT a.sort_name FROM people_staffmember a WHERE a.id = %(last)s)"
        later = f"AND ({by_name(text='s.sort_name')}, s.id) > ({by_name(text=given)}, %(last)s)"
    text = f"""
    SELECT s.id, s.full_name, u.kind, u.name, u.level,
        CASE WHEN q.new_group = {NOWHERE} THEN q.old_group ELSE q.new_group END, q.was, q.becomes
    FROM ({pairs}) q
    JOIN people_staffmember s ON s.id = q.person_id
    LEFT JOIN people_unitversion u
      ON u.unit_id = CASE WHEN q.new_unit = {NOWHERE} THEN q.old_unit ELSE q.new_unit END
      AND {valid_text("u")} AND {known_text(question, "u")}
    WHERE q.was <> q.becomes AND (q.was >= {Place.NOT_TRAINED:d}
      OR q.becomes >= {Place.NOT_TRAINED:d}) {later}
    ORDER BY {by_name(text="s.sort_name")}, s.id LIMIT %(rows)s"""
    rows = _fetch(text, params)
    lines = [
        Turn(
            person_id,
            name,
            f"{kind} {unit}" if unit and kind and level != UnitLevel.AGENCY else unit or "",
            group,
            Place(was),
            Place(becomes),
        )
        for person_id, name, kind, unit, level, group, was, becomes in rows[:PAGE_SIZE]
    ]
    return Turns(lines, lines[-1].person_id if len(rows) > PAGE_SIZE else None)


def _rows(
    root: UnitVersion, day: date, before: Assumed, after: Assumed, among: str
) -> Iterable[tuple[int, ...]]:
    """Return (bucket and group on both sides, places, newly assigned, people); one statement."""
    question = Question(day=day, unit_id=root.unit_id, is_root=True)
    kept = "old_bucket, new_bucket, old_group, new_group, was, becomes, newly_was, newly_is"
    text = f"""SELECT {kept}, count(*) FROM ({_pairs(question, before, after, among)}) q
    GROUP BY {kept}"""
    return _fetch(text, question.params())


def _pairs(question: Question, before: Assumed, after: Assumed, among: str) -> str:
    """Return a SELECT with a row for each person: her place on both sides."""

    def side(number: int, assumed: Assumed) -> str:
        return f"""SELECT {number} AS side, o.* FROM (
            {verdict_ctes(question, assumed=assumed, among=among)}
            SELECT v.person_id, v.bucket_id, v.unit_id, v.group_id, CASE WHEN v.on_leave = 1
                THEN {Place.ON_LEAVE:d} WHEN v.have = v.need THEN {Place.TRAINED:d}
                ELSE {Place.NOT_TRAINED:d} END AS place,
                CASE WHEN v.on_leave = 0 THEN v.is_new ELSE 0 END AS newly
            FROM verdict v) o"""

    def of(column: str, number: int, name: str, missing: int) -> str:
        return f"max(CASE WHEN b.side = {number} THEN b.{column} ELSE {missing} END) AS {name}"

    columns = ", ".join(
        of(column, number, name, missing)
        for column, names, missing in (
            ("bucket_id", ("old_bucket", "new_bucket"), NOWHERE),
            ("unit_id", ("old_unit", "new_unit"), NOWHERE),
            ("group_id", ("old_group", "new_group"), NOWHERE),
            ("place", ("was", "becomes"), Place.ABSENT.value),
            ("newly", ("newly_was", "newly_is"), 0),
        )
        for number, name in enumerate(names)
    )
    return f"""SELECT b.person_id, {columns} FROM (
        {side(0, before)} UNION ALL {side(1, after)}
    ) b GROUP BY b.person_id"""


def _fetch(text: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return cursor.fetchall()
