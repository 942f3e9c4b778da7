"""Who must be trained in what, who counts, and the target itself."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.people.facts import DatedFact


class Requirement(DatedFact):
    """A position group needs a course over an interval."""

    group = models.ForeignKey("people.PositionGroup", models.PROTECT, related_name="requirements")
    course = models.ForeignKey("content.CoursePage", models.PROTECT, related_name="requirements")
    # NULL = 31 December of the year in which the requirement began for the person.
    due_on = models.DateField(_("due on"), null=True, blank=True)

    class Meta(DatedFact.Meta):
        verbose_name = _("required course")
        verbose_name_plural = _("required courses")

    def __str__(self) -> str:
        return f"{self.group_id} needs {self.course_id}"


class ReportingPeriod(models.Model):
    """A span that is reported and can be closed; days are inclusive, as reports print them."""

    name = models.CharField(_("name"), max_length=80, unique=True)
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


class RosterStatus(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    CONFIRMED = "confirmed", _("Confirmed by the unit")
    APPROVED = "approved", _("Approved by the province")


class Roster(models.Model):
    """The list of one unit for a period: proposed, confirmed by the unit, approved."""

    period = models.ForeignKey(ReportingPeriod, models.PROTECT, related_name="rosters")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="rosters")
    status = models.CharField(max_length=9, choices=RosterStatus, default=RosterStatus.PROPOSED)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("roster")
        verbose_name_plural = _("rosters")
        constraints = [
            models.UniqueConstraint(fields=["period", "unit"], name="target_roster_once"),
            models.CheckConstraint(
                condition=~Q(status="approved") | Q(approved_at__isnull=False),
                name="target_roster_approved_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.status}"


class RosterEntry(DatedFact):
    """A person of a tier-N group is named: she counts over this interval."""

    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="roster_entries")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="roster_entries")
    roster = models.ForeignKey(
        Roster, models.PROTECT, null=True, blank=True, related_name="entries"
    )
    approved_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")

    class Meta(DatedFact.Meta):
        verbose_name = _("name in the roster")
        verbose_name_plural = _("names in the roster")
        indexes = [models.Index(fields=["person", "valid_from"], name="rosterentry_by_person")]

    def __str__(self) -> str:
        return f"{self.person_id} named from {self.valid_from}"


class Headline(models.TextChoices):
    VALID = "valid", _("Trained and still valid on the day")
    IN_YEAR = "in_year", _("Trained within the plan year")


class TrainingTarget(models.Model):
    """The target: level, period, owner, and which of the two figures leads."""

    name = models.CharField(_("name"), max_length=160, unique=True)
    plan_number = models.CharField(_("plan"), max_length=80, blank=True)
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="targets")
    owner = models.ForeignKey("people.Unit", models.PROTECT, related_name="targets_owned")
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    level_percent = models.PositiveSmallIntegerField(_("level (%)"), default=100)
    headline = models.CharField(
        _("leading figure"), max_length=7, choices=Headline, default=Headline.VALID
    )
    milestones = models.JSONField(_("milestones"), default=list, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        constraints = [
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")), name="target_trainingtarget_order"
            ),
            models.CheckConstraint(
                condition=Q(level_percent__gte=1, level_percent__lte=100),
                name="target_trainingtarget_level",
            ),
        ]

    def __str__(self) -> str:
        return self.name
