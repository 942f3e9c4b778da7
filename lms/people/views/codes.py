"""One-time codes: the first sign-in from a slip or a link, and the forgotten password."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from lms.people.accounts import CodeRefused, find_code, open_with_code
from lms.people.destinations import desk_of
from lms.people.forms import ForgottenPasswordForm, OpenAccountForm, refusal_text
from lms.people.limits import is_over, too_many
from lms.people.resets import send_reset_link
from lms.people.views.sign_in import enter

WINDOW_SECONDS = 600
# An office of forty people opens its accounts in one morning, from one address.
MOST_CODES = 120
MOST_RESETS = 30


@never_cache
def forgotten_password(request: HttpRequest) -> HttpResponse:
    """Ask for a link; the answer is the same for everybody."""
    form = ForgottenPasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if is_over("reset", request, limit=MOST_RESETS, seconds=WINDOW_SECONDS):
            return too_many(request, seconds=WINDOW_SECONDS)
        send_reset_link.enqueue(form.cleaned_data["identifier"])
        return redirect("people:reset_sent")
    return render(request, "people/forgotten_password.html", {"form": form})


@never_cache
def reset_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "people/reset_sent.html")


@sensitive_post_parameters("password", "password_again", "code")
@never_cache
def open_account(request: HttpRequest, code: str = "", *, is_reset: bool = False) -> HttpResponse:
    """Set a password with a one-time code and sign in; the link itself uses nothing up."""
    at = timezone.now()
    if request.method == "POST" and is_over(
        "code", request, limit=MOST_CODES, seconds=WINDOW_SECONDS
    ):
        return too_many(request, seconds=WINDOW_SECONDS)
    if code:
        try:
            find_code(code, at=at)
        except CodeRefused as refusal:
            return code_refused(request, refusal)
    # A code from a link is not typed again: what the address says counts, whatever is posted.
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None and code:
        data["code"] = code
    form = OpenAccountForm(data, at=at)
    if data is not None and form.is_valid():
        try:
            user = open_with_code(form.cleaned_data["code"], form.cleaned_data["password"], at=at)
        except CodeRefused as refusal:
            return code_refused(request, refusal)
        enter(request, user)
        messages.success(request, _("Your password is set. You are signed in."))
        return redirect(desk_of(request))
    if code:
        del form.fields["code"]
    return render(request, "people/open_account.html", {"form": form, "is_reset": is_reset})


def code_refused(request: HttpRequest, refusal: CodeRefused) -> HttpResponse:
    """Return the plain page for a code that opens nothing."""
    return render(request, "people/code_refused.html", {"why": refusal_text(refusal)}, status=410)
