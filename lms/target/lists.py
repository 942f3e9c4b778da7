"""The people behind a figure, by name: who is missing, who is new, everybody of a unit.

The same definition as the counts, so a list is as long as its figure. Pages go by key: the order is
total and a page costs the same wherever it lies.
"""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db import connection

from lms.people.models.units import UnitLevel
from lms.target.figures.reading import bits_of
from lms.target.figures.sql import DIALECT, ONE, Question, known_text, valid_text, verdict_ctes

PAGE_SIZE = 25


class Who(StrEnum):
    MISSING = "missing"
    NEW = "new"
    EVERYBODY = "everybody"
    # A course they need and hold ends within so many days and is not renewed yet.
    ENDS_IN_30 = "ends_in_30"
    ENDS_IN_60 = "ends_in_60"
    ENDS_IN_90 = "ends_in_90"


class Order(StrEnum):
    DUE = "due"
    NAME = "name"


CONDITIONS = {
    Who.MISSING: "v.on_leave = 0 AND v.state <> 'trained'",
    Who.NEW: "v.on_leave = 0 AND v.is_new = 1",
    Who.EVERYBODY: "1 = 1",
}
# Days from the day asked to the first day without the course: more than the one, at most the other.
WINDOWS = {Who.ENDS_IN_30: (0, 30), Who.ENDS_IN_60: (30, 60), Who.ENDS_IN_90: (60, 90)}


@dataclass(frozen=True)
class Line:
    """One person of a list; ``missing`` are places of courses, ``due_on`` the nearest due date.

    In a list of what ends soon these are the courses that end, and the first day without one.
    """

    person_id: int
    full_name: str
    staff_code: str
    unit_id: int
    unit_name: str
    group_id: int
    missing: tuple[int, ...]
    state: str
    is_new: bool
    on_leave: bool
    due_on: date | None


@dataclass(frozen=True)
class People:
    """One page of a list, how long the whole list is and how many of it are overdue."""

    lines: tuple[Line, ...]
    count: int
    overdue_count: int
    # The key of the next page; ``None`` on the last.
    next_key: str | None


def due_cte(question: Question) -> str:
    """Return the CTE ``due(person_id, due_on)``: the nearest due date of a missing course.

    The arithmetic is that of ``lms.target.due``; a test runs both over the same cases.
    """
    words = DIALECT[connection.vendor]
    began = words["latest"].format(a="d.began", b="r.valid_from")
    own = f"coalesce(n.due_on, {words['year_end'].format(day='n.began')})"
    grace = words["later"].format(day="n.began", count="rules.due_grace_days")
    return f"""
    , due(person_id, due_on) AS (
        SELECT q.person_id, min(q.due_on) FROM (
            SELECT n.person_id, n.bit, min({words["latest"].format(a=own, b=grace)}) AS due_on
            FROM (
                SELECT d.person_id, c.bit, r.due_on, {began} AS began
                FROM (
                    SELECT person_id, group_id, min(duty_began_on) AS began
                    FROM duty GROUP BY person_id, group_id
                ) d
                JOIN target_requirement r ON r.group_id = d.group_id
                JOIN content_coursepage c ON c.page_ptr_id = r.course_id
                WHERE {valid_text("r")} AND {known_text(question, "r")}
            ) n CROSS JOIN rules GROUP BY n.person_id, n.bit
        ) q
        JOIN verdict v ON v.person_id = q.person_id
        WHERE (((v.need - v.have) >> q.bit) & 1) = 1
        GROUP BY q.person_id
    )"""


def ending_text(first: int, last: int) -> str:
    """Return the condition that holding ``h`` of ``v`` is needed and ends in a window of days."""
    later = DIALECT[connection.vendor]["later"]
    begin, end = (later.format(day="%(day)s", count=count) for count in (first, last))
    needed = "v.on_leave = 0 AND ((v.need >> h.bit) & 1) = 1"
    return f"{needed} AND h.ends > {begin} AND h.ends <= {end}"


def ending_cte(who: Who) -> str:
    """Return ``due`` for a list of what ends soon: its courses and the first day without one."""
    return f"""
    , due(person_id, due_on, courses) AS (
        SELECT v.person_id, min(h.ends), CAST(sum({ONE} << h.bit) AS bigint)
        FROM verdict v JOIN holding h ON h.person_id = v.person_id
        WHERE {ending_text(*WINDOWS[who])} GROUP BY v.person_id
    )"""


