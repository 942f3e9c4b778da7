"""Asking the definition for counts: a table with its parts, and the run of a year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection

from lms.people.models import UnitVersion
from lms.people.models.units import UnitLevel
from lms.target.figures.counts import Counts, CourseCounts
from lms.target.figures.derived import Basis
from lms.target.figures.folded import SUMS, counted_cte, folded_ctes, kept_ctes
from lms.target.figures.sql import EVERY_COURSE, UNPLACED, Question, verdict_ctes
from lms.target.models import EVERY_GROUP

# Questions of one statement: the month ends of one year.
MAX_DAYS = 12

BY_ROW, BY_GROUP, BY_NEED = 1, 2, 3
ADDED_UP = ", ".join(f"sum({name})" for name in SUMS)
# The people of ``counted`` split three ways: by row, by group, by need and what of it is held.
SPLIT = f"""
    SELECT {BY_ROW}, bucket_id, 0, {ADDED_UP} FROM counted GROUP BY bucket_id
    UNION ALL SELECT {BY_GROUP}, group_id, 0, {ADDED_UP} FROM counted GROUP BY group_id
    UNION ALL SELECT {BY_NEED}, need, have, {ADDED_UP} FROM counted GROUP BY need, have"""  # noqa: S608 (constants)
# "Trained" without ``state``, whose other values look into every enrolment of those who are not.
TOTALS = """
    SELECT coalesce(sum((1 - on_leave) * {people}), 0),
           coalesce(sum(CASE WHEN on_leave = 0 AND have = need THEN {people} ELSE 0 END), 0),
           coalesce(sum(CASE WHEN on_leave = 0 THEN in_year * {people} ELSE 0 END), 0)
    FROM verdict"""
KEPT_TOTALS = """
    SELECT coalesce(sum(denominator), 0), coalesce(sum(numerator), 0), coalesce(sum(in_year), 0)
    FROM counted"""


@dataclass
class Figures:
    """The figures of one unit on one day: its total and the same people split three ways.

    ``children`` are keyed by unit id, ``own_staff`` are the unit's own people, ``unplaced`` those
    whose unit hangs nowhere on the day (root only); these add up to ``total``. ``groups`` are keyed
    by the position group of the home posting and add up too. ``courses`` are keyed by the course's
    bit; a person stands in each course she needs.
    """

    unit_id: int
    day: date
    known: date | None
    is_root: bool
    total: Counts = field(default_factory=Counts)
    children: dict[int, Counts] = field(default_factory=dict)
    own_staff: Counts = field(default_factory=Counts)
    unplaced: Counts = field(default_factory=Counts)
    groups: dict[int, Counts] = field(default_factory=dict)
    courses: dict[int, CourseCounts] = field(default_factory=dict)


@dataclass(frozen=True)
class TrendPoint:
    """The total of a unit's people on one day."""

    day: date
    counts: Counts


def is_root(unit: UnitVersion) -> bool:
    """Tell whether ``unit`` is the territorial version without a parent: the province."""
    return unit.parent_id is None and unit.level != UnitLevel.AGENCY


def figures(
    unit: UnitVersion,
    day: date,
    known: date | None = None,
    *,
    course_mask: int = EVERY_COURSE,
    group_id: int | None = None,
    group_mask: int = EVERY_GROUP,
    basis: Basis | None = None,
) -> Figures:
    """Return the figures of ``unit`` on ``day`` as known on ``known`` (``None`` = now).

    ``unit`` is the version valid on ``day``. Counted from the derived tables where they are built,
    else straight from the facts; one statement, three without ``basis``. Raises ``KnownBeforeDay``
    when ``known`` is a past day and ``day`` lies after it. Call it inside ``snapshot()`` when other
    figures stand on the same page.
    """
    question = Question(
        day=day,
        known=known,
        unit_id=unit.unit_id,
        is_root=is_root(unit),
        course_mask=course_mask,
        group_id=group_id,
        group_mask=group_mask,
    )
    basis = basis or Basis.read()
    if basis.has_folded(question):
        text = kept_ctes(question)
    elif basis.source.is_built:
        folds = folded_ctes(question, basis, keep=("bucket_id", "group_id"))
        text = f"{folds}, {counted_cte('people')}"
    else:
        text = f"{verdict_ctes(question)}, {counted_cte('1')}"
    with connection.cursor() as cursor:
        cursor.execute(text + SPLIT, question.params())
        rows = cursor.fetchall()
    return fold(rows, Figures(unit.unit_id, day, known, question.is_root))


