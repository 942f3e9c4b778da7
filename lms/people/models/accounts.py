"""Accounts, roles and the one-time codes that open an account."""

from __future__ import annotations

import unicodedata

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.people.days import FAR
from lms.people.facts import DatedFact


class Role(models.TextChoices):
    """Roles over a unit; every staff member with an account is a learner without an assignment."""

    UNIT_FOCAL = "unit_focal", _("Focal person of a unit")
    DISTRICT_FOCAL = "district_focal", _("Focal person of a district")
    PROVINCE_MANAGER = "province_manager", _("Training manager of the department")
    PROVINCE_LEADER = "province_leader", _("Leader of the department")
    CONTENT_EDITOR = "content_editor", _("Content editor")
    LEGAL_REVIEWER = "legal_reviewer", _("Legal reviewer")
    INSTRUCTOR = "instructor", _("Instructor")
    SYSADMIN = "sysadmin", _("System administrator")
    PRIVACY_OFFICER = "privacy_officer", _("Data protection officer")


def _composed(password: str | None) -> str | None:
    """Return ``password`` in NFC and otherwise as typed: spaces and marks count."""
    return None if password is None else unicodedata.normalize("NFC", password)


class User(AbstractUser):
    """An account. Sign-in is by staff code (``username``), phone or e-mail, all folded and unique.

    ``email`` and ``phone`` are NULL, not empty, when absent: uniqueness must ignore absent ones.
    """

    staff = models.OneToOneField(
        "people.StaffMember", models.PROTECT, null=True, blank=True, related_name="user"
    )
    email = models.EmailField(_("e-mail"), null=True, blank=True, unique=True)
    phone = models.CharField(_("phone"), max_length=20, null=True, blank=True, unique=True)
    must_change_password = models.BooleanField(default=False)
    # When the person was told in plain words what the portal records, and agreed to go on.
    informed_at = models.DateTimeField(null=True, blank=True)

    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.CheckConstraint(
                condition=Q(email__isnull=True) | ~Q(email=""), name="people_user_email_not_empty"
            ),
            models.CheckConstraint(
                condition=Q(phone__isnull=True) | ~Q(phone=""), name="people_user_phone_not_empty"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The staff member's name, else the account's own; the sign-in backend loads ``staff``."""
        if self.staff_id:
            return str(self.staff)
        return self.first_name or self.username

    def get_full_name(self) -> str:
        return self.display_name

    def set_password(self, raw_password: str | None) -> None:
        """Keep the password in NFC: a phone may send the same letters decomposed."""
        super().set_password(_composed(raw_password))

    def check_password(self, raw_password: str) -> bool:
        return super().check_password(_composed(raw_password))


class RoleAssignment(DatedFact):
    """A role of an account over a unit and what is below it, over an interval."""

    user = models.ForeignKey(User, models.PROTECT, related_name="role_assignments")
    role = models.CharField(max_length=20, choices=Role)
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="role_assignments")

    class Meta(DatedFact.Meta):
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        indexes = [
            # Roles of the asker, at every request.
            models.Index(
                fields=["user"], condition=Q(withdrawn_on=FAR), name="roleassignment_standing"
            ),
            # The focal person of my unit.
            models.Index(fields=["unit", "role"], name="roleassignment_by_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.unit_id}"


class AccountCodePurpose(models.TextChoices):
    FIRST_SIGN_IN = "first", _("First sign-in")
    RESET = "reset", _("New password")


class AccountCode(models.Model):
    """A one-time code, printed on a slip or sent as a link; only its hash is kept."""

    user = models.ForeignKey(User, models.PROTECT, related_name="account_codes")
    purpose = models.CharField(max_length=5, choices=AccountCodePurpose)
    code_hash = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "purpose"],
                condition=Q(used_at__isnull=True, cancelled_at__isnull=True),
                name="people_accountcode_one_open",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("issued_at")),
                name="people_accountcode_expires_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} code of {self.user_id}"
