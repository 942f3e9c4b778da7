"""The form of the grid: ticks, from which day, due when, and why."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.target.asking import WrongDay, read_day
from lms.target.matrix.planning import Pair

INPUT = {"class": "in"}


class DayField(forms.CharField):
    """A day typed as the pages print it, or in ISO form; ``None`` when left empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=20,
            widget=forms.TextInput(attrs=INPUT | {"inputmode": "numeric", "autocomplete": "off"}),
            **kwargs,
        )

    def clean(self, value: Any) -> date | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_day(text)
        except WrongDay as error:
            raise forms.ValidationError(str(error)) from error


class MatrixForm(forms.Form):
    """``pairs`` are the ticks, as "group-course"; groups and courses that are none are refused."""

    pairs = forms.MultipleChoiceField(
        label=gettext_lazy("Required courses"), required=False, widget=forms.MultipleHiddenInput
    )
    # The day whose ticks the page showed: what differs from them is the change.
    base = forms.DateField(widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    day = DayField(
        label=gettext_lazy("In force from"),
        help_text=gettext_lazy(
            "Day/month/year. Figures of earlier days keep the requirement of then."
        ),
    )
    due_on = DayField(
        label=gettext_lazy("New requirements are due on"),
        required=False,
        help_text=gettext_lazy(
            "Left empty: 31 December of the year in which it begins for the person."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("For example the number of the decision or the plan."),
        widget=forms.TextInput(attrs=INPUT),
    )

    def __init__(self, *args: Any, offered: list[Pair], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pairs"].choices = [(key_of(pair), key_of(pair)) for pair in offered]

    def clean_pairs(self) -> set[Pair]:
        return {
            (int(group), int(course))
            for group, course in (key.split("-") for key in self.cleaned_data["pairs"])
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        day, due_on = cleaned.get("day"), cleaned.get("due_on")
        if day and due_on and due_on < day:
            self.add_error("due_on", _("The due day lies before the requirement begins."))
        return cleaned


def key_of(pair: Pair) -> str:
    """Return the value of the tick for a group and a course."""
    return f"{pair[0]}-{pair[1]}"
