"""``/nhac-viec/``: who was reminded of what, the list to print, the wording of the letters."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from lms.notices.texts import DEFAULTS, NameLeftOut, Text, UnknownNames, preview
from lms.people.models.accounts import Role
from lms.people.notice_texts import (
    NothingWritten,
    restore_text,
    standing_texts,
    write_own_text,
)
from lms.people.office import office
from lms.people.scopes import ANSWERING_ROLES, Scope, scope_of
from lms.target.reminders.forms import HandOverForm, LogForm, NoticeTextForm, kind_label
from lms.target.reminders.log import (
    PAGE_SIZE,
    PRINT_SIZE,
    by_unit,
    lines,
    reminders_seen,
    to_hand_over,
)
from lms.target.reminders.telling import hand_over


def scope_or_404(request: HttpRequest, *roles: str) -> Scope:
    """Return the asker's scope; without one of ``roles`` there is no such page for her."""
    scope = scope_of(request.user)
    if not (scope.has_role(*roles) if roles else scope.sees_people):
        raise Http404
    return scope


@login_required
@require_GET
def reminders(request: HttpRequest) -> HttpResponse:
    """List the reminders of the asker's units, newest first, narrowed by name, kind and way."""
    scope = scope_or_404(request)
    form = LogForm(request.GET or None)
    found = reminders_seen(scope)
    if form.is_valid():
        found = form.narrow(found)
    rows = list(found[: PAGE_SIZE + 1])
    has_more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    query = request.GET.copy()
    query.pop("sau", None)
    first = f"?{query.urlencode()}"
    if has_more:
        query["sau"] = str(rows[-1].pk)
    context = {
        "form": form,
        "lines": lines(rows, scope.day),
        "is_narrowed": bool(form.is_bound),
        "first_url": first if request.GET.get("sau") else "",
        "next_url": f"?{query.urlencode()}" if has_more else "",
        "waiting": to_hand_over(scope, scope.day).count(),
        "may_print": scope.has_role(*ANSWERING_ROLES),
        "may_write": scope.has_role(Role.PROVINCE_MANAGER),
    }
    return render(request, "target/reminders.html", context)


@login_required
def printed(request: HttpRequest) -> HttpResponse:
    """Show the list for those without e-mail, a sheet a unit; note who was told in person."""
    scope = scope_or_404(request, *ANSWERING_ROLES)
    waiting = to_hand_over(scope, scope.day)
    form = HandOverForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        chosen = list(waiting.filter(pk__in=form.cleaned_data["reminders"]))
        count = hand_over(chosen, actor=request.user, at=timezone.now())
        messages.success(
            request,
            ngettext(
                "Noted: %(count)s reminder was given in person.",
                "Noted: %(count)s reminders were given in person.",
                count,
            )
            % {"count": count},
        )
        return redirect("target:reminders_printed")
    rows = list(waiting[: PRINT_SIZE + 1])
    context = {
        "form": form,
        "sheets": by_unit(lines(rows[:PRINT_SIZE], scope.day)),
        "has_more": len(rows) > PRINT_SIZE,
        "size": PRINT_SIZE,
        "day": scope.day,
    }
    return render(request, "target/reminders_printed.html", context)


@login_required
@require_GET
def texts(request: HttpRequest) -> HttpResponse:
    """List the letters of the portal and which of them the office wrote itself."""
    scope_or_404(request, Role.PROVINCE_MANAGER)
    own = standing_texts()
    rows = [
        {
            "kind": kind,
            "label": kind_label(kind),
            "subject": own[kind].subject if kind in own else default.subject,
            "own": own.get(kind),
        }
        for kind, default in DEFAULTS.items()
    ]
    return render(request, "target/notice_texts.html", {"rows": rows})


@login_required
def text(request: HttpRequest, kind: str) -> HttpResponse:
    """Edit one letter beside a preview to an invented person; nothing is sent from here."""
    scope_or_404(request, Role.PROVINCE_MANAGER)
    if kind not in DEFAULTS:
        raise Http404
    default, own = DEFAULTS[kind], standing_texts().get(kind)
    standing = Text(own.subject, own.body) if own else default
    form = NoticeTextForm(
        request.POST if request.method == "POST" else None,
        initial={"subject": standing.subject, "body": standing.body},
    )
    shown = standing
    if request.method == "POST":
        at = timezone.now()
        if "restore" in request.POST:
            restore_text(kind, actor=request.user, at=at)
            messages.success(request, _("The portal's own text is used again."))
            return redirect("target:notice_text", kind)
        if form.is_valid():
            shown = Text(form.cleaned_data["subject"], form.cleaned_data["body"])
            if "preview" not in request.POST and save(form, kind, request, at=at):
                messages.success(request, _("Saved. Letters from now on read like this."))
                return redirect("target:notice_text", kind)
    context = {
        "kind": kind,
        "label": kind_label(kind),
        "form": form,
        "names": default.names,
        "own": own,
        "preview": preview(shown, office().portal_name),
        "list_url": reverse("target:notice_texts"),
    }
    return render(request, "target/notice_text.html", context)


def save(form: NoticeTextForm, kind: str, request: HttpRequest, *, at) -> bool:
    """Write the text; a refusal becomes an error beside the field it is about."""
    try:
        write_own_text(kind, **form.cleaned_data, actor=request.user, at=at)
    except UnknownNames as refusal:
        names = ", ".join(f"{{{name}}}" for name in refusal.names)
        form.add_error("body", _("This letter does not know: %(names)s.") % {"names": names})
    except NameLeftOut:
        form.add_error("body", _("This letter opens an account: it must hold {link}."))
    except NothingWritten:
        form.add_error(None, _("A letter needs a subject and a text."))
    return form.is_valid()
