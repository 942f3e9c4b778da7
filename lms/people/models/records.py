"""What was done and what was asked for: the audit trail and the learner's correction requests."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One act, written in its own transaction by ``lms.people.audit``; never changed."""

    at = models.DateTimeField()
    actor = models.ForeignKey(
        "people.User", models.PROTECT, null=True, related_name="audit_entries"
    )
    action = models.CharField(max_length=60)
    # The thing acted on, by model label and key: the trail outlives what it speaks of.
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40)
    person = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, blank=True, related_name="audit_entries"
    )
    unit = models.ForeignKey("people.Unit", models.PROTECT, null=True, blank=True, related_name="+")
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [
            # What happened to one thing.
            models.Index(fields=["object_type", "object_id", "at"], name="audit_by_object"),
            # What happened to one person.
            models.Index(fields=["person", "at"], name="audit_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"


class CorrectionSubject(models.TextChoices):
    NAME = "name", _("My name or contact")
    UNIT = "unit", _("My unit")
    POSTING = "posting", _("My posting or title")
    OTHER = "other", _("Something else")


class CorrectionRequest(models.Model):
    """A person says that what the portal holds of her is wrong; the focal person answers."""

    person = models.ForeignKey(
        "people.StaffMember", models.PROTECT, related_name="correction_requests"
    )
    subject = models.CharField(max_length=10, choices=CorrectionSubject)
    text = models.TextField(max_length=1000)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    answer = models.TextField(blank=True)

    class Meta:
        verbose_name = _("correction request")
        verbose_name_plural = _("correction requests")
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="people_correctionrequest_closed_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} of {self.person_id}"
