"""How far a target is, and several together, asked of the one definition of the rate.

A person counts for a target if her home is in its unit and she bears a counted duty in one of its
groups, be it her main one or another; whether she is trained is what it is everywhere: all courses
of all her duties (``docs/decisions.md`` 11, 29). So somebody in two sectors counts in the figure of
each, and :func:`union_figures` counts her once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal

from django.db.models import Q

from lms.people.days import FAR
from lms.people.models import UnitPath, UnitVersion
from lms.target.figures import Basis, Counts, Question, is_root, totals
from lms.target.goals.drafts import Draft
from lms.target.goals.places import Places
from lms.target.goals.reading import milestones_by_target, next_milestone
from lms.target.models import EVERY_GROUP, TargetMilestone, TargetTerms, TrainingTarget


class TargetUnknown(LookupError):
    """On the day asked for, the portal knew no such target."""


@dataclass(frozen=True)
class Led:
    """Counts read by the figure that leads."""

    counts: Counts
    in_year: bool

    @property
    def count(self) -> int:
        return self.counts.in_year if self.in_year else self.counts.numerator

    @property
    def rate(self) -> Decimal | None:
        return self.counts.in_year_rate if self.in_year else self.counts.rate

    @property
    def missing(self) -> int:
        return self.counts.denominator - self.count

    @property
    def other_count(self) -> int:
        return self.counts.numerator if self.in_year else self.counts.in_year

    @property
    def other_rate(self) -> Decimal | None:
        return self.counts.rate if self.in_year else self.counts.in_year_rate

    def reaches(self, percent: int) -> bool:
        """Tell whether so many percent are reached, in whole numbers; never by nobody."""
        return self.counts.denominator > 0 and self.count * 100 >= percent * self.counts.denominator

    def people_to(self, percent: int) -> int:
        """Return how many more people it takes to reach so many percent."""
        needed = -(-self.counts.denominator * percent // 100)
        return max(0, needed - self.count)


@dataclass(frozen=True)
class PassedMilestone:
    """A milestone and the figure at the end of its day; none while the day is to come."""

    milestone: TargetMilestone
    led: Led | None

    @property
    def is_reached(self) -> bool:
        return self.led is not None and self.led.reaches(self.milestone.percent)


@dataclass(frozen=True)
class TargetFigure:
    """A target as of a day: ``day`` is the one counted, none before it begins.

    From its last day on the figure stays that of the last day. ``unit`` is whom it is counted for:
    the target's unit, or the part of it that was asked for; none where no unit stands on the day.
    """

    terms: TargetTerms
    as_of: date
    day: date | None = None
    unit: UnitVersion | None = None
    counts: Counts = field(default_factory=Counts)
    milestones: Sequence[TargetMilestone] = ()

    @property
    def is_counted(self) -> bool:
        return self.day is not None and self.unit is not None

    @property
    def has_ended(self) -> bool:
        return self.as_of > self.terms.ends_on

    @property
    def led(self) -> Led:
        return Led(self.counts, self.terms.leads_in_year)

    @property
    def is_reached(self) -> bool:
        return self.is_counted and self.led.reaches(self.terms.level_percent)

    @property
    def people_to_go(self) -> int:
        return self.led.people_to(self.terms.level_percent)

    @property
    def next_milestone(self) -> TargetMilestone | None:
        return None if self.has_ended else next_milestone(self.milestones, self.as_of)


def target_figures(
    target: TrainingTarget,
    as_of: date,
    known_at: date | None = None,
    *,
    basis: Basis | None = None,
) -> TargetFigure:
    """Return how far ``target`` is at the end of ``as_of``, as known on ``known_at`` (None = now).

    Terms, milestones and people are all those known then. Raises :class:`TargetUnknown`, and
    ``KnownBeforeDay`` like every figure.
    """
    terms = TargetTerms.objects.known_on(known_at).filter(target=target).order_by("-pk").first()
    if terms is None:
        raise TargetUnknown(target.pk)
    return figures_of([terms], as_of, known_at, basis=basis)[0]


def figures_of(
    terms: Sequence[TargetTerms],
    as_of: date,
    known: date | None = None,
    *,
    within: UnitVersion | None = None,
    basis: Basis | None = None,
) -> list[TargetFigure]:
    """Return the figure of each of ``terms``, in their order; one statement for twelve of them.

    ``within`` counts only the part of each target that lies in that unit.
    """
    places = Places.read(terms, known)
    milestones = milestones_by_target([each.target_id for each in terms], known)
    counted: list[tuple[TargetTerms, date, UnitVersion | None]] = []
    for each in terms:
        if as_of < each.valid_from:
            continue
        day = min(as_of, each.ends_on)
        counted.append((each, day, places.on(each, day)))
    tree = Tree.read([unit for _terms, _day, unit in counted if unit], within, known)
    found: dict[int, tuple[date, UnitVersion]] = {}
    for each, day, unit in counted:
        if unit is not None and (part := tree.part(unit, within, day)) is not None:
            found[each.pk] = (day, part)
    asked = [each for each in terms if each.pk in found]
    counts = totals(
        [question(found[each.pk][1], found[each.pk][0], known, each.group_mask) for each in asked],
        basis=basis,
    )
    by_key = {each.pk: one for each, one in zip(asked, counts, strict=True)}
    days = {each.pk: day for each, day, _unit in counted}
    return [
        TargetFigure(
            each,
            as_of,
            day=days.get(each.pk),
            unit=found[each.pk][1] if each.pk in found else None,
            counts=by_key.get(each.pk, Counts()),
            milestones=tuple(milestones[each.target_id]),
        )
        for each in terms
    ]


def figure_of_draft(draft: Draft, as_of: date) -> TargetFigure:
    """Return how far a target would be that says ``draft``, before it is written."""
    terms = TargetTerms(pk=0, target_id=0, **draft.terms())
    return figures_of([terms], as_of)[0]


def question(unit: UnitVersion, day: date, known: date | None, mask: int) -> Question:
    return Question(
        day=day, known=known, unit_id=unit.unit_id, is_root=is_root(unit), group_mask=mask
    )


def passed_milestones(
    figure: TargetFigure,
    known: date | None = None,
    *,
    within: UnitVersion | None = None,
    basis: Basis | None = None,
) -> list[PassedMilestone]:
    """Return each milestone of ``figure`` with the figure of its own day.

    A milestone beyond the day on which the target was given up was never due.
    """
    terms = figure.terms
    places = Places.read([terms], known)
    placed = [
        (each, unit)
        for each in figure.milestones
        if each.day <= min(figure.as_of, terms.ends_on)
        and (unit := places.on(terms, each.day)) is not None
    ]
    tree = Tree.read([unit for _milestone, unit in placed], within, known)
    due = [
        (each, part)
        for each, unit in placed
        if (part := tree.part(unit, within, each.day)) is not None
    ]
    counts = totals(
        [question(unit, each.day, known, terms.group_mask) for each, unit in due], basis=basis
    )
    found = {each.pk: one for (each, _unit), one in zip(due, counts, strict=True)}
    return [
        PassedMilestone(
            each, Led(found[each.pk], terms.leads_in_year) if each.pk in found else None
        )
        for each in figure.milestones
    ]


def union_figures(
    terms: Sequence[TargetTerms],
    as_of: date,
    known: date | None = None,
    *,
    within: UnitVersion | None = None,
    basis: Basis | None = None,
) -> Counts:
    """Return the figures of all people of ``terms`` that stand on ``as_of``, each counted once.

    Two targets meet where one's unit lies in the other's or is the same. A unit is asked for the
    groups of its own targets and of those above it together; where that is more than the unit above
    asks for, the people counted there already are taken off. So the sum is exact, and every part of
    it is a figure of the one definition.
    """
    standing = [each for each in terms if each.valid_from <= as_of < each.valid_to]
    places = Places.read(standing, known)
    placed = [(places.on(each, as_of), each.group_mask) for each in standing]
    tree = Tree.read([unit for unit, _mask in placed if unit], within, known)
    units: dict[int, UnitVersion] = {}
    masks: dict[int, list[int]] = defaultdict(list)
    for unit, mask in placed:
        if unit is not None and (part := tree.part(unit, within, as_of)) is not None:
            units[part.unit_id] = part
            masks[part.unit_id].append(mask)
    parts = tree.parts(masks, as_of)
    counts = totals(
        [question(units[unit], as_of, known, mask) for _sign, unit, mask in parts], basis=basis
    )
    result = Counts()
    for (sign, _unit, _mask), one in zip(parts, counts, strict=True):
        for each in fields(Counts):
            setattr(result, each.name, getattr(result, each.name) + sign * getattr(one, each.name))
    return result


@dataclass(frozen=True)
class Tree:
    """What lay above some units, day by day: (id above, from, to), nearest first.

    The figure of the province holds those who are placed nowhere too, so it lies above a unit
    without a path as well.
    """

    rows: dict[int, list[tuple[int, date, date]]]
    provinces: tuple[UnitVersion, ...] = ()

    @classmethod
    def read(
        cls, units: Iterable[UnitVersion], within: UnitVersion | None, known: date | None
    ) -> Tree:
        """One query."""
        seen = Q(known_to=FAR) if known is None else Q(known_from__lte=known, known_to__gt=known)
        asked = [*units, *([within] if within else [])]
        ids = {unit.unit_id for unit in asked}
        rows: dict[int, list[tuple[int, date, date]]] = defaultdict(list)
        found = UnitPath.objects.filter(seen, unit__in=ids, depth__gt=0).order_by("depth")
        for unit, *row in found.values_list("unit_id", "ancestor_id", "valid_from", "valid_to"):
            rows[unit].append(tuple(row))
        return cls(rows, tuple(unit for unit in asked if is_root(unit)))

    def above(self, unit_id: int, day: date) -> list[int]:
        found = [above for above, start, end in self.rows[unit_id] if start <= day < end]
        whole = [unit.unit_id for unit in self.provinces if unit.valid_from <= day < unit.valid_to]
        return list(dict.fromkeys([*found, *(each for each in whole if each != unit_id)]))

    def part(self, unit: UnitVersion, within: UnitVersion | None, day: date) -> UnitVersion | None:
        """Return what ``unit`` and ``within`` have in common: the lower one, or nothing."""
        if within is None or within.unit_id in (unit.unit_id, *self.above(unit.unit_id, day)):
            return unit
        return within if unit.unit_id in self.above(within.unit_id, day) else None

    def parts(self, masks: dict[int, list[int]], day: date) -> list[tuple[int, int, int]]:
        """Return (sign, unit, groups) whose figures add up to everybody under ``masks``, once."""
        over = {
            unit: [above for above in self.above(unit, day) if above in masks] for unit in masks
        }
        whole = {
            unit: union_of(mask for one in (unit, *over[unit]) for mask in masks[one])
            for unit in masks
        }
        parts = []
        for unit, mask in whole.items():
            if not over[unit]:
                parts.append((1, unit, mask))
            elif whole[over[unit][0]] != mask:
                parts += [(1, unit, mask), (-1, unit, whole[over[unit][0]])]
        return parts


def union_of(masks: Iterable[int]) -> int:
    """Return the mask of the groups of any of ``masks``; one that asks for all swallows them."""
    result = EVERY_GROUP
    for mask in masks:
        if mask == EVERY_GROUP:
            return EVERY_GROUP
        result |= mask
    return result
