"""The forms of targets: what one says, and from when it is given up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.people.models import PositionGroup, Unit, UnitVersion
from lms.people.units import UnknownUnit, get_unit_version
from lms.target.asking import unknown_unit_text
from lms.target.goals.drafts import (
    Draft,
    Milestone,
    MilestoneOutside,
    MilestoneTwice,
    NameTaken,
    PeriodReversed,
    TargetOverlaps,
    TargetRefused,
)
from lms.target.goals.reading import groups_of, mask_of
from lms.target.matrix.forms import INPUT, DayField
from lms.target.models import Headline, TargetMilestone, TargetTerms

# Milestones of one target: a month end each.
MOST_MILESTONES = 12
FEWEST_ROWS = 4
SPARE_ROWS = 2


@dataclass(frozen=True)
class MilestoneRow:
    """The two fields of one milestone."""

    number: int
    day: forms.BoundField
    percent: forms.BoundField


class TargetForm(forms.Form):
    """All that a target says. ``target_id`` is that of the target changed, none for a new one."""

    name = forms.CharField(
        label=gettext_lazy("Name of the target"),
        max_length=160,
        widget=forms.TextInput(attrs=INPUT),
    )
    plan_number = forms.CharField(
        label=gettext_lazy("Plan"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("Number of the plan or the decision, for example 1578/KH-UBND."),
        widget=forms.TextInput(attrs=INPUT),
    )
    owner = forms.ChoiceField(
        label=gettext_lazy("Who answers for it"), widget=forms.Select(attrs=INPUT)
    )
    unit = forms.CharField(
        label=gettext_lazy("Unit it counts for"),
        max_length=20,
        help_text=gettext_lazy("The unit's code; the units below it are counted too."),
        widget=forms.TextInput(attrs=INPUT | {"autocomplete": "off"}),
    )
    groups = forms.MultipleChoiceField(
        label=gettext_lazy("Position groups"),
        required=False,
        help_text=gettext_lazy(
            "None ticked: every group. Somebody with a second duty in a ticked group counts too."
        ),
        widget=forms.CheckboxSelectMultiple,
    )
    first_day = DayField(label=gettext_lazy("First day"), help_text=gettext_lazy("Day/month/year."))
    last_day = DayField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("At its end the level is to be reached."),
    )
    level_percent = forms.IntegerField(
        label=gettext_lazy("Level to be reached (%)"),
        min_value=1,
        max_value=100,
        initial=100,
        widget=forms.TextInput(attrs=INPUT | {"inputmode": "numeric"}),
    )
    headline = forms.ChoiceField(
        label=gettext_lazy("Leading figure"),
        choices=Headline.choices,
        initial=Headline.VALID,
        help_text=gettext_lazy("It is measured against the level; the other one is shown beside."),
        widget=forms.RadioSelect,
    )

    def __init__(
        self,
        *args: Any,
        groups: Sequence[PositionGroup],
        owners: Sequence[UnitVersion],
        is_change: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.groups = groups
        self.fields["groups"].choices = [(group.code, group.label) for group in groups]
        self.fields["owner"].choices = [
            ("", _("Choose")),
            *((str(unit.unit_id), unit.full_name) for unit in owners),
        ]
        for number in range(1, MOST_MILESTONES + 1):
            self.fields[f"moc-{number}-ngay"] = DayField(
                label=_("Milestone %(number)d: day") % {"number": number}, required=False
            )
            self.fields[f"moc-{number}-muc"] = forms.IntegerField(
                label=_("Milestone %(number)d: percent") % {"number": number},
                required=False,
                min_value=1,
                max_value=100,
                widget=forms.TextInput(attrs=INPUT | {"inputmode": "numeric"}),
            )
        if is_change:
            self.fields["reason"] = forms.CharField(
                label=gettext_lazy("Reason"),
                max_length=300,
                help_text=gettext_lazy("For example the number of the decision or the plan."),
                widget=forms.TextInput(attrs=INPUT),
            )

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """The fields above the milestones."""
        return [self[name] for name in self.fields if not name.startswith(("moc-", "reason"))]

    @property
    def milestone_rows(self) -> list[MilestoneRow]:
        """The rows worth showing: those filled in and some to spare."""
        rows = [
            MilestoneRow(number, self[f"moc-{number}-ngay"], self[f"moc-{number}-muc"])
            for number in range(1, MOST_MILESTONES + 1)
        ]
        last = max(
            (row.number for row in rows if row.day.value() or row.percent.value()), default=0
        )
        return rows[: max(FEWEST_ROWS, min(last + SPARE_ROWS, MOST_MILESTONES))]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        days = [cleaned[name] for name in ("first_day", "last_day") if cleaned.get(name)]
        if cleaned.get("unit") and len(days) == 2:
            try:
                cleaned["unit"] = find_unit(cleaned["unit"], days)
            except UnknownUnit as error:
                self.add_error("unit", unknown_unit_text(error))
        for number in range(1, MOST_MILESTONES + 1):
            day, percent = f"moc-{number}-ngay", f"moc-{number}-muc"
            if {day, percent} & self.errors.keys():
                continue
            if cleaned.get(day) and cleaned.get(percent) is None:
                self.add_error(percent, _("How many percent are to be reached on this day?"))
            if cleaned.get(percent) is not None and not cleaned.get(day):
                self.add_error(day, _("On which day are they to be reached?"))
        return cleaned

    def milestones(self) -> Iterator[tuple[str, Milestone]]:
        """Yield the milestones with the names of their day fields."""
        cleaned = self.cleaned_data
        for number in range(1, MOST_MILESTONES + 1):
            name = f"moc-{number}-ngay"
            if cleaned.get(name):
                yield name, Milestone(cleaned[name], cleaned[f"moc-{number}-muc"])

    def draft(self) -> Draft:
        """Return what was asked for; call it on a valid form."""
        cleaned = self.cleaned_data
        chosen = set(cleaned["groups"])
        return Draft(
            name=cleaned["name"],
            plan_number=cleaned["plan_number"],
            unit=cleaned["unit"],
            owner=Unit.objects.get(pk=cleaned["owner"]),
            group_mask=mask_of(group for group in self.groups if group.code in chosen),
            first_day=cleaned["first_day"],
            last_day=cleaned["last_day"],
            level_percent=cleaned["level_percent"],
            headline=cleaned["headline"],
            milestones=tuple(sorted(each for _name, each in self.milestones())),
        )

    def refuse(self, refusal: TargetRefused) -> None:
        """Say beside the field why the target cannot say this."""
        if isinstance(refusal, PeriodReversed):
            self.add_error("last_day", _("The last day lies before the first."))
        elif isinstance(refusal, NameTaken):
            self.add_error("name", _("Another target has this name."))
        elif isinstance(refusal, TargetOverlaps):
            other = refusal.other
            text = _(
                "“%(name)s” asks for the same groups of this unit from %(first)s to %(last)s. "
                "Choose other days, or change that target."
            )
            words = {
                "name": other.name,
                "first": f"{other.first_day:%d/%m/%Y}",
                "last": f"{other.ends_on:%d/%m/%Y}",
            }
            self.add_error("first_day", text % words)
        elif isinstance(refusal, MilestoneOutside):
            self._refuse_day(refusal.day, _("This day lies outside the period of the target."))
        elif isinstance(refusal, MilestoneTwice):
            self._refuse_day(refusal.day, _("Another milestone has this day."), is_last=True)
        else:
            self.add_error(None, _("Nothing would change: the target says this already."))

    def _refuse_day(self, day: date, text: str, *, is_last: bool = False) -> None:
        names = [name for name, each in self.milestones() if each.day == day]
        self.add_error(names[-1 if is_last else 0], text)


def find_unit(code: str, days: Sequence[date]) -> Unit:
    """Return the unit that has ``code`` on the first of ``days`` on which any has.

    Raises :class:`UnknownUnit` of the first.
    """
    refusal: UnknownUnit | None = None
    for day in days:
        try:
            return get_unit_version(code, day).unit
        except UnknownUnit as error:
            refusal = refusal or error
    raise refusal


def initial_of(
    terms: TargetTerms,
    milestones: Sequence[TargetMilestone],
    *,
    code: str,
    groups: Sequence[PositionGroup],
) -> dict[str, Any]:
    """Return what the form shows of a target that stands; ``code`` is that of its unit."""
    initial = {
        "name": terms.name,
        "plan_number": terms.plan_number,
        "owner": str(terms.owner_id),
        "unit": code,
        "groups": [group.code for group in groups_of(terms.group_mask, groups)],
        "first_day": f"{terms.first_day:%d/%m/%Y}",
        "last_day": f"{terms.last_day:%d/%m/%Y}",
        "level_percent": terms.level_percent,
        "headline": terms.headline,
    }
    for number, each in enumerate(milestones, start=1):
        initial[f"moc-{number}-ngay"] = f"{each.day:%d/%m/%Y}"
        initial[f"moc-{number}-muc"] = each.percent
    return initial


class EndForm(forms.Form):
    """The last day on which a target stands, and why."""

    last_day = DayField(
        label=gettext_lazy("Last day on which it stands"),
        help_text=gettext_lazy("Day/month/year. Figures up to this day stay measured against it."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("For example the number of the decision or the plan."),
        widget=forms.TextInput(attrs=INPUT),
    )
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
