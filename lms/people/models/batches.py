"""A batch: one act upon many facts, kept fact by fact so that it can be taken back as one."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BatchQuerySet(models.QuerySet):
    def visible_to(self, scope) -> Self:
        """All batches for the province manager, her own for anybody else."""
        if scope.has_role("province_manager"):
            return self
        return self.filter(actor=scope.user_id)

    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")


class Batch(models.Model):
    """One act of ``kind`` upon a selection or a file; the same facts may lie in several."""

    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    actor = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="batches")
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    # What a page says about it without counting: numbers only, never a name.
    counts = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        indexes = [
            # The list of those that can be undone.
            models.Index(fields=["actor", "at"], name="batch_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None


class BatchFact(models.Model):
    """One fact that a batch changed, by the keys of its versions.

    ``before_id`` is the version that stood before the batch, ``after_id`` the one that it left
    standing; one of them may be missing, never both. ``model`` may stand on a floor above.
    """

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="facts")
    model = models.CharField(max_length=60)
    logical_id = models.UUIDField()
    before_id = models.BigIntegerField(null=True)
    after_id = models.BigIntegerField(null=True)
    person = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "model", "logical_id"], name="people_batchfact_once"
            ),
            models.CheckConstraint(
                condition=Q(before_id__isnull=False) | Q(after_id__isnull=False),
                name="people_batchfact_changed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.before_id} to {self.after_id}"


class BatchPerson(models.Model):
    """A record of a person that a batch added, or whose fields it changed.

    ``before`` holds names and contacts, so it is emptied when the batch is undone and has to be
    emptied when the person is erased.
    """

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="people")
    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    is_new = models.BooleanField(default=False)
    before = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "person"], name="people_batchperson_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.batch_id}"
