"""Papers of training held elsewhere: handed in, checked, approved or declined.

A paper is an application; what counts is the completion that its approval writes. The row names
nobody: the person is a key, and the file's own name is never kept.
"""

from __future__ import annotations

from typing import Self

from django.core.files.storage import storages
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lms.people.models import StaffMember
from lms.people.scopes import ANSWERING_ROLES, Scope

OFFICE_ROLES = ANSWERING_ROLES


def private_storage():
    """Return the storage behind scoped views, outside the public media path."""
    return storages["private"]


class RecognitionStatus(models.TextChoices):
    SUBMITTED = "submitted", _("Waits for the unit's check")
    CHECKED = "checked", _("Checked by the unit")
    APPROVED = "approved", _("Recognised")
    DECLINED = "declined", _("Not recognised")
    WITHDRAWN = "withdrawn", _("Taken back")


OPEN_STATUSES = (RecognitionStatus.SUBMITTED, RecognitionStatus.CHECKED)


class EvidenceKind(models.TextChoices):
    PDF = "pdf", "PDF"
    JPEG = "jpg", "JPG"
    PNG = "png", "PNG"


class ExternalTrainingQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Papers that nobody has decided yet."""
        return self.filter(recognition_status__in=OPEN_STATUSES)

    def of_person(self, person_id: int | None) -> Self:
        return self.filter(person=person_id) if person_id else self.none()

    def looked_after(self, scope: Scope) -> Self:
        """Papers that the asker checks or decides: of people in her units, never her own."""
        if not scope.has_role(*OFFICE_ROLES):
            return self.none()
        people = scope.people(StaffMember.objects.all()).exclude(pk=scope.person_id)
        return self.filter(person__in=people.values("pk"))

    def visible_to(self, scope: Scope) -> Self:
        """The asker's own papers and those she looks after."""
        return self.of_person(scope.person_id) | self.looked_after(scope)


