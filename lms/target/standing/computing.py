"""The rows of one person from her facts: pure, and the only place that makes them.

The meaning is that of ``docs/as-of.md``; the SQL of ``lms.target.figures.sql`` says the same
straight over the facts, and random histories compare the two. Days are half-open, known days too;
K means the end of a day.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from lms.people.days import BEFORE, FAR


class Span(NamedTuple):
    """When something held, when it was known, and whose record it stands on."""

    valid_from: date
    valid_to: date
    known_from: date
    known_to: date
    part_id: int


class Duty(NamedTuple):
    """A posting with the duty to support victims."""

    valid_from: date
    valid_to: date
    known_from: date
    known_to: date
    part_id: int
    unit_id: int
    group_id: int
    is_primary: bool
    duty_began_on: date
    chain_id: str
    logical_id: str


class Held(NamedTuple):
    """A completion of the course with ``bit``."""

    valid_from: date
    valid_to: date
    known_from: date
    known_to: date
    part_id: int
    bit: int


class Begun(NamedTuple):
    """A lesson done, a quiz begun or a class attended on ``day``."""

    day: date
    known_from: date
    known_to: date
    part_id: int


class Merged(NamedTuple):
    """A record found to be another person's."""

    duplicate_id: int
    survivor_id: int
    known_from: date
    known_to: date


class Setting(NamedTuple):
    """A tier of a group, or a length in days, over an interval."""

    value: Any
    valid_from: date
    valid_to: date
    known_from: date
    known_to: date


@dataclass
class Rules:
    """What holds for everybody: tiers by group, lengths of leaves and new duties, group bits."""

    tiers: dict[int, list[Setting]]
    leave_days: list[Setting]
    new_days: list[Setting]
    group_bits: dict[int, int]
    default_leave_days: int
    default_new_days: int

    def new_since(self, day: date) -> date:
        """Return the first day from which a duty counts as newly begun on ``day``, as known now."""
        valid = [row.value for row in self.new_days if row.known_to == FAR and is_valid(row, day)]
        return day - timedelta(days=max(valid, default=self.default_new_days))


@dataclass
class Facts:
    """All versions of the facts on which the standing of one person rests.

    Those of records merged into hers, at whatever time, are among them.
    """

    duties: list[Duty] = field(default_factory=list)
    leaves: list[Span] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    named: list[Span] = field(default_factory=list)
    begun: list[Begun] = field(default_factory=list)
    merges: list[Merged] = field(default_factory=list)


class State(NamedTuple):
    """Where and how one person stands; the columns of a row without its times."""

    unit_id: int
    group_id: int
    duty_began_on: date
    groups: int
    courses: int
    year_courses: int
    held_courses: int
    is_started: int
    on_leave: int


class Row(NamedTuple):
    """A state and the days, and known days, on which it holds."""

    state: State
    valid_from: date
    valid_to: date
    known_from: date
    known_to: date


def is_valid(row: Any, day: date) -> bool:
    return row.valid_from <= day < row.valid_to


def is_known(row: Any, known: date) -> bool:
    return row.known_from <= known < row.known_to


def standing(person_id: int, facts: Facts, rules: Rules) -> list[Row]:
    """Return the rows of ``person_id``: at most one covers any day and known day; sorted."""
    rows: list[Row] = []
    # The last row of a state and its known days: its neighbour in days is joined to it.
    open_rows: dict[tuple[State, date, date], tuple[date, date]] = {}
    for start, end in strips(facts, rules):
        duties = [duty for duty in facts.duties if is_valid(duty, start)]
        if not duties:
            continue
        for state, known_from, known_to in parts(person_id, start, duties, facts, rules):
            key = (state, known_from, known_to)
            before = open_rows.get(key)
            if before is not None and before[1] == start:
                open_rows[key] = (before[0], end)
                continue
            if before is not None:
                rows.append(Row(state, *before, known_from, known_to))
            open_rows[key] = (start, end)
    rows += [
        Row(state, *days, known_from, known_to)
        for (state, known_from, known_to), days in open_rows.items()
    ]
    return sorted(rows, key=lambda row: row[1:] + row[:1])


def strips(facts: Facts, rules: Rules) -> Iterator[tuple[date, date]]:
    """Yield the spans of days in which nothing begins or ends, from first duty to last."""
    if not facts.duties:
        return
    first = min(duty.valid_from for duty in facts.duties)
    last = max(duty.valid_to for duty in facts.duties)
    cuts = {first, last}
    for row in (*facts.duties, *facts.leaves, *facts.held, *facts.named, *rules.leave_days):
        cuts.add(row.valid_from)
        cuts.add(row.valid_to)
    for group_id in {duty.group_id for duty in facts.duties}:
        for tier in rules.tiers.get(group_id, ()):
            cuts.add(tier.valid_from)
            cuts.add(tier.valid_to)
    # What was completed in one year is of an earlier one from the next 1 January on.
    cuts |= {
        date(row.valid_from.year + 1, 1, 1) for row in facts.held if row.valid_from.year < 9999
    }
    cuts |= {row.day for row in facts.begun}
    days = sorted(day for day in cuts if first <= day <= last)
    yield from itertools.pairwise(days)


