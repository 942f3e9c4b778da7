"""Accounts of the cast: opened, given roles and a second factor, and listed for whoever looks.

Passwords and secrets are known on purpose; nothing here runs outside the demo's settings.
"""

from __future__ import annotations

import base64
import hashlib
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from lms.demo.cast import CAST, PASSWORD, Character
from lms.people.accounts import (
    CODE_ALPHABET,
    CODE_GROUP,
    CODE_LENGTH,
    accept_notice,
    assign_role,
    fold_code,
    issue_code,
    set_password,
)
from lms.people.days import local_day
from lms.people.models import AccountCode, UnitVersion, User
from lms.people.models.accounts import AccountCodePurpose
from lms.people.scopes import SECOND_FACTOR_ROLES
from lms.people.second_factor import start_enrolment


class NotADemo(Exception):
    """The settings are those of a real site: invented people and known passwords are refused."""


@dataclass(frozen=True)
class ListedAccount:
    """One line of ``demo_accounts``; empty values are left out of JSON."""

    role: str
    sign_in: str
    password: str
    unit: str
    name: str
    about: str
    one_time_code: str = ""
    totp_secret: str = ""
    totp_now: str = ""

    def as_dict(self) -> dict[str, Any]:
        always = ("role", "sign_in", "password", "unit")
        return {key: value for key, value in vars(self).items() if value or key in always}


def refuse_real_site() -> None:
    """Raise :class:`NotADemo` unless the settings say that this is a demo."""
    if not getattr(settings, "IS_DEMO", False):
        raise NotADemo


@transaction.atomic
def open_account(
    character: Character, user: User, units: dict[str, Any], *, actor: User | None, at: datetime
) -> None:
    """Give the account its roles, its password and its second factor; ``units`` by code or key."""
    for role, code in character.roles:
        assign_role(user, role, unit=units[code], valid_from=local_day(at), actor=actor, at=at)
    if character.is_new:
        return
    set_password(user, PASSWORD, actor=user, at=at)
    accept_notice(user, at=at)
    if needs_second_factor(character):
        device = start_enrolment(user, at=at)
        device.key = hashlib.sha1(f"demo {character.sign_in}".encode()).hexdigest()  # noqa: S324 (a known secret, as a demo needs one)
        device.confirmed = True
        device.save(update_fields=["key", "confirmed"])


def needs_second_factor(character: Character) -> bool:
    return not SECOND_FACTOR_ROLES.isdisjoint(role for role, _unit in character.roles)


def open_one_time_code(user: User, *, actor: User | None, at: datetime) -> str:
    """Return the code that opens ``user``'s account, a new one if the last is used or too old.

    The code follows from the moment of its issue, so that every listing shows the same one.
    """
    standing = AccountCode.objects.filter(
        user=user, purpose=AccountCodePurpose.FIRST_SIGN_IN, used_at=None, cancelled_at=None
    ).first()
    if standing is not None and standing.expires_at > at:
        return _code_of(user, standing)
    with transaction.atomic():
        issue_code(user, purpose=AccountCodePurpose.FIRST_SIGN_IN, actor=actor, at=at)
        issued = AccountCode.objects.get(
            user=user, purpose=AccountCodePurpose.FIRST_SIGN_IN, used_at=None, cancelled_at=None
        )
        code = _code_of(user, issued)
        issued.code_hash = hashlib.sha256(fold_code(code).encode()).hexdigest()
        issued.save(update_fields=["code_hash"])
    return code


def _code_of(user: User, code: AccountCode) -> str:
    digest = hashlib.sha256(f"demo {user.username} {code.pk}".encode()).digest()
    letters = "".join(CODE_ALPHABET[byte % len(CODE_ALPHABET)] for byte in digest[:CODE_LENGTH])
    starts = range(0, CODE_LENGTH, CODE_GROUP)
    return "-".join(letters[start : start + CODE_GROUP] for start in starts)


def list_accounts(*, at: datetime) -> list[ListedAccount]:
    """Return the accounts of the cast that exist, in the order of the cast.

    Raises :class:`NotADemo` on a real site. Codes of the second factor are those of this moment.
    """
    refuse_real_site()
    users = {
        user.staff.staff_code: user
        for user in User.objects.filter(
            staff__staff_code__in=[character.staff_code for character in CAST]
        ).select_related("staff")
    }
    devices = {
        device.user_id: device
        for device in TOTPDevice.objects.filter(user__in=users.values(), confirmed=True)
    }
    names = _unit_names(at)
    listed = []
    for character in CAST:
        user = users.get(character.staff_code)
        if user is None:
            continue
        device = devices.get(user.pk)
        opened = user.has_usable_password()
        listed.append(
            ListedAccount(
                role=character.role,
                sign_in=character.sign_in,
                password=PASSWORD if opened and not character.is_new else "",
                unit=names.get(character.unit, character.unit),
                name=user.display_name,
                about=character.about,
                one_time_code="" if opened else open_one_time_code(user, actor=None, at=at),
                totp_secret=base64.b32encode(device.bin_key).decode() if device else "",
                totp_now=_totp_now(device) if device else "",
            )
        )
    return listed


def _totp_now(device: TOTPDevice) -> str:
    code = totp(device.bin_key, step=device.step, t0=device.t0, digits=device.digits)
    return f"{code:0{device.digits}}"


def _unit_names(at: datetime) -> dict[str, str]:
    names = {}
    day = local_day(at)
    for version in UnitVersion.objects.current().valid_on(day).select_related("unit"):
        names[version.unit.own_key or version.code] = version.full_name
    return names


def seconds_left() -> int:
    """Return for how many seconds the codes of this moment stay the newest."""
    return 30 - int(time.time()) % 30
