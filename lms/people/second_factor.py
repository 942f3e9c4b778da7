"""The second factor: codes of an authenticator app, and recovery codes for the day it is lost.

Six digits are a code of the app, anything else is a recovery code: each is tried on its own device
only, so a mistyped recovery code does not slow the app down. A device that refused a code waits
longer after each failure (django-otp). One step before and after the present one is accepted,
because the clocks of phones and of this machine differ; the same code is never accepted twice.
"""

from __future__ import annotations

import base64
import math
import re
import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from lms.people import audit
from lms.people.accounts import CODE_ALPHABET, fold_code
from lms.people.models import User

RECOVERY_CODE_COUNT = 10
RECOVERY_CODE_LENGTH = 12
# The column of django-otp holds 16 characters: 96 bits of a keyed hash.
TOKEN_LENGTH = 16
_SIX_DIGITS = re.compile(r"\d{6}")


class WrongCode(ValueError):
    """The code is wrong, used or of another account."""


class TooSoon(ValueError):
    """The device waits after failures; ``seconds`` says how long."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class AlreadyEnrolled(ValueError):
    """The account has a confirmed app: a new one needs the old one or an administrator."""


def has_device(user: User) -> bool:
    """Tell whether the account has a confirmed app; one query."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


@transaction.atomic
def start_enrolment(user: User, *, at: datetime) -> TOTPDevice:
    """Return the app that waits for its first code, made now if there is none.

    Raises :class:`AlreadyEnrolled`.
    """
    User.objects.select_for_update().get(pk=user.pk)
    if has_device(user):
        raise AlreadyEnrolled(user.pk)
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return device or TOTPDevice.objects.create(
        user=user, name="app", confirmed=False, created_at=at
    )


def finish_enrolment(user: User, typed: str, *, at: datetime) -> tuple[TOTPDevice, list[str]]:
    """Confirm the waiting app by its first code; return it and the new recovery codes.

    Raises :class:`AlreadyEnrolled`, :class:`WrongCode` or :class:`TooSoon`.
    """
    device = start_enrolment(user, at=at)
    _check(TOTPDevice, device.pk, fold_digits(typed))
    with transaction.atomic():
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        device.refresh_from_db()
        audit.log("second_factor.enrol", user, actor=user, at=at, person=user.staff)
        codes = make_recovery_codes(user, actor=user, at=at)
    return device, codes


def verify(user: User, typed: str) -> Any:
    """Return the device that accepts what was typed.

    Raises :class:`WrongCode`, also without any device, or :class:`TooSoon`.
    """
    digits = fold_digits(typed)
    if _SIX_DIGITS.fullmatch(digits):
        model, token = TOTPDevice, digits
    else:
        model, token = StaticDevice, hash_recovery_code(user, typed)
    device = model.objects.filter(user=user, confirmed=True).order_by("pk").first()
    if device is None:
        raise WrongCode
    return _check(model, device.pk, token)


@transaction.atomic
def make_recovery_codes(user: User, *, actor: User | None, at: datetime) -> list[str]:
    """Replace the recovery codes; the new ones are returned once and kept as hashes only."""
    device, _created = StaticDevice.objects.get_or_create(
        user=user, name="recovery", defaults={"confirmed": True}
    )
    device.token_set.all().delete()
    codes = [
        "".join(secrets.choice(CODE_ALPHABET) for _letter in range(RECOVERY_CODE_LENGTH))
        for _code in range(RECOVERY_CODE_COUNT)
    ]
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=hash_recovery_code(user, code)) for code in codes
    )
    audit.log("second_factor.recovery_codes", user, actor=actor, at=at, person=user.staff)
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]


@transaction.atomic
def forget_devices(user: User, *, actor: User | None, at: datetime) -> None:
    """Take every device from the account: the person lost the phone and the recovery codes.

    The next sign-in leads to enrolment again.
    """
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    audit.log("second_factor.forget", user, actor=actor, at=at, person=user.staff)


def fold_digits(typed: str) -> str:
    """Return what was typed without the spaces that apps show between the digits."""
    return re.sub(r"\s", "", typed)


def hash_recovery_code(user: User, typed: str) -> str:
    """Return the keyed hash under which a recovery code is kept."""
    digest = salted_hmac(
        "people.recovery_code", f"{user.pk}:{fold_code(typed)}", algorithm="sha256"
    )
    return base64.urlsafe_b64encode(digest.digest()).decode()[:TOKEN_LENGTH]


def secret_text(device: TOTPDevice) -> str:
    """Return the secret in base 32, in groups of four, for typing into an app."""
    letters = base64.b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _check(model: type, pk: int, token: str) -> Any:
    """Try ``token`` on one device, locked, so that of two tries at once one is refused."""
    with transaction.atomic():
        device = model.objects.select_for_update().get(pk=pk)
        allowed, why = device.verify_is_allowed()
        # The failure must be counted, so nothing is raised inside the transaction.
        accepted = allowed and device.verify_token(token)
    if not allowed:
        until = (why or {}).get("locked_until")
        raise TooSoon(max(1, math.ceil((until - _now(until)).total_seconds())) if until else 1)
    if not accepted:
        raise WrongCode
    return device


def _now(moment: datetime) -> datetime:
    return datetime.now(tz=moment.tzinfo)
