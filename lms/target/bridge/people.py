"""The people behind one part of a bridge, by name, paged by key."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from lms.people.models import UnitVersion
from lms.target.bridge.legs import LegText, Side, Whom
from lms.target.bridge.parts import Part
from lms.target.bridge.walking import BookClosed, may_differ, ways
from lms.target.figures import EVERY_COURSE, Basis, is_root
from lms.target.figures.sql import DIALECT

PAGE_SIZE = 25


@dataclass(frozen=True)
class Change:
    """One person of a part: counted and trained before and after."""

    person_id: int
    full_name: str
    staff_code: str
    was_counted: bool
    is_counted: bool
    was_trained: bool
    is_trained: bool


@dataclass(frozen=True)
class Changes:
    """One page of a list, and how long the whole list is."""

    lines: tuple[Change, ...]
    count: int
    # The key of the next page; ``None`` on the last.
    next_key: int | None


def changes(
    unit: UnitVersion,
    first: Side,
    last: Side,
    part: Part,
    *,
    course_mask: int = EVERY_COURSE,
    group_id: int | None = None,
    after: int | None = None,
    limit: int | None = PAGE_SIZE,
) -> Changes:
    """Return who stands in ``part`` of the bridge, by name; six statements at most.

    ``after`` is the ``next_key`` of the page before; ``limit=None`` = all. Raises what ``bridge``
    raises, save ``BridgeBroken``.
    """
    basis = Basis.read()
    if not basis.source.is_built:
        raise BookClosed
    whom = Whom(unit.unit_id, is_root(unit), course_mask, group_id)
    legs, unit_map = ways(first, last, basis)
    leg = next((each for each in legs if each.part == part), legs[-1])
    if not may_differ(leg, whom):
        return Changes((), 0, None)
    text = LegText(leg, whom, unit_map)
    name = DIALECT[connection.vendor]["bytewise"].format(text="n.sort_name")
    later, bound = "1 = 1", ""
    params = text.params() | {"part": str(part)}
    if after is not None:
        params["after"] = after
        given = DIALECT[connection.vendor]["bytewise"].format(
            text="(SELECT a.sort_name FROM people_staffmember a WHERE a.id = %(after)s)"
        )
        later = f"({name}, n.person_id) > ({given}, %(after)s)"
    if limit is not None:
        params["rows"] = limit + 1
        bound = "LIMIT %(rows)s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"{text.ctes()}"  # noqa: S608 (constants)
            " SELECT n.* FROM (SELECT p.person_id, s.full_name, s.staff_code, p.in1, p.in2, p.t1,"
            " p.t2, count(*) OVER () AS people, s.sort_name"
            " FROM parts p JOIN people_staffmember s ON s.id = p.person_id WHERE p.part = %(part)s"
            f") n WHERE {later} ORDER BY {name}, n.person_id {bound}",
            params,
        )
        rows = cursor.fetchall()
    shown = rows if limit is None else rows[:limit]
    lines = tuple(Change(*row[:3], *map(bool, row[3:7])) for row in shown)
    return Changes(
        lines=lines,
        count=int(rows[0][7]) if rows else 0,
        next_key=lines[-1].person_id if len(rows) > len(shown) else None,
    )
