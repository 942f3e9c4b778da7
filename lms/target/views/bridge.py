"""``/tien-do/bien-dong/``: why the figure changed between two days."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from lms.people.keys import read_key
from lms.people.models import StaffMember
from lms.people.scopes import Scope
from lms.target.bridge import BookClosed, Changes, Part, bridge, changes
from lms.target.bridge.forms import BridgeForm
from lms.target.bridge.showing import steps_shown
from lms.target.bridge.wording import MEANINGS, NAMES
from lms.target.figures import EVERY_COURSE, snapshot
from lms.target.filters import DEPARTMENT_ROLES
from lms.target.views.progress import is_valid_or_404, read_choices, scope_or_404


@login_required
@require_GET
def bridge_page(request: HttpRequest) -> HttpResponse:
    """Show the steps from one figure to the other and, for a chosen step, its people."""
    scope = scope_or_404(request)
    groups, courses = read_choices()
    form = BridgeForm(request.GET, scope=scope, groups=groups, courses=courses)
    if not is_valid_or_404(form):
        return render(request, "target/bridge/page.html", {"form": form})
    cleaned = form.cleaned_data
    group = next((each for each in groups if each.code == cleaned["nhom"]), None)
    course = next((each for each in courses if each.key == cleaned["khoa"]), None)
    unit, first, last = cleaned["unit"], cleaned["first"], cleaned["last"]
    narrowed = {
        "course_mask": 1 << course.bit if course else EVERY_COURSE,
        "group_id": group.pk if group else None,
    }
    part = next((each for each in Part if each == request.GET.get("phan", "")), None)
    try:
        with snapshot():
            walked = bridge(unit, first, last, **narrowed)
            listed = None
            if part is not None:
                key = read_key(request.GET.get("sau", ""))
                listed = changes(unit, first, last, part, after=key, **narrowed)
            visible = visible_ids(listed, scope) if listed else frozenset()
    except BookClosed:
        return render(request, "target/bridge/page.html", {"form": form, "is_closed": True})
    form.data = form.data.copy()
    form.data["don-vi"] = unit.code
    form.data["tu"], form.data["ngay"] = f"{first.day:%d/%m/%Y}", f"{last.day:%d/%m/%Y}"
    shown = {name: form.data.get(name, "") for name in form.fields if form.data.get(name)}
    address = reverse("target:bridge")
    context = steps_shown(walked, first, last, scope, shown) | {
        "form": form,
        "unit": unit,
        "part": part,
        "part_name": NAMES[part] if part else "",
        "part_meaning": MEANINGS[part] if part else "",
        "people": listed,
        "visible": visible,
        "board_url": f"{reverse('target:progress')}?{urlencode({'don-vi': unit.code})}",
        "first_url": (
            f"{address}?{urlencode(shown | {'phan': part})}#nguoi"
            if part and request.GET.get("sau")
            else ""
        ),
        "next_url": (
            f"{address}?{urlencode(shown | {'phan': part, 'sau': listed.next_key})}#nguoi"
            if listed and listed.next_key
            else ""
        ),
    }
    return render(request, "target/bridge/page.html", context)


def visible_ids(page: Changes, scope: Scope) -> frozenset[int]:
    """Return which people of the page the asker may see by name today."""
    ids = [line.person_id for line in page.lines]
    if scope.has_role(*DEPARTMENT_ROLES) or not ids:
        return frozenset(ids)
    seen = StaffMember.objects.visible_to(scope).filter(pk__in=ids)
    return frozenset(seen.values_list("pk", flat=True))
