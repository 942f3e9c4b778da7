"""The target: what is to be reached, by whom, by when; its terms and milestones are dated facts.

The target itself is an identity without content. What it says stands in versions of its terms and
milestones: a later edit withdraws them and records others, so that what a report of last month
measured itself against can be read again (``docs/decisions.md`` 1).
"""

from __future__ import annotations

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.people.days import FAR, last_day
from lms.people.facts import DatedFact, DatedFactQuerySet, Fact
from lms.people.models import UnitPath, UnitVersion
from lms.people.models.accounts import Role
from lms.people.scopes import Scope

# The mask of a target that asks for every position group.
EVERY_GROUP = 0


class Headline(models.TextChoices):
    VALID = "valid", _("Trained and still valid on the day")
    IN_YEAR = "in_year", _("Trained within the plan year")


class TrainingTarget(models.Model):
    """The identity of a target; what it asks for is :class:`TargetTerms`."""

    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")

    def __str__(self) -> str:
        return f"target {self.pk}"


class TargetTermsQuerySet(DatedFactQuerySet):
    def visible_to(self, scope: Scope) -> Self:
        """All for the department; for a focal person those that cover her unit or lie in it.

        A target of the province covers everybody, whichever unit is the province today.
        """
        if scope.has_role(Role.PROVINCE_MANAGER, Role.PROVINCE_LEADER):
            return self
        if not scope.sees_people:
            return self.none()
        above = UnitPath.objects.filter(
            unit__in=scope.top_unit_ids(),
            valid_from__lte=scope.day,
            valid_to__gt=scope.day,
            known_to=FAR,
        ).values("ancestor_id")
        provinces = UnitVersion.objects.current().roots().values("unit_id")
        return self.filter(Q(unit__in=above) | Q(unit__in=scope.units()) | Q(unit__in=provinces))

    def latest_ending_first(self) -> Self:
        return self.order_by("-valid_to", "-pk")


class TargetTerms(DatedFact):
    """One version of what a target asks for: level, period, owner, whom, and what leads.

    It stands over ``[valid_from, valid_to)``: from the first day of its period to the end of it, or
    to the day on which it was given up. ``period_to`` is the first day after the period, at whose
    end the level is to be reached, whatever became of the target.
    """

    follows = ()

    target = models.ForeignKey(TrainingTarget, models.PROTECT, related_name="terms")
    name = models.CharField(_("name"), max_length=160)
    plan_number = models.CharField(_("plan"), max_length=80, blank=True)
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="targets")
    owner = models.ForeignKey("people.Unit", models.PROTECT, related_name="targets_owned")
    # Bits of the position groups it asks for. A mask and not rows: the database compares two sets
    # of groups by it, and a group's bit is never given to another.
    group_mask = models.BigIntegerField(_("position groups"), default=EVERY_GROUP)
    period_to = models.DateField(_("first day after the period"))
    level_percent = models.PositiveSmallIntegerField(_("level (%)"), default=100)
    headline = models.CharField(
        _("leading figure"), max_length=7, choices=Headline, default=Headline.VALID
    )

    objects = TargetTermsQuerySet.as_manager()

    class Meta(DatedFact.Meta):
        verbose_name = _("terms of a target")
        verbose_name_plural = _("terms of targets")
        constraints = [
            *DatedFact.Meta.constraints,
            models.UniqueConstraint(
                fields=["target"],
                condition=Q(withdrawn_on=FAR),
                name="target_targetterms_one_of_a_target",
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(withdrawn_on=FAR),
                name="target_targetterms_name_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_from__lt=F("period_to")), name="target_targetterms_period_order"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__lte=F("period_to")), name="target_targetterms_within_period"
            ),
            models.CheckConstraint(
                condition=Q(level_percent__gte=1, level_percent__lte=100),
                name="target_targetterms_level",
            ),
            models.CheckConstraint(
                condition=Q(group_mask__gte=EVERY_GROUP), name="target_targetterms_groups"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def first_day(self) -> date:
        return self.valid_from

    @property
    def last_day(self) -> date:
        """The day at whose end the level is to be reached."""
        return last_day(self.period_to)

    @property
    def ends_on(self) -> date:
        """The last day on which it stands: the period's, or earlier where it was given up."""
        return last_day(self.valid_to)

    @property
    def is_given_up(self) -> bool:
        return self.valid_to < self.period_to

    @property
    def leads_in_year(self) -> bool:
        return self.headline == Headline.IN_YEAR


class TargetMilestone(Fact):
    """A part of a target: so many percent at the end of a day.

    The period of the target is repeated in the row, so that the database itself refuses a day
    outside it; a change of the period records the milestones anew.
    """

    follows = ()

    target = models.ForeignKey(TrainingTarget, models.PROTECT, related_name="steps")
    day = models.DateField(_("day"))
    percent = models.PositiveSmallIntegerField(_("percent"))
    period_from = models.DateField()
    period_to = models.DateField()

    class Meta(Fact.Meta):
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        constraints = [
            *Fact.Meta.constraints,
            models.UniqueConstraint(
                fields=["target", "day"],
                condition=Q(withdrawn_on=FAR),
                name="target_targetmilestone_once_a_day",
            ),
            models.CheckConstraint(
                condition=Q(percent__gte=1, percent__lte=100), name="target_targetmilestone_percent"
            ),
            models.CheckConstraint(
                condition=Q(day__gte=F("period_from"), day__lt=F("period_to")),
                name="target_targetmilestone_within_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent}% on {self.day}"
