"""``/chi-tieu/``: the targets and how far each is; setting up, changing, giving up, taking back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.people.keys import MOST_DIGITS, read_key
from lms.people.models import Batch, PositionGroup
from lms.people.models.accounts import Role
from lms.people.scopes import Scope, scope_of
from lms.target.asking import WrongDay, known_for, read_day
from lms.target.figures import snapshot
from lms.target.goals import (
    KIND,
    Draft,
    EndOutside,
    TargetChanged,
    TargetGone,
    TargetRefused,
    change,
    give_up,
    milestones_by_target,
    print_of,
    set_up,
)
from lms.target.goals.drafts import check
from lms.target.goals.figures import figure_of_draft
from lms.target.goals.forms import EndForm, TargetForm, initial_of
from lms.target.goals.history import TERMS, Words, history
from lms.target.goals.pages import build_list, build_page, line_of, owners_on
from lms.target.goals.places import Places
from lms.target.models import TargetTerms, TrainingTarget
from lms.target.views.changing import day_shown, undo_and_say
from lms.target.views.progress import scope_or_404


def manager_or_404(request: HttpRequest) -> Scope:
    """Return the scope of who may write targets; for anybody else there is no such page."""
    scope = scope_of(request.user)
    if not scope.has_role(Role.PROVINCE_MANAGER):
        raise Http404
    return scope


def terms_or_404(scope: Scope, target_id: int) -> TargetTerms:
    """Return what a target says now, if the asker may read it."""
    # A longer number is no key, and one database cannot even compare it.
    if len(str(target_id)) > MOST_DIGITS:
        raise Http404
    rows = TargetTerms.objects.current().visible_to(scope).select_related("target", "unit", "owner")
    return get_object_or_404(rows, target=target_id)


@login_required
@require_GET
def targets(request: HttpRequest) -> HttpResponse:
    """Show the targets with their figures on a day, and several of them as one figure."""
    scope = scope_or_404(request)
    day, typed, error = day_shown(request)
    chosen = {key for text in request.GET.getlist("gop") if (key := read_key(text)) is not None}
    after = request.GET.get("sau", "")[:40]
    groups = list(PositionGroup.objects.all())
    with snapshot():
        page = build_list(scope, day, groups=groups, after=after, chosen=chosen)
    address = reverse("target:targets")
    shown = {"ngay": f"{day:%d/%m/%Y}"}
    behind = f"{address}?{urlencode(shown | {'sau': page.next_key})}"
    context = {
        "page": page,
        "typed": typed,
        "day_error": error,
        "may_write": scope.has_role(Role.PROVINCE_MANAGER),
        "next_url": behind if page.next_key else "",
        "first_url": f"{address}?{urlencode(shown)}" if after else "",
    }
    return render(request, "target/goals/list.html", context)


@login_required
@require_GET
def target(request: HttpRequest, target_id: int) -> HttpResponse:
    """Show one target, as of a day and, with ``biet``, as known at the end of another."""
    scope = scope_or_404(request)
    terms = terms_or_404(scope, target_id)
    day, typed, error = day_shown(request)
    known, known_error = None, ""
    if typed_known := request.GET.get("biet", ""):
        try:
            known = known_for(day, read_day(typed_known), today=scope.day)
        except WrongDay as refusal:
            known_error = str(refusal)
    if known is not None:
        then = TargetTerms.objects.known_on(known).filter(target=target_id)
        terms = then.visible_to(scope).select_related("target").order_by("-pk").first()
    groups = list(PositionGroup.objects.all())
    page = None
    if terms is not None:
        with snapshot():
            page = build_page(terms, scope, day, known, groups=groups)
    context = {
        "target_id": target_id,
        "page": page,
        "known": known,
        "typed": typed,
        "day_error": error,
        "typed_known": typed_known,
        "known_error": known_error,
        "may_write": scope.has_role(Role.PROVINCE_MANAGER) and known is None,
        "history": history(TrainingTarget(pk=target_id), groups),
    }
    return render(request, "target/goals/target.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def target_new(request: HttpRequest) -> HttpResponse:
    """Set up a target in two steps: what it would say and how far it would be, then saving."""
    manager_or_404(request)
    return edit(request, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def target_change(request: HttpRequest, target_id: int) -> HttpResponse:
    """Change a target in the same two steps."""
    terms = terms_or_404(manager_or_404(request), target_id)
    if terms.is_given_up:
        messages.warning(
            request, _("This target was given up. Take that back before you change it.")
        )
        return redirect("target:target", target_id)
    return edit(request, terms)


def edit(request: HttpRequest, terms: TargetTerms | None) -> HttpResponse:
    groups, today = list(PositionGroup.objects.all()), timezone.localdate()
    fields: dict[str, Any] = {
        "groups": groups,
        "owners": owners_on(today, also=terms.owner_id if terms else None),
        "is_change": terms is not None,
    }
    if request.method != "POST":
        initial = {}
        if terms is not None:
            milestones = milestones_by_target([terms.target_id])[terms.target_id]
            code = Places.read([terms]).code_of_unit(terms.unit_id, terms.first_day)
            initial = initial_of(terms, milestones, code=code, groups=groups)
        return show_form(request, TargetForm(initial=initial, **fields), terms)
    form = TargetForm(request.POST, **fields)
    if not form.is_valid() or "sua" in request.POST:
        return show_form(request, form, terms)
    draft = form.draft()
    try:
        check(draft, target=terms.target if terms else None)
        if "luu" in request.POST:
            return save(request, form, draft, terms)
    except TargetChanged:
        # Below, the preview is shown anew upon what stands now.
        terms = terms_or_404(scope_of(request.user), terms.target_id)
    except TargetGone as error:
        raise Http404 from error
    except TargetRefused as refusal:
        form.refuse(refusal)
        return show_form(request, form, terms)
    return preview(request, form, draft, terms)


def save(
    request: HttpRequest, form: TargetForm, draft: Draft, terms: TargetTerms | None
) -> HttpResponse:
    at = timezone.now()
    if terms is None:
        target = set_up(draft, actor=request.user, at=at)
        messages.success(request, _("The target is set up."))
        return redirect("target:target", target.pk)
    change(
        terms.target,
        draft,
        seen=request.POST.get("seen", "")[:64],
        reason=form.cleaned_data["reason"],
        actor=request.user,
        at=at,
    )
    messages.success(request, _("The target is changed."))
    return redirect("target:target", terms.target_id)


def show_form(request: HttpRequest, form: TargetForm, terms: TargetTerms | None) -> HttpResponse:
    return render(request, "target/goals/form.html", {"form": form, "terms": terms})


def preview(
    request: HttpRequest, form: TargetForm, draft: Draft, terms: TargetTerms | None
) -> HttpResponse:
    """Show what would be said and how far the target would be today; nothing is written."""
    scope = scope_of(request.user)
    milestones = milestones_by_target([terms.target_id])[terms.target_id] if terms else []
    with snapshot():
        figure = figure_of_draft(draft, scope.day)
        places = Places.read_units([figure.terms, *([terms] if terms else [])])
    words = Words(places, form.groups)
    changes = []
    if terms is not None:
        changes = words.changes(terms, figure.terms) + words.milestones(
            milestones, draft.milestones
        )
        if not changes:
            form.add_error(None, _("Nothing would change: the target says this already."))
            return show_form(request, form, terms)
    seen = print_of(terms, milestones) if terms else ""
    sent = request.POST.get("seen", "")
    context = {
        "form": form,
        "terms": terms,
        "draft": draft,
        "line": line_of(figure, words, scope),
        "said": words.said(figure.terms).values(),
        "changes": changes,
        "seen": seen,
        "has_changed": bool(terms and sent and sent != seen),
    }
    return render(request, "target/goals/preview.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def target_end(request: HttpRequest, target_id: int) -> HttpResponse:
    """Give a target up from a day on; its history and figures stay."""
    terms = terms_or_404(manager_or_404(request), target_id)
    milestones = milestones_by_target([target_id])[target_id]
    seen = print_of(terms, milestones)
    form = EndForm(request.POST or None, initial={"seen": seen})
    if request.method == "POST" and form.is_valid():
        try:
            give_up(
                terms.target,
                form.cleaned_data["last_day"],
                seen=form.cleaned_data["seen"],
                reason=form.cleaned_data["reason"],
                actor=request.user,
                at=timezone.now(),
            )
        except EndOutside:
            text = _("Choose a day from %(first)s on and before %(last)s.")
            words = {"first": f"{terms.first_day:%d/%m/%Y}", "last": f"{terms.ends_on:%d/%m/%Y}"}
            form.add_error("last_day", text % words)
        except TargetChanged:
            form.add_error(None, _("Somebody changed the target meanwhile. Please look again."))
            form.data = form.data.copy()
            form.data["seen"] = seen
        else:
            messages.success(request, _("The target is given up."))
            return redirect("target:target", target_id)
    return render(request, "target/goals/end.html", {"form": form, "terms": terms})


@login_required
@require_POST
def target_undo(request: HttpRequest, target_id: int) -> HttpResponse:
    """Take back one act upon a target."""
    terms = terms_or_404(manager_or_404(request), target_id)
    key = read_key(request.POST.get("dot", ""))
    own = Batch.objects.filter(
        kind=KIND, facts__model=TERMS, facts__logical_id=terms.logical_id
    ).distinct()
    batch = get_object_or_404(own, pk=key)
    undo_and_say(request, batch)
    if not TargetTerms.objects.current().filter(target=target_id).exists():
        return redirect("target:targets")
    return redirect("target:target", target_id)
