"""What the ledger is asked for: the dashboard's unit, days and map; a part of it, and words."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from lms.target.filters import ProgressForm
from lms.target.ledger.kinds import PART_LABELS
from lms.target.ledger.reading import Search
from lms.target.ledger.sql import Subject

MOST_WORDS = 80


class LedgerForm(ProgressForm):
    """A ledger has everybody of its unit: no position group and no course to choose."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, groups=[], courses=[], **kwargs)
        del self.fields["nhom"], self.fields["khoa"]
        self.fields["phan"] = forms.ChoiceField(
            label=gettext_lazy("Lines"),
            required=False,
            widget=forms.Select(attrs={"class": "in"}),
            choices=[("", gettext_lazy("All")), *PART_LABELS.items()],
        )
        self.fields["tim"] = forms.CharField(
            label=gettext_lazy("Name or staff code"),
            required=False,
            max_length=MOST_WORDS,
            widget=forms.TextInput(attrs={"class": "in", "autocomplete": "off"}),
        )
        self.order_fields(["don-vi", "ngay", "biet", "ban-do", "phan", "tim"])

    @property
    def subject(self) -> Subject:
        cleaned = self.cleaned_data
        return Subject(cleaned["unit"], cleaned["ngay"], cleaned["known"], cleaned["map_day"])

    @property
    def search(self) -> Search:
        """Return what narrows the lines, asked on behalf of the asker."""
        return Search(self.cleaned_data["phan"], self.cleaned_data["tim"], self.scope)
