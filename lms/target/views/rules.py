"""``/chi-tieu/quy-tac/``: the numbers of the target on a day, and beginning a new set of them."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lms.people.models import RuleSet
from lms.people.rules import NoRules, rules_on
from lms.people.units import find_root
from lms.target.changes.series import ChangedMeanwhile, NothingChanged, measured_on
from lms.target.figures.snapshot import snapshot
from lms.target.reports.closing import closed_from
from lms.target.rulebook import planning
from lms.target.rulebook.forms import RuleForm
from lms.target.rulebook.history import acts, past_sets
from lms.target.rulebook.numbers import shown_parts
from lms.target.views.changing import day_shown, key_sent, may_write_or_404, take_back


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """Show the set of a day; a manager begins a new one in two steps: the impact, then saving."""
    may_write = may_write_or_404(request)
    if request.method == "POST":
        if "hoan-tac" in request.POST:
            take_back(request, planning.KIND, planning.take_back)
            return redirect("target:rules")
        return change(request)
    form = None
    if may_write:
        day, _typed, _error = day_shown(request)
        form = RuleForm(rules=find_rules(day), initial={"day": f"{day:%d/%m/%Y}"})
    return show(request, form)


def find_rules(day: date) -> RuleSet | None:
    try:
        return rules_on(day)
    except NoRules:
        return None


def show(request: HttpRequest, form: RuleForm | None) -> HttpResponse:
    day, typed, error = day_shown(request)
    held = find_rules(day)
    context = {
        "day": day,
        "held": held,
        "parts": shown_parts(held) if held else [],
        "form": form,
        "typed": typed,
        "day_error": error,
        "sets": past_sets(),
        "acts": acts(),
    }
    return render(request, "target/rules/page.html", context)


def change(request: HttpRequest) -> HttpResponse:
    """Show what the set would do; with ``luu`` save it; with ``sua`` show the form again."""
    today = timezone.localdate()
    form = RuleForm(request.POST)
    if not form.is_valid() or "sua" in request.POST:
        return show(request, form)
    asked = form.cleaned_data
    numbers, day = form.numbers, asked["day"]
    if "luu" in request.POST:
        try:
            planning.save(
                numbers,
                day,
                seen=asked["seen"],
                reason=asked["reason"],
                basis=asked["basis"],
                actor=request.user,
                at=timezone.now(),
            )
        except (ChangedMeanwhile, NothingChanged):
            # Below, the impact is shown anew upon what stands now.
            pass
        else:
            messages.success(request, _("The rules are saved. Figures follow within minutes."))
            return redirect("target:rules")
    with snapshot():
        planned = planning.plan(numbers, day)
        impact = turns = None
        if planned.changed:
            on = measured_on(day, planned.place.until, today)
            root = find_root(on)
            if root is not None:
                impact = planning.impact_of(planned, root, on)
                turns = planning.turned_by(planned, root, on, last=key_sent(request, "sau"))
    if not planned.changed:
        form.add_error(None, _("Nothing would change: this already holds on that day."))
        return show(request, form)
    context = {
        "form": form,
        "day": day,
        "planned": planned,
        "impact": impact,
        "turns": turns,
        "is_later_page": bool(key_sent(request, "sau")),
        "closed": closed_from(day),
        "has_changed": bool(asked["seen"]) and asked["seen"] != planned.seen,
    }
    return render(request, "target/rules/impact.html", context)
