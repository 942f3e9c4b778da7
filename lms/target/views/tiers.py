"""``/chi-tieu/nhom-vi-tri/``: which position groups count in the target, and changing it."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lms.people.units import find_root
from lms.target.changes.series import ChangedMeanwhile, NothingChanged, measured_on
from lms.target.figures.snapshot import snapshot
from lms.target.reports.closing import closed_from
from lms.target.tiers.forms import TierForm
from lms.target.tiers.listing import TierList, acts, name_edits, tiers_of
from lms.target.tiers.planning import KIND, impact_of, plan, save, turned_by
from lms.target.views.changing import day_shown, key_sent, may_write_or_404, take_back


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tiers(request: HttpRequest) -> HttpResponse:
    """Show the tiers of a day; a manager changes them in two steps: the impact, then saving."""
    may_write = may_write_or_404(request)
    if request.method == "POST":
        if "hoan-tac" in request.POST:
            take_back(request, KIND)
            return redirect("target:tiers")
        return change(request)
    day, typed, error = day_shown(request)
    shown = tiers_of(day)
    form = TierForm(tiers=shown, initial={"day": f"{day:%d/%m/%Y}"}) if may_write else None
    return show(request, shown, form, typed=typed, day_error=error)


def show(
    request: HttpRequest,
    shown: TierList,
    form: TierForm | None,
    *,
    typed: str = "",
    day_error: str = "",
) -> HttpResponse:
    context = {
        "tiers": shown,
        "form": form,
        "typed": typed or f"{shown.day:%d/%m/%Y}",
        "day_error": day_error,
        "acts": acts(),
    }
    return render(request, "target/tiers/page.html", context)


def change(request: HttpRequest) -> HttpResponse:
    """Show what the choice would do; with ``luu`` save it; with ``sua`` show it again."""
    today = timezone.localdate()
    try:
        base = date.fromisoformat(request.POST.get("base", ""))
    except ValueError:
        base = today
    shown = tiers_of(base)
    form = TierForm(request.POST, tiers=shown)
    if not form.is_valid() or "sua" in request.POST:
        return show(request, shown, form)
    asked = form.cleaned_data
    wanted, day = form.changed, asked["day"]
    if "luu" in request.POST:
        try:
            save(
                wanted,
                day,
                seen=asked["seen"],
                reason=asked["reason"],
                actor=request.user,
                at=timezone.now(),
            )
        except (ChangedMeanwhile, NothingChanged):
            # Below, the impact is shown anew upon what stands now.
            pass
        else:
            messages.success(request, _("The tiers are saved. Figures follow within minutes."))
            return redirect("target:tiers")
    with snapshot():
        planned = plan(wanted, day)
        impact = turns = None
        if planned.edits:
            on = measured_on(day, planned.until, today)
            root = find_root(on)
            if root is not None:
                impact = impact_of(planned, root, on)
                turns = turned_by(planned, root, on, last=key_sent(request, "sau"))
    if not planned.edits:
        form.add_error(None, _("Nothing would change: this already holds on that day."))
        return show(request, shown, form)
    context = {
        "form": form,
        "day": day,
        "planned": planned,
        "edits": name_edits(planned.edits, shown),
        "impact": impact,
        "turns": turns,
        "is_later_page": bool(key_sent(request, "sau")),
        "closed": closed_from(day),
        "has_changed": bool(asked["seen"]) and asked["seen"] != planned.seen,
    }
    return render(request, "target/tiers/impact.html", context)
