"""What is typed to freeze, to correct and to erase a report."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.people.text import clean
from lms.people.units import UnknownUnit, find_root, get_unit_version
from lms.target.asking import WrongDay, read_day, unknown_unit_text
from lms.target.models import ReportingPeriod
from lms.target.reports.calendar import key_of, offered
from lms.target.reports.freezing import LONGEST_REASON


def label_of(period: ReportingPeriod) -> str:
    return f"{period.name} ({period.first_day:%d/%m/%Y} – {period.last_day:%d/%m/%Y})"


class FreezeForm(forms.Form):
    """Period, unit and day; the names of the fields are those of the address of the preview."""

    ky = forms.ChoiceField(label=_("Reporting period"))
    ngay = forms.CharField(
        label=_("Figures as of"),
        required=False,
        max_length=20,
        help_text=_("Left empty: the last day of the period."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.periods = {key_of(period): period for period in offered(today)}
        kept, others = [], []
        for key, period in self.periods.items():
            (kept if period.pk else others).append((key, label_of(period)))
        self.fields["ky"].choices = [
            ("", _("Choose a period")),
            *([(_("Periods of the department"), kept)] if kept else []),
            (_("Months, quarters, halves and years"), others),
        ]
        self.fields["don-vi"] = forms.CharField(
            label=_("Code of the unit"),
            required=False,
            max_length=20,
            help_text=_("Left empty: the whole province. Only then is the period closed."),
        )

    def clean_ky(self) -> ReportingPeriod:
        """Return the period; a span of the calendar is not saved before it is frozen."""
        return self.periods[self.cleaned_data["ky"]]

    def clean_ngay(self) -> date | None:
        typed = self.cleaned_data["ngay"].strip()
        if not typed:
            return None
        try:
            return read_day(typed)
        except WrongDay as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Settle day and unit; ``unit`` is the version valid on the day."""
        cleaned = super().clean()
        period = cleaned.get("ky")
        if period is None or "ngay" not in cleaned:
            return cleaned
        day = cleaned["ngay"] or period.last_day
        if not period.first_day <= day <= period.last_day:
            self.add_error("ngay", _("The day does not lie in the period."))
        elif day > self.today:
            self.add_error(
                "ngay", _("This day is not over yet. Choose a day up to today in the period.")
            )
        cleaned["ngay"] = day
        code = cleaned.get("don-vi", "").strip()
        try:
            cleaned["unit"] = get_unit_version(code, day) if code else find_root(day)
        except UnknownUnit as error:
            self.add_error("don-vi", unknown_unit_text(error))
        else:
            if cleaned["unit"] is None:
                self.add_error("don-vi", _("On this day the province is not in the tree of units."))
        return cleaned


class CorrectionReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why the report is corrected"),
        max_length=LONGEST_REASON,
        help_text=_(
            "What was found and on what paper it rests. It is printed in the report: write no name."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean_reason(self) -> str:
        return clean(self.cleaned_data["reason"])


class ErasureForm(forms.Form):
    ground = forms.CharField(
        label=_("On what ground"),
        max_length=200,
        help_text=_("The rule or the decision. Write no name: this line stays."),
    )
    is_sure = forms.BooleanField(
        label=_("I know that what is erased cannot be brought back."),
    )

    def clean_ground(self) -> str:
        return clean(self.cleaned_data["ground"])
