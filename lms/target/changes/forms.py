"""What every form of a dated change asks: from which day, why, and what of closed periods."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.target.matrix.forms import INPUT, DayField
from lms.target.reports.closing import closed_from, frozen_warning


class ChangeForm(forms.Form):
    """``day``, ``reason`` and the hidden ``seen``; a day in a closed period is refused at first.

    Figures of a closed period stay in their frozen report, so a change that reaches into one has to
    be meant: the refusal gives the reason and offers a tick.
    """

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    day = DayField(
        label=gettext_lazy("In force from"),
        help_text=gettext_lazy("Day/month/year. What held before this day stays as it was."),
    )
    accepts_closed = forms.BooleanField(
        label=gettext_lazy(
            "The change is to reach into closed periods; their reports are put right by a new "
            "version with its reason."
        ),
        required=False,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=forms.TextInput(attrs=INPUT),
    )

    # Whether the day lies in a closed period, so that the tick is to be shown.
    is_closed = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        day = cleaned.get("day")
        if day and (warning := closed_warning(day)):
            self.is_closed = True
            if not cleaned["accepts_closed"]:
                self.add_error("day", warning)
        return cleaned


def closed_warning(day: date) -> str:
    """Return why figures from ``day`` on are not free to change, "" if they are; two queries."""
    if warning := frozen_warning(day):
        return warning
    closed = closed_from(day)
    if not closed:
        return ""
    return _("The period “%(name)s” (%(first)s–%(last)s) is closed.") % {
        "name": closed[0].name,
        "first": f"{closed[0].first_day:%d/%m/%Y}",
        "last": f"{closed[0].last_day:%d/%m/%Y}",
    }
