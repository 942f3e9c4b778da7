"""``/don-vi/<id>/``: one unit, its history, its people and its rate as of a day."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from lms.people.finding import visible_unit_ids
from lms.people.keys import find_row
from lms.people.models import Posting, StaffMember, Unit, UnitVersion
from lms.people.reorganising.history import UnitHistory, history_of
from lms.people.scopes import Scope, scope_of
from lms.people.units import UNPLACED_KEY
from lms.target.asking import WrongDay, read_day
from lms.target.figures import figures, snapshot
from lms.target.goals import Led, find_target
from lms.target.small_units import least_shown

PAGE_SIZE = 50


@login_required
@require_safe
def unit(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Show the unit as it was on the day asked for, or as it was last; outside scope is 404."""
    scope = scope_of(request.user)
    found = get_object_or_404(Unit, pk=unit_id)
    visible = visible_unit_ids(scope)
    if visible is not None and unit_id not in visible:
        raise Http404
    typed = request.GET.get("ngay", "").strip()
    day, error = scope.day, ""
    if typed:
        try:
            day = read_day(typed)
        except WrongDay as wrong:
            error = str(wrong)
    with snapshot():
        history = history_of(unit_id)
        version, is_valid = version_on(history, day)
        if version is None:
            raise Http404
        context = {
            "unit": version,
            "is_valid": is_valid,
            "is_waiting": found.own_key == UNPLACED_KEY,
            "history": history,
            "day": day,
            "typed": typed or f"{day:%d/%m/%Y}",
            "error": error,
            "sees_all": visible is None,
            "visible": visible or (),
            "children": children_of(unit_id, day, visible),
        }
        # Of a former unit the figures are the province's only (``docs/decisions.md`` 13).
        sees_figures = visible is None or version_on(history, scope.day)[1]
        if is_valid and sees_figures and not error:
            context |= rate_of(version, day, scope)
            context |= people_of(request, unit_id, day, scope)
    return render(request, "target/unit.html", context)


def version_on(history: UnitHistory, day: date) -> tuple[UnitVersion | None, bool]:
    """Return the version of ``day`` and True, else the nearest one and False."""
    nearest = None
    for period in history.periods:
        version = period.version
        if version.valid_from <= day < version.valid_to:
            return version, True
        if nearest is None or version.valid_from <= day:
            nearest = version
    return nearest, False


def rate_of(version: UnitVersion, day: date, scope: Scope) -> dict:
    """Return the counts of the day, read by the figure that leads the unit's target.

    A small unit shows no rate outside the department.
    """
    total = figures(version, day).total
    leading = find_target(day, version)
    led = Led(total, leading is not None and leading.terms.leads_in_year)
    is_small = total.denominator < least_shown(scope)
    return {
        "total": total,
        "led": led,
        "level": leading.terms.level_percent if leading else None,
        "rate": None if is_small else led.rate,
        "is_small": is_small,
    }


def children_of(unit_id: int, day: date, visible: set[int] | None) -> list[UnitVersion]:
    children = UnitVersion.objects.current().valid_on(day).filter(parent=unit_id).in_code_order()
    return [each for each in children if visible is None or each.unit_id in visible]


def people_of(request: HttpRequest, unit_id: int, day: date, scope: Scope) -> dict:
    """Return a page of those posted to the unit itself on the day, by name."""
    here = Posting.objects.current().valid_on(day).filter(unit=unit_id)
    people = StaffMember.objects.filter(pk__in=here.values("person_id"), erased_at=None)
    last = find_row(people, request.GET.get("sau", ""))
    page = people.after(last) if last else people
    shown = list(page.in_name_order()[: PAGE_SIZE + 1])
    has_more, shown = len(shown) > PAGE_SIZE, shown[:PAGE_SIZE]
    postings = {
        posting.person_id: posting
        for posting in here.filter(person__in=shown)
        .select_related("group")
        .order_by("is_primary", "pk")
    }
    seen = set(
        StaffMember.objects.visible_to(scope)
        .filter(pk__in=[person.pk for person in shown])
        .values_list("pk", flat=True)
    )
    address = reverse("target:unit", args=[unit_id])
    query = f"?ngay={day:%d/%m/%Y}"
    return {
        "people": [
            {"person": each, "posting": postings[each.pk], "is_visible": each.pk in seen}
            for each in shown
        ],
        "has_people_list": True,
        "next_url": f"{address}{query}&sau={shown[-1].pk}#can-bo" if has_more else "",
        "first_url": f"{address}{query}#can-bo" if last else "",
    }
