"""Forms of external training: the paper, the unit's check, the department's decision."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import slug_re
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.models import CoursePage
from courses.completion_forms import ReasonField
from courses.models import ExternalTraining
from courses.models.recognition import RecognitionStatus
from courses.recognition.evidence import (
    LARGEST_BYTES,
    REASONS,
    TOO_LARGE,
    Evidence,
    EvidenceRefused,
    read_evidence,
)
from courses.recognition.papers import Claim, DaysReversed, NotOverYet, TooLongAgo, check_claim
from courses.recognition.recognising import periods_asked, periods_of
from lms.people.rules import NoRules, rules_on
from lms.people.text import clean

MOST_PERIODS = 500
ACCEPTED = "application/pdf,image/jpeg,image/png,.pdf,.jpg,.jpeg,.png"
WAITING, EVERYTHING = "cho", "tat-ca"


def courses() -> Any:
    return CoursePage.objects.live().order_by("number", "pk")


class CleanField(forms.CharField):
    """One line of text in NFC, without spaces that mean nothing."""

    def clean(self, value: Any) -> str:
        return clean(super().clean(value))


class CourseField(forms.ModelChoiceField):
    """A course by its key."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=CoursePage.objects.none(), to_field_name="key", **kwargs)

    def to_python(self, value: Any) -> CoursePage | None:
        if isinstance(value, str) and value and not slug_re.match(value):
            raise forms.ValidationError(self.error_messages["invalid_choice"], "invalid_choice")
        return super().to_python(value)

    def label_from_instance(self, course: CoursePage) -> str:
        return course.title


class PaperForm(forms.Form):
    """What a paper says, and its file; what was typed survives a file that is refused."""

    title = CleanField(
        label=gettext_lazy("Name of the training"),
        max_length=200,
        help_text=gettext_lazy("As the paper prints it."),
    )
    organiser = CleanField(label=gettext_lazy("Organiser"), max_length=200)
    stated_course = CourseField(
        label=gettext_lazy("Which course of ours it corresponds to"),
        required=False,
        empty_label=gettext_lazy("I do not know: the department decides"),
    )
    first_day = forms.DateField(label=gettext_lazy("First day"))
    last_day = forms.DateField(label=gettext_lazy("Last day"))
    periods = forms.IntegerField(
        label=gettext_lazy("Number of teaching periods"),
        min_value=1,
        max_value=MOST_PERIODS,
        help_text=gettext_lazy("One period is 45 minutes; a full day is usually 8 periods."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    document_number = CleanField(
        label=gettext_lazy("Number of the paper"),
        max_length=120,
        help_text=gettext_lazy("Of the certificate, the decision or the list of the class."),
    )
    file = forms.FileField(
        label=gettext_lazy("The paper: scan or photograph"),
        help_text=gettext_lazy("PDF, JPG or PNG, up to 10 MB. On a phone you can take a picture."),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )
    evidence: Evidence

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stated_course"].queryset = courses()

    def clean_file(self) -> UploadedFile:
        upload = self.cleaned_data["file"]
        if upload.size > LARGEST_BYTES:
            raise forms.ValidationError(REASONS[TOO_LARGE])
        try:
            self.evidence = read_evidence(upload.read())
        except EvidenceRefused as refusal:
            raise forms.ValidationError(refusal.text) from refusal
        return upload

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        if typed.get("first_day") and typed.get("last_day"):
            claim = Claim("", "", typed["first_day"], typed["last_day"], 1, "")
            try:
                check_claim(claim, timezone.localdate())
            except DaysReversed:
                self.add_error("last_day", _("The last day lies before the first."))
            except NotOverYet:
                self.add_error("last_day", _("This day has not come yet."))
            except TooLongAgo:
                self.add_error("first_day", _("Look at the year again."))
        if self.errors and "file" not in self.errors:
            # A browser does not send a file twice by itself.
            self.add_error("file", _("Choose the file once more."))
        return typed

    def claim(self) -> Claim:
        return Claim(**{name: self.cleaned_data[name] for name in Claim.__dataclass_fields__})


class CheckForm(forms.Form):
    """The unit has looked; what it wants to say about it."""

    comment = CleanField(
        label=gettext_lazy("Comment for the department"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For example: the person did attend; the list is kept at the unit."),
    )


class ApproveForm(forms.Form):
    """The course of ours that the training stands for."""

    course = CourseField(
        label=gettext_lazy("Recognise as"),
        empty_label=gettext_lazy("Choose the course"),
    )

    def __init__(self, *args: Any, training: ExternalTraining, **kwargs: Any) -> None:
        super().__init__(*args, initial={"course": training.stated_course}, **kwargs)
        self.fields["course"].queryset = courses()
        try:
            rules = rules_on(training.last_day)
        except NoRules:
            return
        self.fields["course"].label_from_instance = lambda course: (
            _("%(course)s (at least %(needed)s of %(ours)s periods)")
            % {
                "course": course.title,
                "needed": periods_asked(course, rules),
                "ours": periods_of(course),
            }
        )


class DeclineForm(forms.Form):
    reason = ReasonField(
        label=gettext_lazy("Reason"), help_text=gettext_lazy("The person is told this reason.")
    )


class EraseForm(forms.Form):
    ground = ReasonField(
        label=gettext_lazy("Why the file is erased"),
        help_text=gettext_lazy("For example: it shows an identity card."),
    )


class PaperFilterForm(forms.Form):
    """The list's filters; every value is optional and an unknown one is none."""

    q = forms.CharField(label=gettext_lazy("Name or staff code"), max_length=100, required=False)
    status = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            (WAITING, gettext_lazy("Waiting")),
            *RecognitionStatus.choices,
            (EVERYTHING, gettext_lazy("All")),
        ],
    )
    course = CourseField(
        label=gettext_lazy("Course"),
        required=False,
        empty_label=gettext_lazy("All courses"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["course"].queryset = courses()
        for field, name in (("status", "tinh-trang"), ("course", "khoa")):
            self.fields[name] = self.fields.pop(field)
