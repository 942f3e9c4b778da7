"""The bridge as SVG coordinates: 600 wide, 200 high, 100 % at the top, a bar for each step."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from lms.target.bridge.parts import Bridge, Part

WIDTH, HEIGHT = 600, 200
# The gap between bars, in parts of a bar.
GAP = Decimal("0.25")


@dataclass(frozen=True)
class Bar:
    """A rectangle; ``tone`` is ``whole`` for the figures at both ends, else ``up`` or ``down``."""

    part: Part | None
    x: str
    y: str
    width: str
    height: str
    tone: str


def draw(bridge: Bridge) -> list[Bar]:
    """Return the bars from the first rate to the last; [] where either side has no rate.

    A step that does not move the rate, though people changed, is a line of one unit.
    """
    if bridge.first.rate is None or bridge.last.rate is None:
        return []
    moving = [step for step in bridge.filled if step.change is not None]
    place = Decimal(WIDTH) / (len(moving) + 2)
    width = place * (1 - GAP)
    bars = [bar(None, 0, width, Decimal(0), bridge.first.rate, "whole")]
    for number, step in enumerate(moving, start=1):
        tone = "up" if step.change >= 0 else "down"
        bars.append(bar(step.part, place * number, width, step.rate_before, step.rate, tone))
    bars.append(bar(None, place * (len(moving) + 1), width, Decimal(0), bridge.last.rate, "whole"))
    return bars


def bar(
    part: Part | None, x: Decimal, width: Decimal, one: Decimal, two: Decimal, tone: str
) -> Bar:
    high, low = max(one, two), min(one, two)
    scale = Decimal(HEIGHT) / 100
    return Bar(
        part=part,
        x=f"{x:.1f}",
        y=f"{HEIGHT - high * scale:.1f}",
        width=f"{width:.1f}",
        height=f"{max((high - low) * scale, Decimal(1)):.1f}",
        tone=tone,
    )
