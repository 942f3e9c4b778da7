"""``/chi-tieu/ky-bao-cao/``: the reporting periods of a year, set up, added, changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from lms.people.units import find_root
from lms.target.asking import FIRST_DAY, LAST_DAY
from lms.target.models import ReportingPeriod
from lms.target.periods.forms import PeriodForm, YearForm
from lms.target.periods.listing import periods_of
from lms.target.periods.writing import (
    NameTaken,
    PeriodInUse,
    PeriodRefused,
    PeriodsOverlap,
    add_period,
    change_period,
    is_in_use,
    remove_period,
    set_up_year,
)
from lms.target.views.changing import may_write_or_404


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def periods(request: HttpRequest) -> HttpResponse:
    """List the periods of a year; a manager sets up a year at once, or adds one period."""
    may_write = may_write_or_404(request)
    if request.method == "POST":
        return set_up(request) if "nam" in request.POST else add(request)
    return show(request, YearForm() if may_write else None, PeriodForm() if may_write else None)


def year_shown(request: HttpRequest) -> int:
    """Return the year asked for in the address; this year for what is none."""
    typed = request.GET.get("nam", "")
    year = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) == 4 else 0
    return year if FIRST_DAY.year <= year <= LAST_DAY.year else timezone.localdate().year


def show(request: HttpRequest, year_form: YearForm | None, form: PeriodForm | None) -> HttpResponse:
    year, today = year_shown(request), timezone.localdate()
    if year_form is not None and not year_form.is_bound:
        year_form.fields["nam"].initial = year
    context = {
        "year": year,
        "previous_year": year - 1 if year > FIRST_DAY.year else None,
        "next_year": year + 1 if year < LAST_DAY.year else None,
        "kinds": periods_of(year, find_root(today), today),
        "year_form": year_form,
        "form": form,
    }
    return render(request, "target/periods/page.html", context)


def address_of(year: int) -> str:
    return f"{reverse('target:periods')}?nam={year}"


def set_up(request: HttpRequest) -> HttpResponse:
    form = YearForm(request.POST)
    if form.is_valid():
        asked = form.cleaned_data
        try:
            made = set_up_year(
                asked["nam"],
                asked["kinds"],
                closing_day=asked["closing_day"],
                actor=request.user,
                at=timezone.now(),
            )
        except PeriodRefused as refusal:
            refuse(form, refusal)
        else:
            if made:
                text = ngettext(
                    "%(count)d period is added.", "%(count)d periods are added.", len(made)
                )
                messages.success(request, text % {"count": len(made)})
            else:
                messages.info(request, _("These periods are there already."))
            return redirect(address_of(asked["nam"]))
    return show(request, form, PeriodForm())


def add(request: HttpRequest) -> HttpResponse:
    form = PeriodForm(request.POST)
    if form.is_valid():
        try:
            period = add_period(**form.cleaned_data, actor=request.user, at=timezone.now())
        except PeriodRefused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("The period is added."))
            return redirect(address_of(period.last_day.year))
    return show(request, YearForm(), form)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def period(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one period that nothing rests on yet, or take it away; the manager's alone."""
    if not may_write_or_404(request):
        raise Http404
    kept = get_object_or_404(ReportingPeriod, pk=pk)
    back = address_of(kept.last_day.year)
    sent: Any = request.POST if request.method == "POST" else None
    if sent is not None and "bo" in sent:
        try:
            remove_period(kept, actor=request.user, at=timezone.now())
        except PeriodInUse:
            messages.error(request, in_use_text())
        else:
            messages.success(request, _("The period is taken away."))
        return redirect(back)
    form = PeriodForm(
        sent,
        initial={
            "name": kept.name,
            "kind": kept.kind,
            "first_day": f"{kept.first_day:%d/%m/%Y}",
            "last_day": f"{kept.last_day:%d/%m/%Y}",
        },
    )
    if form.is_bound and form.is_valid():
        try:
            change_period(kept, **form.cleaned_data, actor=request.user, at=timezone.now())
        except PeriodRefused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("The period is changed."))
            return redirect(address_of(form.cleaned_data["last_day"].year))
    context = {"period": kept, "form": form, "back": back, "is_in_use": is_in_use(kept)}
    return render(request, "target/periods/period.html", context)


def in_use_text() -> str:
    return _("This period is closed, reported or has a roster, so its days stay as they are.")


def refuse(form: forms.Form, refusal: PeriodRefused) -> None:
    """Say at its field why the period is not written."""
    if isinstance(refusal, NameTaken):
        form.add_error(
            "name" if "name" in form.fields else None, _("Another period has this name.")
        )
    elif isinstance(refusal, PeriodsOverlap):
        form.add_error(
            "first_day" if "first_day" in form.fields else None,
            _("Another period of the same kind has some of these days."),
        )
    else:
        form.add_error(None, in_use_text())
