"""Position groups and the dated numbers that no law sets (``[RULE]``).

A figure for day D uses the rule set valid on D, as known on K (``docs/decisions.md`` 5).
"""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.people.facts import DatedFact


class Tier(models.TextChoices):
    CORE = "C", _("Core: counts in the target")
    NAMED = "N", _("Counts only if named in the approved roster")
    EXTENDED = "E", _("Extended: reported apart, never in the target")


class PositionGroup(models.Model):
    """A group of duties that asks for the same courses."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=160)
    short_name = models.CharField(_("short name"), max_length=80, blank=True)
    typical_titles = models.CharField(_("typical titles"), max_length=300, blank=True)
    # A fixed place 0..62 in the bit masks of derived tables; never used again for another group.
    bit = models.PositiveSmallIntegerField(unique=True, validators=[MaxValueValidator(62)])

    class Meta:
        verbose_name = _("position group")
        verbose_name_plural = _("position groups")
        ordering = ["bit"]
        constraints = [
            models.CheckConstraint(condition=Q(bit__lte=62), name="people_positiongroup_bit_range"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        return self.short_name or self.name


class GroupTier(DatedFact):
    """The tier of a group over an interval."""

    follows = None

    group = models.ForeignKey(PositionGroup, models.PROTECT, related_name="tiers")
    tier = models.CharField(max_length=1, choices=Tier)

    class Meta(DatedFact.Meta):
        verbose_name = _("tier of a position group")
        verbose_name_plural = _("tiers of position groups")

    def __str__(self) -> str:
        return f"{self.group_id}: {self.tier}"


class RuleSet(DatedFact):
    """The numbers of the target over an interval; defaults are those of the working definition."""

    follows = None

    # One series today; the column lets the database forbid overlaps within a series.
    scope_key = models.CharField(max_length=20, default="province", editable=False)
    min_leave_days = models.PositiveSmallIntegerField(_("shortest long leave (days)"), default=30)
    new_duty_days = models.PositiveSmallIntegerField(_("newly assigned for (days)"), default=90)
    due_grace_days = models.PositiveSmallIntegerField(_("days to meet a new duty"), default=90)
    pass_mark_percent = models.PositiveSmallIntegerField(_("pass mark (%)"), default=70)
    attempt_starts = models.PositiveSmallIntegerField(_("attempts allowed"), default=3)
    attempt_window_hours = models.PositiveIntegerField(_("counted over (hours)"), default=720)
    attendance_percent = models.PositiveSmallIntegerField(_("periods to attend (%)"), default=80)
    late_minutes = models.PositiveSmallIntegerField(
        _("late counts as absent after (minutes)"), default=15
    )
    # Of the periods of our own course, online and in class.
    recognition_percent = models.PositiveSmallIntegerField(
        _("periods for recognising external training (%)"), default=80
    )
    # Whole months; NULL = a completion does not expire.
    validity_months = models.PositiveSmallIntegerField(
        _("validity (months)"), null=True, blank=True
    )
    small_unit_below = models.PositiveSmallIntegerField(_("counts only below (people)"), default=5)
    # Number and date of the document that sets them, as it is cited; the reason stands beside.
    basis = models.CharField(_("document"), max_length=120, blank=True)

    class Meta(DatedFact.Meta):
        verbose_name = _("rule set")
        verbose_name_plural = _("rule sets")
        constraints = [
            *DatedFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(pass_mark_percent__lte=100)
                & Q(attendance_percent__lte=100)
                & Q(recognition_percent__lte=100),
                name="people_ruleset_percents",
            ),
            models.CheckConstraint(
                condition=Q(attempt_starts__gte=1) & Q(attempt_window_hours__gte=1),
                name="people_ruleset_attempts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope_key} {self.valid_from}"
