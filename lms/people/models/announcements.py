"""What the department tells everybody, or its staff, on the first pages of the portal."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from lms.people.days import FAR
from lms.people.facts import DatedFact, DatedFactQuerySet
from lms.people.models.staff import Posting
from lms.people.models.units import Unit, UnitPath


class Audience(models.TextChoices):
    EVERYBODY = "everybody", _("Everybody, also without signing in")
    SIGNED_IN = "signed_in", _("Staff who are signed in")
    UNIT = "unit", _("Staff of one unit and of those below it")


class AnnouncementQuerySet(DatedFactQuerySet):
    def shown_to(self, scope) -> Self:
        """Those that stand and run on the asker's day and are meant for her; lazy, one statement.

        A unit's own reach whoever is posted there or below today, or holds a role there.
        """
        running = self.current().valid_on(scope.day)
        if scope.user_id is None:
            return running.filter(audience=Audience.EVERYBODY)
        units = Q(unit__in=[unit for _role, unit in scope.assignments])
        if scope.person_id is not None:
            postings = Posting.objects.current().valid_on(scope.day)
            units |= Q(unit__in=postings.filter(person=scope.person_id).values("unit_id"))
        reaching = (
            UnitPath.objects.filter(units, known_to=FAR)
            .filter(valid_from__lte=scope.day, valid_to__gt=scope.day)
            .values("ancestor_id")
        )
        return running.filter(~Q(audience=Audience.UNIT) | Q(unit__in=reaching))

    def in_shown_order(self) -> Self:
        """By their place, the newest first among equals."""
        return self.order_by("rank", "-valid_from", "-pk")

    def latest_versions(self) -> Self:
        """The last version of each announcement, whether it stands or was taken down."""
        later = Announcement.objects.filter(
            logical_id=OuterRef("logical_id"), pk__gt=OuterRef("pk")
        )
        return self.filter(~Exists(later))


class Announcement(DatedFact):
    """A short text of the department that runs from day to day; written by ``announcements.py``.

    Taking it down withdraws it; putting it back, or changing it, is a new version of it.
    """

    title = models.CharField(_("title"), max_length=120)
    # Plain text: it is escaped wherever it is shown.
    text = models.TextField(_("text"), max_length=800)
    audience = models.CharField(_("for whom"), max_length=9, choices=Audience)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")
    rank = models.PositiveSmallIntegerField(_("place in the order"), default=1)

    objects = AnnouncementQuerySet.as_manager()

    class Meta(DatedFact.Meta):
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        constraints = [
            *DatedFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(audience="unit", unit__isnull=False)
                | (~Q(audience="unit") & Q(unit__isnull=True)),
                name="people_announcement_unit_named",
            ),
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(text=""), name="people_announcement_says_something"
            ),
        ]
        indexes = [
            # What the first pages show on a day.
            models.Index(
                fields=["valid_to"],
                condition=Q(withdrawn_on=FAR),
                name="announcement_running",
            ),
        ]

    def __str__(self) -> str:
        return self.title
