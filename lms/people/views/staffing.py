"""The acts of the staff desk upon one person: look at what will change, then write it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lms.people.days import last_day
from lms.people.finding import versions_of
from lms.people.models import Leave, PersonMerge, StaffMember
from lms.people.scopes import Scope, scope_of
from lms.people.staffing.access import manages, may_act, people_managed
from lms.people.staffing.acts import ACTS, ADD, REFUSALS, Act, NotAllowed, Plan, words_of
from lms.people.staffing.corrections import (
    plan_correct,
    plan_take_back,
    plan_unmerge,
    standing_fact,
)
from lms.people.staffing.duplicates import merge_of
from lms.people.staffing.forms import (
    ActForm,
    CorrectLeaveForm,
    CorrectPostingForm,
    TakeBackForm,
    unit_text,
)
from lms.people.staffing.history import lines_of


def person_or_404(request: HttpRequest, person_id: int) -> tuple[Scope, StaffMember]:
    """Return the asker's scope and the person, on whom she has to be allowed to act."""
    scope = scope_of(request.user)
    return scope, get_object_or_404(people_managed(scope), pk=person_id)


def seen_or_plan(request: HttpRequest, form: ActForm, make_plan: Any) -> tuple[Plan | None, Any]:
    """Return what to show, and what was written (``None`` = not yet).

    The write runs when the request hands back the digest of this very plan.
    """
    try:
        plan = make_plan()
        if request.POST.get("seen") != plan.digest:
            return plan, None
        return plan, plan.write(actor=request.user, at=timezone.now()) or True
    except (*REFUSALS, NotAllowed) as refusal:
        name, text = words_of(refusal)
        form.add_error(name if name in form.fields else None, text)
        return None, None


def show_act(request: HttpRequest, act: Act, form: ActForm, plan: Plan | None, **more: Any):
    context = {"act": act, "form": form, "plan": plan, "person": None} | more
    return render(request, "people/staff_act.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Add a person with her first duty; records that may be hers are shown before."""
    scope = scope_of(request.user)
    if not may_act(scope):
        raise Http404
    is_post = request.method == "POST"
    initial = {"unit": own_unit_text(scope)}
    form = ADD.form(request.POST if is_post else None, scope=scope, person=None, initial=initial)
    plan = None
    if is_post and form.is_valid():
        plan, made = seen_or_plan(request, form, lambda: ADD.plan(None, form.cleaned_data, scope))
        if made is not None:
            messages.success(request, _("The person is added."))
            return redirect("people:staff_duties", made.pk)
    return show_act(request, ADD, form, plan)


def own_unit_text(scope: Scope) -> str:
    """Return the unit of a focal person who has one; one query."""
    tops = scope.top_unit_ids()
    if len(tops) != 1:
        return ""
    unit = versions_of(list(tops), scope.day).get(tops[0])
    return unit_text(unit) if unit else ""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, person_id: int, kind: str) -> HttpResponse:
    """Show the form of one act, then what it will change, then do it."""
    scope, person = person_or_404(request, person_id)
    which = ACTS[kind]
    is_post = request.method == "POST"
    options: dict[str, Any] = {"scope": scope, "person": person}
    if not is_post and (initial := which.initial(person, scope.day)):
        options["initial"] = initial
    form = which.form(request.POST if is_post else None, **options)
    plan = None
    if is_post and form.is_valid():
        plan, made = seen_or_plan(
            request, form, lambda: which.plan(person, form.cleaned_data, scope)
        )
        if made is not None:
            messages.success(request, _("Saved."))
            return after_act(scope, person)
    return show_act(request, which, form, plan, person=person)


def after_act(scope: Scope, person: StaffMember) -> HttpResponse:
    """Go to the person's duties, or to the list when she has left the asker's units."""
    if manages(scope, person):
        return redirect("people:staff_duties", person.pk)
    return redirect("target:staff")


@login_required
@require_safe
def duties(request: HttpRequest, person_id: int) -> HttpResponse:
    """List duties and leaves of a person with all their versions, and the acts."""
    scope, person = person_or_404(request, person_id)
    postings, leaves = lines_of(person, scope.day)
    merges = PersonMerge.objects.current().filter(survivor=person)
    context = {
        "person": person,
        "postings": postings,
        "leaves": leaves,
        "merge": merge_of(person),
        "has_primary": any(line.state == "now" and line.fact.is_primary for line in postings),
        "has_duty": any(line.state in ("now", "todo") for line in postings),
        "duplicates": merges.select_related("duplicate").order_by("pk"),
    }
    return render(request, "people/staff_duties.html", context)


def manages_both(scope: Scope, merge: PersonMerge) -> bool:
    """Tell whether the asker looks after both records of a merge; one query."""
    pair = (merge.duplicate_id, merge.survivor_id)
    return people_managed(scope).filter(pk__in=pair).count() == len(pair)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def fact(request: HttpRequest, person_id: int, logical_id: UUID, way: str) -> HttpResponse:
    """Put a standing duty or leave right (``way`` "correct"), or take it, or a merge, back."""
    scope, person = person_or_404(request, person_id)
    found = standing_fact(person, logical_id)
    if found is None:
        raise Http404
    is_leave = isinstance(found, Leave)
    options: dict[str, Any] = {"scope": scope, "person": person}
    if isinstance(found, PersonMerge):
        if way != "take_back" or not manages_both(scope, found):
            raise Http404
        form_class, make_plan, title = TakeBackForm, plan_unmerge, _("Take the merge back")
        lead = _("For two records that are two people after all. Both count for themselves again.")
    elif way == "take_back":
        form_class, make_plan = TakeBackForm, plan_take_back
        title = _("Take back a leave") if is_leave else _("Take back a duty")
        lead = _("For what was entered by mistake and never was. The history keeps it.")
    else:
        form_class = CorrectLeaveForm if is_leave else CorrectPostingForm
        make_plan = plan_correct
        title = _("Correct a leave") if is_leave else _("Correct a duty")
        lead = _("Write it as it really was. What was entered before stays in the history.")
        last = last_day(found.valid_to)
        if is_leave:
            options["initial"] = CorrectLeaveForm.initial_of(found, last)
        else:
            unit = versions_of([found.unit_id], found.valid_from).get(found.unit_id)
            options["initial"] = CorrectPostingForm.initial_of(found, unit, last)
    is_post = request.method == "POST"
    form = form_class(request.POST if is_post else None, **options)
    plan = None
    if is_post and form.is_valid():
        plan, made = seen_or_plan(request, form, lambda: make_plan(found, form.cleaned_data))
        if made is not None:
            messages.success(request, _("Saved."))
            return after_act(scope, person)
    words = {"title": title, "lead": lead, "submit": title}
    return show_act(request, words, form, plan, person=person)
