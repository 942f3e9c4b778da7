"""Frozen reports: what was reported for a period, kept as it was.

A snapshot is a nameless row with a hash; what it says stands in parts that can be erased whole
(``docs/decisions.md`` 6). The database itself refuses to change or remove a row
(``lms.target.reports.guards``); a correction is a new version.
"""

from __future__ import annotations

import json
from datetime import date

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lms.people.days import local_day


class ReportSnapshotQuerySet(models.QuerySet):
    def in_order(self) -> ReportSnapshotQuerySet:
        """Latest period first, in it by unit, the newest version of each first."""
        return self.order_by("-period__last_day", "-day", "period_id", "unit_id", "-version")


class ReportSnapshot(models.Model):
    """One version of the frozen report of a period for a unit and all below it."""

    period = models.ForeignKey("target.ReportingPeriod", models.PROTECT, related_name="snapshots")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="snapshots")
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    # The figures are those of the end of this day.
    day = models.DateField(_("as of"))
    previous = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="succeeded_by"
    )
    frozen_at = models.DateTimeField()
    frozen_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    # Canonical JSON: period, unit, day, the earlier version's hash and the hash of each part.
    head = models.TextField()
    sha256 = models.CharField(max_length=64, unique=True)

    objects = ReportSnapshotQuerySet.as_manager()

    class Meta:
        verbose_name = _("frozen report")
        verbose_name_plural = _("frozen reports")
        constraints = [
            models.UniqueConstraint(
                fields=["period", "unit", "version"], name="target_reportsnapshot_version_once"
            ),
            models.CheckConstraint(
                condition=Q(version=1, previous__isnull=True)
                | Q(version__gt=1, previous__isnull=False),
                name="target_reportsnapshot_chained",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period_id} of {self.unit_id}, version {self.version}"

    def get_absolute_url(self) -> str:
        return reverse("target:report", args=[self.pk])

    @property
    def unit_name(self) -> str:
        """The unit as it was called in the report, whatever became of it."""
        return json.loads(self.head)["unit"]["name"]

    @property
    def frozen_on(self) -> date:
        """The local day on which it was frozen: the units and roles of the report as known then."""
        return local_day(self.frozen_at)


class SnapshotPart(models.Model):
    """A piece of a frozen report as canonical JSON; long lists come in several numbers."""

    snapshot = models.ForeignKey(ReportSnapshot, models.PROTECT, related_name="parts")
    name = models.CharField(max_length=20)
    number = models.PositiveIntegerField(default=0)
    body = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("part of a frozen report")
        verbose_name_plural = _("parts of frozen reports")
        constraints = [
            # Also the index by which a part is read.
            models.UniqueConstraint(
                fields=["snapshot", "name", "number"], name="target_snapshotpart_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number} of {self.snapshot_id}"


class SnapshotErasure(models.Model):
    """The words of a frozen report were erased; its row and its hash stay."""

    snapshot = models.OneToOneField(ReportSnapshot, models.PROTECT, related_name="erasure")
    erased_at = models.DateTimeField()
    erased_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    # By which rule or request; no name is written here.
    ground = models.CharField(_("ground"), max_length=200)

    class Meta:
        verbose_name = _("erasure of a frozen report")
        verbose_name_plural = _("erasures of frozen reports")
        constraints = [
            models.CheckConstraint(
                condition=~Q(ground=""), name="target_snapshoterasure_has_ground"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.snapshot_id} erased"
