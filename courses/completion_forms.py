"""Forms of a completion that is looked at again."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.models import Completion
from lms.people.days import last_day
from lms.people.text import clean


class ReasonField(forms.CharField):
    """A reason in words; blank spaces are none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=300, widget=forms.Textarea(attrs={"rows": 3}), **kwargs)

    def clean(self, value: Any) -> str:
        return clean(super().clean(value))


class KeepForm(forms.Form):
    """The completion stays; why."""

    decision = ReasonField(label=gettext_lazy("Why the completion stays"))


class WithdrawForm(forms.Form):
    """The completion is taken away from a day on; for fraud as if it had never been."""

    reason = ReasonField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Kept on record, never shown publicly."),
    )
    effective_on = forms.DateField(
        label=gettext_lazy("No longer counted from"),
        required=False,
        help_text=gettext_lazy("From its first day on means: never counted. Not needed for fraud."),
    )
    is_fraud = forms.BooleanField(
        label=gettext_lazy("Fraud: as if it had never been completed"), required=False
    )

    def __init__(self, *args: Any, completion: Completion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.completion = completion

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("is_fraud"):
            cleaned["effective_on"] = self.completion.valid_from
        elif "effective_on" in cleaned:
            self.check_day(cleaned["effective_on"])
        return cleaned

    def check_day(self, day: date | None) -> None:
        first, end = self.completion.valid_from, self.completion.valid_to
        if day is None:
            self.add_error("effective_on", _("Enter the day, or tick fraud."))
        elif day > timezone.localdate():
            self.add_error("effective_on", _("This day has not come yet."))
        elif not first <= day < end:
            last = last_day(end)
            until = f"{last:%d/%m/%Y}" if last else "…"
            self.add_error(
                "effective_on",
                _("Choose a day on which the completion counts: %(first)s to %(last)s.")
                % {"first": f"{first:%d/%m/%Y}", "last": until},
            )
