"""What is typed at the staff desk. A unit is named by code or by name in any spelling."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lms.people.finding import name_unit
from lms.people.identifiers import fold_email, fold_phone, fold_staff_code
from lms.people.models import Leave, PositionGroup, Posting, StaffMember, UnitVersion
from lms.people.models.accounts import Role
from lms.people.scopes import Scope
from lms.people.text import clean

MOST_NAMED = 6


def day_field(label: Any, **options: Any) -> forms.DateField:
    """A day as offices write it."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"autocomplete": "off"}),
        **options,
    )


class ActForm(forms.Form):
    """An act upon ``person`` by the asker of ``scope``; the reason is asked where it is kept."""

    # The field whose day decides which unit is meant.
    day_name = "on"

    def __init__(self, *args: Any, scope: Scope, person: StaffMember | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope, self.person = scope, person

    def clean(self) -> dict[str, Any]:
        """Replace what was typed for a unit by the unit's version on the day."""
        typed = super().clean()
        day = typed.get(self.day_name)
        if typed.get("unit") and isinstance(day, date):
            self.resolve_unit(typed, day)
        first, last = typed.get("first_day"), typed.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", gettext("The last day lies before the first."))
        return typed

    def resolve_unit(self, typed: dict[str, Any], day: date) -> None:
        found = name_unit(typed["unit"], day)
        if len(found) == 1:
            typed["unit"] = found[0]
        elif not found:
            self.add_error("unit", gettext("No unit of this name or code exists on that day."))
        else:
            names = "; ".join(f"{each.full_name} ({each.code})" for each in found[:MOST_NAMED])
            self.add_error(
                "unit",
                gettext("Several units fit. Write the code of one of them: %(names)s.")
                % {"names": names},
            )


class ReasonMixin(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("A decision number, for example. Please write no name and no phone number."),
    )

    def clean_reason(self) -> str:
        return clean(self.cleaned_data["reason"])


class UnitMixin(forms.Form):
    unit = forms.CharField(
        label=_("Unit"),
        max_length=100,
        help_text=_("Name or code; marks are not needed."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class GroupMixin(forms.Form):
    group = forms.ModelChoiceField(
        label=_("Position group"), queryset=PositionGroup.objects.order_by("bit")
    )


class TitleMixin(forms.Form):
    position_title = forms.CharField(label=_("Position title"), max_length=120, required=False)


class PersonFields(forms.Form):
    full_name = forms.CharField(label=_("Full name"), max_length=120)
    birth_date = day_field(_("Date of birth"), required=False)
    work_email = forms.EmailField(label=_("Work e-mail"), required=False)
    work_phone = forms.CharField(label=_("Work phone"), max_length=20, required=False)

    def clean_full_name(self) -> str:
        name = clean(self.cleaned_data["full_name"])
        if not name:
            raise forms.ValidationError(gettext("A person needs a name."))
        return name

    def clean_work_email(self) -> str:
        return fold_email(self.cleaned_data["work_email"])

    def clean_work_phone(self) -> str:
        typed = self.cleaned_data["work_phone"]
        return fold_phone(typed) or clean(typed)


class AddForm(ReasonMixin, TitleMixin, GroupMixin, UnitMixin, PersonFields, ActForm):
    """A new person and her first duty."""

    day_name = "first_day"
    staff_code = forms.CharField(
        label=_("Staff code"),
        max_length=20,
        required=False,
        help_text=_("Left empty, the portal gives one."),
    )
    first_day = day_field(_("First day"))
    victim_support = forms.BooleanField(
        label=_("The duty is to support victims"), required=False, initial=True
    )
    field_order = (
        "full_name birth_date staff_code work_email work_phone unit group position_title "
        "first_day victim_support reason"
    ).split()


class EditForm(ReasonMixin, PersonFields, ActForm):
    """Name, contacts and date of birth put right; the department's also the staff code."""

    kept_names = ("full_name", "birth_date", "work_email", "work_phone")
    staff_code = forms.CharField(
        label=_("Staff code"),
        max_length=20,
        help_text=_(
            "Change it only if it is wrong. Who signs in with the old code must then sign in with "
            "the new one, and Excel lists downloaded before still carry the old one."
        ),
    )
    field_order = (*kept_names, "staff_code", "reason")

    def __init__(self, *args: Any, person: StaffMember, scope: Scope, **kwargs: Any) -> None:
        if scope.has_role(Role.PROVINCE_MANAGER):
            self.kept_names = (*self.kept_names, "staff_code")
        initial = {name: getattr(person, name) for name in self.kept_names}
        super().__init__(*args, person=person, scope=scope, initial=initial, **kwargs)
        if "staff_code" not in self.kept_names:
            del self.fields["staff_code"]

    def clean_staff_code(self) -> str:
        """As codes are kept: capital letters, no spaces."""
        return fold_staff_code(self.cleaned_data["staff_code"]).upper()


class TransferForm(ReasonMixin, TitleMixin, GroupMixin, UnitMixin, ActForm):
    """The main duty goes on in another unit, group or title."""

    on = day_field(_("From day"))
    field_order = ("unit", "group", "position_title", "on", "reason")


class ConcurrentForm(ReasonMixin, TitleMixin, GroupMixin, UnitMixin, ActForm):
    """A second duty beside the main one."""

    day_name = "first_day"
    first_day = day_field(_("First day"))
    last_day = day_field(_("Last day"), required=False)
    victim_support = forms.BooleanField(
        label=_("The duty is to support victims"), required=False, initial=True
    )
    field_order = "unit group position_title first_day last_day victim_support reason".split()


class RejoinForm(ReasonMixin, TitleMixin, GroupMixin, UnitMixin, ActForm):
    """A main duty for somebody who has none."""

    day_name = "first_day"
    first_day = day_field(_("First day"))
    victim_support = forms.BooleanField(
        label=_("The duty is to support victims"), required=False, initial=True
    )
    field_order = "unit group position_title first_day victim_support reason".split()


class LeaveForm(ActForm):
    """Days away; why is not asked, and not kept."""

    first_day = day_field(_("First day"))
    last_day = day_field(
        _("Last day"), required=False, help_text=_("Left empty while the return is not known.")
    )


class EndForm(ReasonMixin, ActForm):
    """The last day of every duty."""

    day_name = "last_day"
    last_day = day_field(_("Last day of the duty"))


class CorrectPostingForm(ReasonMixin, TitleMixin, GroupMixin, UnitMixin, ActForm):
    """A duty as it really was."""

    day_name = "first_day"
    first_day = day_field(_("First day"))
    last_day = day_field(_("Last day"), required=False)
    is_primary = forms.BooleanField(label=_("Primary duty"), required=False)
    victim_support = forms.BooleanField(label=_("The duty is to support victims"), required=False)
    field_order = (
        "unit group position_title first_day last_day is_primary victim_support reason".split()
    )

    @staticmethod
    def initial_of(posting: Posting, unit: UnitVersion | None, last: date | None) -> dict[str, Any]:
        return {
            "unit": unit_text(unit) if unit else "",
            "group": posting.group_id,
            "position_title": posting.position_title,
            "first_day": posting.valid_from,
            "last_day": last,
            "is_primary": posting.is_primary,
            "victim_support": posting.victim_support,
        }


class CorrectLeaveForm(ReasonMixin, LeaveForm):
    """A leave as it really was."""

    @staticmethod
    def initial_of(leave: Leave, last: date | None) -> dict[str, Any]:
        return {"first_day": leave.valid_from, "last_day": last}


class TakeBackForm(ReasonMixin, ActForm):
    """Why a fact never was."""


class BulkTransferForm(ReasonMixin, UnitMixin, ActForm):
    """The main duties of many go on in one unit; groups and titles stay."""

    on = day_field(_("From day"))
    field_order = ("unit", "on", "reason")


class BulkGroupForm(ReasonMixin, GroupMixin, ActForm):
    """The main duties of many go on in one position group."""

    on = day_field(_("From day"))
    field_order = ("group", "on", "reason")


class BulkSupportForm(ReasonMixin, ActForm):
    """Whether the main duties of many are to support victims."""

    has_duty = forms.ChoiceField(
        label=_("Victim-support duty"),
        choices=[("co", _("Has the duty")), ("khong", _("Does not have the duty"))],
        widget=forms.RadioSelect,
    )
    on = day_field(_("From day"))
    field_order = ("has_duty", "on", "reason")


class MergeForm(ReasonMixin, ActForm):
    """Which of two records stays."""

    survivor = forms.ChoiceField(label=_("The record that stays"), widget=forms.RadioSelect)
    field_order = ("survivor", "reason")

    def __init__(self, *args: Any, pair: tuple[StaffMember, StaffMember], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["survivor"].choices = [
            (str(each.pk), f"{each.full_name} – {each.staff_code}") for each in pair
        ]

    def chosen(self, person: StaffMember, other: StaffMember) -> tuple[StaffMember, StaffMember]:
        """Return the record that stays and the duplicate."""
        if self.cleaned_data["survivor"] == str(person.pk):
            return person, other
        return other, person


def unit_text(unit: UnitVersion) -> str:
    """Return a unit as a form prints it, so that :func:`name_unit` finds it again."""
    return f"{unit.full_name} ({unit.code})"
