"""The question bank: identities that trainers edit; attempts use their published versions."""

from __future__ import annotations

from typing import Any, Self

from django import forms
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel
from wagtail.models import DraftStateMixin, Orderable, PreviewableMixin, Revision, RevisionMixin
from wagtail.search import index

from content.forms import QuestionForm
from lms.people.text import fold


class QuestionType(models.TextChoices):
    SINGLE = "SC", _("One answer")
    MULTIPLE = "MC", _("Several answers")
    TRUE_FALSE = "TF", _("True or false")
    ORDER = "ORD", _("Put in order")
    MATCH = "MAT", _("Match pairs")
    SHORT = "SA", _("Short answer")


class ReviewStatus(models.TextChoices):
    REVIEWED = "reviewed", _("Reviewed")
    NEEDED = "needed", _("To be reviewed")


TRUE_FALSE = forms.Select(choices=[("", "—"), (True, _("True")), (False, _("False"))])


class Question(PreviewableMixin, DraftStateMixin, RevisionMixin, index.Indexed, ClusterableModel):
    """One question of a course's bank; :attr:`options` carries answers by type.

    SC, MC: options marked correct. ORD: options in the right order. MAT: text and its match.
    SA: every accepted spelling. TF: :attr:`is_true`, no options.
    """

    key = models.SlugField(_("code"), max_length=40, unique=True)
    course = models.ForeignKey(
        "content.CoursePage", models.PROTECT, related_name="questions", verbose_name=_("course")
    )
    module = models.ForeignKey(
        "content.ModulePage", models.PROTECT, related_name="questions", verbose_name=_("module")
    )
    type = models.CharField(_("type"), max_length=3, choices=QuestionType)
    stem = models.TextField(_("question"))
    is_true = models.BooleanField(_("the statement is true"), null=True, blank=True)
    explanation = models.TextField(_("explanation"))
    sources = models.CharField(_("sources"), max_length=300, blank=True)
    references = ParentalManyToManyField(
        "content.LegalReference",
        blank=True,
        related_name="questions",
        verbose_name=_("texts of law"),
    )
    is_safety = models.BooleanField(_("about safety"), default=False)
    is_confidentiality = models.BooleanField(_("about confidentiality"), default=False)
    is_validity = models.BooleanField(_("about which law applies when"), default=False)
    # Dates of the source: outside them the question hides itself from new draws.
    in_force_from = models.DateField(_("source in force from"), null=True, blank=True)
    in_force_to = models.DateField(_("source in force to"), null=True, blank=True)
    review_on = models.DateField(_("next review"), null=True, blank=True)
    review_status = models.CharField(
        _("review"), max_length=10, choices=ReviewStatus, default=ReviewStatus.NEEDED
    )
    latest_version = models.ForeignKey(
        "content.QuestionVersion",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    search_fields = [
        index.SearchField("stem"),
        index.AutocompleteField("stem"),
        index.SearchField("folded"),
        index.AutocompleteField("folded"),
        index.FilterField("course"),
        index.FilterField("type"),
    ]

    panels = [
        MultiFieldPanel(
            [
                FieldPanel("key"),
                FieldPanel("course"),
                FieldPanel("module"),
                FieldPanel("type"),
                FieldPanel("stem"),
                FieldPanel("is_true", widget=TRUE_FALSE),
            ],
            heading=_("Question"),
        ),
        InlinePanel(
            "options",
            heading=_("Options"),
            label=_("Option"),
            help_text=_(
                "One answer, several answers: mark the correct ones. Put in order: list them in "
                "the right order. Match pairs: fill in both sides. Short answer: the spellings. "
                "True or false: none."
            ),
        ),
        FieldPanel("explanation"),
        MultiFieldPanel(
            [
                FieldPanel("sources"),
                FieldPanel("references"),
                FieldPanel("in_force_from"),
                FieldPanel("in_force_to"),
                FieldPanel("review_on"),
                FieldPanel("review_status"),
            ],
            heading=_("Sources and review"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("is_safety"),
                FieldPanel("is_confidentiality"),
                FieldPanel("is_validity"),
            ],
            heading=_("What it is about"),
        ),
    ]
    base_form_class = QuestionForm

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("question bank")
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(type="TF", is_true__isnull=False)
                | (~models.Q(type="TF") & models.Q(is_true__isnull=True)),
                name="content_question_true_false_answer",
                violation_error_message=_("Only a true-or-false question says whether it is true."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} · {self.stem[:60]}"

    def folded(self) -> str:
        return fold(f"{self.key} {self.stem}")

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        return "content/question_preview.html"

    def with_content_json(self, content: dict[str, Any]) -> Self:
        # A draft knows only the version of its day; the question's own pointer stands.
        question = super().with_content_json(content)
        question.latest_version_id = self.latest_version_id
        return question

    def publish(self, revision: Revision, *args: Any, **kwargs: Any) -> None:
        """Publish unless a quiz could no longer be drawn; raises ``ImpossibleMatrix``.

        To the scheduler nothing is raised.
        """
        from content.banks import may_publish_question  # noqa: PLC0415 (banks.py reads these models)

        if may_publish_question(revision, log_action=kwargs.get("log_action")):
            super().publish(revision, *args, **kwargs)


class QuestionOption(Orderable):
    """A choice, a step, a pair or an accepted spelling of a question."""

    question = ParentalKey(Question, related_name="options")
    key = models.CharField(_("letter"), max_length=8, blank=True)
    text = models.CharField(_("text"), max_length=500)
    match_text = models.CharField(_("matches"), max_length=500, blank=True)
    is_correct = models.BooleanField(_("correct"), default=False)

    panels = [
        FieldPanel("text"),
        FieldPanel("match_text"),
        FieldPanel("is_correct"),
    ]

    class Meta(Orderable.Meta):
        verbose_name = _("option")
        verbose_name_plural = _("options")

    def __str__(self) -> str:
        return self.text
