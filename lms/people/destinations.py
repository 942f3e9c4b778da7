"""Where a person goes after signing in: where she was going, if that is here, else to her desk."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from lms.people.scopes import ADMIN_ROLES, scope_of


def next_of(request: HttpRequest) -> str:
    """Return the address asked for by ``next``, or "" if there is none on this host."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    # A bare word would be taken for the name of a view by ``redirect``.
    return address if is_ours and address.startswith("/") else ""


def desk_of(request: HttpRequest) -> str:
    """Return the first page of the signed-in person's work."""
    scope = scope_of(request.user)
    if scope.sees_people:
        return "/tien-do/"
    if scope.is_learner:
        return "/viec-hoc/"
    return "/admin/" if scope.has_role(*ADMIN_ROLES) else "/"
