"""What is looked at on ``/tien-do/``, read from the address: unit, day, filters, map, knowledge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.models import CoursePage
from lms.people.models import PositionGroup, UnitVersion
from lms.people.models.accounts import Role
from lms.people.models.units import UnitLevel
from lms.people.scopes import Scope
from lms.people.units import UnknownUnit, find_root, get_unit_version
from lms.target.asking import WrongDay, known_for, read_day, unknown_unit_text
from lms.target.figures import (
    EVERY_COURSE,
    Basis,
    Counts,
    Figures,
    Question,
    TrendPoint,
    figures,
    figures_on_map,
    is_root,
    trend,
)
from lms.target.lists import Order, Who
from lms.target.lists.entries import LISTS

DEPARTMENT_ROLES = (Role.PROVINCE_MANAGER, Role.PROVINCE_LEADER)
# The nearest level first: an officer with several roles begins at the widest.
LEVEL_ORDER = [UnitLevel.PROVINCE, UnitLevel.DISTRICT, UnitLevel.COMMUNE, UnitLevel.AGENCY]
# The map on which a figure is drawn: that of its day, or today's.
TODAY_MAP = "nay"


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
    # As known at the end of this day; ``None`` = now.
    known: date | None = None
    # The later day whose map draws the rows, and on which ``unit`` is valid; ``None`` = the day's.
    map_day: date | None = None

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
            known=self.known,
            unit_id=self.unit.unit_id,
            is_root=is_root(self.unit),
            course_mask=self.course_mask,
            group_id=self.group_id,
        )

    @property
    def has_people(self) -> bool:
        """Whether lists of people stand below: a unit of a later map had none of its own then."""
        return self.map_day is None

    @property
    def has_trend(self) -> bool:
        """Whether earlier days can be asked of the same unit; the province is always the same."""
        return self.map_day is None or is_root(self.unit)

    def figures(self, basis: Basis | None = None) -> Figures:
        """Return the figures asked for, on the map asked for."""
        narrowed = {"course_mask": self.course_mask, "group_id": self.group_id, "basis": basis}
        if self.map_day is not None:
            return figures_on_map(self.unit, self.day, self.map_day, self.known, **narrowed)
        return figures(self.unit, self.day, self.known, **narrowed)

    def trend(
        self, basis: Basis | None = None, *, headline: Counts | None = None
    ) -> list[TrendPoint]:
        """Return the months of the year and the day, whose total may be counted already."""
        return trend(
            self.unit,
            self.day,
            self.known,
            course_mask=self.course_mask,
            group_id=self.group_id,
            basis=basis,
            headline=headline,
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

        self.fields["biet"] = forms.CharField(
            label=gettext_lazy("As known on"),
            required=False,
            max_length=20,
            widget=forms.TextInput(
                attrs=text | {"autocomplete": "off", "placeholder": gettext_lazy("now")}
            ),
        )
        self.fields["ban-do"] = forms.ChoiceField(
            label=gettext_lazy("Map of units"),
            required=False,
            widget=forms.Select(attrs=text),
            choices=[
                ("", gettext_lazy("Of that day")),
                (TODAY_MAP, gettext_lazy("Of today")),
            ],
        )

    def clean_ngay(self) -> date:
        return self.day_of("ngay") or self.scope.day

    def clean_biet(self) -> date | None:
        return self.day_of("biet")

    def day_of(self, name: str) -> date | None:
        """Return the day typed into a field, ``None`` for nothing."""
        text = self.cleaned_data[name].strip()
        try:
            return read_day(text) if text else None
        except WrongDay as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict:
        """Resolve the unit on the map. Raises :class:`OutsideScope` for another's unit."""
        cleaned = super().clean()
        if not {"ngay", "don-vi", "biet", "ban-do"} <= cleaned.keys():
            return cleaned
        day, today = cleaned["ngay"], self.scope.day
        try:
            known = cleaned["known"] = known_for(day, cleaned["biet"], today=today)
        except WrongDay as error:
            self.add_error("biet", str(error))
            return cleaned
        is_later = cleaned["ban-do"] == TODAY_MAP and day < today
        map_day = cleaned["map_day"] = today if is_later else None
        try:
            cleaned["unit"] = self.find_unit(cleaned["don-vi"].strip(), map_day or day, known)
        except UnknownUnit as error:
            self.add_error("don-vi", unknown_unit_text(error))
        return cleaned

    def find_unit(self, code: str, day: date, known: date | None) -> UnitVersion:
        scope = self.scope
        if not code:
            unit = default_unit(scope, day, known)
            if unit is None:
                raise UnknownUnit(_("of your own"), day, [])
            return unit
        unit = get_unit_version(code, day, known)
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
            known=cleaned["known"],
            map_day=cleaned["map_day"],
        )


def default_unit(scope: Scope, day: date, known: date | None = None) -> UnitVersion | None:
    """Return where the asker begins: the province for the department, else her widest unit."""
    if scope.has_role(*DEPARTMENT_ROLES):
        return find_root(day, known)
    found = UnitVersion.objects.known_on(known).valid_on(day).filter(unit__in=scope.top_unit_ids())
    return min(found, key=lambda unit: (LEVEL_ORDER.index(unit.level), unit.code), default=None)
