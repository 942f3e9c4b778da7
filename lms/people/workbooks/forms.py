"""Forms of the staff workbooks: which unit to write, which file to read, a decision."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lms.people.days import FAR
from lms.people.keys import read_key
from lms.people.models import Posting, UnitPath, UnitVersion
from lms.people.scopes import Scope
from lms.people.text import clean
from lms.people.workbooks.places import Units, unit_ids_of
from lms.people.workbooks.planning import NEW, SAME, SKIP
from lms.people.workbooks.refusals import LARGEST_FILE, MOST_ROWS, FileRefused


class WorkbookForm(forms.Form):
    """The unit whose list is wanted, by code or name."""

    unit = forms.CharField(
        label=_("Unit"),
        max_length=200,
        help_text=_("Code or name; the units below it are included."),
    )
    version: UnitVersion

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope = scope

    def clean_unit(self) -> str:
        typed = clean(self.cleaned_data["unit"])
        found = Units(unit_ids_of(self.scope)).find(typed, self.scope.day)
        if not found:
            raise forms.ValidationError(gettext("No unit of yours is called so today."))
        if len(found) > 1:
            names = "; ".join(f"{each.code} – {each.full_name}" for each in found[:5])
            raise forms.ValidationError(
                gettext("Several units are called so; give the code: %(units)s") % {"units": names}
            )
        self.version = found[0]
        if lines_below(self.version.unit_id, self.scope.day) > MOST_ROWS:
            raise forms.ValidationError(
                gettext("The list of this unit is longer than a file may be. Choose one below it.")
            )
        return typed


def lines_below(unit_id: int, day: date) -> int:
    """Count the duties in a unit and below it that last beyond ``day``, up to the limit."""
    below = UnitPath.objects.filter(
        ancestor=unit_id, valid_from__lte=day, valid_to__gt=day, known_to=FAR
    )
    postings = Posting.objects.current().filter(unit__in=below.values("unit_id"), valid_to__gt=day)
    return postings.values("pk")[: MOST_ROWS + 1].count()


class UploadForm(forms.Form):
    """A filled-in workbook."""

    file = forms.FileField(
        label=_("Filled-in workbook"),
        max_length=200,
        help_text=_("Excel workbook (.xlsx), up to 10 MB and 20.000 rows."),
        widget=forms.ClearableFileInput(
            attrs={
                "accept": (
                    ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
                )
            }
        ),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(str(FileRefused("too-large")))
        return file


class DecisionForm(forms.Form):
    """Whether a row is about a person it resembles."""

    number = forms.IntegerField(min_value=1, max_value=2_000_000)
    choice = forms.CharField(max_length=30)

    def clean_choice(self) -> tuple[str, int | None]:
        """Return the choice and, for the same person, her key: "same-12", "new" or "skip"."""
        choice, _dash, key = self.cleaned_data["choice"].partition("-")
        if choice == SAME and (person_id := read_key(key)) is not None:
            return SAME, person_id
        if choice in (NEW, SKIP) and not key:
            return choice, None
        raise forms.ValidationError(gettext("Choose one of the answers."))
