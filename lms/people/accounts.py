"""Accounts, their one-time codes and their roles: the functions that write them.

A code is shown once, on a printed slip or in a link; the portal keeps its SHA-256 only. A plain
hash suffices because the code has 130 random bits: there is nothing to guess from the hash.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from lms.people import audit
from lms.people.days import FAR, day_after
from lms.people.facts import record, succeed
from lms.people.identifiers import fold_email, fold_phone, fold_staff_code
from lms.people.models import AccountCode, RoleAssignment, StaffMember, Unit, UnitVersion, User
from lms.people.models.accounts import AccountCodePurpose
from lms.people.roles import sync_groups
from lms.people.staff import EndsBeforeItBegins, UnitNotValid
from lms.people.text import clean

# Crockford's base 32: without I, L, O and U, so that a printed code is read and typed in one way.
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 26
CODE_GROUP = 5
# A slip travels to a commune by post; a link is used at once.
CODE_LIFETIME = {
    AccountCodePurpose.FIRST_SIGN_IN: timedelta(days=7),
    AccountCodePurpose.RESET: timedelta(hours=2),
}


class AccountExists(ValueError):
    """The person has an account already."""


class IdentifierTaken(ValueError):
    """Another account signs in with this staff code, phone or e-mail."""


class CodeRefused(ValueError):
    """The code opens nothing; the subclasses say why."""


class CodeUnknown(CodeRefused):
    """No such code, or one that was replaced by a newer one, or of a closed account."""


class CodeUsed(CodeRefused):
    """The code has been used."""


class CodeExpired(CodeRefused):
    """The code is too old."""


class RoleHeld(ValueError):
    """The account has this role over this unit on one of these days already."""


@transaction.atomic
def create_account(person: StaffMember, *, actor: User | None, at: datetime) -> User:
    """Make an account for ``person``, without a password: a one-time code opens it.

    A phone or e-mail that several people share opens nobody's account: only the staff code does
    then. Raises :class:`AccountExists` or :class:`IdentifierTaken`.
    """
    person = StaffMember.objects.select_for_update().get(pk=person.pk)
    if User.objects.filter(staff=person).exists():
        raise AccountExists(person.pk)
    email, phone = fold_email(person.work_email) or None, fold_phone(person.work_phone) or None
    if email and User.objects.filter(email=email).exists():
        email = None
    if phone and User.objects.filter(phone=phone).exists():
        phone = None
    user = User(
        username=fold_staff_code(person.staff_code),
        email=email,
        phone=phone,
        staff=person,
        must_change_password=True,
        date_joined=at,
    )
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as refusal:
        raise IdentifierTaken(person.pk) from refusal
    audit.log("account.create", user, actor=actor, at=at, person=person)
    return user


@transaction.atomic
def issue_code(user: User, *, purpose: str, actor: User | None, at: datetime) -> str:
    """Return a new one-time code in groups of five; an older open one of this kind is cancelled."""
    user = User.objects.select_for_update().get(pk=user.pk)
    _cancel_open_codes(user, purposes=[purpose], at=at)
    letters = "".join(secrets.choice(CODE_ALPHABET) for _letter in range(CODE_LENGTH))
    code = AccountCode.objects.create(
        user=user,
        purpose=purpose,
        code_hash=_hash(letters),
        issued_at=at,
        issued_by=actor,
        expires_at=at + CODE_LIFETIME[AccountCodePurpose(purpose)],
    )
    audit.log("account.code", code, actor=actor, at=at, person=user.staff, purpose=str(purpose))
    starts = range(0, CODE_LENGTH, CODE_GROUP)
    return "-".join(letters[start : start + CODE_GROUP] for start in starts)


def fold_code(typed: str) -> str:
    """Return what was typed as a code is kept: no spaces or hyphens, O as 0, I and L as 1."""
    bare = "".join(char for char in clean(typed).upper() if char.isalnum())
    return bare.translate(str.maketrans("OIL", "011"))


def find_code(typed: str, *, at: datetime) -> AccountCode:
    """Return the open code that was typed, with its account; writes nothing, one query.

    Raises :class:`CodeUnknown`, :class:`CodeUsed` or :class:`CodeExpired`.
    """
    code = (
        AccountCode.objects.filter(code_hash=_hash(fold_code(typed)))
        .select_related("user__staff")
        .first()
    )
    if code is None or code.cancelled_at or not code.user.is_active:
        raise CodeUnknown
    if code.used_at:
        raise CodeUsed
    if code.expires_at <= at:
        raise CodeExpired
    return code


@transaction.atomic
def redeem_code(typed: str, *, at: datetime) -> User:
    """Use up the code and return its account; of two at once, one wins.

    Raises what :func:`find_code` raises.
    """
    code = find_code(typed, at=at)
    # The update by condition decides the race: SQLite ignores row locks.
    won = AccountCode.objects.filter(pk=code.pk, used_at=None, cancelled_at=None).update(used_at=at)
    if won != 1:
        raise CodeUsed
    audit.log("account.code_used", code, actor=code.user, at=at, person=code.user.staff)
    return code.user


@transaction.atomic
def open_with_code(typed: str, password: str, *, at: datetime) -> User:
    """Use up the code and set the password in one step; return the account.

    The caller has checked ``password`` against the password rules.
    """
    user = redeem_code(typed, at=at)
    set_password(user, password, actor=user, at=at)
    return user


@transaction.atomic
def set_password(user: User, password: str, *, actor: User | None, at: datetime) -> None:
    """Set the password and cancel every open code; other sessions of the account end.

    Django ends them because a session carries a hash of the password.
    """
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    _cancel_open_codes(user, purposes=AccountCodePurpose.values, at=at)
    audit.log("account.password", user, actor=actor, at=at, person=user.staff)


@transaction.atomic
def accept_notice(user: User, *, at: datetime) -> None:
    """Keep the moment at which the person was told what the portal records; twice is once."""
    told = User.objects.filter(pk=user.pk, informed_at=None).update(informed_at=at)
    if told:
        user.informed_at = at
        audit.log("account.informed", user, actor=user, at=at, person=user.staff)


@transaction.atomic
def assign_role(
    user: User,
    role: str,
    *,
    unit: Unit,
    valid_from: date,
    valid_to: date = FAR,
    actor: User | None,
    at: datetime,
) -> RoleAssignment:
    """Give ``user`` a role over ``unit`` and what is below it, over ``[valid_from, valid_to)``.

    Raises :class:`RoleHeld`, ``UnitNotValid`` (the unit does not exist on the first day) or
    ``EndsBeforeItBegins``.
    """
    User.objects.select_for_update().get(pk=user.pk)
    if valid_to < valid_from:
        raise EndsBeforeItBegins(valid_to)
    if not UnitVersion.objects.current().valid_on(valid_from).filter(unit=unit).exists():
        raise UnitNotValid(unit.pk)
    standing = RoleAssignment.objects.current().overlapping(valid_from, valid_to)
    if standing.filter(user=user, role=role, unit=unit).exists():
        raise RoleHeld(role)
    assignment = record(
        RoleAssignment,
        actor=actor,
        at=at,
        user=user,
        role=role,
        unit=unit,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    audit.log(
        "role.assign", assignment, actor=actor, at=at, person=user.staff, unit=unit, role=str(role)
    )
    sync_groups(user, at)
    return assignment


@transaction.atomic
def end_role(
    assignment: RoleAssignment, *, last_day: date, actor: User | None, at: datetime
) -> RoleAssignment:
    """Close the role after ``last_day`` and return the version that stands now.

    Raises ``EndsBeforeItBegins``, or ``FactWithdrawn`` if somebody changed it first.
    """
    valid_to = day_after(last_day)
    if valid_to < assignment.valid_from:
        raise EndsBeforeItBegins(last_day)
    closed = succeed(assignment, actor=actor, at=at, valid_to=valid_to)
    audit.log(
        "role.end",
        closed,
        actor=actor,
        at=at,
        person=assignment.user.staff,
        unit=assignment.unit,
        role=assignment.role,
    )
    sync_groups(assignment.user, at)
    return closed


def _hash(letters: str) -> str:
    return hashlib.sha256(letters.encode()).hexdigest()


def _cancel_open_codes(user: User, *, purposes: list[str], at: datetime) -> None:
    AccountCode.objects.filter(
        user=user, purpose__in=purposes, used_at=None, cancelled_at=None
    ).update(cancelled_at=at)
