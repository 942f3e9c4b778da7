"""Which position group needs which course, over an interval."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.people.facts import DatedFact


class Requirement(DatedFact):
    """A position group needs a course over an interval."""

    group = models.ForeignKey("people.PositionGroup", models.PROTECT, related_name="requirements")
    course = models.ForeignKey("content.CoursePage", models.PROTECT, related_name="requirements")
    # NULL = 31 December of the year in which the requirement began for the person.
    due_on = models.DateField(_("due on"), null=True, blank=True)

    class Meta(DatedFact.Meta):
        verbose_name = _("required course")
        verbose_name_plural = _("required courses")

    def __str__(self) -> str:
        return f"{self.group_id} needs {self.course_id}"
