"""Roles of one account, and the lost phone: the system administrator's page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from lms.people.accounts import RoleHeld, assign_role, end_role
from lms.people.days import end_from_form, last_day
from lms.people.desk import people_looked_after
from lms.people.facts import FactWithdrawn
from lms.people.forms import RoleForm
from lms.people.keys import read_key
from lms.people.models import RoleAssignment, User
from lms.people.models.accounts import Role
from lms.people.scopes import scope_of
from lms.people.second_factor import forget_devices, has_device
from lms.people.staff import EndsBeforeItBegins, UnitNotValid
from lms.people.units import names_on


@never_cache
@login_required
def person_roles(request: HttpRequest, person_id: int) -> HttpResponse:
    """Give and end roles of another person's account; take its devices when the phone is lost."""
    scope = scope_of(request.user)
    if not scope.has_role(Role.SYSADMIN):
        raise Http404
    account = get_object_or_404(
        User.objects.select_related("staff"),
        staff__in=people_looked_after(scope).filter(pk=person_id).values("pk"),
    )
    act = request.POST.get("act") if request.method == "POST" else None
    form = RoleForm(request.POST if act == "assign" else None)
    if act == "assign" and form.is_valid():
        if assign(form, account, request.user):
            messages.success(request, _("The role is given."))
            return redirect("people:person_roles", person_id)
    elif act == "end":
        end(request, account)
        return redirect("people:person_roles", person_id)
    elif act == "forget":
        forget_devices(account, actor=request.user, at=timezone.now())
        messages.success(request, _("The app is taken off. The next sign-in connects a new one."))
        return redirect("people:person_roles", person_id)
    context = {
        "account": account,
        "form": form,
        "roles": rows_of(account, scope.day),
        "has_device": has_device(account),
    }
    return render(request, "people/person_roles.html", context)


def rows_of(account: User, day: Any) -> list[dict[str, Any]]:
    """Return the roles that hold on ``day`` or begin later; two queries."""
    assignments = list(
        RoleAssignment.objects.current()
        .filter(user=account, valid_to__gt=day)
        .order_by("valid_from", "pk")
    )
    units = names_on([each.unit_id for each in assignments], day)
    return [
        {
            "assignment": each,
            "label": Role(each.role).label,
            "unit": units.get(each.unit_id),
            "last_day": last_day(each.valid_to),
        }
        for each in assignments
    ]


def assign(form: RoleForm, account: User, actor: User) -> bool:
    """Give the role of a valid form; a refusal becomes an error of the form."""
    typed = form.cleaned_data
    try:
        assign_role(
            account,
            typed["role"],
            unit=typed["unit_code"],
            valid_from=typed["valid_from"],
            valid_to=end_from_form(typed["last_day"]),
            actor=actor,
            at=timezone.now(),
        )
    except RoleHeld:
        form.add_error("role", _("The account has this role over this unit already."))
    except UnitNotValid:
        form.add_error("valid_from", _("The unit does not exist on this day."))
    except EndsBeforeItBegins:
        form.add_error("last_day", _("The last day lies before the first."))
    else:
        return True
    return False


def end(request: HttpRequest, account: User) -> None:
    """End a role as of yesterday, so that it is gone at the next request."""
    assignment = get_object_or_404(
        RoleAssignment.objects.current().select_related("user__staff", "unit"),
        user=account,
        pk=read_key(request.POST.get("assignment", "")),
    )
    today = timezone.localdate()
    # A role that has not begun is ended before its first day: it was never held.
    ends_before = max(today, assignment.valid_from)
    try:
        end_role(
            assignment,
            last_day=ends_before - timedelta(days=1),
            actor=request.user,
            at=timezone.now(),
        )
    except FactWithdrawn:
        messages.warning(request, _("Somebody changed this role meanwhile."))
    else:
        messages.success(request, _("The role has ended."))
