"""Units: an identity with dated versions and dated ancestors.

Never key a unit by name or code alone: sixteen old district names became names of communes, and a
code can live on under another name (``docs/decisions.md`` 7 and 8).
"""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.people.days import BEFORE, FAR
from lms.people.facts import DatedFact, DatedFactQuerySet


class UnitLevel(models.TextChoices):
    PROVINCE = "province", _("Province level")
    DISTRICT = "district", _("District level")
    COMMUNE = "commune", _("Commune level")
    AGENCY = "agency", _("Provincial agency")


class UnitEventKind(models.TextChoices):
    MERGE = "merge", _("Merge")
    SPLIT = "split", _("Split")
    RENAME = "rename", _("Rename")
    RETYPE = "retype", _("Change of type")
    MOVE = "move", _("Move")
    DISSOLVE = "dissolve", _("Dissolve")
    TRANSFER_FUNCTION = "transfer_function", _("Function transferred")


class Unit(models.Model):
    """The identity of an office or territory; all that can change is in its versions."""

    created_at = models.DateTimeField()
    # A key of our own for province bodies and the catch-all "not yet placed"; empty for the rest.
    own_key = models.SlugField(max_length=40, blank=True, default="")

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        constraints = [
            models.UniqueConstraint(
                fields=["own_key"], condition=~Q(own_key=""), name="people_unit_own_key_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Unit {self.pk}"


class UnitVersionQuerySet(DatedFactQuerySet):
    def roots(self) -> Self:
        """Territorial versions without a parent."""
        return self.filter(parent=None).exclude(level=UnitLevel.AGENCY)

    def in_code_order(self) -> Self:
        """Province bodies first, then territorial units in code order (the report's order)."""
        return self.order_by(
            models.Case(models.When(level=UnitLevel.AGENCY, then=0), default=1), "code", "unit_id"
        )


class UnitVersion(DatedFact):
    """What a unit was called, where it hung and what it was, from day to day."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="versions")
    parent = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="child_versions"
    )
    # Codes of the General Statistics Office are text (leading zeros count); agencies have our own.
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(
        _("type"), max_length=40, help_text=_("For example: Xã, Phường, Huyện.")
    )
    level = models.CharField(_("level"), max_length=10, choices=UnitLevel)
    folded_name = models.CharField(max_length=160, editable=False, default="")
    sort_name = models.CharField(max_length=500, editable=False, default="")
    event = models.ForeignKey(
        "people.UnitEvent", models.PROTECT, null=True, blank=True, related_name="versions"
    )

    objects = UnitVersionQuerySet.as_manager()

    class Meta(DatedFact.Meta):
        verbose_name = _("version of a unit")
        verbose_name_plural = _("versions of units")
        constraints = [
            *DatedFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=models.F("unit")),
                name="people_unitversion_not_own_parent",
            ),
            models.CheckConstraint(condition=~Q(code=""), name="people_unitversion_has_code"),
        ]
        indexes = [
            # Building paths and the children of a unit.
            models.Index(fields=["parent"], name="unitversion_by_parent"),
            # Resolving --unit CODE on a day.
            models.Index(fields=["code"], name="unitversion_by_code"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """The name with its type: "Xã Ba", "Thành phố Tam Kỳ"; agencies are named in full."""
        if self.level == UnitLevel.AGENCY or not self.kind:
            return self.name
        return f"{self.kind} {self.name}"


class UnitPath(models.Model):
    """Dated closure of the tree, derived by ``lms.people.units``; depth 0 is the unit itself.

    Rebuildable from the versions alone; never edited by hand (``docs/as-of.md`` 2).
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="paths")
    ancestor = models.ForeignKey(Unit, models.PROTECT, related_name="descendant_paths")
    depth = models.PositiveSmallIntegerField()
    valid_from = models.DateField(default=BEFORE)
    valid_to = models.DateField(default=FAR)
    known_from = models.DateField(default=BEFORE)
    known_to = models.DateField(default=FAR)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from__lt=models.F("valid_to")), name="people_unitpath_valid_order"
            ),
            models.CheckConstraint(
                condition=Q(known_from__lt=models.F("known_to")), name="people_unitpath_known_order"
            ),
        ]
        indexes = [
            # Subtree of a unit on a day: every figure and every scope.
            models.Index(fields=["ancestor", "unit"], name="unitpath_by_ancestor"),
            # Ancestors of a unit: breadcrumbs, refresh after an event.
            models.Index(fields=["unit", "depth"], name="unitpath_by_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} below {self.ancestor_id} ({self.depth})"


class UnitEvent(models.Model):
    """What happened to which units on which day, by which decision."""

    reorganisation = models.ForeignKey(
        "people.Reorganisation", models.PROTECT, null=True, blank=True, related_name="events"
    )
    kind = models.CharField(max_length=20, choices=UnitEventKind)
    happened_on = models.DateField()
    decision_number = models.CharField(max_length=80, blank=True)
    decided_on = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("unit event")
        verbose_name_plural = _("unit events")
        constraints = [
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False),
                name="people_unitevent_undone_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.happened_on:%d/%m/%Y}"


class UnitEventPart(models.Model):
    """One edge of an event: a unit that ended or changed, and where it went."""

    event = models.ForeignKey(UnitEvent, models.PROTECT, related_name="parts")
    from_unit = models.ForeignKey(Unit, models.PROTECT, related_name="left_by_events")
    to_unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="reached_by_events")
    by_list = models.BooleanField(default=False, help_text=_("People move by a list of names."))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "from_unit", "to_unit"], name="people_uniteventpart_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_unit_id} to {self.to_unit_id}"


class UnitEventPerson(models.Model):
    """Where one person of a split unit goes."""

    event = models.ForeignKey(UnitEvent, models.PROTECT, related_name="people")
    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="unit_events")
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    # A list may come long after the event.
    recorded_on = models.DateField(default=BEFORE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "person"], name="people_uniteventperson_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} to {self.to_unit_id}"
