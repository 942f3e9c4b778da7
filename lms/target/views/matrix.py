"""``/chi-tieu/khoa-bat-buoc/``: which position group needs which course, and changing it."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lms.people.models.accounts import Role
from lms.people.scopes import scope_of
from lms.people.units import find_root
from lms.target.figures.snapshot import snapshot
from lms.target.filters import DEPARTMENT_ROLES
from lms.target.matrix import ChangedMeanwhile, NothingChanged, impact_of, plan, save, turned_by
from lms.target.matrix.forms import MatrixForm, key_of
from lms.target.matrix.grid import Grid, grid_on, history, name_edits, with_ticks
from lms.target.matrix.planning import KIND
from lms.target.reports.closing import closed_from
from lms.target.views.changing import day_shown, key_sent, take_back


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def matrix(request: HttpRequest) -> HttpResponse:
    """Show the grid of a day; a manager changes it in two steps: the impact, then saving."""
    scope = scope_of(request.user)
    if not scope.sees_people:
        raise Http404
    may_write = scope.has_role(Role.PROVINCE_MANAGER)
    if request.method == "POST":
        if not may_write:
            raise Http404
        if "hoan-tac" in request.POST:
            take_back(request, KIND)
            return redirect("target:matrix")
        return change(request)
    day, typed, error = day_shown(request)
    grid = grid_on(day)
    form = None
    if may_write:
        form = MatrixForm(offered=grid.offered, initial={"day": f"{day:%d/%m/%Y}"})
    return show_grid(request, grid, form, typed=typed, day_error=error)


def show_grid(
    request: HttpRequest,
    grid: Grid,
    form: MatrixForm | None,
    *,
    typed: str = "",
    day_error: str = "",
) -> HttpResponse:
    context = {
        "grid": grid,
        "form": form,
        "typed": typed,
        "day_error": day_error,
        "history": history(),
        "sees_setting_pages": scope_of(request.user).has_role(*DEPARTMENT_ROLES),
    }
    return render(request, "target/matrix/grid.html", context)


def change(request: HttpRequest) -> HttpResponse:
    """Show what the ticks would do; with ``luu`` save them; with ``sua`` show them again."""
    today = timezone.localdate()
    try:
        base = date.fromisoformat(request.POST.get("base", ""))
    except ValueError:
        base = today
    shown = grid_on(base)
    form = MatrixForm(request.POST, offered=shown.offered)
    is_valid = form.is_valid()
    wanted = form.cleaned_data.get("pairs", shown.ticked)
    grid = with_ticks(shown, wanted)
    if not is_valid or "sua" in request.POST:
        return show_grid(request, grid, form)
    begin, end = wanted - shown.ticked, shown.ticked - wanted
    asked = form.cleaned_data
    day = asked["day"]
    if "luu" in request.POST:
        try:
            save(
                begin,
                end,
                day,
                seen=asked["seen"],
                reason=asked["reason"],
                due_on=asked["due_on"],
                actor=request.user,
                at=timezone.now(),
            )
        except (ChangedMeanwhile, NothingChanged):
            # Below, the impact is shown anew upon what stands now.
            pass
        else:
            messages.success(request, _("The required courses are saved."))
            return redirect("target:matrix")
    with snapshot():
        planned = plan(begin, end, day)
        # A change of tomorrow is measured on the people of its day, one of yesterday on today's.
        on = max(day, today)
        root = find_root(on)
        impact = turns = None
        if root and planned.edits:
            impact = impact_of(planned, root, on)
            turns = turned_by(planned, root, on, last=key_sent(request, "sau"))
    if not planned.edits:
        form.add_error(None, _("Nothing would change: this already holds on that day."))
        return show_grid(request, grid, form)
    context = {
        "form": form,
        "keys": [key_of(pair) for pair in sorted(wanted)],
        "base": base.isoformat(),
        "day": day,
        "due_on": asked["due_on"],
        "seen": planned.seen,
        "edits": name_edits(planned.edits, grid),
        "impact": impact,
        "turns": turns,
        "is_later_page": bool(key_sent(request, "sau")),
        "closed": closed_from(day),
        "has_changed": bool(asked["seen"]) and asked["seen"] != planned.seen,
    }
    return render(request, "target/matrix/impact.html", context)
