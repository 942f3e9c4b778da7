"""A reorganisation: one decision with all its unit events, and what applying it wrote.

The decision is kept as it was handed in; what applying it changed is kept row by row, so that an
undo brings back exactly what stood before (``docs/reorganisations.md``).
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

# A worker that has not come back after so long was stopped.
STALLED_AFTER = timedelta(minutes=30)


class Work(models.TextChoices):
    """What the worker is asked to do with a large reorganisation."""

    NONE = "", _("Nothing")
    APPLYING = "applying", _("Being applied")
    UNDOING = "undoing", _("Being undone")


class ReorganisationQuerySet(models.QuerySet):
    def applied(self) -> Self:
        """Those that are in force in the portal now."""
        return self.filter(applied_at__isnull=False, undone_at__isnull=True)

    def newest_first(self) -> Self:
        return self.order_by("-happened_on", "-pk")


class Reorganisation(models.Model):
    """One decision: a draft until it is applied, and undone while nothing depends on it."""

    title = models.CharField(_("title"), max_length=200)
    decision_number = models.CharField(_("decision number"), max_length=80)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    happened_on = models.DateField(_("in effect from"))
    note = models.TextField(_("note"), blank=True)
    # The events as handed in (``lms.people.reorganising.reading``) and their SHA-256.
    body = models.JSONField()
    body_hash = models.CharField(max_length=64)
    counts = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    applied_at = models.DateTimeField(null=True, blank=True)
    applied_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    # What the worker has to do, which of its runs may write, and what stood in its way.
    work = models.CharField(max_length=8, choices=Work, default=Work.NONE, blank=True)
    run = models.UUIDField(default=uuid.uuid4, editable=False)
    asked_at = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    failure = models.JSONField(default=dict, blank=True)

    objects = ReorganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("reorganisation")
        verbose_name_plural = _("reorganisations")
        constraints = [
            # The same decision twice is one; undone, it may be applied anew.
            models.UniqueConstraint(
                fields=["body_hash"],
                condition=Q(undone_at__isnull=True),
                name="people_reorganisation_once",
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True) | Q(applied_at__isnull=False),
                name="people_reorganisation_undone_was_applied",
            ),
            models.CheckConstraint(
                condition=Q(work="") | Q(asked_at__isnull=False),
                name="people_reorganisation_work_was_asked",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def is_stalled(self, at: datetime) -> bool:
        """Tell whether the worker should long have been done with it."""
        since = self.begun_at or self.asked_at
        return bool(self.work) and since is not None and at - since > STALLED_AFTER

    @property
    def is_draft(self) -> bool:
        return self.applied_at is None

    @property
    def is_applied(self) -> bool:
        return self.applied_at is not None and self.undone_at is None


class ReorganisedRow(models.Model):
    """One row that a reorganisation changed: the versions before and after, by key.

    ``model`` names the table, which may stand on a floor above. A fact that began before the day
    has ``before_id`` (withdrawn), ``closed_id`` (ends on the day) and ``after_id`` (continues it in
    the new unit); one that began later has no ``closed_id``; what ended has no ``after_id``; a row
    that is no fact has its own key in ``after_id`` and moved from ``from_unit`` to ``to_unit``.
    """

    reorganisation = models.ForeignKey(Reorganisation, models.PROTECT, related_name="rows")
    event = models.ForeignKey("people.UnitEvent", models.PROTECT, null=True, related_name="rows")
    model = models.CharField(max_length=60)
    before_id = models.BigIntegerField(null=True)
    closed_id = models.BigIntegerField(null=True)
    after_id = models.BigIntegerField(null=True)
    person = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    from_unit = models.ForeignKey("people.Unit", models.PROTECT, null=True, related_name="+")
    to_unit = models.ForeignKey("people.Unit", models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            # Undo, and the list of those who moved.
            models.Index(fields=["reorganisation", "model", "id"], name="reorganisedrow_walk"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.before_id} to {self.after_id}"
