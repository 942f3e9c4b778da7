"""What stands between a signed-in person and a page: the second factor, the notice, the admin.

The order is that of the risk: a password that somebody else chose is changed first, then the
second factor is asked of roles with other people's data and of everybody who enters the admin, then
the person is told what the portal records. Public pages that carry nobody's data but her own name
are held back too: one rule is easier to check than a list of exceptions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.middleware import OTPMiddleware

from lms.people.models import User
from lms.people.roles import groups_are_current, sync_groups
from lms.people.scopes import ADMIN_ROLES, SECOND_FACTOR_ROLES, Scope, scope_of
from lms.people.second_factor import has_device

GetResponse = Callable[[HttpRequest], HttpResponse]


def asks_second_factor(user: User, scope: Scope) -> bool:
    """Tell whether this account must show a second factor at each sign-in."""
    return user.is_superuser or scope.has_role(*SECOND_FACTOR_ROLES)


@dataclass(frozen=True)
class ShownDevice:
    """The device whose code was shown in this session; views ask only whether there is one."""

    persistent_id: str
    user_id: int


class SecondFactorMiddleware(OTPMiddleware):
    """Ask the session's device of those that came with the account, instead of the database.

    An account that was not loaded by our backend takes the way of django-otp, with a query.
    """

    def _verify_user_sync(self, request: HttpRequest, user: Any) -> Any:
        known = getattr(user, "device_ids", None)
        if known is None:
            return super()._verify_user_sync(request, user)
        self._init_user_fields(user)
        shown = request.session.get(DEVICE_ID_SESSION_KEY)
        if shown in known:
            user.otp_device = ShownDevice(shown, user.pk)
        elif shown is not None:
            del request.session[DEVICE_ID_SESSION_KEY]
        return user


class AccountGateMiddleware:
    """Lead a signed-in person through the steps that are still open, and guard the admin."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._open_paths: tuple[str, ...] = ()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._is_wagtail_login(request):
            # Wagtail's own forms ask no second factor and count no failures by our names.
            return self._send_to(reverse("people:sign_in"), reverse("wagtailadmin_home"))
        if not request.user.is_authenticated:
            return self.get_response(request)
        step = None if self._is_open(request) else self._open_step(request)
        if step is None and request.path_info.startswith(reverse("wagtailadmin_home")):
            self._guard_admin(request)
        response = self._send_to(step, request.get_full_path()) if step else None
        if response is None:
            response = self.get_response(request)
        # Nothing of a signed-in page stays in a shared machine's cache; files keep their own rule.
        if not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = "no-store, private"
        return response

    def _open_step(self, request: HttpRequest) -> str | None:
        """Return the address of the first step that is still open for this person."""
        user = request.user
        if user.must_change_password:
            return reverse("people:change_password")
        if asks_second_factor(user, scope_of(user)) and not user.is_verified():
            step = "people:second_factor" if has_device(user) else "people:enrol"
            return reverse(step)
        if user.informed_at is None:
            return reverse("people:notice")
        return None

    def _guard_admin(self, request: HttpRequest) -> None:
        """Let in today's holders of a role for the admin, with today's permissions."""
        user, scope = request.user, scope_of(request.user)
        if user.is_superuser:
            return
        if not scope.has_role(*ADMIN_ROLES):
            raise PermissionDenied
        if not groups_are_current(user, scope):
            # A role began or ended since sign-in. The membership is derived, not a record, and a
            # right that ended must be gone before this page is built.
            sync_groups(user, timezone.now())

    def _is_open(self, request: HttpRequest) -> bool:
        """Tell whether the page belongs to the steps themselves, or to leaving them."""
        if not self._open_paths:
            names = ("sign_out", "change_password", "second_factor", "enrol", "notice")
            self._open_paths = (
                *(reverse(f"people:{name}") for name in names),
                reverse("set_language"),
                reverse("healthz"),
                reverse("readyz"),
            )
        path = request.path_info
        return path in self._open_paths or path.startswith(settings.STATIC_URL)

    @staticmethod
    def _is_wagtail_login(request: HttpRequest) -> bool:
        return request.path_info in {reverse("wagtailadmin_login"), reverse("wagtailcore_login")}

    @staticmethod
    def _send_to(step: str, then: str) -> HttpResponse:
        return redirect(f"{step}?{urlencode({'next': then})}")
