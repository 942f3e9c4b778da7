"""``/chi-tieu/hoc-lai/``: asking for a refresher of an updated course, and taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from courses.refreshing.asking import BATCH_KIND, RefresherRefused, ask_refresher, plan_refresher
from lms.target.figures.snapshot import snapshot
from lms.target.refreshers.forms import RefresherForm
from lms.target.refreshers.impact import impact_of
from lms.target.refreshers.listing import acts, newest_versions, people_concerned
from lms.target.views.changing import key_sent, may_write_or_404, take_back

# What one request writes in a few seconds; more is asked by the command.
MOST_COMPLETIONS = 5_000


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def refreshers(request: HttpRequest) -> HttpResponse:
    """Show what is asked; a manager asks in two steps: the impact, then saving."""
    may_write = may_write_or_404(request)
    if request.method == "POST":
        if "hoan-tac" in request.POST:
            take_back(request, BATCH_KIND)
            return redirect("target:refreshers")
        return ask(request)
    return show(request, may_write=may_write)


def show(
    request: HttpRequest, *, may_write: bool, form: RefresherForm | None = None
) -> HttpResponse:
    versions = newest_versions()
    if may_write and form is None:
        form = RefresherForm(versions=open_to_ask(versions))
    context = {"versions": versions, "form": form, "acts": acts()}
    return render(request, "target/refreshers/page.html", context)


def open_to_ask(versions: list) -> list:
    """Leave out the versions that ask already."""
    return [version for version in versions if version.refresher_due_on is None]


def ask(request: HttpRequest) -> HttpResponse:
    """Show whom it would ask; with ``luu`` ask; with ``sua`` show the form again."""
    at = timezone.now()
    form = RefresherForm(request.POST, versions=open_to_ask(newest_versions()))
    if not form.is_valid() or "sua" in request.POST:
        return show(request, may_write=True, form=form)
    asked = form.cleaned_data
    try:
        with snapshot():
            plan = plan_refresher(form.chosen, asked["due"], at=at)
            impact = impact_of(plan)
            concerned = people_concerned(impact.who, plan.ends_on, last=key_sent(request, "sau"))
        is_too_large = len(plan.completions) > MOST_COMPLETIONS
        if "luu" in request.POST and not is_too_large:
            ask_refresher(
                form.chosen,
                due_on=asked["due"],
                reason=asked["reason"],
                actor=request.user,
                at=at,
            )
            messages.success(
                request, _("The refresher is asked for. Learners see it in My learning.")
            )
            return redirect("target:refreshers")
    except RefresherRefused as refusal:
        form.refuse(refusal)
        return show(request, may_write=True, form=form)
    context = {
        "form": form,
        "plan": plan,
        "impact": impact,
        "turns": concerned,
        "is_later_page": bool(key_sent(request, "sau")),
        "is_too_large": is_too_large,
        "most": MOST_COMPLETIONS,
    }
    return render(request, "target/refreshers/impact.html", context)
