"""The line of a year as SVG coordinates: 600 wide, 200 high, 100 % at the top."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from lms.target.figures import TrendPoint
from lms.target.goals import Led

WIDTH, HEIGHT, FULL = 600, 200, 100


@dataclass(frozen=True)
class Chart:
    """Paths for ``<path d>``; ``x`` and ``y`` place the last point in percent of the box."""

    line: str
    area: str
    x: str
    y: str
    first: TrendPoint
    last: TrendPoint
    ticks: list[TrendPoint]
    # How many points of percent a month the last three months brought; ``None`` = not to be said.
    pace: Decimal | None
    # The height of the target's line.
    goal: str
    # The rates of the first and the last point, by the figure that leads.
    first_rate: Decimal
    last_rate: Decimal


def draw(
    points: list[TrendPoint], level: int = FULL, *, leads_in_year: bool = False
) -> Chart | None:
    """Return the chart of the points at which somebody counted; ``None`` with fewer than two.

    ``level`` is the target in percent; the line is that of the figure that leads.
    """
    known = [point for point in points if point.counts.denominator]
    if len(known) < 2:
        return None
    rates = [Led(point.counts, leads_in_year).rate for point in known]
    step = Decimal(WIDTH) / (len(known) - 1)
    places = [(step * number, HEIGHT - rate * HEIGHT / FULL) for number, rate in enumerate(rates)]
    line = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    area = f"{line} L{WIDTH} {HEIGHT} L0 {HEIGHT} z"
    pace = None
    if len(known) > 3:
        pace = ((rates[-1] - rates[-4]) / 3).quantize(Decimal("0.1"))
    return Chart(
        line=line,
        area=area,
        x="100%",
        y=f"{FULL - rates[-1]}%",
        first=known[0],
        last=known[-1],
        ticks=known,
        pace=pace,
        # One unit below the edge, or half of the line at 100 % would be cut off.
        goal=f"{max(1, HEIGHT - level * HEIGHT // FULL)}",
        first_rate=rates[0],
        last_rate=rates[-1],
    )
