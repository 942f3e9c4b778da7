"""What the department types to announce something, and for whom."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lms.people.announcements import Words
from lms.people.days import end_from_form, last_day
from lms.people.finding import versions_of
from lms.people.models import Announcement, Audience
from lms.people.staffing.forms import ActForm, day_field
from lms.people.text import clean

LONGEST_TITLE = 120
LONGEST_TEXT = 800
LAST_PLACE = 99


class AnnouncementForm(ActForm):
    """An announcement; a unit is named only where it is for that unit's staff."""

    day_name = "first_day"

    # Drawn when the empty form is shown, so that one form writes one announcement.
    key = forms.UUIDField(widget=forms.HiddenInput)
    title = forms.CharField(label=_("Title"), max_length=LONGEST_TITLE)
    text = forms.CharField(
        label=_("Text"),
        max_length=LONGEST_TEXT,
        help_text=_(
            "Plain text, up to 800 characters. Never write anything about a real victim: no name, "
            "no place, no case. Everybody may read this page."
        ),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    first_day = day_field(_("First day"))
    last_day = day_field(_("Last day"))
    audience = forms.ChoiceField(
        label=_("For whom"), choices=Audience, widget=forms.RadioSelect, initial=Audience.EVERYBODY
    )
    unit = forms.CharField(
        label=_("Unit, name or code"),
        max_length=100,
        required=False,
        help_text=_("Only where it is for the staff of one unit and of those below it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    rank = forms.IntegerField(
        label=_("Place in the order"),
        min_value=1,
        max_value=LAST_PLACE,
        initial=1,
        help_text=_("1 stands first. At most five are shown at once."),
    )

    def clean_title(self) -> str:
        return self.something(clean(self.cleaned_data["title"]))

    def clean_text(self) -> str:
        """Keep the lines as they were typed, one empty line at most between two of them."""
        lines = [clean(line) for line in self.cleaned_data["text"].splitlines()]
        return self.something(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip())

    def something(self, text: str) -> str:
        if not text:
            raise forms.ValidationError(gettext("Please write something here."))
        return text

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        last = typed.get("last_day")
        if last and last < self.scope.day:
            self.add_error("last_day", gettext("This day has passed: nobody would read it."))
        if typed.get("audience") == Audience.UNIT and not typed.get("unit"):
            if "unit" not in self.errors:
                self.add_error("unit", gettext("Name the unit whose staff it is for."))
        elif typed.get("audience") != Audience.UNIT and self.data.get("unit", "").strip():
            self.add_error(
                "unit", gettext("A unit is named only where it is for that unit's staff.")
            )
        return typed

    def words(self) -> Words:
        typed = self.cleaned_data
        version = typed["unit"] if typed["audience"] == Audience.UNIT else None
        return Words(
            title=typed["title"],
            text=typed["text"],
            audience=typed["audience"],
            unit=version.unit if version else None,
            valid_from=typed["first_day"],
            valid_to=end_from_form(typed["last_day"]),
            rank=typed["rank"],
        )

    def digest(self) -> str:
        """What was looked at: a form that says something else is shown again first."""
        said = repr(sorted((name, str(value)) for name, value in self.words().fields().items()))
        return hashlib.sha256(said.encode()).hexdigest()[:32]


def filled_with(announcement: Announcement, day: date) -> dict[str, Any]:
    """Return the form's values for an announcement that is to be changed; a query for its unit."""
    unit = ""
    if announcement.unit_id:
        unit = versions_of([announcement.unit_id], day)[announcement.unit_id].code
    return {
        "key": announcement.logical_id,
        "title": announcement.title,
        "text": announcement.text,
        "first_day": announcement.valid_from,
        "last_day": last_day(announcement.valid_to),
        "audience": announcement.audience,
        "unit": unit,
        "rank": announcement.rank,
    }
