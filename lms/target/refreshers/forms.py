"""The form of a refresher: which course, by which day, and why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.models import CourseVersion
from courses.refreshing.asking import RefresherRefused
from lms.target.matrix.forms import INPUT, DayField
from lms.target.refreshers.wording import FIELDS, REFUSALS


class RefresherForm(forms.Form):
    """``versions`` are those that may still ask; another key is refused at the field."""

    version = forms.TypedChoiceField(
        label=gettext_lazy("Course and version"),
        coerce=int,
        help_text=gettext_lazy("The version that people are to have learnt."),
        widget=forms.Select(attrs=INPUT),
    )
    due = DayField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy(
            "Day/month/year. Up to and on this day earlier completions count; from the next they "
            "need renewing."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("Learners read it: for example which law has changed."),
        widget=forms.TextInput(attrs=INPUT),
    )

    def __init__(self, *args: Any, versions: list[CourseVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.versions = {version.pk: version for version in versions}
        self.fields["version"].choices = [
            (
                version.pk,
                _("%(course)s, version %(number)s")
                % {"course": version.course.title, "number": version.number},
            )
            for version in versions
        ]

    @property
    def chosen(self) -> CourseVersion:
        """The version of a valid form."""
        return self.versions[self.cleaned_data["version"]]

    def refuse(self, refusal: RefresherRefused) -> None:
        """Say why it cannot be asked, at the field that can mend it."""
        self.add_error(FIELDS.get(type(refusal), "version"), str(REFUSALS[type(refusal)]))
