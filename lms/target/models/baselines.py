"""What was reported before the portal counted: a figure of a past day with its source."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.people.days import FAR
from lms.people.facts import Fact, FactQuerySet


class BaselineFigure(Fact):
    """The figure of a unit on a past day as it was reported then; never part of a computed one.

    Written by ``lms.target.baselines``; a correction is a new version.
    """

    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="baselines")
    day = models.DateField(_("day"))
    # The plan or target it measures, as the document names it; empty = the province's.
    plan = models.CharField(_("plan"), max_length=80, blank=True)
    counted = models.PositiveIntegerField(_("staff in the target"))
    trained = models.PositiveIntegerField(_("trained"))
    document_number = models.CharField(_("source document"), max_length=80)
    document_on = models.DateField(_("date of the document"))
    note = models.CharField(_("note"), max_length=300, blank=True)

    objects = FactQuerySet.as_manager()

    class Meta(Fact.Meta):
        verbose_name = _("figure from before the portal")
        verbose_name_plural = _("figures from before the portal")
        constraints = [
            *Fact.Meta.constraints,
            models.UniqueConstraint(
                fields=["unit", "day", "plan"],
                condition=Q(withdrawn_on=FAR),
                name="target_baselinefigure_one_a_day",
            ),
            models.CheckConstraint(
                condition=Q(counted__gte=1, trained__lte=F("counted")),
                name="target_baselinefigure_counts",
            ),
            models.CheckConstraint(
                condition=~Q(document_number=""), name="target_baselinefigure_has_source"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trained}/{self.counted} on {self.day}"
