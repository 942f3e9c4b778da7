"""Acts upon a selection of the list, and the batches they leave: look at one, take it back."""

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
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from lms.people.batches import NAMES, BatchUndone, DependedOn, undo, what_depends
from lms.people.facts import FactWithdrawn
from lms.people.keys import read_key
from lms.people.models import Batch, StaffImport, StaffMember
from lms.people.scopes import Scope, scope_of
from lms.people.staff import PrimaryOverlap, UnitNotValid
from lms.people.staffing.access import may_act, may_undo, people_managed
from lms.people.staffing.bulk import (
    BULK_ACTS,
    MOST,
    NobodyLeft,
    PlanChanged,
    SomeRefused,
    apply_bulk,
    plan_bulk,
)
from lms.people.staffing.listing import matching, read_filters

PAGE_SIZE = 50
# What the desk does to many at once; other kinds have pages of their own, which know more of them.
DESK_KINDS = (*BULK_ACTS, "take_back", "import")


def scope_or_404(request: HttpRequest) -> Scope:
    scope = scope_of(request.user)
    if not may_act(scope):
        raise Http404
    return scope


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: HttpRequest) -> HttpResponse:
    """Take a selection and an act, show what happens to each, then do it.

    The selection travels with the form, so that what was looked at is what is done.
    """
    scope = scope_or_404(request)
    if request.method != "POST":
        return redirect("target:staff")
    kind = request.POST.get("act", "")
    if kind not in BULK_ACTS:
        raise Http404
    is_first = "ids" not in request.POST
    ids = chosen(request, scope) if is_first else read_ids(request.POST["ids"].split(","))
    if not ids or len(ids) > MOST:
        messages.error(request, wrong_number(len(ids)))
        return redirect(back_to_list(request, scope))
    act = BULK_ACTS[kind]
    form = act.form(None if is_first else request.POST, scope=scope, person=None)
    plan = None
    if not is_first and form.is_valid():
        if seen := request.POST.get("seen"):
            batch = write(request, form, kind, ids, scope, seen)
            if batch is not None:
                return redirect("people:batch", batch.pk)
        if not form.errors:
            plan = plan_bulk(kind, ids, form.cleaned_data, scope)
    context = {
        "act": act,
        "kind": kind,
        "form": form,
        "plan": plan,
        "ids": ",".join(map(str, ids)),
        "count": len(ids),
    }
    return render(request, "people/staff_bulk.html", context)


def write(
    request: HttpRequest, form: Any, kind: str, ids: list[int], scope: Scope, seen: str
) -> Batch | None:
    """Apply what was seen; ``None`` says on the page why nothing was written."""
    try:
        batch = apply_bulk(
            kind,
            ids,
            form.cleaned_data,
            scope,
            seen=seen,
            only_good=request.POST.get("which") == "good",
            actor=request.user,
            at=timezone.now(),
        )
    except PlanChanged:
        messages.warning(request, _("Something changed meanwhile. Please look again."))
    except (SomeRefused, NobodyLeft):
        messages.error(request, _("Nothing was changed: look at who is refused."))
    except UnitNotValid:
        form.add_error("unit", _("The unit does not exist on this day."))
    except (PrimaryOverlap, FactWithdrawn):
        messages.error(request, _("Nothing was changed: somebody changed these duties meanwhile."))
    else:
        messages.success(
            request,
            ngettext(
                "Done for %(count)d person.", "Done for %(count)d people.", batch.counts["people"]
            )
            % {"count": batch.counts["people"]},
        )
        return batch
    return None


def read_ids(values: list[str]) -> list[int]:
    """Return the numbers among ``values``, each once."""
    keys = (read_key(each) for each in values)
    return list(dict.fromkeys(key for key in keys if key is not None))


def chosen(request: HttpRequest, scope: Scope) -> list[int]:
    """Return who was ticked, or everybody whom the filters leave, one more than may be."""
    if request.POST.get("who") != "all":
        return read_ids(request.POST.getlist("people"))
    form = read_filters(request.POST, scope)
    if not form.is_valid():
        return []
    people = matching(people_managed(scope), form)
    return list(people.order_by("pk").values_list("pk", flat=True)[: MOST + 1])


def wrong_number(count: int) -> str:
    if not count:
        return _("Tick at least one person.")
    return _("At most %(most)d people at once: narrow the filters.") % {"most": MOST}


def back_to_list(request: HttpRequest, scope: Scope) -> str:
    query = read_filters(request.POST, scope).query()
    return reverse("target:staff") + (f"?{urlencode(query)}" if query else "")


@login_required
@require_safe
def batches(request: HttpRequest) -> HttpResponse:
    """List the batches that the asker may look at, newest first."""
    scope = scope_or_404(request)
    found = Batch.objects.visible_to(scope).filter(kind__in=DESK_KINDS)
    found = found.select_related("actor__staff")
    last = read_ids([request.GET.get("sau", "")])
    if last:
        found = found.filter(pk__lt=last[0])
    shown = list(found.order_by("-pk")[: PAGE_SIZE + 1])
    has_more, shown = len(shown) > PAGE_SIZE, shown[:PAGE_SIZE]
    context = {
        "rows": [(each, NAMES.get(each.kind, each.kind)) for each in shown],
        "next_url": f"?sau={shown[-1].pk}" if has_more else "",
        "first_url": request.path if last else "",
    }
    return render(request, "people/batches.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Show one batch and whom it concerned; a POST takes it back."""
    scope = scope_or_404(request)
    seen = Batch.objects.visible_to(scope).filter(kind__in=DESK_KINDS)
    found = get_object_or_404(seen, pk=batch_id)
    if request.method == "POST":
        if found.kind == "import" or not may_undo(scope, found):
            raise Http404
        try:
            undo(found, actor=request.user, at=timezone.now())
        except BatchUndone:
            messages.warning(request, _("It was taken back before."))
        except DependedOn:
            messages.error(request, _("It cannot be taken back. Nothing was changed."))
        else:
            messages.success(request, _("Taken back: everything is as before."))
        return redirect("people:batch", found.pk)
    last = read_ids([request.GET.get("sau", "")])
    people = StaffMember.objects.filter(pk__in=found.facts.exclude(person=None).values("person_id"))
    if last and (behind := people.filter(pk=last[0]).first()):
        people = people.after(behind)
    shown = list(people.in_name_order()[: PAGE_SIZE + 1])
    has_more, shown = len(shown) > PAGE_SIZE, shown[:PAGE_SIZE]
    visible = set(
        StaffMember.objects.visible_to(scope)
        .filter(pk__in=[person.pk for person in shown])
        .values_list("pk", flat=True)
    )
    context = {
        "batch": found,
        "name": NAMES.get(found.kind, found.kind),
        "rows": [(person, person.pk in visible) for person in shown],
        # A file is taken back on its own page, which knows of the rows it left out.
        "staff_import": StaffImport.objects.filter(batch=found).first(),
        "may_undo": not found.is_undone and may_undo(scope, found),
        "reasons": [] if found.is_undone else what_depends(found),
        "next_url": f"?sau={shown[-1].pk}" if has_more else "",
        "first_url": request.path if last else "",
    }
    return render(request, "people/batch.html", context)