def fold(rows: Iterable[tuple[Any, ...]], result: Figures) -> Figures:
    """Add the rows of :data:`SPLIT` to the parts of ``result``."""
    courses: dict[int, CourseCounts] = defaultdict(CourseCounts)
    for way, one, have, *numbers in rows:
        counts = Counts(*map(int, numbers))
        # On a day counted in advance, rows of people who left since cancel each other out.
        if not any(numbers):
            continue
        if way == BY_ROW:
            result.total.add(counts)
            if one == UNPLACED:
                result.unplaced = counts
            elif one == result.unit_id:
                result.own_staff = counts
            else:
                result.children[one] = counts
        elif way == BY_GROUP:
            result.groups[one] = counts
        elif counts.denominator:
            for bit in bits_of(one):
                courses[bit].need += counts.denominator
                courses[bit].have += counts.denominator if have >> bit & 1 else 0
    result.courses = dict(courses)
    return result


def bits_of(mask: int) -> list[int]:
    """Return the places of the set bits of a mask, lowest first."""
    return [bit for bit in range(mask.bit_length()) if mask >> bit & 1]


def trend_days(day: date) -> list[date]:
    """Return the month ends of ``day``'s year before ``day``, then ``day`` itself: 12 at most."""
    starts = [date(day.year, month, 1) for month in range(2, day.month + 1)]
    ends = [start - timedelta(days=1) for start in starts]
    return [*ends, day]


def trend(
    unit: UnitVersion,
    day: date,
    known: date | None = None,
    *,
    course_mask: int = EVERY_COURSE,
    group_id: int | None = None,
    basis: Basis | None = None,
    headline: Counts | None = None,
) -> list[TrendPoint]:
    """Return the totals at the month ends of ``day``'s year up to ``day``.

    One statement, three without ``basis``. ``headline`` is the total of ``day`` where it has been
    counted before: it is not counted again.

    Each day is asked of the same definition, so the last point is the headline. The unit is the
    identity: on a day on which it did not exist nobody counts.
    """
    questions = [
        Question(
            day=one,
            known=known,
            unit_id=unit.unit_id,
            is_root=is_root(unit),
            course_mask=course_mask,
            group_id=group_id,
        )
        for one in trend_days(day)[-MAX_DAYS:]
    ]
    if headline is None:
        counts = totals(questions, basis=basis, unit=unit)
    else:
        counts = [*totals(questions[:-1], basis=basis, unit=unit), headline]
    return [TrendPoint(one.day, each) for one, each in zip(questions, counts, strict=True)]


def totals(
    questions: Sequence[Question], *, basis: Basis | None = None, unit: UnitVersion | None = None
) -> list[Counts]:
    """Return for each question its total: who counts, who is trained, who within the year.

    One statement for every twelve questions, two more without ``basis``. The other counts stay 0.
    ``unit`` is the version of the unit that all of them ask for: right below the province its days
    stand in the counts kept for that.
    """
    basis = basis or Basis.read()
    found: list[Counts] = []
    for start in range(0, len(questions), MAX_DAYS):
        found += _totals(questions[start : start + MAX_DAYS], basis, unit)
    return found


def _totals(questions: Sequence[Question], basis: Basis, unit: UnitVersion | None) -> list[Counts]:
    parts, params = [], {}
    for number, question in enumerate(questions):
        suffix = f"_{number}"
        if basis.has_folded(question):
            text = kept_ctes(question, suffix) + KEPT_TOTALS
        elif unit is not None and basis.has_row(question, unit):
            text = kept_ctes(question, suffix, is_row=True) + KEPT_TOTALS
        elif basis.source.is_built:
            text = folded_ctes(question, basis, suffix=suffix) + TOTALS.format(people="people")
        else:
            text = verdict_ctes(question, suffix) + TOTALS.format(people="1")
        parts.append(f"SELECT {number}, q.* FROM ({text}) q")  # noqa: S608 (no typed text in it)
        params |= question.params(suffix)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    return [Counts(*(int(value) for value in found[number])) for number in range(len(questions))]