def ending_counts(question: Question) -> dict[Who, int]:
    """Return how many held courses end in each window of :data:`WINDOWS`; one statement."""
    sums = ", ".join(
        f"coalesce(sum(CASE WHEN {ending_text(*window)} THEN 1 ELSE 0 END), 0)"
        for window in WINDOWS.values()
    )
    text = f"""{verdict_ctes(question)}
    SELECT {sums} FROM verdict v JOIN holding h ON h.person_id = v.person_id"""
    with connection.cursor() as cursor:
        cursor.execute(text, question.params())
        found = cursor.fetchone()
    return {who: int(count) for who, count in zip(WINDOWS, found, strict=True)}


def people(
    question: Question,
    who: Who = Who.MISSING,
    *,
    order: Order = Order.DUE,
    after: str = "",
    limit: int | None = PAGE_SIZE,
) -> People:
    """Return one page of the people of ``question``; one statement, ``limit=None`` = all of them.

    ``after`` is the ``next_key`` of the page before; a key that nobody gave out counts as none.
    """
    words = DIALECT[connection.vendor]
    name = words["bytewise"].format(text="q.sort_name")
    params: dict[str, Any] = question.params()
    later, columns = "1 = 1", f"{name}, q.person_id"
    # Who owes nothing stands behind everybody who does.
    due = (
        "coalesce(q.due_on, DATE '9999-12-31')"
        if connection.vendor == "postgresql"
        else ("coalesce(q.due_on, '9999-12-31')")
    )
    if order is Order.DUE:
        columns = f"{due}, {columns}"
    key = read_key(after, order)
    if key is not None:
        last_due, last_id = key
        params["after"] = last_id
        given = words["bytewise"].format(
            text="(SELECT a.sort_name FROM people_staffmember a WHERE a.id = %(after)s)"
        )
        values = f"{given}, %(after)s"
        if order is Order.DUE:
            params["after_due"] = connection.ops.adapt_datefield_value(last_due)
            values = f"%(after_due)s, {values}"
        later = f"({columns}) > ({values})"
    bound = ""
    if limit is not None:
        params["rows"] = limit + 1
        bound = "LIMIT %(rows)s"
    due_text, join, missing = due_cte(question), "LEFT JOIN", "v.need - v.have"
    if who in WINDOWS:
        due_text, join, missing = ending_cte(who), "JOIN", "d.courses"
    text = f"""{verdict_ctes(question)}{due_text}
    SELECT q.* FROM (
        SELECT v.person_id, s.full_name, s.staff_code, v.unit_id, u.kind, u.name, u.level,
               v.group_id, {missing} AS missing, v.state, v.is_new, v.on_leave, d.due_on,
               s.sort_name, count(*) OVER () AS people,
               sum(CASE WHEN d.due_on < %(day)s AND v.on_leave = 0 THEN 1 ELSE 0 END) OVER ()
                   AS overdue
        FROM verdict v
        JOIN people_staffmember s ON s.id = v.person_id
        {join} due d ON d.person_id = v.person_id
        LEFT JOIN people_unitversion u ON u.unit_id = v.unit_id
          AND {valid_text("u")} AND {known_text(question, "u")}
        WHERE {CONDITIONS.get(who, "1 = 1")}
    ) q WHERE {later} ORDER BY {columns} {bound}"""
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        rows = cursor.fetchall()
    shown = rows if limit is None else rows[:limit]
    lines = tuple(read_line(row) for row in shown)
    return People(
        lines=lines,
        count=int(rows[0][14]) if rows else 0,
        overdue_count=int(rows[0][15]) if rows else 0,
        next_key=write_key(lines[-1], order) if len(rows) > len(shown) else None,
    )


def read_line(row: tuple[Any, ...]) -> Line:
    kind, name, level = row[4:7]
    unit_name = name or ""
    if name and kind and level != UnitLevel.AGENCY:
        unit_name = f"{kind} {name}"
    due_on = date.fromisoformat(row[12]) if isinstance(row[12], str) else row[12]
    return Line(
        person_id=row[0],
        full_name=row[1],
        staff_code=row[2],
        unit_id=row[3],
        unit_name=unit_name,
        group_id=row[7],
        missing=tuple(bits_of(row[8])),
        state=row[9],
        is_new=bool(row[10]),
        on_leave=bool(row[11]),
        due_on=due_on,
    )


def write_key(line: Line, order: Order) -> str:
    if order is Order.NAME:
        return f"{line.person_id}"
    return f"{line.due_on or date.max:%Y-%m-%d}_{line.person_id}"


def read_key(text: str, order: Order) -> tuple[date | None, int] | None:
    """Return (due date, person) of a key, ``None`` for anything else."""
    day, _sep, person = text.rpartition("_")
    if not (person.isascii() and person.isdecimal() and len(person) < 18):
        return None
    if order is Order.NAME:
        return (None, int(person))
    try:
        return (date.fromisoformat(day), int(person))
    except ValueError:
        return None
