"""Attempts: what was drawn is frozen, what was answered is an append-only log of steps."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from content.models.quizzes import QuizKind


class AttemptStatus(models.TextChoices):
    IN_PROGRESS = "in_progress", _("In progress")
    # Answers are in and every question is marked.
    FINISHED = "finished", _("Finished")
    # Answers are in, a person must still mark some.
    SUBMITTED = "submitted", _("Waiting to be marked")


class Attempt(models.Model):
    """One go at a quiz. Past its deadline an open attempt *reads* as finished at the deadline;
    the next write or the sweep stores that (``docs/decisions.md`` 26)."""

    enrolment = models.ForeignKey("courses.Enrolment", models.PROTECT, related_name="attempts")
    quiz = models.ForeignKey("content.QuizPage", models.PROTECT, related_name="attempts")
    quiz_kind = models.CharField(max_length=8, choices=QuizKind)
    number = models.PositiveSmallIntegerField()
    status = models.CharField(
        max_length=12, choices=AttemptStatus, default=AttemptStatus.IN_PROGRESS
    )
    started_at = models.DateTimeField()
    started_on = models.DateField()
    # NULL = no time limit.
    deadline_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_on = models.DateField(null=True, blank=True)
    # Frozen at the start: the pass mark, the draw and what had to be relaxed to draw at all.
    pass_mark_percent = models.PositiveSmallIntegerField()
    relaxed = models.JSONField(default=list)
    # Grows with every saved page of answers; a stale tab is told by it.
    revision = models.PositiveIntegerField(default=0)
    score_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    passed = models.BooleanField(null=True, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "quiz"],
                condition=Q(status="in_progress"),
                name="courses_attempt_one_open",
            ),
            models.UniqueConstraint(
                fields=["enrolment", "quiz", "number"], name="courses_attempt_number_once"
            ),
            models.CheckConstraint(
                condition=Q(deadline_at__isnull=True) | Q(deadline_at__gt=F("started_at")),
                name="courses_attempt_deadline_after_start",
            ),
            models.CheckConstraint(
                condition=Q(status="in_progress", submitted_at__isnull=True)
                | (~Q(status="in_progress") & Q(submitted_at__isnull=False)),
                name="courses_attempt_submitted_whole",
            ),
            models.CheckConstraint(
                condition=~Q(status="finished")
                | Q(score_percent__isnull=False, passed__isnull=False),
                name="courses_attempt_finished_is_scored",
            ),
            models.CheckConstraint(
                condition=Q(score_percent__isnull=True)
                | Q(score_percent__gte=0, score_percent__lte=100),
                name="courses_attempt_score_range",
            ),
        ]
        indexes = [
            # The sweep: open attempts whose time is over.
            models.Index(
                fields=["deadline_at"], condition=Q(status="in_progress"), name="attempt_open"
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.enrolment_id}"


class AttemptQuestion(models.Model):
    """One place of the paper: the exact version asked and the order its options were shown in."""

    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="questions")
    position = models.PositiveSmallIntegerField()
    question = models.ForeignKey("content.Question", models.PROTECT, related_name="+")
    question_version = models.ForeignKey(
        "content.QuestionVersion", models.PROTECT, related_name="asked_in"
    )
    module = models.ForeignKey("content.ModulePage", models.PROTECT, related_name="+")
    option_order = models.JSONField(default=list)
    # What is stored of the last step, so that a page is one query; the steps stay the evidence.
    response = models.JSONField(null=True, blank=True)
    fraction = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    is_flagged = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["attempt", "position"], name="courses_attemptquestion_position_once"
            ),
            models.UniqueConstraint(
                fields=["attempt", "question"], name="courses_attemptquestion_question_once"
            ),
            models.CheckConstraint(
                condition=Q(fraction__isnull=True) | Q(fraction__gte=0, fraction__lte=1),
                name="courses_attemptquestion_fraction_range",
            ),
        ]

    def __str__(self) -> str:
        return f"question {self.position} of {self.attempt_id}"


class AnswerStep(models.Model):
    """One saved answer; append-only, its own audit entry."""

    attempt_question = models.ForeignKey(AttemptQuestion, models.PROTECT, related_name="steps")
    sequence = models.PositiveIntegerField()
    response = models.JSONField(null=True)
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["attempt_question", "sequence"], name="courses_answerstep_sequence_once"
            ),
        ]

    def __str__(self) -> str:
        return f"step {self.sequence} of {self.attempt_question_id}"