def parts(
    person_id: int, day: date, duties: list[Duty], facts: Facts, rules: Rules
) -> Iterator[tuple[State, date, date]]:
    """Yield the states of one strip that begins on ``day``, with the known days of each.

    Equal neighbours are joined. A state known before the strip begins reads as always known: no
    question asks for a day later than the day on which things were known, so that neighbours in
    days can be joined too. One that was replaced before the strip began was a forecast and goes.
    """
    held = [row for row in facts.held if row.valid_from <= day and row.valid_from < row.valid_to]
    begun = [row for row in facts.begun if row.day <= day]
    named = [row for row in facts.named if is_valid(row, day)]
    leave_days = [row for row in rules.leave_days if is_valid(row, day)]
    tiers = {
        group_id: [row for row in rules.tiers.get(group_id, ()) if is_valid(row, day)]
        for group_id in {duty.group_id for duty in duties}
    }
    cuts = {BEFORE, FAR}
    for row in (*duties, *facts.leaves, *held, *named, *begun, *leave_days, *facts.merges):
        cuts.add(row.known_from)
        cuts.add(row.known_to)
    for settings in tiers.values():
        for row in settings:
            cuts.add(row.known_from)
            cuts.add(row.known_to)
    known_days = sorted(cuts)
    last: tuple[State, date, date] | None = None
    for known_from, known_to in itertools.pairwise(known_days):
        if known_to <= day:
            continue
        known = known_from
        is_own = owner_at(person_id, facts.merges, known)
        state = state_at(
            day,
            known,
            [row for row in duties if is_known(row, known) and is_own(row.part_id)],
            leaves=[row for row in facts.leaves if is_known(row, known) and is_own(row.part_id)],
            held=[row for row in held if is_known(row, known) and is_own(row.part_id)],
            is_named=any(is_known(row, known) and is_own(row.part_id) for row in named),
            is_started=any(is_known(row, known) and is_own(row.part_id) for row in begun),
            tiers=tiers,
            leave_days=leave_days,
            rules=rules,
        )
        if last is not None and last[0] == state and last[2] == known_from:
            last = (state, last[1], known_to)
            continue
        if last is not None:
            yield last
        if state is None:
            last = None
        else:
            last = (state, BEFORE if known_from <= day else known_from, known_to)
    if last is not None:
        yield last


def owner_at(person_id: int, merges: list[Merged], known: date):
    """Return a function that tells whether a record is ``person_id``'s as known on a day.

    Merges are followed to the last survivor; in a ring everybody stays who she is.
    """
    if not merges:
        return lambda part_id: part_id == person_id
    into = {row.duplicate_id: row.survivor_id for row in merges if is_known(row, known)}

    def survivor_of(part_id: int) -> int:
        seen, person = {part_id}, part_id
        while person in into and into[person] not in seen:
            person = into[person]
            seen.add(person)
        return part_id if person in into else person

    return lambda part_id: survivor_of(part_id) == person_id


def state_at(
    day: date,
    known: date,
    duties: list[Duty],
    *,
    leaves: list[Span],
    held: list[Held],
    is_named: bool,
    is_started: bool,
    tiers: dict[int, list[Setting]],
    leave_days: list[Setting],
    rules: Rules,
) -> State | None:
    """Return the state on ``day`` from the facts that were known; ``None`` = does not count."""
    active = []
    for duty in duties:
        letters = {row.value for row in tiers[duty.group_id] if is_known(row, known)}
        if "C" in letters or ("N" in letters and is_named):
            active.append(duty)
    if not active:
        return None
    home = min(
        active,
        key=lambda duty: (
            not duty.is_primary,
            duty.duty_began_on,
            duty.chain_id,
            duty.logical_id,
        ),
    )
    groups = 0
    for duty in active:
        groups |= 1 << rules.group_bits[duty.group_id]
    courses, year_courses, held_courses = masks_at(day, held)
    longest = [row.value for row in leave_days if is_known(row, known)]
    shortest = max(longest, default=rules.default_leave_days)
    return State(
        home.unit_id,
        home.group_id,
        home.duty_began_on,
        groups,
        courses,
        year_courses,
        held_courses,
        int(is_started),
        int(is_away(day, leaves, shortest)),
    )


def masks_at(day: date, held: Iterable[Held]) -> tuple[int, int, int]:
    """Return the courses held on ``day``, those unbroken since its year began, those ever held.

    ``held`` began on ``day`` at the latest. Completions that adjoin or overlap are one holding.
    """
    courses = year_courses = ever = 0
    by_bit: dict[int, list[Held]] = {}
    for row in held:
        by_bit.setdefault(row.bit, []).append(row)
    for bit, rows in by_bit.items():
        begun, reached = None, BEFORE
        for row in sorted(rows):
            if begun is None or row.valid_from > reached:
                begun = row.valid_from
            reached = max(reached, row.valid_to)
        ever |= 1 << bit
        if reached > day:
            courses |= 1 << bit
            if begun is not None and begun.year >= day.year:
                year_courses |= 1 << bit
    return courses, year_courses, ever


def spells(leaves: Iterable[Span]) -> Iterator[tuple[date, date]]:
    """Yield the leaves by their days, first one first; those that adjoin or overlap are one."""
    begins = reached = None
    for row in sorted(leaves):
        if row.valid_from >= row.valid_to:
            continue
        if begins is None or reached is None or row.valid_from > reached:
            if begins is not None and reached is not None:
                yield begins, reached
            begins, reached = row.valid_from, row.valid_to
        else:
            reached = max(reached, row.valid_to)
    if begins is not None and reached is not None:
        yield begins, reached


def is_away(day: date, leaves: Iterable[Span], shortest: int) -> bool:
    """Tell whether a leave of at least ``shortest`` days covers ``day``; adjoining ones are one."""
    return any(covers(begins, ends, day, shortest) for begins, ends in spells(leaves))


def covers(begins: date, ends: date, day: date, shortest: int) -> bool:
    if not begins <= day < ends:
        return False
    return ends >= FAR or (ends - begins).days >= shortest
