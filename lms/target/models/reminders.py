"""What people were reminded of, when and how: the evidence behind "told on …"."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.notices.models import Channel
from lms.people.scopes import Scope

# Days before the last day on which a person is told; each step once.
STEPS = (30, 14, 7, 0)


class ReminderKind(models.TextChoices):
    DUE = "due", _("A course is due")
    EXPIRY = "expiry", _("A course ends")


class ReminderQuerySet(models.QuerySet):
    def visible_to(self, scope: Scope) -> ReminderQuerySet:
        """Reminders of people who were in the scope's units when they were told, and one's own."""
        own = Q(person=scope.person_id) if scope.person_id else Q(pk__in=[])
        if not scope.sees_people:
            return self.filter(own)
        return self.filter(own | Q(unit__in=scope.units()))


class Reminder(models.Model):
    """One person was told once that courses are due, or end, on one day."""

    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="reminders")
    # Where she counted when she was told: the list of her focal person.
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="reminders")
    kind = models.CharField(max_length=6, choices=ReminderKind)
    # The last day: of the time to complete, or of what is held.
    ends_on = models.DateField()
    step_days = models.PositiveSmallIntegerField()
    # Bits of the courses, as in the figures.
    courses = models.PositiveBigIntegerField()
    channel = models.CharField(max_length=5, choices=Channel)
    notice = models.ForeignKey(
        "notices.Notice", models.PROTECT, null=True, blank=True, related_name="reminders"
    )
    told_at = models.DateTimeField()
    told_on = models.DateField()

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "ends_on", "step_days"], name="target_reminder_once"
            ),
            models.CheckConstraint(
                condition=Q(step_days__in=STEPS), name="target_reminder_known_step"
            ),
            models.CheckConstraint(
                condition=~Q(channel="email") | Q(notice__isnull=False),
                name="target_reminder_email_has_notice",
            ),
        ]
        indexes = [
            # The log of a unit, and the list that is printed for it.
            models.Index(fields=["unit", "id"], name="reminder_by_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.kind} on {self.ends_on}"


class ReminderCopy(models.Model):
    """A focal person was told of the reminder to one of her people."""

    reminder = models.ForeignKey(Reminder, models.PROTECT, related_name="copies")
    recipient = models.ForeignKey("people.User", models.PROTECT, related_name="reminder_copies")
    notice = models.ForeignKey("notices.Notice", models.PROTECT, related_name="reminder_copies")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reminder", "recipient"], name="target_remindercopy_once"
            ),
        ]

    def __str__(self) -> str:
        return f"copy of {self.reminder_id}"


class ReminderHandover(models.Model):
    """A focal person told somebody without e-mail in person; one for each reminder."""

    reminder = models.OneToOneField(Reminder, models.PROTECT, related_name="handover")
    handed_at = models.DateTimeField()
    handed_on = models.DateField()
    handed_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.reminder_id} handed over on {self.handed_on}"
