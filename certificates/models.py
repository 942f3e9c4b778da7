"""What is proved: certificates as issued, their yearly register, and what became of them."""

from __future__ import annotations

from typing import Any, Self

from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lms.people.models import StaffMember


def private_storage():
    """Return the storage behind scoped views, outside the public media path."""
    return storages["private"]


class DocumentStatus(models.TextChoices):
    PENDING = "pending", _("Document being made")
    STORED = "stored", _("Stored")
    FAILED = "failed", _("Could not be made")


class CertificateRegister(models.Model):
    """The register of a year; its row is locked while a number is taken: none lost, none twice."""

    year = models.PositiveSmallIntegerField(unique=True)
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("certificate register")
        verbose_name_plural = _("certificate registers")

    def __str__(self) -> str:
        return str(self.year)


class CertificateQuerySet(models.QuerySet):
    def of_person(self, person_id: int | None) -> Self:
        """Her own certificates."""
        return self.filter(person=person_id) if person_id else self.none()

    def visible_to(self, scope: Any) -> Self:
        """Certificates whose state the asker may see: her own and those of her people."""
        return self.filter(person__in=scope.people(StaffMember.objects.all()).values("pk"))

    def with_outcome(self) -> Self:
        """With the rows that say what became of each: no query per certificate."""
        return self.select_related("revocation", "superseded_by")


class Certificate(models.Model):
    """A certificate as issued. ``facts`` holds all that is printed, frozen; a later rename, edit or
    reorganisation changes nothing (``docs/decisions.md`` 28).

    The row comes first (number and facts), the document is made once and stored, never drawn again.
    """

    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="certificates")
    course = models.ForeignKey("content.CoursePage", models.PROTECT, related_name="certificates")
    completion_logical_id = models.UUIDField()
    register = models.ForeignKey(CertificateRegister, models.PROTECT, related_name="certificates")
    number = models.PositiveIntegerField()
    reissue_number = models.PositiveSmallIntegerField(default=0)
    reissue_of = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    register_no = models.CharField(max_length=40)
    facts = models.JSONField()
    facts_sha256 = models.CharField(max_length=64)
    decision_number = models.CharField(max_length=80, blank=True)
    decided_on = models.DateField(null=True, blank=True)
    issued_on = models.DateField()
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    # Last day of validity, inclusive; NULL = does not expire.
    valid_until = models.DateField(null=True, blank=True)
    verification_code = models.CharField(max_length=40, unique=True)
    document_status = models.CharField(
        max_length=8, choices=DocumentStatus, default=DocumentStatus.PENDING
    )
    document = models.FileField(storage=private_storage, upload_to="certificates/%Y/", blank=True)
    document_sha256 = models.CharField(max_length=64, blank=True)
    document_problem = models.CharField(max_length=300, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        constraints = [
            models.UniqueConstraint(
                fields=["register", "number", "reissue_number"], name="certificates_number_once"
            ),
            # One first issue for a completion: a second click finds the first certificate.
            models.UniqueConstraint(
                fields=["completion_logical_id"],
                condition=Q(reissue_number=0),
                name="certificates_issue_once",
            ),
            models.CheckConstraint(
                condition=Q(reissue_number=0, reissue_of__isnull=True)
                | Q(reissue_number__gt=0, reissue_of__isnull=False),
                name="certificates_reissue_whole",
            ),
            models.CheckConstraint(
                condition=~Q(document_status="stored") | (~Q(document="") & ~Q(document_sha256="")),
                name="certificates_stored_has_document",
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="certificates_number_from_one"),
        ]
        indexes = [
            # My certificates, a person's record.
            models.Index(fields=["person", "issued_on"], name="certificate_by_person"),
        ]

    def __str__(self) -> str:
        return self.register_no

    def get_absolute_url(self) -> str:
        return reverse("certificate", args=[self.pk])


class RevocationReason(models.TextChoices):
    ERROR = "error", _("Issued in error")
    FRAUD = "fraud", _("Obtained by fraud")
    OTHER = "other", _("Other reason")


class CertificateRevocation(models.Model):
    """A certificate taken back; it stays in the register."""

    certificate = models.OneToOneField(Certificate, models.PROTECT, related_name="revocation")
    revoked_on = models.DateField()
    reason_class = models.CharField(max_length=6, choices=RevocationReason)
    reason = models.CharField(max_length=300)
    revoked_at = models.DateTimeField()
    revoked_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("revocation")
        verbose_name_plural = _("revocations")
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""), name="certificates_revocation_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate_id} revoked"
