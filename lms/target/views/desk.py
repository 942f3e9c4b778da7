"""``/ban-lam-viec/``: the department's desk, and the focal persons of all units."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from lms.people.models.accounts import Role
from lms.people.scopes import Scope, scope_of
from lms.people.text import clean
from lms.target import desk
from lms.target.filters import DEPARTMENT_ROLES
from lms.target.rosters.pages import UNITS_A_PAGE, behind, units_asked


def department_or_404(request: HttpRequest) -> Scope:
    scope = scope_of(request.user)
    if not scope.has_role(*DEPARTMENT_ROLES):
        raise Http404
    return scope


@login_required
@require_safe
def department(request: HttpRequest) -> HttpResponse:
    """Show what waits for the department, which units answered, and what is to be reported."""
    scope = department_or_404(request)
    today = timezone.localdate()
    period, key, answers = desk.lists_now(scope)
    units = desk.with_focals(units_asked(scope, today), today)
    context = {
        "waiting": desk.waiting(scope) if scope.has_role(Role.PROVINCE_MANAGER) else None,
        "spans": desk.calendar(today),
        "today": today,
        "period": period,
        "key": key,
        "answers": answers,
        "vacancies": units.filter(has_focal=False).count(),
        "may_write": scope.has_role(Role.PROVINCE_MANAGER),
    }
    return render(request, "target/desk/desk.html", context)


@login_required
@require_safe
def focals(request: HttpRequest) -> HttpResponse:
    """List the units in which somebody supports victims with those who answer for them."""
    scope = department_or_404(request)
    today = timezone.localdate()
    units = desk.with_focals(units_asked(scope, today), today)
    only_vacant = request.GET.get("trong") == "1"
    found = (units.filter(has_focal=False) if only_vacant else units).in_code_order()
    after = clean(request.GET.get("sau", ""))
    if after and (last := units.filter(code=after[:20]).first()):
        found = behind(found, last)
    shown = list(found[: UNITS_A_PAGE + 1])
    has_more, shown = len(shown) > UNITS_A_PAGE, shown[:UNITS_A_PAGE]
    query = {"trong": "1"} if only_vacant else {}
    context = {
        "lines": desk.focal_lines(shown, today),
        "only_vacant": only_vacant,
        "may_write": scope.has_role(Role.PROVINCE_MANAGER),
        "vacancies": units.filter(has_focal=False).count(),
        "next_url": f"?{urlencode(query | {'sau': shown[-1].code})}" if has_more else "",
        "first_url": (f"?{urlencode(query)}" if query else request.path) if after else "",
    }
    return render(request, "target/desk/focals.html", context)
