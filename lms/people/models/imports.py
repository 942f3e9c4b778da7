"""A handed-in staff list: the file, its preview row by row, and what applying it wrote.

File and rows hold names; they are read by whoever handed them in and the province manager only,
and are erased when the import is thrown away (``lms.people.workbooks.imports.discard``).
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.core.files.storage import storages
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# A reader gives a sign of life every few seconds; silent for so long, it was stopped.
STALLED_AFTER = {
    "reading": timedelta(seconds=90),
    "applying": timedelta(minutes=10),
    "undoing": timedelta(minutes=10),
}


def private_storage():
    """Return the storage of files that are handed out only after a check."""
    return storages["private"]


class ImportStatus(models.TextChoices):
    READING = "reading", _("Being read")
    READY = "ready", _("Looked at, nothing is changed yet")
    FAILED = "failed", _("File refused")
    APPLYING = "applying", _("Being applied")
    APPLIED = "applied", _("Applied")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")
    DISCARDED = "discarded", _("Thrown away")


class StaffImport(models.Model):
    """One file of staff; ``run`` tells the reader that may write from one that was given up."""

    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        "people.User", models.PROTECT, null=True, related_name="staff_imports"
    )
    # Only people and units at or below it may be named, where one was given.
    unit = models.ForeignKey("people.Unit", models.PROTECT, null=True, related_name="+")
    file = models.FileField(storage=private_storage, upload_to="imports/%Y/", blank=True)
    file_name = models.CharField(_("file name"), max_length=200, blank=True)
    file_hash = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=10, choices=ImportStatus, default=ImportStatus.READING)
    run = models.UUIDField(default=uuid.uuid4, editable=False)
    beat_at = models.DateTimeField()
    done_count = models.PositiveIntegerField(default=0)
    total_count = models.PositiveIntegerField(default=0)
    # Why the file is refused, and notices about it (``lms.people.workbooks.refusals``).
    failure = models.JSONField(default=dict, blank=True)
    notices = models.JSONField(default=list, blank=True)
    # Rows by status; ``{column: letters}`` of the file.
    counts = models.JSONField(default=dict, blank=True)
    letters = models.JSONField(default=dict, blank=True)
    # From this day on an apply changes who is where: reports of later days may be frozen.
    first_day = models.DateField(null=True)
    # Records changed since the preview, so it was made again and waits to be looked at.
    is_renewed = models.BooleanField(default=False)
    # What an apply wrote, so that it can be taken back as one.
    batch = models.OneToOneField(
        "people.Batch", models.PROTECT, null=True, related_name="staff_import"
    )

    class Meta:
        verbose_name = _("import of staff")
        verbose_name_plural = _("imports of staff")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(status__in=("applied", "undoing", "undone"))
                | models.Q(batch__isnull=False),
                name="people_staffimport_applied_as_batch",
            ),
        ]
        indexes = [
            # My imports, newest first.
            models.Index(fields=["created_by", "-id"], name="staffimport_by_person"),
        ]

    def __str__(self) -> str:
        return self.file_name or f"import {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("people:staff_import", args=[self.pk])

    @property
    def shown_status(self) -> ImportStatus:
        """The status; an import whose batch was taken back elsewhere is undone."""
        if self.status == ImportStatus.APPLIED and self.batch.is_undone:
            return ImportStatus.UNDONE
        return ImportStatus(self.status)

    def is_stalled(self, at: datetime) -> bool:
        """Tell whether the worker gave no sign of life for too long."""
        limit = STALLED_AFTER.get(self.status)
        return limit is not None and at - self.beat_at > limit


class RowStatus(models.TextChoices):
    NEW = "new", _("New")
    CHANGED = "changed", _("Changed")
    UNCHANGED = "unchanged", _("Unchanged")
    REFUSED = "refused", _("Refused")
    UNDECIDED = "undecided", _("Needs your decision")


class StaffImportRow(models.Model):
    """One row of the file: as typed, as read, the verdict and what an apply would do."""

    staff_import = models.ForeignKey(StaffImport, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=RowStatus)
    person = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    # What stands in the file by column, and as values; what is wrong with the row by itself.
    cells = models.JSONField(default=dict)
    values = models.JSONField(default=dict)
    faults = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    notices = models.JSONField(default=list)
    # (column, old, new) for people; what an apply does; keys of people who resemble the row.
    changes = models.JSONField(default=list)
    plan = models.JSONField(default=dict)
    candidates = models.JSONField(default=list)
    # What somebody said of a likely duplicate: {"choice": same, new or skip, "person": key}.
    decision = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["staff_import", "number"], name="people_staffimportrow_once"
            ),
        ]
        indexes = [
            # A tab of the preview, page by page.
            models.Index(fields=["staff_import", "status", "number"], name="staffimportrow_tab"),
        ]
