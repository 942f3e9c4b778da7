"""A person's own account: what it holds, its password, and what the portal records."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from lms.people.accounts import accept_notice, set_password
from lms.people.desk import EVERYBODY_ROLES
from lms.people.destinations import desk_of, next_of
from lms.people.forms import ChangePasswordForm
from lms.people.middleware import asks_second_factor
from lms.people.models import User
from lms.people.models.accounts import Role
from lms.people.resets import tell_password_changed
from lms.people.scopes import ANSWERING_ROLES, FOCAL_ROLES, scope_of
from lms.people.units import names_on


@login_required
def account(request: HttpRequest) -> HttpResponse:
    scope = scope_of(request.user)
    units = names_on([unit for _role, unit in scope.assignments], scope.day)
    roles = [
        {"label": Role(role).label, "unit": units.get(unit)} for role, unit in scope.assignments
    ]
    context = {
        "account": request.user,
        "roles": roles,
        "asks_second_factor": asks_second_factor(request.user, scope),
        "looks_after": scope.has_role(*EVERYBODY_ROLES, *FOCAL_ROLES),
        "answers": scope.has_role(*ANSWERING_ROLES),
    }
    return render(request, "people/account.html", context)


@sensitive_post_parameters("old_password", "password", "password_again")
@never_cache
@login_required
def change_password(request: HttpRequest) -> HttpResponse:
    """Set a new password; the old one is asked, and other sessions end."""
    form = ChangePasswordForm(request.POST if request.method == "POST" else None)
    form.user = request.user
    if request.method == "POST" and form.is_valid():
        # Through the backends, so that guessing here is counted as guessing at sign-in is.
        user = authenticate(
            request,
            username=request.user.username,
            password=form.cleaned_data["old_password"],
        )
        if user is not None:
            _change(user, form.cleaned_data["password"])
            update_session_auth_hash(request, user)
            messages.success(request, _("Your password is changed."))
            return redirect(next_of(request) or "people:account")
        form.add_error("old_password", _("This is not your present password."))
    context = {
        "form": form,
        "next": next_of(request),
        "is_forced": request.user.must_change_password,
    }
    return render(request, "people/change_password.html", context)


@transaction.atomic
def _change(user: User, password: str) -> None:
    at = timezone.now()
    set_password(user, password, actor=user, at=at)
    tell_password_changed(user, at=at)


def notice(request: HttpRequest) -> HttpResponse:
    """Show what the portal records; a signed-in person accepts it once, before her first page."""
    if request.method == "POST":
        if not request.user.is_authenticated:
            return redirect("people:sign_in")
        accept_notice(request.user, at=timezone.now())
        return redirect(next_of(request) or desk_of(request))
    is_first = request.user.is_authenticated and request.user.informed_at is None
    return render(request, "people/notice.html", {"is_first": is_first, "next": next_of(request)})
