"""Two records of one person: look at both side by side, choose which one stays, give the reason."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lms.people.identifiers import fold_staff_code
from lms.people.models import StaffMember
from lms.people.scopes import Scope
from lms.people.staffing.access import people_managed
from lms.people.staffing.acts import Plan
from lms.people.staffing.duplicates import likely_duplicates, merge
from lms.people.staffing.forms import MergeForm
from lms.people.staffing.listing import rows_of
from lms.people.views.staffing import person_or_404, seen_or_plan


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def merge_records(request: HttpRequest, person_id: int) -> HttpResponse:
    """Find the other record by its code or among the likely ones, then merge the two.

    The asker has to look after both.
    """
    scope, person = person_or_404(request, person_id)
    code = request.POST.get("ma") or request.GET.get("ma", "")
    other = find_other(scope, person, code)
    context: dict[str, Any] = {"person": person, "code": code[:20], "other": other}
    if other is None:
        context["is_unknown"] = bool(code.strip())
        context["alike"] = managed_alike(scope, person)
        return render(request, "people/staff_merge.html", context)
    is_post = request.method == "POST"
    form = MergeForm(
        request.POST if is_post else None, scope=scope, person=person, pair=(person, other)
    )
    plan = None
    if is_post and form.is_valid():
        plan, made = seen_or_plan(request, form, lambda: plan_merge(form, person, other))
        if made is not None:
            messages.success(request, _("The two records count as one person now."))
            return redirect("people:staff_duties", made.survivor_id)
    context |= {"form": form, "plan": plan, "rows": rows_of([person, other], scope.day)}
    return render(request, "people/staff_merge.html", context)


def find_other(scope: Scope, person: StaffMember, code: str) -> StaffMember | None:
    """Return the other record by its staff code, among those the asker looks after."""
    folded = fold_staff_code(code[:20]).upper()
    if not folded:
        return None
    return people_managed(scope).exclude(pk=person.pk).filter(staff_code=folded).first()


def managed_alike(scope: Scope, person: StaffMember) -> list[StaffMember]:
    """Return the likely duplicates that the asker looks after; two queries."""
    alike = likely_duplicates(
        full_name=person.full_name,
        birth_date=person.birth_date,
        work_email=person.work_email,
        work_phone=person.work_phone,
        besides=person,
    )
    keys = [each.pk for each in alike]
    managed = set(people_managed(scope).filter(pk__in=keys).values_list("pk", flat=True))
    return [each for each in alike if each.pk in managed]


def plan_merge(form: MergeForm, person: StaffMember, other: StaffMember) -> Plan:
    survivor, duplicate = form.chosen(person, other)
    changes = [
        _("%(code)s stays and counts; %(other)s counts as the same person.")
        % {"code": survivor.staff_code, "other": duplicate.staff_code},
        _("Duties, courses and certificates of both count together, in past figures too."),
        _("Nothing is deleted: the merge can be taken back."),
    ]
    reason = form.cleaned_data["reason"]

    def write(**who: Any) -> Any:
        return merge(duplicate, survivor, reason=reason, **who)

    return Plan(changes, write)
