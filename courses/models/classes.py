"""Classes that meet: sessions with periods, the list of names, and append-only marks."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.people.days import FAR
from lms.people.models import UnitPath
from lms.people.models.accounts import Role


class AttendanceStatus(models.TextChoices):
    PRESENT = "present", _("Present")
    LATE = "late", _("Late")
    EXCUSED = "excused", _("Excused")
    ABSENT = "absent", _("Absent")


class MarkSource(models.TextChoices):
    TRAINER = "trainer", _("Trainer")
    SELF = "self", _("Self check-in")
    IMPORT = "import", _("Import")
    UNDO = "undo", _("Undone")


class TrainingClassQuerySet(models.QuerySet):
    def with_person(self, person_id: int | None) -> Self:
        """Classes on whose list the person stands."""
        listed = ClassRosterEntry.objects.filter(person=person_id, removed_at__isnull=True)
        return self.filter(pk__in=listed.values("training_class_id"))

    def open_on(self, day: date) -> Self:
        """Classes that have yet to meet on ``day`` or later, or have no session yet."""
        begins = datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
        meets = ClassSession.objects.filter(starts_at__gte=begins, cancelled_at=None)
        return self.filter(cancelled_at=None).filter(
            Q(pk__in=meets.values("training_class_id")) | Q(sessions=None)
        )

    def run_by(self, user_id: int | None) -> Self:
        """Classes the account is an instructor of."""
        run = ClassInstructor.objects.filter(user=user_id)
        return self.filter(pk__in=run.values("training_class_id"))

    def managed_by(self, scope: Any) -> Self:
        """Classes whose register and list the asker keeps: those she runs, a manager all hers."""
        return self.filter(
            Q(pk__in=self.model.objects.run_by(scope.user_id).values("pk"))
            | Q(unit__in=scope.units(Role.PROVINCE_MANAGER))
        )

    def visible_to(self, scope: Any) -> Self:
        """Own classes, those she runs, and those of the units the asker answers for.

        A class is organised for a unit and those below it, so a commune's focal person also sees
        the classes of her district: she has to nominate for them. Whose names she sees there is
        ``courses.classes.roster_of``.
        """
        return self.filter(
            Q(pk__in=self.model.objects.with_person(scope.person_id).values("pk"))
            | Q(pk__in=self.model.objects.run_by(scope.user_id).values("pk"))
            | Q(unit__in=scope.units())
            | Q(
                unit__in=UnitPath.objects.filter(
                    unit__in=scope.top_unit_ids(),
                    valid_from__lte=scope.day,
                    valid_to__gt=scope.day,
                    known_to=FAR,
                ).values("ancestor_id")
            )
        )


class TrainingClass(models.Model):
    """A class of a course, organised for a unit and those below it."""

    course = models.ForeignKey("content.CoursePage", models.PROTECT, related_name="classes")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="training_classes")
    title = models.CharField(_("title"), max_length=200)
    place = models.CharField(_("place"), max_length=200)
    note = models.TextField(_("note"), blank=True)
    seats = models.PositiveSmallIntegerField(_("seats"), default=30)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = TrainingClassQuerySet.as_manager()

    class Meta:
        verbose_name = _("class")
        verbose_name_plural = _("classes")
        constraints = [
            models.CheckConstraint(
                condition=Q(seats__gte=1), name="courses_trainingclass_has_seats"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("class", args=[self.pk])


class ClassInstructor(models.Model):
    """Who runs the class."""

    training_class = models.ForeignKey(TrainingClass, models.PROTECT, related_name="instructors")
    user = models.ForeignKey("people.User", models.PROTECT, related_name="classes_run")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["training_class", "user"], name="courses_classinstructor_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} runs {self.training_class_id}"


class ClassSession(models.Model):
    """One meeting; it names which periods of the course's class plan it covers."""

    training_class = models.ForeignKey(TrainingClass, models.PROTECT, related_name="sessions")
    title = models.CharField(_("title"), max_length=200, blank=True)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    # Numbers of the class plan's periods, for example [1, 2, 3].
    periods = models.JSONField(_("periods"))
    register_closed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="courses_classsession_ends_later"
            ),
        ]
        indexes = [
            # Sessions coming up.
            models.Index(fields=["starts_at"], name="classsession_by_start"),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.starts_at:%d/%m/%Y}"

    def get_absolute_url(self) -> str:
        return reverse("register", args=[self.pk])


class ClassRosterEntry(models.Model):
    """A person on the list of a class; leaving the list is a date, not a deletion."""

    training_class = models.ForeignKey(TrainingClass, models.PROTECT, related_name="roster")
    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="class_entries")
    enrolment = models.ForeignKey("courses.Enrolment", models.PROTECT, related_name="class_entries")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("name on a class list")
        verbose_name_plural = _("names on class lists")
        constraints = [
            models.UniqueConstraint(
                fields=["training_class", "person"],
                condition=Q(removed_at__isnull=True),
                name="courses_classrosterentry_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in class {self.training_class_id}"


class AttendanceMark(models.Model):
    """What one person was marked as at one session; append-only, written by ``courses.attendance``.

    The state is a fold: the last mark by ``recorded_at`` and key stands; a mark whose source is
    ``undo`` takes the state back to that of the mark before the one it undoes.
    """

    session = models.ForeignKey(ClassSession, models.PROTECT, related_name="marks")
    person = models.ForeignKey(
        "people.StaffMember", models.PROTECT, related_name="attendance_marks"
    )
    enrolment = models.ForeignKey("courses.Enrolment", models.PROTECT, related_name="marks")
    # Empty with source "undo": nothing is marked again.
    status = models.CharField(max_length=8, choices=AttendanceStatus, blank=True)
    # The periods attended, a part of the session's; empty unless present or late.
    periods = models.JSONField(default=list)
    source = models.CharField(max_length=8, choices=MarkSource, default=MarkSource.TRAINER)
    marked_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    device_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    recorded_on = models.DateField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("attendance mark")
        verbose_name_plural = _("attendance marks")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["present", "late"]) | Q(periods=[]),
                name="courses_attendancemark_absent_no_periods",
            ),
            models.CheckConstraint(
                condition=~Q(status="") | Q(source="undo"),
                name="courses_attendancemark_has_status",
            ),
        ]
        indexes = [
            # The register of one session.
            models.Index(fields=["session", "person", "recorded_at"], name="mark_by_session"),
            # Periods attended in a round.
            models.Index(fields=["enrolment"], name="mark_by_enrolment"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.status}"
