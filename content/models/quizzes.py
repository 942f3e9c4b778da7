"""Quizzes as pages: what a paper holds, how long it may take."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.models import Page, Revision

from content.forms import MATRIX_FIELDS, QuizPageForm
from content.models.pages import CoursePage, SignedInPage, new_key


class QuizKind(models.TextChoices):
    PRE = "pre", _("Pre-test")
    PRACTICE = "practice", _("Practice")
    POST = "post", _("Post-test")


class QuizPage(SignedInPage):
    """A quiz of a course: fixed questions, or a draw by the matrix."""

    key = models.CharField(_("key"), max_length=40, unique=True, default=new_key)
    quiz_kind = models.CharField(_("kind"), max_length=8, choices=QuizKind)
    question_count = models.PositiveSmallIntegerField(_("questions"), default=10)
    # NULL = no time limit.
    time_limit_minutes = models.PositiveSmallIntegerField(
        _("time (minutes)"), null=True, blank=True
    )
    # {by_type: {SC: 3, …, ORD_OR_MAT: 1, ANY: 1}, min_per_module, max_from_pre_test, min_safety,
    #  min_confidentiality, min_validity}; empty for a quiz of fixed questions.
    matrix = models.JSONField(_("matrix"), default=dict, blank=True)
    fixed_questions = ParentalManyToManyField(
        "content.Question", blank=True, related_name="fixed_in", verbose_name=_("fixed questions")
    )

    parent_page_types = ["content.CoursePage"]
    subpage_types: list[str] = []
    content_panels = [
        *Page.content_panels,
        FieldPanel("quiz_kind"),
        MultiFieldPanel(
            [FieldPanel("question_count"), FieldPanel("time_limit_minutes")], heading=_("The paper")
        ),
        MultiFieldPanel(
            [FieldPanel(name) for name in MATRIX_FIELDS],
            heading=_("Matrix of a drawn paper"),
            help_text=_("Leave all empty for a quiz of fixed questions."),
        ),
        FieldPanel("fixed_questions"),
    ]
    base_form_class = QuizPageForm
    template = "content/quiz_page.html"
    exclude_fields_in_copy = ["key"]

    class Meta:
        verbose_name = _("quiz")
        verbose_name_plural = _("quizzes")

    @cached_property
    def course(self) -> CoursePage:
        """The course above; one query."""
        return CoursePage.objects.ancestor_of(self).get()

    def publish(self, revision: Revision, *args: Any, **kwargs: Any) -> None:
        """Publish unless the bank cannot fill the matrix; raises ``ImpossibleMatrix``.

        This is the door of the editor, the scheduler and the loader alike; to the scheduler nothing
        is raised.
        """
        from content.banks import may_publish_quiz  # noqa: PLC0415 (banks.py reads these models)

        if may_publish_quiz(revision, log_action=kwargs.get("log_action")):
            super().publish(revision, *args, **kwargs)
