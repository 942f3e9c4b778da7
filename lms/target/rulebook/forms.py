"""The form of a new set: every number within its sense, from which day, why, by which document."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from lms.people.models import RuleSet
from lms.target.changes.forms import ChangeForm
from lms.target.matrix.forms import INPUT
from lms.target.rulebook.numbers import FIELDS, NUMBERS, PARTS


class RuleForm(ChangeForm):
    """One field for each number; what is no sense for a number is refused at its field."""

    basis = forms.CharField(
        label=gettext_lazy("Number and date of the document"),
        max_length=120,
        help_text=gettext_lazy("For example 15/QĐ-SYT of 12/01/2026."),
        widget=forms.TextInput(attrs=INPUT),
    )

    def __init__(self, *args: Any, rules: RuleSet | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in NUMBERS:
            self.fields[number.field] = forms.IntegerField(
                label=number.label,
                help_text=number.meaning,
                required=not number.is_optional,
                min_value=number.lowest,
                max_value=number.highest,
                initial=getattr(rules or RuleSet(), number.field),
                widget=forms.NumberInput(attrs=INPUT | {"inputmode": "numeric"}),
            )

    @property
    def numbers(self) -> dict[str, int | None]:
        """The numbers of a valid form, by field of the rule set."""
        return {name: self.cleaned_data[name] for name in FIELDS}

    @property
    def number_parts(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [(part.title, [self[each.field] for each in part.numbers]) for part in PARTS]
