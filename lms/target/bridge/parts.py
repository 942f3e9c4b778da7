"""What a bridge consists of: parts, in the order in which the rate is walked through them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from lms.target.figures import Counts, cut_rate


class Part(StrEnum):
    """Why somebody counts on one side and not on the other; one person stands in one part of a leg.

    The order is that of the steps. No rule sets it: first what concerns the books, then who left
    and who came, last what people learnt, so that learning is seen among those who stayed.
    """

    CORRECTED = "corrected"
    REORGANISED = "reorganised"
    REQUIRED = "required"
    LEFT = "left"
    ON_LEAVE = "on_leave"
    MOVED_OUT = "moved_out"
    HIRED = "hired"
    NAMED = "named"
    RETURNED = "returned"
    MOVED_IN = "moved_in"
    GROUP_CHANGED = "group_changed"
    EXPIRED = "expired"
    TRAINED = "trained"


class BridgeBroken(RuntimeError):
    """The parts do not lead to the last figure: the table behind the figures is wrong."""


@dataclass(frozen=True)
class PartCount:
    """People who entered and who left the denominator and the trained, in one part."""

    denominator_up: int = 0
    denominator_down: int = 0
    numerator_up: int = 0
    numerator_down: int = 0

    @property
    def denominator(self) -> int:
        return self.denominator_up - self.denominator_down

    @property
    def numerator(self) -> int:
        return self.numerator_up - self.numerator_down

    @property
    def is_empty(self) -> bool:
        return not any(vars(self).values())


@dataclass(frozen=True)
class Step:
    """One part and where the figure stands after it."""

    part: Part
    count: PartCount
    denominator: int
    numerator: int
    rate_before: Decimal | None

    @property
    def rate(self) -> Decimal | None:
        """The rate after this step, cut to one decimal as everywhere."""
        return cut_rate(self.numerator, self.denominator)

    @property
    def change(self) -> Decimal | None:
        """Percentage points of this step: cut rate after less cut rate before, so they add up."""
        if self.rate is None or self.rate_before is None:
            return None
        return self.rate - self.rate_before


@dataclass(frozen=True)
class Bridge:
    """The figures of both sides and every step between them, empty ones included."""

    first: Counts
    last: Counts
    steps: tuple[Step, ...]

    @property
    def filled(self) -> tuple[Step, ...]:
        """The steps in which somebody stands."""
        return tuple(step for step in self.steps if not step.count.is_empty)

    @property
    def change(self) -> Decimal | None:
        """Percentage points from the first rate to the last."""
        if self.first.rate is None or self.last.rate is None:
            return None
        return self.last.rate - self.first.rate


def steps_of(first: Counts, last: Counts, counts: dict[Part, PartCount]) -> Bridge:
    """Walk from ``first`` through ``counts``. Raises :class:`BridgeBroken` unless it ends at
    ``last``."""
    denominator, numerator = first.denominator, first.numerator
    steps = []
    for part in Part:
        count = counts.get(part, PartCount())
        before = cut_rate(numerator, denominator)
        denominator += count.denominator
        numerator += count.numerator
        steps.append(Step(part, count, denominator, numerator, before))
    if (denominator, numerator) != (last.denominator, last.numerator):
        raise BridgeBroken(
            f"{numerator}/{denominator} reached, {last.numerator}/{last.denominator} figured"
        )
    return Bridge(first, last, tuple(steps))
