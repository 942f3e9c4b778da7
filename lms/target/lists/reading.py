"""One page of a list, in one of two orders."""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db import connection

from lms.people import keys
from lms.people.models.units import UnitLevel
from lms.target.figures.derived import Basis, person_ctes
from lms.target.figures.reading import bits_of
from lms.target.figures.sql import DIALECT, Question, known_text, valid_text
from lms.target.lists.almost import Plans, almost_ctes, lacks_only
from lms.target.lists.kinds import ALMOST, CONDITIONS, WINDOWS, Who
from lms.target.lists.sources import due_cte, picked_ctes, window_cte

PAGE_SIZE = 25


class Order(StrEnum):
    DUE = "due"
    NAME = "name"


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


def people(
    question: Question,
    who: Who = Who.MISSING,
    *,
    order: Order = Order.DUE,
    after: str = "",
    limit: int | None = PAGE_SIZE,
    basis: Basis | None = None,
    plans: Plans | None = None,
    among: Collection[int] | None = None,
) -> People:
    """Return one page of the people of ``question``; ``limit=None`` = all of them.

    One statement, two more without ``basis``, one more without ``plans`` where they are asked.
    ``among`` narrows it to these people. ``after`` is the ``next_key`` of the page before; a key
    that nobody gave out counts as none.
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
    basis = basis or Basis.read()
    due_text, join, missing = due_cte(question), "LEFT JOIN", "v.need - v.have"
    if who in WINDOWS:
        due_text, join, missing = window_cte(question, who), "JOIN", "d.courses"
    if among is None:
        chosen = members(question, basis, who, plans)
    else:
        keys = ", ".join(str(int(each)) for each in among) or "NULL"
        chosen = picked_ctes(question, basis, f"v.person_id IN ({keys})")
    text = f"""{person_ctes(question, basis)}{chosen}{due_text}
    SELECT q.* FROM (
        SELECT v.person_id, s.full_name, s.staff_code, v.unit_id, u.kind, u.name, u.level,
               v.group_id, {missing} AS missing, v.state, v.is_new, v.on_leave, d.due_on,
               s.sort_name, count(*) OVER () AS people,
               sum(CASE WHEN d.due_on < %(day)s AND v.on_leave = 0 THEN 1 ELSE 0 END) OVER ()
                   AS overdue
        FROM picked v
        JOIN people_staffmember s ON s.id = v.person_id
        {join} due d ON d.person_id = v.person_id
        LEFT JOIN people_unitversion u ON u.unit_id = v.unit_id
          AND {valid_text("u")} AND {known_text(question, "u")}
    ) q WHERE {later} ORDER BY {columns} {bound}"""
    is_wide = among is None and question.is_root and (limit is None or who in WINDOWS)
    with joined_by_hash(is_wide), connection.cursor() as cursor:
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


@contextmanager
def joined_by_hash(is_wide: bool) -> Iterator[None]:
    """Keep PostgreSQL from looking up a whole province one by one inside a transaction.

    It cannot guess how many people a list holds and takes them for a few hundred.
    """
    is_told = is_wide and connection.vendor == "postgresql" and connection.in_atomic_block
    if is_told:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_nestloop = off")
    yield
    if is_told:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_nestloop = on")


def people_by_name(
    question: Question, who: Who, *, count: int | None, after: str = "", basis: Basis
) -> People:
    """Return one page by name of a list among very many people; two statements.

    Only those of the page are looked at closely: ``count`` is known to the caller, how many are
    overdue is not said. Not for lists of what ends or is nearly done.
    """
    params = question.params() | {"rows": PAGE_SIZE + 1}
    name = DIALECT[connection.vendor]["bytewise"].format(text="s.sort_name")
    later = "1 = 1"
    key = read_key(after, Order.NAME)
    if key is not None:
        params["after"] = key[1]
        given = DIALECT[connection.vendor]["bytewise"].format(
            text="(SELECT a.sort_name FROM people_staffmember a WHERE a.id = %(after)s)"
        )
        later = f"({name}, s.id) > ({given}, %(after)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{person_ctes(question, basis)}
    SELECT s.id FROM people_staffmember s JOIN verdict v ON v.person_id = s.id
    WHERE {CONDITIONS[who]} AND {later} ORDER BY {name}, s.id LIMIT %(rows)s""",
            params,
        )
        ids = [row[0] for row in cursor.fetchall()]
    page = people(
        question, Who.EVERYBODY, order=Order.NAME, limit=None, basis=basis, among=ids[:PAGE_SIZE]
    )
    return People(
        lines=page.lines,
        count=count or 0,
        overdue_count=0,
        next_key=write_key(page.lines[-1], Order.NAME) if len(ids) > PAGE_SIZE else None,
    )


def members(question: Question, basis: Basis, who: Who, plans: Plans | None) -> str:
    """Return the CTE ``picked`` with the people of the list ``who``, and what it rests on."""
    mask = ALMOST.get(who)
    if mask is None:
        return picked_ctes(question, basis, CONDITIONS[who])
    condition = (
        f"v.person_id IN (SELECT a.person_id FROM almost a WHERE a.person_id = v.person_id"
        f" AND {lacks_only(mask)})"
    )
    untrained = f"""
    , untrained AS (SELECT v.* FROM verdict v WHERE {CONDITIONS[who]})"""
    asked = almost_ctes(question, "untrained", plans or Plans.read())
    # Those who lack one thing are few: the rest is asked of them alone.
    return untrained + asked + picked_ctes(question, basis, condition, people="untrained")


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
    person_id = keys.read_key(person)
    if person_id is None:
        return None
    if order is Order.NAME:
        return (None, person_id)
    try:
        return (date.fromisoformat(day), person_id)
    except ValueError:
        return None
