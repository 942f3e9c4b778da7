"""``/don-vi/``: find a unit by any spelling, by its code or by an old name."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lms.people.finding import LONGEST, find_units
from lms.people.models import UnitVersion
from lms.people.models.accounts import Role
from lms.people.scopes import scope_of


@login_required
@require_safe
def units(request: HttpRequest) -> HttpResponse:
    """Show what was found; without a search the units at the top of the asker's scope."""
    scope = scope_of(request.user)
    if not scope.sees_people:
        raise Http404
    typed = request.GET.get("q", "")[:LONGEST].strip()
    tops = []
    if not typed:
        tops = list(
            UnitVersion.objects.current()
            .valid_on(scope.day)
            .filter(unit__in=scope.top_unit_ids())
            .in_code_order()
        )
    context = {
        "typed": typed,
        "found": find_units(typed, scope) if typed else [],
        "tops": tops,
        "may_change": scope.has_role(Role.PROVINCE_MANAGER),
    }
    return render(request, "people/units.html", context)
