"""Completions: dated facts that figures are counted from."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.people.days import FAR
from lms.people.facts import DatedFact, DatedFactQuerySet
from lms.people.models import PersonMerge


class CompletionSource(models.TextChoices):
    PORTAL = "portal", _("Completed here")
    EXTERNAL = "external", _("Recognised")


class CompletionQuerySet(DatedFactQuerySet):
    def for_person(self, person_id: int) -> Self:
        """Completions that count as the person's now: her own, and of records merged into hers."""
        merged = PersonMerge.objects.current().filter(survivor=person_id)
        return self.filter(Q(person=person_id) | Q(person__in=merged.values("duplicate_id")))


class Completion(DatedFact):
    """A person holds a course over ``[valid_from, valid_to)``.

    ``valid_from`` is the day the last condition *happened*, not the day of entry or marking
    (``docs/decisions.md`` 24). ``conditions`` freezes what was met and when; unit and title are
    those of that day.
    """

    follows = ("person_id",)

    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="completions")
    course = models.ForeignKey("content.CoursePage", models.PROTECT, related_name="completions")
    enrolment = models.ForeignKey(
        "courses.Enrolment", models.PROTECT, null=True, blank=True, related_name="completions"
    )
    course_version = models.ForeignKey(
        "content.CourseVersion", models.PROTECT, null=True, blank=True, related_name="completions"
    )
    unit = models.ForeignKey("people.Unit", models.PROTECT, null=True, related_name="completions")
    position_title = models.CharField(max_length=120, blank=True)
    source = models.CharField(
        max_length=8, choices=CompletionSource, default=CompletionSource.PORTAL
    )
    # Whole months by the rule of the day; NULL = does not expire.
    validity_months = models.PositiveSmallIntegerField(null=True, blank=True)
    conditions = models.JSONField(default=dict)

    objects = CompletionQuerySet.as_manager()

    class Meta(DatedFact.Meta):
        verbose_name = _("completion")
        verbose_name_plural = _("completions")
        constraints = [
            *DatedFact.Meta.constraints,
            models.UniqueConstraint(
                fields=["enrolment"],
                condition=Q(withdrawn_on=FAR),
                name="courses_completion_one_per_round",
            ),
            models.CheckConstraint(
                condition=~Q(source="portal") | Q(enrolment__isnull=False),
                name="courses_completion_portal_has_round",
            ),
        ]
        indexes = [
            # Figures: is the course held on the day.
            models.Index(
                fields=["person", "course", "valid_from", "valid_to"],
                condition=Q(withdrawn_on=FAR),
                name="completion_standing",
            ),
            models.Index(fields=["person"], name="completion_by_person"),
            # Lists of what ends soon: few completions have an end.
            models.Index(
                fields=["valid_to"],
                condition=Q(withdrawn_on=FAR, valid_to__lt=FAR),
                name="completion_that_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} completed {self.course_id} on {self.valid_from}"

    @property
    def is_recognised(self) -> bool:
        """It stands for a training held elsewhere."""
        return self.source == CompletionSource.EXTERNAL


class CompletionWithdrawal(models.Model):
    """The one act that takes a completion away: effective date, reason, actor."""

    completion_logical_id = models.UUIDField(unique=True)
    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="withdrawals")
    course = models.ForeignKey("content.CoursePage", models.PROTECT, related_name="+")
    effective_on = models.DateField()
    is_fraud = models.BooleanField(default=False)
    reason = models.CharField(max_length=300)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("withdrawal of a completion")
        verbose_name_plural = _("withdrawals of completions")
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""), name="courses_completionwithdrawal_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"withdrawn from {self.effective_on}"


class CompletionReview(models.Model):
    """A corrected mark or a regrade touched a completion: a person looks, nothing goes."""

    completion_logical_id = models.UUIDField()
    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    course = models.ForeignKey("content.CoursePage", models.PROTECT, related_name="+")
    cause = models.CharField(max_length=300)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    decision = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("completion to look at again")
        verbose_name_plural = _("completions to look at again")
        constraints = [
            models.UniqueConstraint(
                fields=["completion_logical_id"],
                condition=Q(closed_at__isnull=True),
                name="courses_completionreview_one_open",
            ),
        ]

    def __str__(self) -> str:
        return self.cause
