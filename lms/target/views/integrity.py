"""``/so-lieu/``: what the last examination of the books found, for who keeps them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from lms.people.models import StaffMember
from lms.people.models.accounts import Role
from lms.people.scopes import Scope, scope_of
from lms.target.integrity.findings import say
from lms.target.integrity.running import CHECKS, CannotMend, examine_later, mend
from lms.target.models import IntegrityRun

KEEPERS = (Role.SYSADMIN, Role.PROVINCE_MANAGER)


def scope_or_404(request: HttpRequest) -> Scope:
    scope = scope_of(request.user)
    if not scope.has_role(*KEEPERS):
        raise Http404
    return scope


@login_required
def integrity(request: HttpRequest) -> HttpResponse:
    """Show the last examination; ask the worker for a new one."""
    scope = scope_or_404(request)
    if request.method == "POST":
        examine_later.enqueue(request.user.pk)
        messages.success(
            request, _("The books are being examined. Load this page again in a moment.")
        )
        return redirect("target:integrity")
    run = IntegrityRun.objects.order_by("-pk").first()
    context = {
        "run": run,
        "rows": rows_of(run, sees_names=scope.has_role(Role.PROVINCE_MANAGER)) if run else [],
    }
    return render(request, "target/integrity.html", context)


def rows_of(run: IntegrityRun, *, sees_names: bool) -> list[dict]:
    """Return what was found, faults before notes; a check that is gone since is passed over.

    An administrator of the system keeps the books and sees no names: people are staff codes to her.
    One query.
    """
    results = [each for each in run.results if each["name"] in CHECKS]
    ids = {one["person"] for each in results for one in each["examples"] if one["person"]}
    people = StaffMember.objects.only("full_name", "staff_code").in_bulk(ids)
    rows = []
    for each in results:
        check = CHECKS[each["name"]]
        lines = []
        for one in each["examples"]:
            person = people.get(one["person"])
            name = "" if person is None else str(person) if sees_names else person.staff_code
            link = person.pk if person is not None and sees_names else None
            lines.append({"text": say(one["text"], name), "key": one["key"], "person_id": link})
        rows.append({"check": check, "count": each["count"], "lines": lines})
    return sorted(rows, key=lambda row: (not row["count"], row["check"].is_note))


@login_required
@require_POST
def integrity_mend(request: HttpRequest, name: str) -> HttpResponse:
    """Put right what one check finds now."""
    scope_or_404(request)
    if name not in CHECKS:
        raise Http404
    try:
        result = mend(name, actor=request.user, at=timezone.now())
    except CannotMend:
        messages.error(request, _("This needs somebody's decision; the portal cannot do it."))
        return redirect("target:integrity")
    examine_later.enqueue(request.user.pk)
    messages.success(
        request,
        ngettext(
            "%(count)s finding was put right.",
            "%(count)s findings were put right.",
            result.mended_count,
        )
        % {"count": result.mended_count},
    )
    if result.refused:
        messages.warning(
            request,
            ngettext(
                "%(count)s finding could not be put right and stays on the list.",
                "%(count)s findings could not be put right and stay on the list.",
                len(result.refused),
            )
            % {"count": len(result.refused)},
        )
    return redirect("target:integrity")
