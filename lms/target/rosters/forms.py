"""What a unit types about people of its list."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lms.people.rules import rules_on
from lms.people.staffing.forms import day_field
from lms.people.text import clean
from lms.target.models import ReportingPeriod, RosterDecision, RosterGround
from lms.target.rosters.deciding import Answer
from lms.target.rosters.proposing import Candidate

TAKE_BACK = "take_back"
NOT_ASSIGNED = f"{RosterDecision.EXCLUDED}:{RosterGround.NOT_ASSIGNED}"


class AnswerForm(forms.Form):
    """One answer for all who are ticked; ``answer_of`` makes it.

    Only answers that fit somebody in the list are offered.
    """

    people = forms.TypedMultipleChoiceField(
        label=gettext_lazy("People"),
        coerce=int,
        widget=forms.MultipleHiddenInput,
        error_messages={"required": gettext_lazy("Tick at least one person.")},
    )
    answer = forms.ChoiceField(
        label=gettext_lazy("Your answer"),
        choices=[
            (RosterDecision.NAMED, gettext_lazy("Assigned to support victims: counts by name")),
            *((f"{RosterDecision.EXCLUDED}:{ground}", ground.label) for ground in RosterGround),
            (TAKE_BACK, gettext_lazy("Take back what was answered by hand")),
        ],
        widget=forms.RadioSelect,
    )
    first_day = day_field(
        gettext_lazy("Does not count from"),
        required=False,
        help_text=gettext_lazy(
            "Day/month/year; the first day on which it holds. For somebody not assigned it may "
            "stay empty: the period's first day."
        ),
    )
    last_day = day_field(
        gettext_lazy("Last day of the leave"),
        required=False,
        help_text=gettext_lazy("Only for a long leave. Left empty: until further notice."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=300,
        help_text=gettext_lazy(
            "Needed for everybody who does not count: a decision number, for example. "
            "Nothing about health, please, and no name."
        ),
    )

    def __init__(
        self, *args: Any, period: ReportingPeriod, listed: list[Candidate], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.period = period
        self.fields["people"].choices = [(each.person.pk, each.person.pk) for each in listed]
        unfit = set()
        if not any(each.is_named_tier for each in listed):
            unfit |= {RosterDecision.NAMED, NOT_ASSIGNED}
        if not any(each.line for each in listed):
            unfit.add(TAKE_BACK)
        answers = self.fields["answer"]
        answers.choices = [each for each in answers.choices if each[0] not in unfit]

    def clean_reason(self) -> str:
        return clean(self.cleaned_data["reason"])

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        answer = typed.get("answer", "")
        if not answer.startswith(RosterDecision.EXCLUDED):
            return typed
        if not typed.get("reason"):
            self.add_error("reason", _("Write why these people do not count."))
        if "first_day" not in typed or "last_day" not in typed:
            return typed
        if typed["first_day"] is None and answer != NOT_ASSIGNED:
            self.add_error("first_day", _("Write from which day these people do not count."))
            return typed
        first = typed["first_day"] = typed["first_day"] or self.period.first_day
        last = typed["last_day"]
        if first > self.period.last_day:
            self.add_error("first_day", _("The day lies behind the period."))
        if not answer.endswith(RosterGround.LONG_LEAVE):
            typed["last_day"] = None
        elif last is not None:
            self.check_leave(first, last)
        return typed

    def check_leave(self, first: date, last: date) -> None:
        if last < first:
            self.add_error("last_day", _("The last day lies before the first."))
            return
        shortest = rules_on(first).min_leave_days
        if (last - first).days + 1 < shortest:
            self.add_error(
                "last_day",
                ngettext(
                    "A leave of less than %(days)d day leaves the person in the figures.",
                    "A leave of less than %(days)d days leaves the person in the figures.",
                    shortest,
                )
                % {"days": shortest},
            )

    @property
    def takes_back(self) -> bool:
        return self.cleaned_data["answer"] == TAKE_BACK

    def answer_of(self) -> Answer:
        """Return the typed answer; the days of an exclusion only."""
        typed = self.cleaned_data
        decision, _colon, ground = typed["answer"].partition(":")
        if not ground:
            return Answer(decision, reason=typed["reason"])
        return Answer(decision, ground, typed["first_day"], typed["last_day"], typed["reason"])


class NoteForm(forms.Form):
    """Why a confirmed list goes back, or an approval is taken back."""

    note = forms.CharField(
        label=gettext_lazy("What the unit should look at"),
        max_length=300,
        help_text=gettext_lazy("The unit reads this. Please write no name and no phone number."),
    )

    def clean_note(self) -> str:
        return clean(self.cleaned_data["note"])