class ExternalTraining(models.Model):
    """One training held elsewhere, as the paper says; written by ``courses.recognition`` only.

    ``stated_course`` is what the person thinks it corresponds to, ``course`` what the department
    mapped it to. A withdrawn paper with a completion is one whose recognition was taken away.
    """

    person = models.ForeignKey(
        "people.StaffMember", models.PROTECT, related_name="external_trainings"
    )
    title = models.CharField(_("name of the training"), max_length=200)
    organiser = models.CharField(_("organiser"), max_length=200)
    stated_course = models.ForeignKey(
        "content.CoursePage", models.PROTECT, null=True, blank=True, related_name="+"
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    # Of 45 minutes.
    periods = models.PositiveSmallIntegerField(_("teaching periods"))
    # Of the certificate, the decision or the class list.
    document_number = models.CharField(_("document number"), max_length=120)
    evidence = models.FileField(storage=private_storage, blank=True)
    evidence_kind = models.CharField(max_length=3, choices=EvidenceKind, blank=True)
    # Of the file as it is stored; both stay when the file is erased.
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    evidence_bytes = models.PositiveIntegerField(default=0)
    evidence_erased_at = models.DateTimeField(null=True, blank=True)
    evidence_erased_by = models.ForeignKey(
        "people.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    evidence_erased_for = models.CharField(max_length=300, blank=True)
    recognition_status = models.CharField(
        max_length=9, choices=RecognitionStatus, default=RecognitionStatus.SUBMITTED
    )
    handed_in_at = models.DateTimeField()
    handed_in_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.ForeignKey(
        "people.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    comment = models.CharField(max_length=500, blank=True)
    # Approved, declined or taken back.
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        "people.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    close_reason = models.CharField(max_length=300, blank=True)
    course = models.ForeignKey(
        "content.CoursePage", models.PROTECT, null=True, blank=True, related_name="+"
    )
    completion_logical_id = models.UUIDField(null=True, blank=True, unique=True)

    objects = ExternalTrainingQuerySet.as_manager()

    class Meta:
        verbose_name = _("external training")
        verbose_name_plural = _("external trainings")
        constraints = [
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")), name="courses_externaltraining_day_order"
            ),
            models.CheckConstraint(
                condition=Q(periods__gte=1), name="courses_externaltraining_has_periods"
            ),
            # A file, or the number of a class list or decision, which the office itself keeps.
            models.CheckConstraint(
                condition=~Q(evidence_sha256="") | ~Q(document_number=""),
                name="courses_externaltraining_has_proof",
            ),
            models.CheckConstraint(
                condition=Q(evidence="") | ~Q(evidence_sha256=""),
                name="courses_externaltraining_file_has_hash",
            ),
            models.CheckConstraint(
                condition=Q(evidence_erased_at__isnull=True) | Q(evidence=""),
                name="courses_externaltraining_erased_whole",
            ),
            models.CheckConstraint(
                condition=Q(recognition_status__in=OPEN_STATUSES, closed_at__isnull=True)
                | (~Q(recognition_status__in=OPEN_STATUSES) & Q(closed_at__isnull=False)),
                name="courses_externaltraining_closed_whole",
            ),
            models.CheckConstraint(
                condition=~Q(recognition_status="approved")
                | Q(course__isnull=False, completion_logical_id__isnull=False),
                name="courses_externaltraining_approved_whole",
            ),
            models.CheckConstraint(
                condition=~Q(recognition_status="declined") | ~Q(close_reason=""),
                name="courses_externaltraining_declined_has_reason",
            ),
            # The same training is recognised once.
            models.UniqueConstraint(
                fields=["person", "course", "last_day"],
                condition=Q(recognition_status="approved"),
                name="courses_externaltraining_recognised_once",
            ),
        ]
        indexes = [
            # The office's list, newest first, one state at a time.
            models.Index(fields=["recognition_status", "-id"], name="externaltraining_by_status"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("recognition", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.recognition_status in OPEN_STATUSES

    @property
    def is_taken_away(self) -> bool:
        """Recognised once, and the recognition was taken away since."""
        return (
            self.recognition_status == RecognitionStatus.WITHDRAWN
            and self.completion_logical_id is not None
        )

    @property
    def mapped_course(self):
        """The course it was mapped to, else the one the person names."""
        return self.course or self.stated_course

    @property
    def state(self) -> str:
        """The state as ``components/state.html`` draws it."""
        return {
            RecognitionStatus.SUBMITTED: "todo",
            RecognitionStatus.CHECKED: "now",
            RecognitionStatus.APPROVED: "done",
            RecognitionStatus.DECLINED: "late",
            RecognitionStatus.WITHDRAWN: "lock",
        }[RecognitionStatus(self.recognition_status)]

    @property
    def state_label(self) -> str:
        if self.is_taken_away:
            return str(_("Recognition taken away"))
        return self.get_recognition_status_display()


class ListRowStatus(models.TextChoices):
    NEW = "new", _("New")
    KNOWN = "known", _("Recognised already")
    REFUSED = "refused", _("Refused")


class CompletionList(models.Model):
    """A list of past training as read from a workbook, for ``courses.recognition.past``.

    ``rows`` holds names until the list is thrown away or old; of an applied list only what was not
    taken over. ``counts`` are those of :class:`ListRowStatus`.
    """

    created_at = models.DateTimeField()
    created_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    file_sha256 = models.CharField(max_length=64)
    rows = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    applied_at = models.DateTimeField(null=True, blank=True)
    batch = models.OneToOneField(
        "people.Batch", models.PROTECT, null=True, blank=True, related_name="completion_list"
    )
    discarded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("list of past training")
        verbose_name_plural = _("lists of past training")
        constraints = [
            models.CheckConstraint(
                condition=Q(applied_at__isnull=True, batch__isnull=True)
                | Q(applied_at__isnull=False, batch__isnull=False),
                name="courses_completionlist_applied_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("past_list", args=[self.pk])

    @property
    def is_waiting(self) -> bool:
        return self.applied_at is None and self.discarded_at is None

    @property
    def is_undone(self) -> bool:
        return self.batch is not None and self.batch.is_undone

    @property
    def state(self) -> str:
        """The state as ``components/state.html`` draws it."""
        if self.batch is not None:
            return "lock" if self.batch.is_undone else "done"
        return "lock" if self.discarded_at else "now"

    @property
    def state_label(self) -> str:
        if self.batch is not None:
            return str(_("Undone") if self.batch.is_undone else _("Applied"))
        return str(_("Thrown away") if self.discarded_at else _("Not applied"))
