"""What ``/tien-do/`` shows: a unit on a day, split by unit, group and course, and its people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from content.models import CoursePage
from lms.people.models import PositionGroup, StaffMember, UnitVersion
from lms.people.scopes import Scope
from lms.target.figures import Basis, Counts, CourseCounts, Figures, TrendPoint, snapshot
from lms.target.filters import DEPARTMENT_ROLES, Asked
from lms.target.goals import Led, Milestone, find_target, next_milestone
from lms.target.lists import (
    ALMOST,
    WINDOWS,
    Order,
    People,
    Plans,
    Tallies,
    Who,
    people,
    people_by_name,
    tallies,
)
from lms.target.lists.counting import MOST_LOOKED_THROUGH
from lms.target.lists.entries import LABELS, Entry, count_of, entries_of
from lms.target.models import TargetTerms
from lms.target.rosters.counting import Moved, moved_lists
from lms.target.small_units import least_shown
from lms.target.tables import UnitRow, UnitTable, family_of, unit_table

# Up to so many people the months of a year are drawn as they were known on a past day.
MOST_AS_KNOWN = 100_000


@dataclass(frozen=True)
class Share:
    """A line of a table with a bar: a label, a count of a whole, an address to go on to."""

    label: str
    have: int
    whole: int
    rate: Decimal | None
    url_code: str = ""
    note: str = ""
    # "own" staff, people "unplaced", or a unit below.
    kind: str = "unit"

    @property
    def missing(self) -> int:
        return self.whole - self.have


NOBODY = People((), 0, 0, None)


@dataclass(frozen=True)
class Dashboard:
    """Everything the page prints, counted in one snapshot."""

    asked: Asked
    trail: list[tuple[str, str]]
    figures: Figures
    units: list[Share]
    groups: list[Share]
    courses: list[Share]
    trend: list[TrendPoint]
    target: TargetTerms | None
    # The next day on which part of the target is to be reached.
    milestone: Milestone | None
    people: People
    who: Who
    entries: list[Entry]
    is_leaf: bool
    # Too many people for due dates and lengths of every list on one page.
    is_many: bool
    # So many people that the months of a year as known then would take longer than a page may.
    draws_months: bool
    show_rate: bool
    visible: frozenset[int]
    # How many units answered who counts; none on a past knowledge or a later map.
    lists: Moved | None
    sees_lists: bool
    course_by_bit: dict[int, CoursePage]

    @property
    def total(self) -> Counts:
        return self.figures.total

    @property
    def leads_in_year(self) -> bool:
        """Which of the two figures leads: the target says it, else the one of all years."""
        return self.target is not None and self.target.leads_in_year

    @property
    def led(self) -> Led:
        return Led(self.total, self.leads_in_year)

    @property
    def rate(self) -> Decimal | None:
        """The rate of the leading figure."""
        return self.led.rate if self.show_rate else None

    @property
    def level(self) -> int:
        """Percent to be reached; all of the staff where no target is set."""
        return self.target.level_percent if self.target else 100

    @property
    def list_label(self) -> str:
        return str(LABELS[self.who])

    @property
    def order(self) -> Order:
        """The order of the list below; a very long one goes by name."""
        return Order.NAME if self.is_many and self.who not in WINDOWS else self.asked.order

    @property
    def is_too_long(self) -> bool:
        """Tell whether the list is looked for in smaller units only."""
        return self.is_many and self.who in ALMOST

    @property
    def is_chosen(self) -> bool:
        """Tell whether a list was chosen, and not the one the page begins with."""
        return self.asked.who is not None

    @property
    def is_of_ending(self) -> bool:
        """Tell whether the list of people is one of those whose courses end soon."""
        return self.who in WINDOWS


def build(
    asked: Asked, scope: Scope, *, groups: list[PositionGroup], courses: list[CoursePage]
) -> Dashboard:
    """Return the dashboard of ``asked``; fifteen statements at most, whatever the numbers.

    On a later map there are no lists: a unit of that map has no people of its own on the day.
    """
    with snapshot():
        basis = Basis.read()
        result = asked.figures(basis)
        above, below = family_of(asked.unit, asked.map_day or asked.day, asked.known)
        table = unit_table(asked.unit, asked.day, asked.known, result=result, children=below)
        # A unit with nobody below it shows its people instead of a table of one row.
        is_leaf = len(table.rows) == 1
        who = asked.who or (Who.EVERYBODY if is_leaf else Who.MISSING)
        # The months as they were known then stand in no table: each is counted anew.
        draws_months = not asked.known or result.total.everybody <= MOST_AS_KNOWN
        points = (
            asked.trend(basis, headline=result.total if asked.map_day is None else None)
            if asked.has_trend and draws_months
            else []
        )
        page, found = NOBODY, Tallies()
        is_many = result.total.everybody > MOST_LOOKED_THROUGH
        if asked.has_people and is_many and who not in WINDOWS:
            # Who lacks one thing is looked for in a unit, not among a whole large province.
            if who not in ALMOST:
                count = count_of(who, result)
                page = people_by_name(
                    asked.question, who, count=count, after=asked.after, basis=basis
                )
        elif asked.has_people:
            plans = None if is_many else Plans.read()
            page = people(
                asked.question, who, order=asked.order, after=asked.after, basis=basis, plans=plans
            )
            if not is_many:
                found = tallies(
                    asked.question, people=result.total.everybody, basis=basis, plans=plans
                )
        leading = find_target(
            asked.day,
            asked.unit,
            known=asked.known,
            group=asked.group,
            above=[each.unit_id for each in reversed(above)],
            map_day=asked.map_day,
        )
        visible = visible_ids(page, scope)
        # A focal person's page has no statement left, and she sees her lists on their own page.
        sees_lists = scope.has_role(*DEPARTMENT_ROLES) and not (asked.known or asked.map_day)
        lists = moved_lists(asked.unit, asked.day) if sees_lists else None
    least = least_shown(scope)
    target = leading.terms if leading else None
    in_year = target is not None and target.leads_in_year
    return Dashboard(
        asked=asked,
        trail=trail_for(above, scope),
        figures=result,
        units=unit_shares(shown_rows(table), in_year=in_year, least=least),
        groups=group_shares(result, groups, in_year=in_year, least=least),
        courses=course_shares(result, courses, least=least),
        trend=points,
        target=target,
        milestone=next_milestone(leading.milestones, asked.day) if leading else None,
        people=page,
        who=who,
        entries=entries_of(result, found) if asked.has_people else [],
        is_leaf=is_leaf,
        is_many=is_many,
        draws_months=draws_months,
        show_rate=result.total.denominator >= least,
        visible=visible,
        lists=lists,
        sees_lists=sees_lists,
        course_by_bit={course.bit: course for course in courses},
    )


def shown_rows(table: UnitTable) -> list[UnitRow]:
    """Return the rows worth a line: a row of own staff or unplaced people only if it has any."""
    return [
        row
        for row in table.lowest_first()
        if row.counts.everybody or (row.unit and not row.own_staff)
    ]


def share(label: str, have: int, whole: int, rate: Decimal | None, *, least: int, **more) -> Share:
    """Return a line; a rate of fewer than ``least`` people is kept back."""
    return Share(label, have, whole, rate if whole >= least else None, **more)


def unit_shares(rows: list[UnitRow], *, in_year: bool, least: int) -> list[Share]:
    """Return the lines by the figure that leads, lowest first."""
    lines = [unit_share(row, in_year=in_year, least=least) for row in rows]
    return lowest_first(lines) if in_year else lines


def unit_share(row: UnitRow, *, in_year: bool, least: int) -> Share:
    led = Led(row.counts, in_year)
    if row.unit is None:
        label, kind, code = _("Not placed in a unit yet"), "unplaced", ""
    elif row.own_staff:
        label, kind, code = _("%(unit)s (own staff)") % {"unit": row.unit.full_name}, "own", ""
    else:
        label, kind, code = row.unit.full_name, "unit", row.unit.code
    return share(
        label,
        led.count,
        row.counts.denominator,
        led.rate,
        least=least,
        url_code=code,
        kind=kind,
    )


def lowest_first(shares: list[Share]) -> list[Share]:
    return sorted(
        shares, key=lambda line: (line.rate is None, line.rate or Decimal(0), -line.missing)
    )


def group_shares(
    result: Figures, groups: list[PositionGroup], *, in_year: bool, least: int
) -> list[Share]:
    labels = {group.pk: group.label for group in groups}
    led = {key: Led(counts, in_year) for key, counts in result.groups.items()}
    return lowest_first(
        [
            share(labels[key], each.count, each.counts.denominator, each.rate, least=least)
            for key, each in led.items()
            if each.counts.denominator
        ]
    )


def course_shares(result: Figures, courses: list[CoursePage], *, least: int) -> list[Share]:
    lines = []
    for course in courses:
        counts = result.courses.get(course.bit, CourseCounts())
        if counts.need:
            lines.append(
                share(course.short_title, counts.have, counts.need, counts.rate, least=least)
            )
    return lowest_first(lines)


def trail_for(above: list[UnitVersion], scope: Scope) -> list[tuple[str, str]]:
    """Return (name, code) of a unit and of what is above it, as far up as the asker sees."""
    first = 0
    if not scope.has_role(*DEPARTMENT_ROLES):
        tops = set(scope.top_unit_ids())
        first = next((n for n, version in enumerate(above) if version.unit_id in tops), 0)
    return [(version.full_name, version.code) for version in above[first:]]


def visible_ids(page: People, scope: Scope) -> frozenset[int]:
    """Return which of the people on the page the asker may see by name today.

    On a past day a figure counts people who have left her units since: they stay a number.
    """
    return visible_among([line.person_id for line in page.lines], scope)


def visible_among(ids: Collection[int], scope: Scope) -> frozenset[int]:
    """Return which of these people the asker may see by name today; one statement at most."""
    if scope.has_role(*DEPARTMENT_ROLES) or not ids:
        return frozenset(ids)
    seen = StaffMember.objects.visible_to(scope).filter(pk__in=ids)
    return frozenset(seen.values_list("pk", flat=True))
