"""Spans that are reported and closed."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class PeriodKind(models.TextChoices):
    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")
    HALF = "half", _("Half-year")
    NINE_MONTHS = "nine_months", _("Nine months")
    YEAR = "year", _("Year")
    OTHER = "other", _("Other")


class ReportingPeriod(models.Model):
    """A span that is reported and can be closed; days are inclusive, as reports print them.

    Two of one kind share no day (``lms.target.overlaps``); spans of kind "other" may.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=11, choices=PeriodKind, default=PeriodKind.OTHER)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("reporting period")
        verbose_name_plural = _("reporting periods")
        constraints = [
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")), name="target_reportingperiod_order"
            ),
        ]

    def __str__(self) -> str:
        return self.name
