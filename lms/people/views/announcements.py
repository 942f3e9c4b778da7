"""``/thong-bao-chung/``: what the department announces on the first pages of the portal."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lms.people.announcement_form import AnnouncementForm, filled_with
from lms.people.announcements import (
    MOST_SHOWN,
    AlreadyWritten,
    StandsAlready,
    announce,
    put_back,
    reword,
    take_down,
)
from lms.people.days import last_day
from lms.people.facts import FactWithdrawn
from lms.people.models import Announcement, UnitVersion
from lms.people.models.accounts import Role
from lms.people.scopes import Scope, scope_of
from lms.people.units import names_on
from lms.people.views.batches import read_ids

PAGE_SIZE = 30
STATES = {"running": "done", "coming": "todo", "ended": "lock", "down": "lock"}


@dataclass(frozen=True)
class Line:
    """One announcement as the list shows it."""

    announcement: Announcement
    state: str
    label: str
    last_day: object
    unit: UnitVersion | None

    @property
    def mark(self) -> str:
        return STATES[self.state]


def scope_or_404(request: HttpRequest, *roles: str) -> Scope:
    scope = scope_of(request.user)
    if not scope.has_role(*roles):
        raise Http404
    return scope


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def announcements(request: HttpRequest) -> HttpResponse:
    """List every announcement, newest first; a manager takes one down or puts it back."""
    if request.method == "POST":
        scope_or_404(request, Role.PROVINCE_MANAGER)
        return take_down_or_put_back(request)
    scope = scope_or_404(request, Role.PROVINCE_MANAGER, Role.PROVINCE_LEADER)
    found = Announcement.objects.latest_versions().select_related("recorded_by", "withdrawn_by")
    behind = read_ids([request.GET.get("sau", "")])
    if behind:
        found = found.filter(pk__lt=behind[0])
    shown = list(found.order_by("-pk")[: PAGE_SIZE + 1])
    has_more, shown = len(shown) > PAGE_SIZE, shown[:PAGE_SIZE]
    units = names_on([each.unit_id for each in shown if each.unit_id], scope.day)
    context = {
        "lines": [line_of(each, units.get(each.unit_id), scope) for each in shown],
        "may_write": scope.has_role(Role.PROVINCE_MANAGER),
        "most_shown": MOST_SHOWN,
        "next_url": f"?sau={shown[-1].pk}" if has_more else "",
        "first_url": request.path if behind else "",
    }
    return render(request, "people/announcements.html", context)


def line_of(announcement: Announcement, unit: UnitVersion | None, scope: Scope) -> Line:
    state, label = "running", _("Shown now")
    if not announcement.stands:
        state, label = "down", _("Taken down")
    elif announcement.valid_from > scope.day:
        state, label = "coming", _("Still to come")
    elif announcement.valid_to <= scope.day:
        state, label = "ended", _("Has ended")
    return Line(announcement, state, label, last_day(announcement.valid_to), unit)


def take_down_or_put_back(request: HttpRequest) -> HttpResponse:
    key = read_ids([request.POST.get("announcement", "")])
    found = get_object_or_404(Announcement, pk=key[0] if key else 0)
    try:
        if request.POST.get("act") == "put_back":
            put_back(found, actor=request.user, at=timezone.now())
            messages.success(request, _("It is shown again, as before."))
        else:
            take_down(found, actor=request.user, at=timezone.now())
            messages.success(request, _("Taken down. It can be put back below."))
    except (FactWithdrawn, StandsAlready):
        messages.warning(request, _("Somebody changed it meanwhile. Please look again."))
    return redirect("people:announcements")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def announcement(request: HttpRequest, announcement_id: int | None = None) -> HttpResponse:
    """Write an announcement, or change one: first it is shown as it will look, then it goes out."""
    scope = scope_or_404(request, Role.PROVINCE_MANAGER)
    standing = None
    if announcement_id is not None:
        standing = get_object_or_404(Announcement.objects.current(), pk=announcement_id)
    if request.method == "POST":
        form = AnnouncementForm(request.POST, scope=scope, person=None)
    else:
        first = {"key": uuid.uuid4(), "first_day": scope.day}
        initial = filled_with(standing, scope.day) if standing else first
        form = AnnouncementForm(initial=initial, scope=scope, person=None)
    seen = ""
    if form.is_bound and form.is_valid():
        seen = form.digest()
        if request.POST.get("seen") == seen and write(request, form, standing):
            return redirect("people:announcements")
    context = {
        "form": form,
        "standing": standing,
        "seen": seen,
        "unit": form.cleaned_data.get("unit") if seen else None,
    }
    return render(request, "people/announcement.html", context)


def write(request: HttpRequest, form: AnnouncementForm, standing: Announcement | None) -> bool:
    """Write what was seen; ``False`` says on the page why nothing was written."""
    try:
        if standing:
            reword(standing, form.words(), actor=request.user, at=timezone.now())
        else:
            announce(
                form.words(),
                logical_id=form.cleaned_data["key"],
                actor=request.user,
                at=timezone.now(),
            )
    except AlreadyWritten:
        messages.info(request, _("This announcement is written already."))
        return True
    except FactWithdrawn:
        form.add_error(None, _("Somebody changed or took down this announcement meanwhile."))
        return False
    messages.success(request, _("The announcement is written."))
    return True
