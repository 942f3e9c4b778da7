"""``/chi-tieu/so-lieu-truoc/``: figures of past days as they were reported before the portal."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from lms.people.facts import FactWithdrawn
from lms.people.keys import find_row
from lms.people.models import UnitVersion
from lms.people.models.accounts import Role
from lms.people.scopes import Scope, scope_of
from lms.target.baselines import AlreadyReported, correct, enter, take_back
from lms.target.baselines.forms import CorrectForm, EnterForm, TakeBackForm, filled_with
from lms.target.figures.counts import cut_rate
from lms.target.models import BaselineFigure

PAGE_SIZE = 50


def scope_or_404(request: HttpRequest, *roles: str) -> Scope:
    scope = scope_of(request.user)
    if not scope.has_role(*roles):
        raise Http404
    return scope


def lines_of(figures: list[BaselineFigure]) -> list[dict]:
    """Return each figure with its unit as it was on the figure's day, and its rate; one query."""
    versions = UnitVersion.objects.current().filter(
        unit__in={figure.unit_id for figure in figures}, valid_from__lt=F("valid_to")
    )
    named = {
        (version.unit_id, figure.pk): version
        for version in versions.order_by("valid_from")
        for figure in figures
        if version.unit_id == figure.unit_id and version.valid_from <= figure.day
    }
    return [
        {
            "figure": figure,
            "unit": named.get((figure.unit_id, figure.pk)),
            "rate": cut_rate(figure.trained, figure.counted),
        }
        for figure in figures
    ]


@login_required
@require_safe
def baselines(request: HttpRequest) -> HttpResponse:
    """List the figures that stand, the newest day first."""
    scope = scope_or_404(request, Role.PROVINCE_MANAGER, Role.PROVINCE_LEADER)
    found = BaselineFigure.objects.current()
    behind = request.GET.get("sau", "")
    last = find_row(found, behind)
    if last is not None:
        found = found.filter(day__lt=last.day) | found.filter(day=last.day, pk__gt=last.pk)
    shown = list(found.order_by("-day", "pk")[: PAGE_SIZE + 1])
    has_more, shown = len(shown) > PAGE_SIZE, shown[:PAGE_SIZE]
    context = {
        "lines": lines_of(shown),
        "may_write": scope.has_role(Role.PROVINCE_MANAGER),
        "next_url": f"?sau={shown[-1].pk}" if has_more else "",
        "first_url": request.path if last else "",
    }
    return render(request, "target/baselines/list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def baselines_new(request: HttpRequest) -> HttpResponse:
    """Enter the figures of a document: first they are shown with the units found, then written."""
    scope = scope_or_404(request, Role.PROVINCE_MANAGER)
    form = EnterForm(request.POST if request.method == "POST" else None, today=scope.day)
    seen = ""
    if form.is_bound and form.is_valid():
        seen = form.digest()
        if request.POST.get("seen") == seen and write(request, form):
            return redirect("target:baselines")
        if form.errors:
            seen = ""
    return render(request, "target/baselines/new.html", {"form": form, "seen": seen})


def write(request: HttpRequest, form: EnterForm) -> bool:
    """Write what was seen; ``False`` says beside the field why nothing was written."""
    try:
        written = enter(form.entries, form.source(), actor=request.user, at=timezone.now())
    except AlreadyReported as taken:
        names = [name for name, entry, _rate in form.shown if entry.unit.pk in taken.units]
        form.add_error(
            "lines",
            _("A figure of this day stands already, correct it in the list: %(names)s.")
            % {"names": ", ".join(names)},
        )
        return False
    messages.success(
        request,
        ngettext("%(count)d figure is kept.", "%(count)d figures are kept.", len(written))
        % {"count": len(written)},
    )
    return True


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def baseline(request: HttpRequest, logical_id: UUID) -> HttpResponse:
    """Show one figure with everything that was ever entered of it; correct it, or take it back."""
    scope = scope_or_404(request, Role.PROVINCE_MANAGER, Role.PROVINCE_LEADER)
    versions = list(
        BaselineFigure.objects.filter(logical_id=logical_id)
        .select_related("recorded_by__staff", "withdrawn_by__staff")
        .order_by("-pk")
    )
    if not versions:
        raise Http404
    standing = versions[0] if versions[0].stands else None
    may_write = scope.has_role(Role.PROVINCE_MANAGER) and standing is not None
    form = back_form = None
    if may_write:
        form = CorrectForm(today=scope.day, initial=filled_with(standing))
        back_form = TakeBackForm(prefix="back")
    if request.method == "POST":
        if not may_write:
            raise Http404
        if request.POST.get("act") == "take_back":
            back_form = TakeBackForm(request.POST, prefix="back")
            is_done = back_form.is_valid() and change(request, standing, back_form)
        else:
            form = CorrectForm(request.POST, today=scope.day)
            is_done = form.is_valid() and change(request, standing, form)
        if is_done:
            return redirect("target:baseline", logical_id)
    context = {
        "line": lines_of(versions[:1])[0],
        "versions": versions,
        "form": form,
        "back_form": back_form,
    }
    return render(request, "target/baselines/one.html", context)


def change(
    request: HttpRequest, standing: BaselineFigure, form: CorrectForm | TakeBackForm
) -> bool:
    """Write the correction or the withdrawal; always leads back to the page."""
    write = {"actor": request.user, "at": timezone.now()}
    try:
        if isinstance(form, CorrectForm):
            correct(standing, **form.cleaned_data, **write)
            messages.success(request, _("Corrected. What was entered before stays below."))
        else:
            take_back(standing, reason=form.cleaned_data["reason"], **write)
            messages.success(request, _("The figure is taken back."))
    except FactWithdrawn:
        messages.warning(request, _("Somebody changed it meanwhile. Please look again."))
    return True
