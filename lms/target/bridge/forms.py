"""What a bridge is asked for: two days, and what was known of them when."""

from __future__ import annotations

from datetime import date, timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.target.asking import WrongDay, known_for
from lms.target.bridge.legs import Side
from lms.target.filters import ProgressForm


def year_before(day: date) -> date:
    """Return the last day of the year before ``day``'s: where a year's account begins."""
    return date(day.year, 1, 1) - timedelta(days=1)


class BridgeForm(ProgressForm):
    """The dashboard's filters and the first day; an empty day of knowledge means now."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        text = {"class": "in", "autocomplete": "off"}
        self.fields["ngay"].label = gettext_lazy("To the day")
        self.fields["biet"].label = gettext_lazy("Last day as known on")
        for name, label in (
            ("tu", gettext_lazy("From the day")),
            ("biet-tu", gettext_lazy("First day as known on")),
        ):
            self.fields[name] = forms.CharField(
                label=label, required=False, max_length=20, widget=forms.TextInput(attrs=text)
            )
        # The map is the last day's: how it came about is one of the steps.
        self.fields["ban-do"].choices = []
        self.fields["ban-do"].widget = forms.HiddenInput()
        self.order_fields(["don-vi", "tu", "ngay", "nhom", "khoa", "biet-tu", "biet", "ban-do"])

    def clean_tu(self) -> date | None:
        return self.day_of("tu")

    def clean(self) -> dict:
        """Resolve both sides as ``first`` and ``last``; a wrong day is said beside its field."""
        cleaned = super().clean()
        if self.errors or "known" not in cleaned:
            return cleaned
        day, known = cleaned["ngay"], cleaned["known"]
        first_day = cleaned["tu"] or year_before(day)
        if first_day > day:
            self.add_error("tu", _("The first day must not lie after the last."))
            return cleaned
        try:
            asked = self.day_of("biet-tu")
            first_known = known_for(first_day, asked, today=self.scope.day)
        except (WrongDay, forms.ValidationError) as error:
            self.add_error("biet-tu", getattr(error, "messages", str(error)))
            return cleaned
        if asked is None:
            first_known = known
        if known is not None and (first_known is None or first_known > known):
            self.add_error(
                "biet-tu", _("The first day cannot be asked as known later than the last.")
            )
            return cleaned
        cleaned["first"], cleaned["last"] = Side(first_day, first_known), Side(day, known)
        return cleaned
