"""Forms of the reminders: the filters of the log, the printed list, one letter."""

from __future__ import annotations

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.notices.models import Channel
from lms.notices.texts import DEFAULTS
from lms.people.keys import MOST_DIGITS, read_key
from lms.people.notice_texts import MAX_BODY, MAX_SUBJECT
from lms.people.text import fold
from lms.target.models.reminders import Reminder, ReminderKind
from lms.target.reminders.log import PRINT_SIZE

INPUT = {"class": "in"}

KIND_LABELS = {
    "first-sign-in": gettext_lazy("Opening an account"),
    "reset-password": gettext_lazy("Setting a new password"),
    "password-changed": gettext_lazy("Password was changed"),
    "correction-asked": gettext_lazy("A request to put information right"),
    "correction-answered": gettext_lazy("Answer to a request to put information right"),
    "reminder-due": gettext_lazy("Reminder: a course is due"),
    "reminder-expiry": gettext_lazy("Reminder: a course ends"),
    "reminder-copy": gettext_lazy("Copy of reminders to the focal person"),
    "bank-relaxed": gettext_lazy("Question bank is short of questions"),
    "bank-empty": gettext_lazy("Question bank cannot fill a quiz"),
    "schedule-refused": gettext_lazy("A scheduled page was not published"),
    "completion-review": gettext_lazy("A completion to look at again"),
}


def kind_label(kind: str) -> str:
    """Return what a kind of letter is called on the screen; one without a name by its subject."""
    return str(KIND_LABELS.get(kind) or DEFAULTS[kind].subject)


class LogForm(forms.Form):
    """The filters, named as in the address; what is wrong there narrows nothing."""

    q = forms.CharField(
        label=gettext_lazy("Name or staff code"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs=INPUT | {"autocomplete": "off"}),
    )
    loai = forms.ChoiceField(
        label=gettext_lazy("About"),
        required=False,
        choices=[("", gettext_lazy("All")), *ReminderKind.choices],
        widget=forms.Select(attrs=INPUT),
    )
    cach = forms.ChoiceField(
        label=gettext_lazy("Told by"),
        required=False,
        choices=[("", gettext_lazy("All")), *Channel.choices],
        widget=forms.Select(attrs=INPUT),
    )
    sau = forms.CharField(required=False, max_length=MOST_DIGITS, widget=forms.HiddenInput)

    def narrow(self, found: QuerySet[Reminder]) -> QuerySet[Reminder]:
        data = self.cleaned_data
        if data["q"]:
            key = fold(data["q"])
            by_code = found.filter(person__staff_code__iexact=data["q"].strip())
            found = by_code | found.filter(person__folded_name__contains=key)
        if data["loai"]:
            found = found.filter(kind=data["loai"])
        if data["cach"]:
            found = found.filter(channel=data["cach"])
        if key := read_key(data["sau"]):
            found = found.filter(pk__lt=key)
        return found


class HandOverForm(forms.Form):
    """Which reminders of the printed list were given in person."""

    reminders = forms.TypedMultipleChoiceField(coerce=int, required=True)

    def __init__(self, data=None) -> None:
        super().__init__(data)
        field = self.fields["reminders"]
        field.error_messages["required"] = _("Please tick whom you have told.")
        typed = data.getlist("reminders")[: PRINT_SIZE + 1] if data else []
        # Which of them are the asker's is decided by the query; here only whole numbers pass.
        field.choices = [(value, value) for value in typed if read_key(value) is not None]


class NoticeTextForm(forms.Form):
    """Subject and text of one letter."""

    subject = forms.CharField(
        label=gettext_lazy("Subject line"),
        max_length=MAX_SUBJECT,
        widget=forms.TextInput(attrs=INPUT),
    )
    body = forms.CharField(
        label=gettext_lazy("Wording of the letter"),
        max_length=MAX_BODY,
        widget=forms.Textarea(attrs=INPUT | {"rows": 14}),
    )
