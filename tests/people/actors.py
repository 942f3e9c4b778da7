"""People who are signed in, with a second factor where their role asks for one."""

import time
from typing import Any

from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from lms.people.models import User

BACKEND = "lms.people.backends.StaffBackend"


def token_of(device: TOTPDevice, steps: int = 0) -> str:
    """Return the code that the app shows now, or ``steps`` half minutes later."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time() + steps * device.step
    return f"{totp.token():06}"


def make_device(user: User, **fields: Any) -> TOTPDevice:
    return TOTPDevice.objects.create(user=user, name="app", confirmed=True, **fields)


def verified(client: Client, user: User) -> None:
    """Sign in with a device whose code has been shown."""
    device = TOTPDevice.objects.filter(user=user).first() or make_device(user)
    client.force_login(user, backend=BACKEND)
    session = client.session
    session["otp_device_id"] = device.persistent_id
    session.save()
