"""The figures from before the portal of one unit, as points beside the computed line.

The dashboard has a fixed budget of statements, so what stands now is cached for each unit: an entry
shows at once in the process that wrote it and within a minute in the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.cache import cache

from lms.target.figures.counts import cut_rate
from lms.target.filters import Asked
from lms.target.models import BaselineFigure

CACHE_SECONDS = 60
UNITS_KEY = "target.baselines.units"
# The newest of them stand on the dashboard; all are on their own page.
MOST_SHOWN = 6
FIELDS = ("day", "counted", "trained", "plan", "document_number", "document_on", "note")


@dataclass(frozen=True)
class Point:
    """One reported figure; ``rate`` is ``None`` where it may not be shown to the asker."""

    day: date
    counted: int
    trained: int
    plan: str
    document_number: str
    document_on: date
    note: str
    rate: Decimal | None


@dataclass(frozen=True)
class Mark:
    """Where a point stands on the chart, in percent of its box; ``is_before`` = at its edge."""

    point: Point
    x: str
    y: str
    is_before: bool


def points_of(asked: Asked, *, least: int, most: int | None = None) -> list[Point]:
    """Return the figures reported for the unit up to the day asked, oldest first.

    A figure was reported for the whole unit, so there is none for a group or a course. ``least``
    is the fewest people whose rate may be shown; ``most`` keeps the newest. No query
    while cached, else two.
    """
    if asked.group or asked.course:
        return []
    rows = [row for row in _rows(asked.unit.unit_id, asked.known) if row["day"] <= asked.day]
    return [_point(row, least=least) for row in (rows[-most:] if most else rows)]


def _point(row: dict[str, Any], *, least: int) -> Point:
    is_kept = row["counted"] >= least
    return Point(**row, rate=cut_rate(row["trained"], row["counted"]) if is_kept else None)


def _rows(unit_id: int, known: date | None) -> list[dict[str, Any]]:
    if known is not None:
        return _read(unit_id, known)
    if unit_id not in _units():
        return []
    rows = cache.get(_key(unit_id))
    if rows is None:
        rows = _read(unit_id, None)
        cache.set(_key(unit_id), rows, CACHE_SECONDS)
    return rows


def _units() -> frozenset[int]:
    """Return the units that have such figures: few, so that a page of any other asks nothing."""
    units = cache.get(UNITS_KEY)
    if units is None:
        standing = BaselineFigure.objects.current()
        units = frozenset(standing.values_list("unit_id", flat=True).distinct())
        cache.set(UNITS_KEY, units, CACHE_SECONDS)
    return units


def _read(unit_id: int, known: date | None) -> list[dict[str, Any]]:
    found = BaselineFigure.objects.known_on(known).filter(unit=unit_id)
    return list(found.order_by("day", "plan", "pk").values(*FIELDS))


def _key(unit_id: int) -> str:
    return f"target.baselines:{unit_id}"


def forget(unit_id: int) -> None:
    """Have the next page read the figures of the unit anew."""
    cache.delete_many([UNITS_KEY, _key(unit_id)])


def drawn_on(points: list[Point], first: date, last: date) -> Mark | None:
    """Return the mark of the newest point on a chart from ``first`` to ``last``, if it has a rate.

    One of an earlier day stands at the left edge, and the words beside the chart say so.
    """
    newest = points[-1] if points else None
    if newest is None or newest.rate is None or last <= first:
        return None
    share = Decimal(100 * max((newest.day - first).days, 0)) / (last - first).days
    x = min(share, Decimal(100)).quantize(Decimal("0.1"))
    return Mark(newest, f"{x}%", f"{100 - newest.rate}%", newest.day < first)
