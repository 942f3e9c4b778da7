"""``/can-bo/``: the people of my units, and one person's training record."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from lms.people.models import StaffMember
from lms.people.scopes import scope_of
from lms.people.staffing.access import may_act
from lms.people.staffing.bulk import BULK_ACTS
from lms.people.staffing.duplicates import merge_of
from lms.people.staffing.listing import (
    MOST_COUNTED,
    PAGE_SIZE,
    after_key,
    count_of,
    matching,
    read_filters,
    rows_of,
)
from lms.target.record import record_of


@login_required
@require_safe
def staff_list(request: HttpRequest) -> HttpResponse:
    """List the people the asker sees, by given name; a search needs no diacritics."""
    scope = scope_of(request.user)
    if not scope.sees_people:
        raise Http404
    form = read_filters(request.GET, scope)
    people = StaffMember.objects.visible_to(scope).filter(erased_at=None)
    # What was typed wrongly is said beside its field, with nobody below it.
    people = matching(people, form) if form.is_valid() else people.none()
    page = after_key(people, request.GET.get("sau", ""))
    shown = list(page.in_name_order()[: PAGE_SIZE + 1])
    has_more, shown = len(shown) > PAGE_SIZE, shown[:PAGE_SIZE]
    address = reverse("target:staff")
    query = form.query()
    count = count_of(people)
    context = {
        "form": form,
        "rows": rows_of(shown, scope.day),
        "count": min(count, MOST_COUNTED),
        "is_counted": count <= MOST_COUNTED,
        "query": query,
        "may_act": may_act(scope),
        "acts": BULK_ACTS.items(),
        "next_url": f"{address}?{urlencode(query | {'sau': shown[-1].pk})}" if has_more else "",
        "first_url": f"{address}?{urlencode(query)}" if request.GET.get("sau") else "",
    }
    return render(request, "target/staff.html", context)


@login_required
@require_safe
def record(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show one record; a person outside the asker's scope does not exist for her."""
    scope = scope_of(request.user)
    person = get_object_or_404(StaffMember.objects.visible_to(scope), pk=person_id)
    merge = merge_of(person)
    survivors = StaffMember.objects.visible_to(scope)
    context = {
        "survivor": survivors.filter(pk=merge.survivor_id).first() if merge else None,
        "is_merged": merge is not None,
        "record": record_of(person, scope, at=timezone.now()),
        "may_go_up": scope.sees_people,
    }
    return render(request, "target/record.html", context)
