"""Forms of classes: opening one, adding a session, taking the register."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.models import CoursePage
from courses.attendance import Seen
from courses.models import AttendanceMark, ClassRosterEntry
from courses.models.classes import AttendanceStatus
from lms.people.models import RoleAssignment, Unit, UnitVersion, User
from lms.people.models.accounts import Role
from lms.people.models.units import UnitLevel
from lms.people.scopes import Scope
from lms.people.text import clean

# A class is planned within a few years; year 1 or 9999 is a slip and overflows a time zone.
FIRST_DAY, LAST_DAY = date(2020, 1, 1), date(2100, 1, 1)
LATEST_MINUTES = 600


class NamedUnits(forms.ChoiceField):
    """A unit by its name of today."""

    def clean(self, value: Any) -> Unit:
        return Unit(pk=int(super().clean(value)))


class HeldKeys:
    """A key too large for any database is a wrong choice, not an error."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except OverflowError as error:
            text = self.error_messages["invalid_choice"]
            raise forms.ValidationError(text, params={"value": "…"}) from error


class NamedCourse(HeldKeys, forms.ModelChoiceField):
    """A course by its key."""


class NamedAccounts(HeldKeys, forms.ModelMultipleChoiceField):
    """Accounts by their keys."""


class ClassForm(forms.Form):
    """A class of a course for a unit of the asker's scope."""

    course = NamedCourse(CoursePage.objects.none(), label=gettext_lazy("Course"))
    unit = NamedUnits(label=gettext_lazy("For the staff of"))
    title = forms.CharField(label=gettext_lazy("Name of the class"), max_length=200)
    place = forms.CharField(label=gettext_lazy("Place"), max_length=200)
    seats = forms.IntegerField(
        label=gettext_lazy("Seats"),
        min_value=1,
        max_value=500,
        required=False,
        help_text=gettext_lazy("Empty: the largest class of the course."),
    )
    instructors = NamedAccounts(
        User.objects.none(),
        label=gettext_lazy("Instructors"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=1000, required=False, widget=forms.Textarea
    )

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["course"].queryset = (
            CoursePage.objects.live().filter(class_periods__gt=0).order_by("number")
        )
        self.fields["unit"].choices = [
            (str(version.unit_id), version.full_name) for version in units_to_choose(scope)
        ]
        self.fields["instructors"].queryset = instructors_on(scope.day)

    def clean_title(self) -> str:
        return clean(self.cleaned_data["title"])

    def clean_place(self) -> str:
        return clean(self.cleaned_data["place"])


class SessionForm(forms.Form):
    """One meeting on one day and the periods of the class plan it covers."""

    title = forms.CharField(label=gettext_lazy("Subject"), max_length=200, required=False)
    day = forms.DateField(
        label=gettext_lazy("Day"),
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
    )
    starts = forms.TimeField(
        label=gettext_lazy("Begins"), help_text=gettext_lazy("For example 08:00")
    )
    ends = forms.TimeField(label=gettext_lazy("Ends"), help_text=gettext_lazy("For example 10:30"))
    periods = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Periods covered"), coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, class_periods: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        numbers = range(1, class_periods + 1)
        self.fields["periods"].choices = [
            (number, _("Period %(number)s") % {"number": number}) for number in numbers
        ]
        self.fields["periods"].initial = list(numbers)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if starts and ends and ends <= starts:
            self.add_error("ends", _("The end must be later than the beginning."))
        return cleaned

    def moment(self, name: str) -> datetime:
        """Return the day at the time of field ``name``, in local time."""
        return timezone.make_aware(
            datetime.combine(self.cleaned_data["day"], self.cleaned_data[name])
        )


class RegisterForm(forms.Form):
    """The register of a session: status and lateness of each person, and what the page showed.

    ``seen`` fields carry the key of each person's last mark, so that a colleague's change made
    meanwhile is noticed.
    """

    def __init__(
        self,
        *args: Any,
        entries: Iterable[ClassRosterEntry],
        standing: Mapping[int, AttendanceMark],
        last: Mapping[int, int],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.person_ids = [entry.person_id for entry in entries]
        for entry in entries:
            key = entry.person_id
            mark = standing.get(key)
            self.fields[f"status-{key}"] = forms.ChoiceField(
                label=entry.person.full_name,
                choices=AttendanceStatus.choices,
                required=False,
                widget=forms.RadioSelect,
                initial=mark.status if mark else None,
            )
            self.fields[f"minutes-{key}"] = forms.IntegerField(
                label=_("Minutes late"), required=False, min_value=0, max_value=LATEST_MINUTES
            )
            self.fields[f"seen-{key}"] = forms.IntegerField(
                required=False, widget=forms.HiddenInput, initial=last.get(key, 0), min_value=0
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for key in self.person_ids:
            if cleaned.get(f"minutes-{key}") and cleaned.get(f"status-{key}") != "late":
                self.add_error(f"minutes-{key}", _("Minutes belong to “late” only."))
        return cleaned

    def statuses(self) -> dict[int, Seen]:
        """Return what the trainer says of each person she marked."""
        return {
            key: Seen(self.cleaned_data[f"status-{key}"], self.cleaned_data.get(f"minutes-{key}"))
            for key in self.person_ids
            if self.cleaned_data.get(f"status-{key}")
        }

    def seen(self) -> dict[int, int]:
        return {key: self.cleaned_data.get(f"seen-{key}") or 0 for key in self.person_ids}

    def missing(self) -> list[int]:
        """Return the people nobody has marked on this form."""
        return [key for key in self.person_ids if not self.cleaned_data.get(f"status-{key}")]


class PersonForm(forms.Form):
    """A button beside a name: the person's key."""

    person = forms.IntegerField(min_value=1, max_value=2**53)


def units_to_choose(scope: Scope) -> list[UnitVersion]:
    """Return units a class can be organised for, in code order; communes only if one is her own."""
    roles = (Role.PROVINCE_MANAGER, Role.INSTRUCTOR)
    top = set(scope.top_unit_ids(*roles))
    versions = (
        UnitVersion.objects.current()
        .valid_on(scope.day)
        .filter(unit__in=scope.units(*roles))
        .in_code_order()
    )
    return [v for v in versions if v.level != UnitLevel.COMMUNE or v.unit_id in top]


def instructors_on(day: date) -> Any:
    """Return the accounts that teach on ``day``."""
    teaching = RoleAssignment.objects.current().valid_on(day).filter(role=Role.INSTRUCTOR)
    return (
        User.objects.filter(is_active=True, pk__in=teaching.values("user_id"))
        .select_related("staff")
        .order_by("staff__sort_name", "pk")
    )
