"""Signing in and out. The same words and the same work for known and unknown accounts."""

from __future__ import annotations

from axes.conf import settings as axes_settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from lms.people import audit
from lms.people.backends import find_username
from lms.people.destinations import desk_of, next_of
from lms.people.forms import SignInForm
from lms.people.roles import sync_groups


@sensitive_post_parameters("password")
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    destination = next_of(request)
    if request.method != "POST" and request.user.is_authenticated:
        return redirect(destination or desk_of(request))
    form = SignInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        user = authenticate(
            request,
            username=find_username(form.cleaned_data["identifier"]),
            password=form.cleaned_data["password"],
        )
        if user is not None:
            enter(request, user)
            return redirect(destination or desk_of(request))
        form.add_error("password", refusal(request))
    return render(request, "people/sign_in.html", {"form": form, "next": destination})


def enter(request: HttpRequest, user) -> None:
    """Sign ``user`` in with a new session key and today's memberships; write it into the audit."""
    at = timezone.now()
    with transaction.atomic():
        login(request, user, backend="lms.people.backends.StaffBackend")
        sync_groups(user, at)
        audit.log("account.sign_in", user, actor=user, at=at, person=user.staff)


def refusal(request: HttpRequest) -> str:
    """Return why sign-in failed: never whether there is such an account."""
    failures = getattr(request, "axes_failures_since_start", None) or 0
    left = max(0, axes_settings.AXES_FAILURE_LIMIT - failures)
    wrong = _("The account or the password is not right.")
    tries = ngettext("You have %(left)d try left.", "You have %(left)d tries left.", left)
    return f"{wrong} {tries % {'left': left}}"


def locked_out(request: HttpRequest, *args, **kwargs) -> HttpResponse:
    """Say that this account is closed for a while from here; called by django-axes."""
    seconds = int(axes_settings.AXES_COOLOFF_TIME.total_seconds())
    response = render(
        request, "people/locked_out.html", {"wait_minutes": seconds // 60}, status=429
    )
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "no-store"
    return response


@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session by POST; an address typed by hand ends nothing."""
    if request.method == "POST" and request.user.is_authenticated:
        with transaction.atomic():
            user = request.user
            audit.log("account.sign_out", user, actor=user, at=timezone.now(), person=user.staff)
            logout(request)
        messages.success(request, _("You have signed out."))
    response = redirect("/")
    # The back button of a shared machine must find nothing.
    response["Clear-Site-Data"] = '"cache"'
    return response
