"""What ``/tien-do/`` shows: a unit on a day, split by unit, group and course, and its people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.models import CoursePage
from lms.people.models import PositionGroup, StaffMember, UnitVersion
from lms.people.models.accounts import Role
from lms.people.models.units import UnitLevel
from lms.people.scopes import Scope
from lms.people.units import UnknownUnit, find_root, get_unit_version
from lms.target.asking import WrongDay, read_day, unknown_unit_text
from lms.target.figures import (
    EVERY_COURSE,
    Counts,
    CourseCounts,
    Figures,
    Question,
    TrendPoint,
    figures,
    is_root,
    snapshot,
    trend,
)
from lms.target.lists import WINDOWS, Order, People, Who, ending_counts, people
from lms.target.models import TrainingTarget
from lms.target.requirements import find_target
from lms.target.tables import UnitRow, UnitTable, family_of, unit_table

DEPARTMENT_ROLES = (Role.PROVINCE_MANAGER, Role.PROVINCE_LEADER)
# The nearest level first: an officer with several roles begins at the widest.
LEVEL_ORDER = [UnitLevel.PROVINCE, UnitLevel.DISTRICT, UnitLevel.COMMUNE, UnitLevel.AGENCY]
SMALL_UNIT = 5
# The lists of people by their names in the address.
LISTS = {
    "het-han-30": Who.ENDS_IN_30,
    "het-han-60": Who.ENDS_IN_60,
    "het-han-90": Who.ENDS_IN_90,
}


class OutsideScope(LookupError):
    """The unit exists and is not the asker's: to her it does not exist."""


@dataclass(frozen=True)
class Asked:
    """What is looked at, read from the address."""

    unit: UnitVersion
    day: date
    group: PositionGroup | None = None
    course: CoursePage | None = None
    order: Order = Order.DUE
    after: str = ""
    # Which list of people stands below; nobody in particular = who is missing.
    who: Who | None = None

    @property
    def course_mask(self) -> int:
        return 1 << self.course.bit if self.course else EVERY_COURSE

    @property
    def group_id(self) -> int | None:
        return self.group.pk if self.group else None

    @property
    def question(self) -> Question:
        return Question(
            day=self.day,
            unit_id=self.unit.unit_id,
            is_root=is_root(self.unit),
            course_mask=self.course_mask,
            group_id=self.group_id,
        )


class ProgressForm(forms.Form):
    """The filters; their names are those of the address. Empty means all, and today."""

    def __init__(
        self, *args, scope: Scope, groups: list[PositionGroup], courses: list[CoursePage], **kwargs
    ) -> None:
        super().__init__(*args, **kwargs)
        self.scope, self.groups, self.courses = scope, groups, courses
        text = {"class": "in"}
        self.fields["don-vi"] = forms.CharField(
            label=gettext_lazy("Unit"),
            required=False,
            max_length=20,
            widget=forms.TextInput(attrs=text),
        )
        self.fields["nhom"] = forms.ChoiceField(
            label=gettext_lazy("Position group"),
            required=False,
            widget=forms.Select(attrs=text),
            choices=[("", gettext_lazy("All")), *((group.code, group.label) for group in groups)],
        )
        self.fields["khoa"] = forms.ChoiceField(
            label=gettext_lazy("Course"),
            required=False,
            widget=forms.Select(attrs=text),
            choices=[
                ("", gettext_lazy("Every required course")),
                *((course.key, course.short_title) for course in courses),
            ],
        )
        self.fields["ngay"] = forms.CharField(
            label=gettext_lazy("As of"),
            required=False,
            max_length=20,
            widget=forms.TextInput(attrs=text | {"autocomplete": "off"}),
        )

    def clean_ngay(self) -> date:
        text = self.cleaned_data["ngay"].strip()
        if not text:
            return self.scope.day
        try:
            return read_day(text)
        except WrongDay as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict:
        """Resolve the unit on the day. Raises :class:`OutsideScope` for another's unit."""
        cleaned = super().clean()
        if "ngay" in cleaned and "don-vi" in cleaned:
            try:
                cleaned["unit"] = self.find_unit(cleaned["don-vi"].strip(), cleaned["ngay"])
            except UnknownUnit as error:
                self.add_error("don-vi", unknown_unit_text(error))
        return cleaned

    def find_unit(self, code: str, day: date) -> UnitVersion:
        scope = self.scope
        if not code:
            unit = default_unit(scope, day)
            if unit is None:
                raise UnknownUnit(_("of your own"), day, [])
            return unit
        unit = get_unit_version(code, day)
        if not scope.has_role(*DEPARTMENT_ROLES) and not (
            scope.units().filter(unit=unit.unit_id).exists()
        ):
            raise OutsideScope(code)
        return unit

    def asked(self, *, order: str = "", after: str = "", who: str = "") -> Asked:
        """Return what is looked at; a word that names no order or list counts as none."""
        cleaned = self.cleaned_data
        return Asked(
            unit=cleaned["unit"],
            day=cleaned["ngay"],
            group=next((g for g in self.groups if g.code == cleaned["nhom"]), None),
            course=next((c for c in self.courses if c.key == cleaned["khoa"]), None),
            order=Order.NAME if order == "ten" else Order.DUE,
            after=after,
            who=LISTS.get(who),
        )


