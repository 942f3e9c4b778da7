"""From the tiers that were chosen to facts, the impact before, and taking back.

Which groups count is a working rule of the department (``[RULE]``); no law sets it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from lms.people import batches
from lms.people.facts import writing
from lms.people.models import Batch, GroupTier, PositionGroup, UnitVersion, User
from lms.people.rules import tiers_on
from lms.target.changes.comparing import Impact, Turns, compare, turned_people
from lms.target.changes.series import (
    ChangedMeanwhile,
    NothingChanged,
    Place,
    place_on,
    print_of,
    write,
)
from lms.target.figures.assumed import AS_IT_STANDS, Assumed

# What the batches of this page are called.
KIND = "tier"


@dataclass(frozen=True)
class TierEdit:
    """One group's new tier; ``was`` is "" for a group that had none on the day."""

    group_id: int
    was: str
    tier: str
    place: Place

    def holds_on(self, day: date, begins: date) -> bool:
        return begins <= day < self.place.until


@dataclass(frozen=True)
class TierPlan:
    """What is written for a change from ``day``; ``seen`` names what the plan was built upon."""

    day: date
    edits: tuple[TierEdit, ...]
    seen: str

    @property
    def until(self) -> date:
        """The first day on which none of it holds any more."""
        return max(edit.place.until for edit in self.edits)


def plan(wanted: Mapping[int, str], day: date) -> TierPlan:
    """Return what must change so that each group of ``wanted`` has its tier on ``day``.

    Writes nothing; one query.
    """
    rows = list(GroupTier.objects.current().order_by("valid_from", "pk"))
    by_group: dict[int, list[GroupTier]] = defaultdict(list)
    for row in rows:
        by_group[row.group_id].append(row)
    edits = []
    for group_id, tier in sorted(wanted.items()):
        place = place_on(by_group[group_id], day)
        was = place.held.tier if place.held else ""
        if tier and tier != was:
            edits.append(TierEdit(group_id, was, tier, place))
    return TierPlan(day, tuple(edits), print_of(rows))


@writing()
def save(
    wanted: Mapping[int, str],
    day: date,
    *,
    seen: str,
    reason: str,
    actor: User | None,
    at: datetime,
) -> Batch:
    """Give the groups of ``wanted`` their tiers from ``day``; return the batch that undoes it.

    ``seen`` is :attr:`TierPlan.seen` of the plan whose impact was shown. Everybody's standing is
    made again by the worker. Raises :class:`ChangedMeanwhile` or :class:`NothingChanged`.
    """
    # Every writer of tiers waits here, whatever group is changed.
    list(PositionGroup.objects.select_for_update().order_by("pk").values_list("pk"))
    now = plan(wanted, day)
    if now.seen != seen:
        raise ChangedMeanwhile
    if not now.edits:
        raise NothingChanged
    with batches.gather(KIND, actor=actor, at=at, reason=reason, groups=len(now.edits)) as batch:
        for edit in now.edits:
            write(
                GroupTier,
                edit.place,
                day,
                reason=reason,
                actor=actor,
                at=at,
                group_id=edit.group_id,
                tier=edit.tier,
            )
    return batch


def sides_of(planned: TierPlan, day: date) -> tuple[Assumed, Assumed, str]:
    """Return the tiers of ``day`` as they stand and as planned, and whom that can touch."""
    later = {edit.group_id: edit.tier for edit in planned.edits if edit.holds_on(day, planned.day)}
    groups = ", ".join(str(int(edit.group_id)) for edit in planned.edits)
    return AS_IT_STANDS, Assumed(tiers=tiers_on(day) | later), f"AND p.group_id IN ({groups})"


def impact_of(planned: TierPlan, root: UnitVersion, day: date) -> Impact:
    """Return what ``planned`` does on ``day``; ``root`` is the province then."""
    return compare(root, day, *sides_of(planned, day))


def turned_by(planned: TierPlan, root: UnitVersion, day: date, *, last: int = 0) -> Turns:
    """Return one page of the people whom ``planned`` turns on ``day``, after ``last``."""
    return turned_people(root, day, *sides_of(planned, day), last=last)
