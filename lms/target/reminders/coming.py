"""Who must be told today: courses that fall due, or end, within the widest step.

One question over the definition of the figures, so that nobody is reminded who does not count and
nobody who counts is left out: people on long leave are let alone until they are back.
"""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from lms.people.units import find_root
from lms.target.figures.sql import DIALECT, ONE, Question, verdict_ctes
from lms.target.lists import owed_cte
from lms.target.models.reminders import STEPS, ReminderKind


@dataclass(frozen=True)
class Coming:
    """Courses of one person whose last day is ``ends_on``; ``courses`` are their bits."""

    person_id: int
    unit_id: int
    kind: ReminderKind
    ends_on: date
    courses: int
    step_days: int


def step_of(days_left: int) -> int | None:
    """Return the step that ``days_left`` days before the last day stand on, ``None`` outside.

    Thirty days and fifteen days before are one step, so a day on which the portal did not run
    costs nobody a reminder, and somebody who is new with ten days left is told once.
    """
    if days_left < 0:
        return None
    return min((step for step in STEPS if days_left <= step), default=None)


def coming(day: date) -> Iterator[Coming]:
    """Yield what must be told on ``day``, a person and a last day at a time, by person key.

    One statement. Nothing is yielded where the province has no root on the day.
    """
    root = find_root(day)
    if root is None:
        return
    question = Question(day=day, unit_id=root.unit_id, is_root=True)
    later = DIALECT[connection.vendor]["later"]
    widest = later.format(day="%(day)s", count=max(STEPS))
    text = f"""{verdict_ctes(question)}{owed_cte(question)}
    SELECT q.person_id, v.unit_id, q.kind, q.ends_on, CAST(sum({ONE} << q.bit) AS bigint)
    FROM (
        SELECT o.person_id, '{ReminderKind.DUE}' AS kind, o.due_on AS ends_on, o.bit FROM owed o
        WHERE o.due_on >= %(day)s AND o.due_on <= {widest}
        UNION ALL
        SELECT h.person_id, '{ReminderKind.EXPIRY}', h.ends, h.bit FROM holding h
        JOIN verdict n ON n.person_id = h.person_id AND ((n.need >> h.bit) & 1) = 1
        WHERE h.ends > %(day)s AND h.ends <= {later.format(day=widest, count=1)}
    ) q JOIN verdict v ON v.person_id = q.person_id
    WHERE v.on_leave = 0
    GROUP BY q.person_id, v.unit_id, q.kind, q.ends_on
    ORDER BY q.person_id, q.kind, q.ends_on"""
    with connection.cursor() as cursor:
        cursor.execute(text, question.params())
        rows = cursor.fetchall()
    for person_id, unit_id, kind, ends_on, courses in rows:
        last = date.fromisoformat(ends_on) if isinstance(ends_on, str) else ends_on
        if kind == ReminderKind.EXPIRY:
            last -= timedelta(days=1)  # an exclusive end: the first day without the course
        step = step_of((last - day).days)
        if step is not None:
            yield Coming(person_id, unit_id, ReminderKind(kind), last, courses, step)