def default_unit(scope: Scope, day: date) -> UnitVersion | None:
    """Return where the asker begins: the province for the department, else her widest unit."""
    if scope.has_role(*DEPARTMENT_ROLES):
        return find_root(day)
    found = UnitVersion.objects.current().valid_on(day).filter(unit__in=scope.top_unit_ids())
    return min(found, key=lambda unit: (LEVEL_ORDER.index(unit.level), unit.code), default=None)


def sees_small_units(scope: Scope) -> bool:
    """Tell whether rates of units under five people may be shown: inside the department only."""
    return scope.has_role(*DEPARTMENT_ROLES)


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


@dataclass(frozen=True)
class Ending:
    """How many held courses end in a window of days, and the list of their holders."""

    list_name: str
    first_day: int
    last_day: int
    count: int


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
    target: TrainingTarget | None
    people: People
    who: Who
    ending: list[Ending]
    is_leaf: bool
    show_rate: bool
    visible: frozenset[int]
    course_by_bit: dict[int, CoursePage]

    @property
    def total(self) -> Counts:
        return self.figures.total

    @property
    def rate(self) -> Decimal | None:
        return self.total.rate if self.show_rate else None

    @property
    def is_of_ending(self) -> bool:
        """Tell whether the list of people is one of those whose courses end soon."""
        return self.who in WINDOWS


def build(
    asked: Asked, scope: Scope, *, groups: list[PositionGroup], courses: list[CoursePage]
) -> Dashboard:
    """Return the dashboard of ``asked``; eleven statements at most, whatever the numbers."""
    with snapshot():
        result = figures(
            asked.unit, asked.day, course_mask=asked.course_mask, group_id=asked.group_id
        )
        above, below = family_of(asked.unit, asked.day)
        table = unit_table(asked.unit, asked.day, result=result, children=below)
        # A unit with nobody below it shows its people instead of a table of one row.
        is_leaf = len(table.rows) == 1
        points = trend(
            asked.unit, asked.day, course_mask=asked.course_mask, group_id=asked.group_id
        )
        who = asked.who or (Who.EVERYBODY if is_leaf else Who.MISSING)
        page = people(asked.question, who, order=asked.order, after=asked.after)
        ending = ending_counts(asked.question)
        target = find_target(asked.day, asked.unit)
        visible = visible_ids(page, scope)
    may_see_small = sees_small_units(scope)
    return Dashboard(
        asked=asked,
        trail=trail_for(above, scope),
        figures=result,
        units=[unit_share(row, small=may_see_small) for row in shown_rows(table)],
        groups=group_shares(result, groups, small=may_see_small),
        courses=course_shares(result, courses, small=may_see_small),
        trend=points,
        target=target,
        people=page,
        who=who,
        ending=[
            Ending(name, WINDOWS[each][0] + 1, WINDOWS[each][1], ending[each])
            for name, each in LISTS.items()
        ],
        is_leaf=is_leaf,
        show_rate=may_see_small or result.total.denominator >= SMALL_UNIT,
        visible=visible,
        course_by_bit={course.bit: course for course in courses},
    )


def shown_rows(table: UnitTable) -> list[UnitRow]:
    """Return the rows worth a line: a row of own staff or unplaced people only if it has any."""
    return [
        row
        for row in table.lowest_first()
        if row.counts.everybody or (row.unit and not row.own_staff)
    ]


def share(label: str, have: int, whole: int, rate: Decimal | None, *, small: bool, **more) -> Share:
    """Return a line; a rate of fewer than five people is kept back outside the department."""
    kept = small or whole >= SMALL_UNIT
    return Share(label, have, whole, rate if kept else None, **more)


def unit_share(row: UnitRow, *, small: bool) -> Share:
    counts = row.counts
    if row.unit is None:
        label, kind, code = _("Not placed in a unit yet"), "unplaced", ""
    elif row.own_staff:
        label, kind, code = _("%(unit)s (own staff)") % {"unit": row.unit.full_name}, "own", ""
    else:
        label, kind, code = row.unit.full_name, "unit", row.unit.code
    return share(
        label,
        counts.numerator,
        counts.denominator,
        counts.rate,
        small=small,
        url_code=code,
        kind=kind,
    )


def lowest_first(shares: list[Share]) -> list[Share]:
    return sorted(
        shares, key=lambda line: (line.rate is None, line.rate or Decimal(0), -line.missing)
    )


def group_shares(result: Figures, groups: list[PositionGroup], *, small: bool) -> list[Share]:
    labels = {group.pk: group.label for group in groups}
    return lowest_first(
        [
            share(labels[key], counts.numerator, counts.denominator, counts.rate, small=small)
            for key, counts in result.groups.items()
            if counts.denominator
        ]
    )


def course_shares(result: Figures, courses: list[CoursePage], *, small: bool) -> list[Share]:
    lines = []
    for course in courses:
        counts = result.courses.get(course.bit, CourseCounts())
        if counts.need:
            lines.append(
                share(course.short_title, counts.have, counts.need, counts.rate, small=small)
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
    ids = [line.person_id for line in page.lines]
    if scope.has_role(*DEPARTMENT_ROLES) or not ids:
        return frozenset(ids)
    seen = StaffMember.objects.visible_to(scope).filter(pk__in=ids)
    return frozenset(seen.values_list("pk", flat=True))
