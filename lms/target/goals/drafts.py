"""What somebody wants a target to say, and why it may be refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from lms.people.days import day_after
from lms.people.models import Unit
from lms.target.models import EVERY_GROUP, Headline, TargetTerms, TrainingTarget


class TargetRefused(ValueError):
    """The target cannot say this."""


class PeriodReversed(TargetRefused):
    """The last day of the period lies before the first."""


class MilestoneOutside(TargetRefused):
    """A milestone's ``day`` lies outside the period."""

    def __init__(self, day: date) -> None:
        super().__init__(day)
        self.day = day


class MilestoneTwice(TargetRefused):
    """Two milestones name the same ``day``."""

    def __init__(self, day: date) -> None:
        super().__init__(day)
        self.day = day


class TargetOverlaps(TargetRefused):
    """``other`` asks for the same groups of the same unit on some of the same days."""

    def __init__(self, other: TargetTerms) -> None:
        super().__init__(other.name)
        self.other = other


class NameTaken(TargetRefused):
    """Another target that stands has this name."""


@dataclass(frozen=True, order=True)
class Milestone:
    """A part of a target: so many percent at the end of a day."""

    day: date
    percent: int


@dataclass(frozen=True)
class Draft:
    """All that a target says; ``group_mask`` 0 asks for every position group."""

    name: str
    unit: Unit
    owner: Unit
    first_day: date
    last_day: date
    plan_number: str = ""
    group_mask: int = EVERY_GROUP
    level_percent: int = 100
    headline: str = Headline.VALID
    milestones: tuple[Milestone, ...] = ()

    def terms(self) -> dict[str, Any]:
        """Return the fields of the terms."""
        period_to = day_after(self.last_day)
        return {
            "name": self.name,
            "plan_number": self.plan_number,
            "unit": self.unit,
            "owner": self.owner,
            "group_mask": self.group_mask,
            "level_percent": self.level_percent,
            "headline": self.headline,
            "valid_from": self.first_day,
            "valid_to": period_to,
            "period_to": period_to,
        }


def check(draft: Draft, *, target: TrainingTarget | None = None) -> None:
    """Raise the :class:`TargetRefused` that keeps ``draft`` from being written; two queries.

    ``target`` is the one that is to say it; a new one has none.
    """
    if draft.last_day < draft.first_day:
        raise PeriodReversed
    _check_milestones(draft.milestones, draft.first_day, draft.last_day)
    others = TargetTerms.objects.current().exclude(target=target)
    if others.filter(name=draft.name).exists():
        raise NameTaken(draft.name)
    same = others.overlapping(draft.first_day, day_after(draft.last_day)).filter(
        unit=draft.unit, group_mask=draft.group_mask
    )
    if other := same.order_by("valid_from").first():
        raise TargetOverlaps(other)


def _check_milestones(milestones: Iterable[Milestone], first_day: date, last_day: date) -> None:
    seen = set()
    for each in milestones:
        if not first_day <= each.day <= last_day:
            raise MilestoneOutside(each.day)
        if each.day in seen:
            raise MilestoneTwice(each.day)
        seen.add(each.day)
