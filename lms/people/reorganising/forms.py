"""Forms of the reorganisations: a file, one event by hand, a list of people who wait."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lms.people.models import PositionGroup
from lms.people.models.units import UnitEventKind, UnitLevel
from lms.people.reorganising.reading import (
    LARGEST_FILE,
    read_data,
    read_people_list,
    read_text,
)
from lms.people.reorganising.resolutions import EVENT_KEYS, Refused, Resolution
from lms.people.reorganising.shipped import JANUARY, JULY, shipped
from lms.people.text import clean, fold

OWN_FILE = ""
LEVEL_WORDS = {
    "tinh": UnitLevel.PROVINCE,
    "cap tinh": UnitLevel.PROVINCE,
    "huyen": UnitLevel.DISTRICT,
    "cap huyen": UnitLevel.DISTRICT,
    "xa": UnitLevel.COMMUNE,
    "cap xa": UnitLevel.COMMUNE,
    "co quan": UnitLevel.AGENCY,
    **{level: level for level in UnitLevel.values},
}


class FileForm(forms.Form):
    """A file of one decision: one of the shipped ones or an own one."""

    which = forms.ChoiceField(
        label=_("Which file"),
        choices=[
            (OWN_FILE, _("My own file")),
            (JANUARY, _("1 January 2025: 18 districts become 17, 241 communes become 233")),
            (JULY, _("1 July 2025: districts end, 94 communes, wards and a special zone")),
        ],
        required=False,
        widget=forms.RadioSelect,
        initial=OWN_FILE,
    )
    file = forms.FileField(
        label=_("File of events"),
        required=False,
        help_text=_("YAML, UTF-8, up to 5 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".yaml,.yml,text/plain"}),
    )
    resolution: Resolution

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        if typed.get("which") and not self.errors:
            self.read("which", shipped(typed["which"]))
        elif not typed.get("file"):
            if "file" not in self.errors:
                self.add_error("file", gettext("Choose a file."))
        elif typed["file"].size > LARGEST_FILE:
            self.add_error("file", gettext("The file is larger than 5 MB."))
        else:
            self.read("file", typed["file"].read())
        return typed

    def read(self, field: str, content: bytes) -> None:
        try:
            self.resolution = read_text(content)
        except Refused as refused:
            for each in refused.refusals[:20]:
                self.add_error(field, str(each))


def codes_field(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=2000, help_text=help_text)


class EventForm(forms.Form):
    """One event of a kind, as its own decision; the fields depend on the kind."""

    title = forms.CharField(label=_("Title"), max_length=200)
    decision_number = forms.CharField(label=_("Decision number"), max_length=80)
    decided_on = forms.DateField(label=_("Decided on"), required=False)
    effective_on = forms.DateField(label=_("In effect from"))
    unit = codes_field(_("Code of the unit"), _("Its code on the day before."))
    units = codes_field(
        _("Codes of the units"), _("Their codes on the day before, with commas between them.")
    )
    into = codes_field(
        _("Code of the unit it leads to"),
        _("Codes of the day itself; with commas between them where there are several."),
    )
    parent = forms.CharField(label=_("Code of the unit above"), max_length=20)
    name = forms.CharField(label=_("New name"), max_length=120, help_text=_("Without the type."))
    code = forms.CharField(label=_("New code"), max_length=20, required=False)
    type = forms.CharField(label=_("New type"), max_length=40, help_text=_("For example: Xã."))
    level = forms.ChoiceField(
        label=_("New level"), choices=[("", _("as before")), *UnitLevel.choices], required=False
    )
    groups = forms.MultipleChoiceField(
        label=_("Position groups that go"), required=False, widget=forms.CheckboxSelectMultiple
    )
    new_units = forms.CharField(
        label=_("Units that begin on the day"),
        required=False,
        max_length=20_000,
        help_text=_(
            "One a line: code; name; type; level (tỉnh, huyện, xã, cơ quan); code of the one above."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    people = forms.CharField(
        label=_("Who goes where"),
        required=False,
        max_length=500_000,
        help_text=_("One a line: staff code; unit code. Whoever is not named waits for a unit."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 2})
    )
    resolution: Resolution

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        kept = EVENT_KEYS[kind] | {
            "title",
            "decision_number",
            "decided_on",
            "effective_on",
            "note",
        }
        if "into" in kept or kind == UnitEventKind.MOVE:
            kept.add("new_units")
        for name in list(self.fields):
            if name not in kept:
                del self.fields[name]
        if "groups" in self.fields:
            self.fields["groups"].choices = [
                (group.code, group.label) for group in PositionGroup.objects.order_by("bit")
            ]

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        if not self.errors:
            try:
                self.resolution = read_data(self.data_of(typed))
            except Refused as refused:
                for each in refused.refusals[:20]:
                    self.add_error(
                        "people" if each.row and "people" in self.fields else None, str(each)
                    )
        return typed

    def data_of(self, typed: dict[str, Any]) -> dict[str, Any]:
        """Return what a file with this one event would hold. Raises ``Refused``."""
        event: dict[str, Any] = {"kind": self.kind}
        for key in sorted(EVENT_KEYS[self.kind]):
            value = typed.get(key)
            if key in ("units", "into"):
                value = [code for code in clean(value.replace(";", ",")).split(",") if code.strip()]
                value = [code.strip() for code in value]
                if key == "into" and len(value) == 1:
                    value = value[0]
            elif key == "people":
                value = read_people_list(value or "")
            if value:
                event[key] = value
        return {
            "title": typed["title"],
            "decision_number": typed["decision_number"],
            "decided_on": typed["decided_on"].isoformat() if typed["decided_on"] else "",
            "effective_on": typed["effective_on"].isoformat(),
            "note": typed["note"],
            "new_units": read_new_units(typed.get("new_units") or ""),
            "events": [event],
        }


def read_new_units(text: str) -> list[dict[str, str]]:
    """Return the new units of a pasted list: code; name; type; level; code of the unit above."""
    rows = []
    for line in text.splitlines():
        parts = [clean(part) for part in line.split(";")]
        if parts == [""]:
            continue
        code, name, kind, level, parent = [*parts, "", "", "", "", ""][:5]
        rows.append(
            {
                "code": code,
                "name": name,
                "type": kind,
                "level": str(LEVEL_WORDS.get(fold(level), level)),
                "parent": parent,
            }
        )
    return rows


class PlacingForm(forms.Form):
    """A list of waiting people with their units, typed or as a file, and the first day there."""

    people = forms.CharField(
        label=_("Who goes where"),
        required=False,
        max_length=500_000,
        help_text=_("One a line: staff code; unit code."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    file = forms.FileField(
        label=_("Or a CSV file with these two columns"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/plain"}),
    )
    on = forms.DateField(
        label=_("First day in the unit"),
        required=False,
        help_text=_("Empty: the day of the reorganisation."),
    )
    rows: list[dict[str, str]]

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        field, text = "people", typed.get("people") or ""
        if typed.get("file"):
            field = "file"
            if typed["file"].size > LARGEST_FILE:
                self.add_error("file", gettext("The file is larger than 5 MB."))
                return typed
            try:
                text = typed["file"].read().decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", gettext("The file is not UTF-8 text. Save it as UTF-8."))
                return typed
        try:
            self.rows = read_people_list(text)
        except Refused as refused:
            for each in refused.refusals[:20]:
                self.add_error(field, str(each))
        return typed
