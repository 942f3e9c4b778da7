"""The form of the tiers: one choice for each group, from which day, and why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from lms.people.models.rules import Tier
from lms.target.changes.forms import ChangeForm
from lms.target.matrix.forms import INPUT
from lms.target.tiers.listing import TierList


class TierForm(ChangeForm):
    """``tier-<group>`` for each group; ``base`` is the day whose tiers the page showed."""

    base = forms.DateField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, tiers: TierList, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tiers = tiers
        self.fields["base"].initial = tiers.day
        for line in tiers.lines:
            none = [] if line.tier else [("", gettext_lazy("No tier on this day"))]
            self.fields[f"tier-{line.group.pk}"] = forms.ChoiceField(
                label=line.group.label,
                required=bool(line.tier),
                choices=[*none, *Tier.choices],
                initial=line.tier,
                widget=forms.Select(attrs=INPUT),
            )
        self.fields["reason"].help_text = gettext_lazy(
            "For example the number of the decision or the plan."
        )

    @property
    def lines(self) -> list[tuple[Any, forms.BoundField]]:
        return [(line, self[f"tier-{line.group.pk}"]) for line in self.tiers.lines]

    @property
    def changed(self) -> dict[int, str]:
        """The groups of a valid form whose tier differs from the one that the page showed."""
        chosen = {
            line.group.pk: self.cleaned_data[f"tier-{line.group.pk}"] for line in self.tiers.lines
        }
        shown = {line.group.pk: line.tier for line in self.tiers.lines}
        return {key: tier for key, tier in chosen.items() if tier != shown[key]}
