"""What the department types from a document: the day, the source, and one unit a line."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lms.people.finding import name_unit
from lms.people.text import clean
from lms.target.asking import FIRST_DAY
from lms.target.baselines.writing import Entry, Source
from lms.target.figures.counts import cut_rate
from lms.target.models import BaselineFigure

MOST_LINES = 400
MOST_NAMED = 6
# Longer than any province has staff; what lies beyond is a slip of the hand.
LARGEST = 1_000_000


def day_field(label: Any, **options: Any) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"autocomplete": "off"}), **options
    )


class DocumentFields(forms.Form):
    """The document in which a figure stands."""

    document_number = forms.CharField(
        label=_("Source document, number"),
        max_length=80,
        help_text=_("For example 123/BC-SLĐTBXH."),
    )
    document_on = day_field(_("Date of the document"))
    note = forms.CharField(
        label=_("Note"),
        max_length=300,
        required=False,
        help_text=_("How it was counted then, for example. Please write no name."),
    )

    def clean_document_number(self) -> str:
        number = clean(self.cleaned_data["document_number"])
        if not number:
            raise forms.ValidationError(gettext("A figure needs its source."))
        return number

    def clean_note(self) -> str:
        return clean(self.cleaned_data["note"])

    def clean_document_on(self) -> date:
        return self.past(self.cleaned_data["document_on"], may_be_today=True)

    def past(self, day: date, *, may_be_today: bool = False) -> date:
        """Return a day that has been. ``today`` is set by the forms below."""
        if day < FIRST_DAY:
            raise forms.ValidationError(
                gettext("Choose a day from %(first)s on.") % {"first": f"{FIRST_DAY:%d/%m/%Y}"}
            )
        if day > self.today or (day == self.today and not may_be_today):
            raise forms.ValidationError(gettext("This day has not passed yet."))
        return day


class EnterForm(DocumentFields):
    """The figures of one document, all of the same day."""

    day = day_field(_("Day of the figures"), help_text=_("A past day, as the document says."))
    plan = forms.CharField(
        label=_("Plan or target that they measure"),
        max_length=80,
        required=False,
        help_text=_("As the document names it, for example 1578/KH-UBND."),
    )
    lines = forms.CharField(
        label=_("Figures"),
        max_length=40_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_(
            "One unit a line: unit; staff in the target; of them trained. The unit by name or "
            "code, for example: 49; 1024; 812"
        ),
    )
    field_order = ("day", "document_number", "document_on", "plan", "lines", "note")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.entries: list[Entry] = []
        # (name of the unit, entry, rate) as the preview shows them.
        self.shown: list[tuple[str, Entry, Any]] = []

    def clean_day(self) -> date:
        return self.past(self.cleaned_data["day"])

    def clean_plan(self) -> str:
        return clean(self.cleaned_data["plan"])

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        if typed.get("day") and typed.get("lines"):
            self.read_lines(typed["lines"], typed["day"])
        return typed

    def read_lines(self, text: str, day: date) -> None:
        """Read every line, and say of each wrong one what is wrong with it."""
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if clean(line)]
        if len(lines) > MOST_LINES:
            most = gettext("At most %(most)d lines at once.") % {"most": MOST_LINES}
            self.add_error("lines", most)
            return
        seen: set[int] = set()
        for number, line in lines:
            try:
                name, entry = read_line(line, day)
                if entry.unit.pk in seen:
                    raise forms.ValidationError(gettext("this unit stands in two lines."))
            except forms.ValidationError as wrong:
                words = {"number": number, "what": wrong.messages[0]}
                self.add_error("lines", gettext("Line %(number)d: %(what)s") % words)
                continue
            seen.add(entry.unit.pk)
            self.entries.append(entry)
            self.shown.append((name, entry, cut_rate(entry.trained, entry.counted)))

    def source(self) -> Source:
        typed = self.cleaned_data
        return Source(
            typed["day"],
            typed["plan"],
            typed["document_number"],
            typed["document_on"],
            typed["note"],
        )

    def digest(self) -> str:
        """What was looked at: a form that says something else is shown again first."""
        entries = [(each.unit.pk, each.counted, each.trained) for each in self.entries]
        return hashlib.sha256(repr((self.source(), entries)).encode()).hexdigest()[:32]


def read_line(line: str, day: date) -> tuple[str, Entry]:
    """Return a unit's name and its entry. Raises ``ValidationError`` that says what is wrong."""
    parts = [clean(part) for part in re.split(r"[;\t]", line.strip())]
    if len(parts) != 3:
        raise forms.ValidationError(gettext("write unit; staff in the target; of them trained."))
    counted, trained = (read_count(part) for part in parts[1:])
    if not counted:
        raise forms.ValidationError(gettext("nobody was counted."))
    if trained > counted:
        raise forms.ValidationError(gettext("more were trained than counted."))
    found = name_unit(parts[0], day)
    if not found:
        raise forms.ValidationError(gettext("no unit of this name or code existed on that day."))
    if len(found) > 1:
        names = "; ".join(f"{each.full_name} ({each.code})" for each in found[:MOST_NAMED])
        raise forms.ValidationError(
            gettext("several units fit, write the code of one of them: %(names)s.")
            % {"names": names}
        )
    return found[0].full_name, Entry(found[0].unit, counted, trained)


def read_count(text: str) -> int:
    """Return a whole number typed with or without the dots or spaces of thousands."""
    bare = text.replace(" ", "")
    if re.fullmatch(r"\d{1,3}(\.\d{3})+", bare):
        bare = bare.replace(".", "")
    if not (bare.isascii() and bare.isdecimal() and len(bare) < 8 and int(bare) <= LARGEST):
        raise forms.ValidationError(gettext("“%(text)s” is not a count.") % {"text": text[:20]})
    return int(bare)


class CorrectForm(DocumentFields):
    """The next version of one figure."""

    counted = forms.IntegerField(label=_("Staff in the target"), min_value=1, max_value=LARGEST)
    trained = forms.IntegerField(label=_("Of them trained"), min_value=0, max_value=LARGEST)
    reason = forms.CharField(label=_("Reason"), max_length=300)
    field_order = ("counted", "trained", "document_number", "document_on", "note", "reason")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_reason(self) -> str:
        reason = clean(self.cleaned_data["reason"])
        if not reason:
            raise forms.ValidationError(gettext("Please write something here."))
        return reason

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        if typed.get("counted") and (typed.get("trained") or 0) > typed["counted"]:
            self.add_error("trained", gettext("More were trained than counted."))
        return typed


class TakeBackForm(forms.Form):
    """Why a figure is taken back."""

    reason = forms.CharField(label=_("Reason for taking it back"), max_length=300)

    def clean_reason(self) -> str:
        reason = clean(self.cleaned_data["reason"])
        if not reason:
            raise forms.ValidationError(gettext("Please write something here."))
        return reason


def filled_with(figure: BaselineFigure) -> dict[str, Any]:
    return {
        name: getattr(figure, name)
        for name in ("counted", "trained", "document_number", "document_on", "note")
    }
