"""Forms of certificates: checking a code, issuing by decision, reissuing, revoking."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certificates.models import RevocationReason
from lms.people.text import clean

# More in one post than a page shows was not ticked on our page.
MOST_AT_ONCE = 50


class CheckForm(forms.Form):
    """The code typed from paper; its format is judged by ``certificates.codes``."""

    ma = forms.CharField(
        label=_("Code on the certificate"),
        max_length=200,
        help_text=_("28 letters and digits, printed beside the QR code"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class DecisionForm(forms.Form):
    """Certificates issued by a decision of the department."""

    decision_number = forms.CharField(
        label=_("Number of the decision"),
        max_length=80,
        help_text=_("For example: 123/QĐ-SLĐTBXH"),
    )
    decided_on = forms.DateField(
        label=_("Day of the decision"), validators=[MinValueValidator(date(2020, 1, 1))]
    )
    completions = forms.TypedMultipleChoiceField(
        label=_("Completions"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one person.")},
    )

    def __init__(self, *args: Any, offered: dict[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["completions"].choices = list(offered.items())

    def clean_decision_number(self) -> str:
        return clean(self.cleaned_data["decision_number"])

    def clean_decided_on(self) -> date:
        decided_on = self.cleaned_data["decided_on"]
        if decided_on > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        return decided_on


class ReissueForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)


class RevokeForm(forms.Form):
    reason_class = forms.ChoiceField(
        label=_("Kind of reason"),
        choices=RevocationReason.choices,
        widget=forms.RadioSelect,
        help_text=_("The public check tells fraud from other reasons, and no more."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Kept on record, never shown publicly.")
    )
