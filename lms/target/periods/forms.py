"""The forms of the periods: a year at once, and one of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.target.asking import FIRST_DAY, LAST_DAY
from lms.target.matrix.forms import INPUT, DayField
from lms.target.models.periods import PeriodKind

# The choices of the day on which the spans of a year end: the last day of the month, or one before
# it, so that a report written from the figures still arrives within the month.
CLOSING_DAYS = (14, 19, 24)
SET_UP_KINDS = [choice for choice in PeriodKind.choices if choice[0] != PeriodKind.OTHER]


class YearForm(forms.Form):
    """Which kinds of periods of which year, and on which day of the month they end."""

    nam = forms.IntegerField(
        label=gettext_lazy("Year"),
        min_value=FIRST_DAY.year + 1,
        max_value=LAST_DAY.year,
        widget=forms.NumberInput(attrs=INPUT | {"inputmode": "numeric"}),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of periods"),
        choices=SET_UP_KINDS,
        initial=[value for value, _label in SET_UP_KINDS],
        widget=forms.CheckboxSelectMultiple,
    )
    closing_day = forms.TypedChoiceField(
        label=gettext_lazy("Periods end on"),
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.Select(attrs=INPUT),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["closing_day"].choices = [
            ("", gettext_lazy("the last day of the month")),
            *(
                (
                    day,
                    _("day %(day)s of the month; the next begins on the day after") % {"day": day},
                )
                for day in CLOSING_DAYS
            ),
        ]


class PeriodForm(forms.Form):
    """One period; both days are inclusive."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("As the reports print it, for example “Quý I/2026”."),
        widget=forms.TextInput(attrs=INPUT),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=PeriodKind.choices,
        widget=forms.Select(attrs=INPUT),
    )
    first_day = DayField(label=gettext_lazy("First day"))
    last_day = DayField(label=gettext_lazy("Last day"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first_day, last_day = cleaned.get("first_day"), cleaned.get("last_day")
        if first_day and last_day and last_day < first_day:
            self.add_error("last_day", _("The last day lies before the first."))
        return cleaned
