"""What the pages of targets print: the list, several together, and one of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from lms.people.keys import read_key
from lms.people.models import PositionGroup, UnitVersion
from lms.people.models.units import UnitLevel
from lms.people.scopes import Scope
from lms.target.figures import Basis, Counts, figures
from lms.target.filters import DEPARTMENT_ROLES, default_unit
from lms.target.goals.figures import (
    Led,
    PassedMilestone,
    TargetFigure,
    figures_of,
    passed_milestones,
    union_figures,
)
from lms.target.goals.history import Words
from lms.target.goals.places import Places
from lms.target.goals.reading import print_of
from lms.target.models import TargetTerms
from lms.target.small_units import least_shown

PAGE = 10


@dataclass(frozen=True)
class Line:
    """One target of the list, its figure kept back for a small number of people."""

    figure: TargetFigure
    unit: str
    owner: str
    groups: str
    show_rate: bool

    @property
    def terms(self) -> TargetTerms:
        return self.figure.terms

    @property
    def state(self) -> str:
        """One of "ahead", "given_up", "reached", "missed", "on": where it stands on the day."""
        figure = self.figure
        if figure.as_of < self.terms.first_day:
            return "ahead"
        if figure.has_ended and self.terms.is_given_up:
            return "given_up"
        if figure.is_reached:
            return "reached"
        return "missed" if figure.has_ended else "on"


@dataclass(frozen=True)
class Together:
    """Several targets in one figure; ``sum_of_parts`` counts whoever is in two of them twice."""

    offered: list[TargetTerms]
    chosen: list[TargetTerms]
    counts: Counts
    sum_of_parts: int
    show_rate: bool

    @property
    def counted_once(self) -> int:
        """How many times somebody was met again who was counted already."""
        return self.sum_of_parts - self.counts.denominator

    @property
    def valid(self) -> Led:
        return Led(self.counts, in_year=False)


@dataclass(frozen=True)
class TargetList:
    day: date
    lines: list[Line]
    together: Together | None
    # Her unit, where only a part of each target is counted for the asker.
    within: UnitVersion | None
    next_key: str


def within_of(scope: Scope) -> UnitVersion | None:
    """Return the unit to whose people the asker's figures are narrowed; none for the department."""
    if scope.has_role(*DEPARTMENT_ROLES):
        return None
    return default_unit(scope, scope.day)


def shows_rate(scope: Scope, counts: Counts) -> bool:
    return counts.denominator >= least_shown(scope)


def build_list(
    scope: Scope,
    day: date,
    *,
    groups: Sequence[PositionGroup],
    after: str = "",
    chosen: Collection[int] = (),
) -> TargetList:
    """Return a page of the targets the asker may see, with their figures on ``day``.

    ``chosen`` are the targets counted together; without any, all that stand on the day. Call it
    inside ``snapshot()``.
    """
    basis, within = Basis.read(), within_of(scope)
    seen = TargetTerms.objects.current().visible_to(scope).latest_ending_first()
    page = list(from_key(seen, after)[: PAGE + 1])
    next_key = f"{page[PAGE - 1].valid_to:%Y%m%d}-{page[PAGE - 1].pk}" if len(page) > PAGE else ""
    page = page[:PAGE]
    offered = list(seen.valid_on(day))
    together = [each for each in offered if each.target_id in chosen] or offered
    every = {each.pk: each for each in [*page, *together]}
    found = figures_of(list(every.values()), day, within=within, basis=basis)
    by_key = {figure.terms.pk: figure for figure in found}
    words = Words(Places.read_units(page), groups)
    return TargetList(
        day=day,
        lines=[line_of(by_key[each.pk], words, scope) for each in page],
        together=build_together(
            scope,
            day,
            offered=offered,
            chosen=together,
            sum_of_parts=sum(by_key[each.pk].counts.denominator for each in together),
            within=within,
            basis=basis,
        ),
        within=within,
        next_key=next_key,
    )


def from_key(seen, after: str):
    """Narrow to what stands behind the key ``after``; one that is none begins anew."""
    day, _dash, key = after.partition("-")
    last = read_key(key)
    if last is None or len(day) != 8 or not day.isdecimal():
        return seen
    try:
        end = date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        return seen
    return seen.filter(valid_to__lt=end) | seen.filter(valid_to=end, pk__lt=last)


def build_together(
    scope: Scope,
    day: date,
    *,
    offered: list[TargetTerms],
    chosen: list[TargetTerms],
    sum_of_parts: int,
    within: UnitVersion | None,
    basis: Basis,
) -> Together | None:
    """Return several targets as one figure; nothing where fewer than two stand."""
    if len(offered) < 2:
        return None
    counts = union_figures(chosen, day, within=within, basis=basis)
    return Together(offered, chosen, counts, sum_of_parts, shows_rate(scope, counts))


def line_of(figure: TargetFigure, words: Words, scope: Scope) -> Line:
    terms = figure.terms
    return Line(
        figure,
        unit=words.places.name_of_unit(terms.unit_id, figure.day or terms.first_day),
        owner=words.places.name_of_unit(terms.owner_id, figure.day or terms.first_day),
        groups=words.named(terms.group_mask),
        show_rate=shows_rate(scope, figure.counts),
    )


@dataclass(frozen=True)
class TargetPage:
    """One target as of a day, as known on a day."""

    line: Line
    milestones: list[PassedMilestone]
    # All counts of the same people; the line's hold only what a rate needs.
    counts: Counts
    within: UnitVersion | None
    seen: str

    @property
    def figure(self) -> TargetFigure:
        return self.line.figure


def build_page(
    terms: TargetTerms,
    scope: Scope,
    day: date,
    known: date | None,
    *,
    groups: Sequence[PositionGroup],
) -> TargetPage:
    """Return one target with its milestones; call it inside ``snapshot()``."""
    basis, within = Basis.read(), within_of(scope)
    figure = figures_of([terms], day, known, within=within, basis=basis)[0]
    counts = Counts()
    if figure.is_counted:
        counts = figures(
            figure.unit, figure.day, known, group_mask=terms.group_mask, basis=basis
        ).total
    words = Words(Places.read_units([terms], known), groups)
    return TargetPage(
        line=line_of(figure, words, scope),
        milestones=passed_milestones(figure, known, within=within, basis=basis),
        counts=counts,
        within=within,
        seen=print_of(terms, figure.milestones),
    )


def owners_on(day: date, *, also: int | None = None) -> list[UnitVersion]:
    """Return who may answer for a target: the bodies of the province and the province itself.

    ``also`` is a unit that answers for one already; one query.
    """
    rows = UnitVersion.objects.current().valid_on(day)
    found = rows.filter(level=UnitLevel.AGENCY) | rows.roots() | rows.filter(unit=also)
    return list(found.distinct().in_code_order())
