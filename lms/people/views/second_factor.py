"""The second factor: asked after the password of every account with other people's data."""

from __future__ import annotations

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django_otp import login as otp_login
from django_otp.plugins.otp_totp.models import TOTPDevice

from lms.people import audit
from lms.people.destinations import desk_of, next_of
from lms.people.forms import EnrolForm, SecondFactorForm
from lms.people.middleware import asks_second_factor
from lms.people.scopes import scope_of
from lms.people.second_factor import (
    AlreadyEnrolled,
    TooSoon,
    WrongCode,
    finish_enrolment,
    has_device,
    make_recovery_codes,
    secret_text,
    start_enrolment,
    verify,
)


@sensitive_post_parameters("code")
@never_cache
@login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    destination = next_of(request)
    if request.user.is_verified():
        return redirect(destination or desk_of(request))
    if not has_device(request.user):
        is_asked = asks_second_factor(request.user, scope_of(request.user))
        return redirect("people:enrol" if is_asked else "people:account")
    form = SecondFactorForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            device = verify(request.user, form.cleaned_data["code"])
        except (WrongCode, TooSoon) as refusal:
            form.add_error("code", refusal_text(refusal))
        else:
            let_in(request, device)
            return redirect(destination or desk_of(request))
    return render(request, "people/second_factor.html", {"form": form, "next": destination})


@sensitive_post_parameters("code")
@never_cache
@login_required
def enrol(request: HttpRequest) -> HttpResponse:
    """Connect an authenticator app; never open to a person who has one and has not shown its code.

    The secret is made by the first POST, so that a GET writes nothing.
    """
    user = request.user
    if not asks_second_factor(user, scope_of(user)):
        return redirect("people:account")
    if has_device(user):
        return redirect("people:account" if user.is_verified() else "people:second_factor")
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    form = EnrolForm(request.POST if "code" in request.POST else None)
    if request.method == "POST":
        at = timezone.now()
        if device is None:
            device = start_enrolment(user, at=at)
        elif form.is_valid():
            try:
                device, codes = finish_enrolment(user, form.cleaned_data["code"], at=at)
            except AlreadyEnrolled:
                return redirect("people:second_factor")
            except (WrongCode, TooSoon) as refusal:
                form.add_error("code", refusal_text(refusal))
            else:
                let_in(request, device)
                return recovery_page(request, codes)
    context = {"form": form, "next": next_of(request), "device": device}
    if device is not None:
        context |= {"qr": qr_of(device), "secret": secret_text(device)}
    return render(request, "people/enrol.html", context)


@never_cache
@require_POST
@login_required
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Replace the recovery codes of a person who has shown her second factor."""
    if not request.user.is_verified():
        return redirect("people:second_factor")
    codes = make_recovery_codes(request.user, actor=request.user, at=timezone.now())
    return recovery_page(request, codes)


def recovery_page(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """Show recovery codes, once: only their hashes are kept."""
    context = {"codes": codes, "next": next_of(request) or desk_of(request)}
    return render(request, "people/recovery_codes.html", context)


def let_in(request: HttpRequest, device) -> None:
    """Mark the session as verified, under a new session key."""
    user = request.user
    with transaction.atomic():
        otp_login(request, device)
        request.session.cycle_key()
        audit.log(
            "second_factor.verify",
            user,
            actor=user,
            at=timezone.now(),
            person=user.staff,
            device=device._meta.model_name,
        )
    if device._meta.model_name == "staticdevice":
        left = device.token_set.count()
        text = ngettext(
            "You have %(left)d recovery code left.", "You have %(left)d recovery codes left.", left
        )
        messages.warning(request, text % {"left": left})


def refusal_text(refusal: Exception) -> str:
    if isinstance(refusal, TooSoon):
        text = ngettext(
            "Please wait %(seconds)d second, then type the code shown then.",
            "Please wait %(seconds)d seconds, then type the code shown then.",
            refusal.seconds,
        )
        return text % {"seconds": refusal.seconds}
    return _("This code is not right. Look at the app again and type the code it shows now.")


def qr_of(device: TOTPDevice) -> str:
    """Draw the address of the secret as SVG, inline, so that it passes the content policy."""
    drawn = segno.make(device.config_url, error="m").svg_inline(
        scale=5, border=4, dark="#000", light="#fff", omitsize=True
    )
    return mark_safe(drawn)  # noqa: S308 (drawn by segno from our own text)
