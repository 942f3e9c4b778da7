"""What targets say, on a day, as known on a day; and which one leads at a unit."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet

from lms.people.days import FAR
from lms.people.models import PositionGroup, UnitPath, UnitVersion
from lms.target.goals.drafts import Milestone
from lms.target.goals.places import Places
from lms.target.models import EVERY_GROUP, TargetMilestone, TargetTerms

# A milestone as asked for or as written.
Step = TypeVar("Step", Milestone, TargetMilestone)


def milestones_by_target(
    targets: Collection[int], known: date | None = None
) -> dict[int, list[TargetMilestone]]:
    """Return the milestones of each target by day, as known on ``known``; one query."""
    found: dict[int, list[TargetMilestone]] = defaultdict(list)
    rows = TargetMilestone.objects.known_on(known).filter(target__in=targets)
    for row in rows.order_by("target_id", "day"):
        found[row.target_id].append(row)
    return found


def next_milestone(milestones: Iterable[Step], day: date) -> Step | None:
    """Return the first milestone on ``day`` or after it, ``None`` behind the last one."""
    return min(
        (each for each in milestones if each.day >= day), key=lambda each: each.day, default=None
    )


def print_of(terms: TargetTerms, milestones: Iterable[TargetMilestone]) -> str:
    """Return a fingerprint of the versions: it changes with any write among them."""
    keys = [terms.pk, *sorted(each.pk for each in milestones)]
    return hashlib.sha256(",".join(map(str, keys)).encode()).hexdigest()[:32]


def groups_of(mask: int, groups: Iterable[PositionGroup]) -> list[PositionGroup]:
    """Return those of ``groups`` that a mask names; none for the mask of all."""
    return [group for group in groups if mask >> group.bit & 1]


def mask_of(groups: Iterable[PositionGroup]) -> int:
    return sum(1 << group.bit for group in groups)


def ids_above(unit_id: int, day: date, known: date | None = None) -> list[int]:
    """Return the unit and what is above it on ``day``, nearest first; one query."""
    seen = Q(known_to=FAR) if known is None else Q(known_from__lte=known, known_to__gt=known)
    rows = UnitPath.objects.filter(seen, unit=unit_id, valid_from__lte=day, valid_to__gt=day)
    return list(rows.order_by("depth").values_list("ancestor_id", flat=True))


@dataclass(frozen=True)
class LeadingTarget:
    """What the figures of a unit are measured against: the terms, and the milestones by day."""

    terms: TargetTerms
    milestones: tuple[Milestone, ...]


def find_target(
    day: date,
    unit: UnitVersion,
    *,
    known: date | None = None,
    group: PositionGroup | None = None,
    above: Collection[int] | None = None,
    map_day: date | None = None,
) -> LeadingTarget | None:
    """Return the target against which the figures of ``unit`` on ``day`` are measured.

    The target of the unit itself, else of the nearest unit above it; of several at one unit that of
    the ``group`` looked at, which a target of every group does not hide. Without a group only
    targets of every group are asked. ``above`` are the ids of :func:`ids_above`, ``map_day`` the
    day on which ``unit`` is valid if it is not ``day``. One query, one more without ``above``, and
    those of :class:`Places` where a target's unit has ended.
    """
    map_day = map_day or day
    steps: dict[int, list[Milestone]] = defaultdict(list)
    found: dict[int, TargetTerms] = {}
    for each in _standing(day, map_day, known):
        found[each.pk] = each
        if each.step_day is not None:
            steps[each.pk].append(Milestone(each.step_day, each.step_percent))
    terms = [each for each in found.values() if _asks_for(each, group)]
    if not terms:
        return None
    way = list(above) if above is not None else ids_above(unit.unit_id, map_day, known)
    homes = _homes(terms, way, map_day, known)
    leading = min(
        (each for each in terms if homes[each.pk] in way),
        key=lambda each: (way.index(homes[each.pk]), each.group_mask == EVERY_GROUP, each.pk),
        default=None,
    )
    return LeadingTarget(leading, tuple(sorted(steps[leading.pk]))) if leading else None


def _standing(day: date, map_day: date, known: date | None) -> QuerySet[TargetTerms]:
    """Return the terms that stand on ``day``, once for each milestone, or once without any.

    Each knows whether its unit ever is the province, and whether it is there on ``map_day``.
    """
    steps = Q(target__steps__withdrawn_on=FAR)
    if known is not None:
        steps = Q(target__steps__recorded_on__lte=known, target__steps__withdrawn_on__gt=known)
    versions = UnitVersion.objects.known_on(known).filter(unit=OuterRef("unit"))
    return (
        TargetTerms.objects.known_on(known)
        .valid_on(day)
        .annotate(step=FilteredRelation("target__steps", condition=steps))
        .annotate(
            step_day=F("step__day"),
            step_percent=F("step__percent"),
            is_of_province=Exists(versions.roots()),
            has_unit=Exists(versions.valid_on(map_day)),
        )
        .order_by("pk")
    )


def _asks_for(terms: TargetTerms, group: PositionGroup | None) -> bool:
    if terms.group_mask == EVERY_GROUP:
        return True
    return group is not None and bool(terms.group_mask >> group.bit & 1)


def _homes(
    terms: Iterable[TargetTerms], way: list[int], day: date, known: date | None
) -> dict[int, int | None]:
    """Return the unit in which each of ``terms`` stands on ``day``; ``way`` ends at the top."""
    homes: dict[int, int | None] = {}
    ended = []
    for each in terms:
        if each.is_of_province:
            homes[each.pk] = way[-1] if way else None
        elif each.has_unit:
            homes[each.pk] = each.unit_id
        else:
            ended.append(each)
    if ended:
        places = Places.read(ended, known)
        homes |= {each.pk: places.id_on(each, day) for each in ended}
    return homes
