"""``/can-bo/``: the people of my units, and one person's training record."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from lms.people.models import Posting, StaffMember
from lms.people.scopes import scope_of
from lms.people.text import fold
from lms.people.units import names_on
from lms.target.record import record_of

PAGE_SIZE = 50
LONGEST_SEARCH = 100


@login_required
@require_safe
def staff_list(request: HttpRequest) -> HttpResponse:
    """List the people the asker sees, by given name; a search needs no diacritics."""
    scope = scope_of(request.user)
    if not scope.sees_people:
        raise Http404
    typed = request.GET.get("q", "")[:LONGEST_SEARCH].strip()
    people = StaffMember.objects.visible_to(scope).filter(erased_at=None)
    if typed:
        people = people.filter(Q(folded_name__contains=fold(typed)) | Q(staff_code__iexact=typed))
    page = after_key(people, request.GET.get("sau", ""))
    shown = list(page.in_name_order()[: PAGE_SIZE + 1])
    has_more, shown = len(shown) > PAGE_SIZE, shown[:PAGE_SIZE]
    address = reverse("target:staff")
    query = {"q": typed} if typed else {}
    context = {
        "rows": places_of(shown, scope.day),
        "typed": typed,
        "next_url": (f"{address}?{urlencode(query | {'sau': shown[-1].pk})}" if has_more else ""),
        "first_url": f"{address}?{urlencode(query)}" if request.GET.get("sau") else "",
    }
    return render(request, "target/staff.html", context)


def after_key(people: QuerySet[StaffMember], typed: str) -> QuerySet[StaffMember]:
    """Return the people behind the one whose key was given; all for a key that is none."""
    last = None
    if typed.isascii() and typed.isdecimal() and len(typed) < 18:
        last = people.filter(pk=int(typed)).first()
    if last is None:
        return people
    same = Q(sort_name=last.sort_name, pk__gt=last.pk)
    return people.filter(same | Q(sort_name__gt=last.sort_name))


def places_of(people: list[StaffMember], day) -> list[dict]:
    """Return each person with unit and group of her primary posting on ``day``; two queries."""
    postings = {
        posting.person_id: posting
        for posting in Posting.objects.current()
        .valid_on(day)
        .filter(person__in=people, is_primary=True)
        .select_related("group")
    }
    units = names_on([posting.unit_id for posting in postings.values()], day)
    rows = []
    for person in people:
        posting = postings.get(person.pk)
        rows.append(
            {
                "person": person,
                "posting": posting,
                "unit": units.get(posting.unit_id) if posting else None,
            }
        )
    return rows


@login_required
@require_safe
def record(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show one record; a person outside the asker's scope does not exist for her."""
    scope = scope_of(request.user)
    person = get_object_or_404(StaffMember.objects.visible_to(scope), pk=person_id)
    context = {
        "record": record_of(person, scope, at=timezone.now()),
        "may_go_up": scope.sees_people,
    }
    return render(request, "target/record.html", context)
