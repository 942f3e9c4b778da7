"""The walk itself: the two figures, the legs between them, and the proof that they meet."""

from __future__ import annotations

from django.db import connection

from lms.people.models import UnitVersion
from lms.people.reorganising import map_units
from lms.people.reorganising.mapping import UnitMap
from lms.target.bridge.legs import Leg, LegText, Side, Whom, legs_between
from lms.target.bridge.parts import Bridge, Part, PartCount, steps_of
from lms.target.figures import EVERY_COURSE, Basis, is_root, totals


class BookClosed(RuntimeError):
    """The table behind the figures is being made; a bridge is walked over it alone."""


def bridge(
    unit: UnitVersion,
    first: Side,
    last: Side,
    *,
    course_mask: int = EVERY_COURSE,
    group_id: int | None = None,
) -> Bridge:
    """Return how the figure of ``unit`` for ``first`` became that for ``last``.

    ``unit`` is the version valid on the last day; on the first day its identity is meant, and the
    province is everybody. At most ten statements, whatever the numbers. Call it inside
    ``snapshot()``. Raises :class:`WrongOrder`, ``KnownBeforeDay``, :class:`BookClosed`, or
    :class:`BridgeBroken` if the parts do not lead from the one figure to the other.
    """
    basis = Basis.read()
    if not basis.source.is_built:
        raise BookClosed
    whom = Whom(unit.unit_id, is_root(unit), course_mask, group_id)
    legs, unit_map = ways(first, last, basis)
    ends = totals([whom.asked(side) for side in (first, last)], basis=basis)
    counts: dict[Part, PartCount] = {}
    for leg in legs:
        if may_differ(leg, whom):
            counts |= count(leg, whom, unit_map)
    return steps_of(ends[0], ends[1], counts)


def ways(first: Side, last: Side, basis: Basis) -> tuple[list[Leg], UnitMap]:
    """Return the legs from ``first`` to ``last`` and where units of the first day stand then."""
    legs = legs_between(first, last, lambda side: basis.needs.on(side.day, side.known))
    return legs, map_units(first.day, last.day, last.known)


def may_differ(leg: Leg, whom: Whom) -> bool:
    """Tell whether anybody can differ: the province has the same people on every map."""
    if leg.changes_nothing:
        return False
    return not (leg.part is Part.REORGANISED and whom.is_root)


def count(leg: Leg, whom: Whom, unit_map: UnitMap) -> dict[Part, PartCount]:
    """Return the people of a leg by part; one statement."""
    text = LegText(leg, whom, unit_map)
    up, down = (
        "sum(CASE WHEN {b} > {a} THEN 1 ELSE 0 END)",
        "sum(CASE WHEN {b} < {a} THEN 1 ELSE 0 END)",
    )
    sums = ", ".join(
        each.format(a=before, b=after)
        for before, after in (("in1", "in2"), ("t1", "t2"))
        for each in (up, down)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{text.ctes()} SELECT part, {sums} FROM parts GROUP BY part", text.params())  # noqa: S608 (constants)
        rows = cursor.fetchall()
    return {Part(part): PartCount(*(int(number) for number in numbers)) for part, *numbers in rows}
