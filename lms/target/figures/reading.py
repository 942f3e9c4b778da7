"""Asking the definition for counts: a table with its parts, and the run of a year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection

from lms.people.models import UnitVersion
from lms.people.models.units import UnitLevel
from lms.target.figures.counts import Counts, CourseCounts
from lms.target.figures.sql import EVERY_COURSE, UNPLACED, Question, verdict_ctes

# Month ends of one year: the trend never asks for more days in one statement.
MAX_DAYS = 12

ROWS = """
    SELECT bucket_id, group_id, need, have, state, in_year, is_new, on_leave, count(*)
    FROM verdict GROUP BY bucket_id, group_id, need, have, state, in_year, is_new, on_leave"""
# "Trained" without ``state``, whose other values look into every enrolment of those who are not.
TOTALS = """
    SELECT coalesce(sum(1 - on_leave), 0),
           coalesce(sum(CASE WHEN on_leave = 0 AND have = need THEN 1 ELSE 0 END), 0),
           coalesce(sum(CASE WHEN on_leave = 0 THEN in_year ELSE 0 END), 0)
    FROM verdict"""


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
) -> Figures:
    """Return the figures of ``unit`` on ``day`` as known on ``known`` (``None`` = now).

    ``unit`` is the version valid on ``day``. One statement. Raises ``KnownBeforeDay`` when
    ``known`` is a past day and ``day`` lies after it. Call it inside ``snapshot()`` when other
    figures stand on the same page.
    """
    question = Question(
        day=day,
        known=known,
        unit_id=unit.unit_id,
        is_root=is_root(unit),
        course_mask=course_mask,
        group_id=group_id,
    )
    with connection.cursor() as cursor:
        cursor.execute(verdict_ctes(question) + ROWS, question.params())
        rows = cursor.fetchall()
    return fold(rows, Figures(unit.unit_id, day, known, question.is_root))


def fold(rows: Iterable[tuple[Any, ...]], result: Figures) -> Figures:
    """Add the rows (bucket, group, masks, state, flags, people) to the parts of ``result``."""
    children: dict[int, Counts] = defaultdict(Counts)
    groups: dict[int, Counts] = defaultdict(Counts)
    courses: dict[int, CourseCounts] = defaultdict(CourseCounts)
    for bucket, group, need, have, state, in_year, is_new, on_leave, people in rows:
        counts = counts_of(state, bool(in_year), bool(is_new), bool(on_leave), people)
        result.total.add(counts)
        groups[group].add(counts)
        if bucket == UNPLACED:
            result.unplaced.add(counts)
        elif bucket == result.unit_id:
            result.own_staff.add(counts)
        else:
            children[bucket].add(counts)
        if not on_leave:
            for bit in bits_of(need):
                courses[bit].need += people
                courses[bit].have += people if have >> bit & 1 else 0
    result.children, result.groups, result.courses = dict(children), dict(groups), dict(courses)
    return result


def counts_of(state: str, in_year: bool, is_new: bool, on_leave: bool, people: int) -> Counts:
    """Return the counts of ``people`` who share one state."""
    if on_leave:
        return Counts(on_leave=people)
    return Counts(
        denominator=people,
        numerator=people if state == "trained" else 0,
        in_year=people if in_year else 0,
        in_progress=people if state == "progress" else 0,
        not_started=people if state == "not_started" else 0,
        needs_retraining=people if state == "retrain" else 0,
        newly_assigned=people if is_new else 0,
    )


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
) -> list[TrendPoint]:
    """Return the totals at the month ends of ``day``'s year up to ``day``; one statement.

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
    parts, params = [], {}
    for number, question in enumerate(questions):
        suffix = f"_{number}"
        text = verdict_ctes(question, suffix) + TOTALS
        parts.append(f"SELECT {number}, q.* FROM ({text}) q")  # noqa: S608 (no typed text in it)
        params |= question.params(suffix)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    return [
        TrendPoint(question.day, Counts(*(int(value) for value in found[number])))
        for number, question in enumerate(questions)
    ]
