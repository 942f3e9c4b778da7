"""Who counts by name: the list of a unit for a period and the names in it."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.people.facts import DatedFact, Fact
from lms.people.models.accounts import Role
from lms.people.scopes import FOCAL_ROLES


class RosterStatus(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    CONFIRMED = "confirmed", _("Confirmed by the unit")
    APPROVED = "approved", _("Approved by the province")


class RosterDecision(models.TextChoices):
    """Whether a person counts by the list: by her group, because she is named, or not."""

    COUNTS = "counts", _("Counts by the position group")
    NAMED = "named", _("Named by the unit")
    EXCLUDED = "excluded", _("Does not count")


class RosterGround(models.TextChoices):
    """Why a unit says that somebody does not count (``domain.md`` 5)."""

    NOT_ASSIGNED = "not_assigned", _("Not assigned to support victims in this period")
    NO_DUTY = "no_duty", _("The duty does not include supporting victims")
    LEFT = "left", _("Left the service, or the duty ended")
    LONG_LEAVE = "long_leave", _("On long leave")


class RosterQuerySet(models.QuerySet):
    def visible_to(self, scope) -> Self:
        """All for the department; a focal person those of the units she answers for."""
        if scope.has_role(Role.PROVINCE_MANAGER, Role.PROVINCE_LEADER):
            return self
        return self.filter(unit__in=scope.units(*FOCAL_ROLES))


class Roster(models.Model):
    """The list of one unit for a period: proposed, confirmed by the unit, approved.

    The row says where the list stands today; how it came there is in its :class:`RosterStep` rows.
    ``day`` is the day whose duties the confirmed list shows.
    """

    period = models.ForeignKey("target.ReportingPeriod", models.PROTECT, related_name="rosters")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="rosters")
    status = models.CharField(max_length=9, choices=RosterStatus, default=RosterStatus.PROPOSED)
    day = models.DateField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")

    objects = RosterQuerySet.as_manager()

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
        indexes = [models.Index(fields=["period", "status"], name="roster_by_status")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.status}"


class RosterLine(Fact):
    """What the unit says of one person in its list.

    While the list is open only what was decided by hand has a line; confirming writes one for each
    person of the list. ``first_day`` and ``last_day`` belong to an exclusion.
    """

    roster = models.ForeignKey(Roster, models.PROTECT, related_name="lines")
    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    group = models.ForeignKey("people.PositionGroup", models.PROTECT, related_name="+")
    decision = models.CharField(max_length=8, choices=RosterDecision)
    ground = models.CharField(max_length=12, choices=RosterGround, blank=True)
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)

    class Meta(Fact.Meta):
        verbose_name = _("line of a roster")
        verbose_name_plural = _("lines of a roster")
        constraints = [
            *Fact.Meta.constraints,
            models.UniqueConstraint(
                fields=["roster", "person"],
                condition=Q(withdrawn_at__isnull=True),
                name="target_rosterline_once",
            ),
            models.CheckConstraint(
                condition=Q(decision="excluded", first_day__isnull=False) & ~Q(ground="")
                | ~Q(decision="excluded") & Q(ground="", first_day__isnull=True),
                name="target_rosterline_ground",
            ),
            models.CheckConstraint(
                condition=Q(last_day__isnull=True) | Q(last_day__gte=F("first_day")),
                name="target_rosterline_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.decision}"


class RosterAct(models.TextChoices):
    CONFIRM = "confirm", _("Confirmed by the unit")
    WITHDRAW = "withdraw", _("Confirmation taken back")
    RETURN = "return", _("Returned to the unit")
    APPROVE = "approve", _("Approved by the province")
    REOPEN = "reopen", _("Approval taken back")


class RosterStep(models.Model):
    """One act that moved a list on or back; only added. ``batch`` holds what an approval wrote."""

    roster = models.ForeignKey(Roster, models.PROTECT, related_name="steps")
    act = models.CharField(max_length=8, choices=RosterAct)
    at = models.DateTimeField()
    actor = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    batch = models.OneToOneField("people.Batch", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("step of a roster")
        verbose_name_plural = _("steps of a roster")

    def __str__(self) -> str:
        return f"{self.roster_id} {self.act}"


class RosterEntry(DatedFact):
    """A person of a tier-N group is named: she counts over this interval."""

    follows = ("person_id",)

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
