"""The line of a year as SVG coordinates: 600 wide, 200 high, 100 % at the top."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from lms.target.figures import TrendPoint

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


def draw(points: list[TrendPoint]) -> Chart | None:
    """Return the chart of the points at which somebody counted; ``None`` with fewer than two."""
    known = [point for point in points if point.counts.rate is not None]
    if len(known) < 2:
        return None
    step = Decimal(WIDTH) / (len(known) - 1)
    places = [
        (step * number, HEIGHT - point.counts.rate * HEIGHT / FULL)
        for number, point in enumerate(known)
    ]
    line = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    area = f"{line} L{WIDTH} {HEIGHT} L0 {HEIGHT} z"
    pace = None
    if len(known) > 3:
        pace = ((known[-1].counts.rate - known[-4].counts.rate) / 3).quantize(Decimal("0.1"))
    return Chart(
        line=line,
        area=area,
        x="100%",
        y=f"{FULL - known[-1].counts.rate}%",
        first=known[0],
        last=known[-1],
        ticks=known,
        pace=pace,
    )
