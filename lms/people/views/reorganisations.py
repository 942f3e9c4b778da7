"""``/don-vi/sap-xep/``: reorganisations, their dry run, apply and undo. Province managers only."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from lms.people.facts import FactWithdrawn
from lms.people.keys import find_row, read_key
from lms.people.models import Reorganisation
from lms.people.models.accounts import Role
from lms.people.models.reorganisations import Work
from lms.people.models.units import UnitEventKind
from lms.people.reorganising import (
    AlreadyApplied,
    DependedOn,
    NotADraft,
    NotApplied,
    Refused,
    apply,
    discard,
    draft,
    place,
    undo,
    what_depends,
)
from lms.people.reorganising.forms import EventForm, FileForm, PlacingForm
from lms.people.reorganising.people import PAGE_SIZE
from lms.people.reorganising.placing import waiting_count, waiting_page
from lms.people.reorganising.showing import (
    applied_events,
    applied_roles,
    people_page,
    preview_of,
)
from lms.people.reorganising.working import AtWork, is_large, restart
from lms.people.reorganising.working import request as ask_worker
from lms.people.scopes import scope_of

WORKS = {"apply": Work.APPLYING, "undo": Work.UNDOING}
LOOK_AGAIN_SECONDS = "3"
HINTS = {
    UnitEventKind.MERGE: gettext_lazy("Units end and join another one, there already or new."),
    UnitEventKind.SPLIT: gettext_lazy("A unit is parted; a list says who goes where."),
    UnitEventKind.RENAME: gettext_lazy("A unit has a new name."),
    UnitEventKind.RETYPE: gettext_lazy("A commune becomes a ward, a district a town."),
    UnitEventKind.MOVE: gettext_lazy("A unit hangs below another one."),
    UnitEventKind.DISSOLVE: gettext_lazy(
        "A unit ends without a successor; its people wait or are listed."
    ),
    UnitEventKind.TRANSFER_FUNCTION: gettext_lazy("A task and its people go to another unit."),
}


def manager_or_404(request: HttpRequest) -> None:
    """Only a training manager of the department changes the map."""
    if not scope_of(request.user).has_role(Role.PROVINCE_MANAGER):
        raise Http404


@login_required
@require_safe
def reorganisations(request: HttpRequest) -> HttpResponse:
    """List the reorganisations, newest first."""
    manager_or_404(request)
    found = Reorganisation.objects.newest_first()
    last = find_row(found, request.GET.get("sau", ""))
    if last is not None:
        earlier = found.filter(happened_on__lt=last.happened_on)
        same = found.filter(happened_on=last.happened_on, pk__lt=last.pk)
        found = earlier | same
    shown = list(found[: PAGE_SIZE + 1])
    context = {
        "reorganisations": shown[:PAGE_SIZE],
        "next_url": f"?sau={shown[PAGE_SIZE - 1].pk}" if len(shown) > PAGE_SIZE else "",
    }
    return render(request, "people/reorganisations.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def from_file(request: HttpRequest) -> HttpResponse:
    """Take a file of events and lead to its dry run."""
    manager_or_404(request)
    is_post = request.method == "POST"
    form = FileForm(request.POST, request.FILES) if is_post else FileForm()
    if is_post and form.is_valid():
        return keep(request, form.resolution)
    return render(request, "people/reorganisation_file.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def by_hand(request: HttpRequest) -> HttpResponse:
    """Take one event by hand: first its kind, then what that kind asks for."""
    manager_or_404(request)
    kind = request.GET.get("loai", "")
    if kind not in UnitEventKind.values:
        kinds = [(each.value, each.label, HINTS[each]) for each in UnitEventKind]
        return render(request, "people/reorganisation_kinds.html", {"kinds": kinds})
    form = EventForm(request.POST if request.method == "POST" else None, kind=kind)
    if request.method == "POST" and form.is_valid():
        return keep(request, form.resolution)
    context = {"form": form, "label": UnitEventKind(kind).label}
    return render(request, "people/reorganisation_event.html", context)


def keep(request: HttpRequest, resolution: Any) -> HttpResponse:
    """Keep a resolution as a draft and show it; one that stands already is shown as it stands."""
    try:
        reorganisation = draft(resolution, actor=request.user, at=timezone.now())
    except AlreadyApplied as standing:
        reorganisation = standing.reorganisation
        say_applied(request, reorganisation)
    return redirect("people:reorganisation", reorganisation.pk)


def say_applied(request: HttpRequest, reorganisation: Reorganisation) -> None:
    messages.info(
        request,
        _("The same events were applied on %(day)s. Nothing was changed.")
        % {"day": f"{timezone.localtime(reorganisation.applied_at):%d/%m/%Y}"},
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reorganisation(request: HttpRequest, reorganisation_id: int) -> HttpResponse:
    """Show a draft as a dry run, an applied one with what it did; apply, undo, throw away."""
    manager_or_404(request)
    found = get_object_or_404(Reorganisation, pk=reorganisation_id)
    if request.method == "POST":
        answered = act_on(request, found)
        if answered is not None:
            return answered
        # What stands in the way was found just now: the dry run below names it.
        found.failure = {}
    if found.work:
        return work_page(request, found)
    context = {"reorganisation": found, **contents_of(request, found)}
    return render(request, "people/reorganisation.html", context)


def work_page(request: HttpRequest, found: Reorganisation) -> HttpResponse:
    """Show that the worker is at it; the page looks again by itself, without JavaScript."""
    is_stalled = found.is_stalled(timezone.now())
    context = {"reorganisation": found, "is_stalled": is_stalled}
    response = render(request, "people/reorganisation_work.html", context)
    if not is_stalled:
        response["Refresh"] = LOOK_AGAIN_SECONDS
    return response


def contents_of(request: HttpRequest, found: Reorganisation) -> dict[str, Any]:
    """Return the events and the roles, each a page of its own, and what is counted of them."""
    after, after_role = ((read_key(request.GET.get(name, "")) or 0) for name in ("sau", "vai"))
    if found.is_draft:
        preview = preview_of(found, after=after, after_role=after_role)
        next_event, next_role = preview.next_event, preview.next_role
        context = {"preview": preview, "events": preview.events, "roles": preview.roles}
        context["counts"] = preview.counts
    else:
        events, next_event = applied_events(found, after=after)
        roles, next_role = applied_roles(found, after=after_role)
        context = {"events": events, "roles": roles, "counts": found.counts}
        context["waiting"] = waiting_count(found)
        context["reasons"] = what_depends(found) if found.is_applied else []
    # Each list goes on by itself, and the other stays where it is.
    events_at = f"sau={after}&" if after else ""
    roles_at = f"&vai={after_role}" if after_role else ""
    return context | {
        "next_url": f"?sau={next_event}{roles_at}#h-sk" if next_event else "",
        "first_url": f"?{roles_at.lstrip('&')}#h-sk" if after else "",
        "next_roles_url": f"?{events_at}vai={next_role}#h-vt" if next_role else "",
        "first_roles_url": f"?{events_at.rstrip('&')}#h-vt" if after_role else "",
    }


def act_on(request: HttpRequest, found: Reorganisation) -> HttpResponse | None:
    """Do what the button says and return where to go; ``None`` shows the page again."""
    write = {"actor": request.user, "at": timezone.now()}
    act = request.POST.get("act")
    try:
        if found.work and act != "restart":
            raise AtWork(found.pk)
        if act == "restart":
            restart(found, **write)
        elif act in WORKS and is_large(found, WORKS[act]):
            ask_worker(found, WORKS[act], **write)
        elif act == "apply":
            apply(found, **write)
            messages.success(request, _("The reorganisation is applied."))
        elif act == "undo":
            undo(found, **write)
            messages.success(request, _("The reorganisation is undone. Everything is as before."))
        elif act == "discard":
            discard(found, **write)
            messages.success(request, _("The draft is thrown away."))
            return redirect("people:reorganisations")
    except AlreadyApplied as standing:
        say_applied(request, standing.reorganisation)
    except Refused:
        # The dry run below names what is wrong now.
        messages.error(request, _("It cannot be applied. Nothing was changed."))
        return None
    except DependedOn:
        messages.error(request, _("It cannot be undone. Nothing was changed."))
        return None
    except (NotADraft, NotApplied, FactWithdrawn, AtWork):
        messages.warning(request, _("Somebody was faster: look at how it stands now."))
    return redirect("people:reorganisation", found.pk)


@login_required
@require_safe
def reorganisation_people(request: HttpRequest, reorganisation_id: int) -> HttpResponse:
    """List who moves, or moved, by name; with ``cho`` only those who wait for a unit."""
    manager_or_404(request)
    found = get_object_or_404(Reorganisation, pk=reorganisation_id)
    only_waiting = request.GET.get("cho", "") == "1"
    after = read_key(request.GET.get("sau", "")) or 0
    lines, next_key = people_page(found, after or None, only_waiting=only_waiting)
    query = "cho=1&" if only_waiting else ""
    address = reverse("people:reorganisation_people", args=[found.pk])
    context = {
        "reorganisation": found,
        "lines": lines,
        "only_waiting": only_waiting,
        "next_url": f"{address}?{query}sau={next_key}" if next_key else "",
        "first_url": f"{address}?{query}" if after else "",
    }
    return render(request, "people/reorganisation_people.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reorganisation_place(request: HttpRequest, reorganisation_id: int) -> HttpResponse:
    """Show who waits for a unit and take the list that places them."""
    manager_or_404(request)
    found = get_object_or_404(Reorganisation, pk=reorganisation_id)
    is_post = request.method == "POST"
    form = PlacingForm(request.POST, request.FILES) if is_post else PlacingForm()
    if is_post and form.is_valid():
        try:
            placed = place(
                found,
                form.rows,
                on=form.cleaned_data["on"],
                actor=request.user,
                at=timezone.now(),
            )
        except Refused as refused:
            for each in refused.refusals[:20]:
                form.add_error("people", str(each))
        except NotApplied:
            form.add_error(None, _("The reorganisation is not applied."))
        else:
            messages.success(
                request,
                ngettext(
                    "%(count)d person has a unit now.",
                    "%(count)d people have a unit now.",
                    placed.people_count,
                )
                % {"count": placed.people_count},
            )
            return redirect("people:reorganisation_place", found.pk)
    after = read_key(request.GET.get("sau", "")) or 0
    postings = waiting_page(found, after or None, size=PAGE_SIZE)
    shown = postings[:PAGE_SIZE]
    context = {
        "reorganisation": found,
        "form": form,
        "postings": shown,
        "count": waiting_count(found),
        "next_url": f"?sau={shown[-1].pk}" if len(postings) > PAGE_SIZE else "",
        "first_url": request.path if after else "",
    }
    return render(request, "people/reorganisation_place.html", context)
