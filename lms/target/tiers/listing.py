"""The position groups of a day with their tiers, and the acts that changed them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lms.people.days import FAR
from lms.people.models import Batch, GroupTier, PositionGroup
from lms.people.models.rules import Tier
from lms.target.changes.acts import Change, Held, newest_acts
from lms.target.tiers.planning import KIND, TierEdit


@dataclass(frozen=True, kw_only=True)
class TierLine(Held):
    """A group of the day; ``row`` is its tier's standing version, none for a group without."""

    group: PositionGroup

    @property
    def tier(self) -> str:
        return self.row.tier if self.row else ""

    @property
    def label(self) -> str:
        return tier_label(self.tier)


@dataclass(frozen=True)
class TierList:
    day: date
    lines: list[TierLine]


@dataclass(frozen=True)
class NamedEdit:
    """One change in words."""

    group: str
    was: str
    tier: str
    until: date | None = None


@dataclass(frozen=True)
class TierAct:
    """One saved change, whole; it can be undone while nothing newer rests on it."""

    batch: Batch
    day: date | None
    edits: list[NamedEdit]


def tier_label(tier: str) -> str:
    return str(Tier(tier).label) if tier else "—"


def tiers_of(day: date) -> TierList:
    """Return the groups of ``day`` with their tiers, as known now; two queries."""
    held = {row.group_id: row for row in GroupTier.objects.current().valid_on(day)}
    return TierList(
        day,
        [TierLine(group=group, row=held.get(group.pk)) for group in PositionGroup.objects.all()],
    )


def name_edits(edits: tuple[TierEdit, ...], tiers: TierList) -> list[NamedEdit]:
    """Return the edits of a plan with the names of the groups."""
    groups = {line.group.pk: line.group.label for line in tiers.lines}
    return [
        NamedEdit(
            groups[edit.group_id],
            tier_label(edit.was),
            tier_label(edit.tier),
            edit.place.until if edit.place.until < FAR else None,
        )
        for edit in edits
    ]


def acts() -> list[TierAct]:
    """Return the newest acts upon the tiers with what each changed; three queries."""
    return [
        act_of(batch, changes) for batch, changes in newest_acts(KIND, GroupTier, "group").items()
    ]


def act_of(batch: Batch, changes: list[Change]) -> TierAct:
    before: dict[int, str] = {}
    begun: dict[int, GroupTier] = {}
    for was, now in changes:
        if was:
            before[was.group_id] = was.tier
        # Of the two that an act leaves, the one it ended and the one it began, the later.
        if now and (now.group_id not in begun or now.valid_from > begun[now.group_id].valid_from):
            begun[now.group_id] = now
    edits = [
        NamedEdit(row.group.label, tier_label(before.get(key, "")), tier_label(row.tier))
        for key, row in begun.items()
    ]
    return TierAct(batch, next((row.valid_from for row in begun.values()), None), edits)
