"""The register of one session: taking it, signing it off, and the sheet to print."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses.attendance import (
    NotOnRoster,
    RegisterChanged,
    RegisterClosed,
    Seen,
    SessionNotOpen,
    record_attendance,
    register_of,
    undo_marks,
)
from courses.class_forms import RegisterForm
from courses.class_rows import Place, places_of
from courses.classes import HasMarks, cancel_session, close_register, reopen_register
from courses.models import AttendanceMark, ClassInstructor, ClassRosterEntry, ClassSession
from courses.models.classes import AttendanceStatus, TrainingClass
from lms.people.days import local_day
from lms.people.models import User
from lms.people.office import office
from lms.people.scopes import Scope, scope_of


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, session_id: int) -> HttpResponse:
    """Take the register: save what was tapped, mark the rest present, or undo one mark."""
    scope = scope_of(request.user)
    session = _session_or_404(scope, session_id)
    entries = _entries(session)
    standing, last = register_of(session)
    form = RegisterForm(request.POST or None, entries=entries, standing=standing, last=last)
    if request.method == "POST":
        if "undo" in request.POST:
            form = _undo(request, session, entries)
            standing, last = register_of(session)
        elif form.is_valid() and _save(request, session, form):
            return redirect(session)
    places = places_of([entry.person_id for entry in entries], scope.day)
    context = {
        "session": session,
        "training_class": session.training_class,
        "form": form,
        "rows": [
            _row(entry.person, form, standing, places.get(entry.person_id, Place()))
            for entry in entries
        ],
        "authors": _authors(standing),
        "counts": _counts(standing, len(entries)),
        "is_open": _is_open(session),
        "trail": _trail(session, _("Register")),
    }
    return render(request, "courses/register.html", context)


@login_required
@require_POST
def close(request: HttpRequest, session_id: int) -> HttpResponse:
    session = _session_or_404(scope_of(request.user), session_id)
    close_register(session, actor=request.user, at=timezone.now())
    messages.success(request, _("The register is signed off."))
    return redirect(session)


@login_required
@require_POST
def reopen(request: HttpRequest, session_id: int) -> HttpResponse:
    session = _session_or_404(scope_of(request.user), session_id)
    reopen_register(session, actor=request.user, at=timezone.now())
    messages.success(request, _("The register is open for corrections."))
    return redirect(session)


@login_required
@require_POST
def cancel(request: HttpRequest, session_id: int) -> HttpResponse:
    session = _session_or_404(scope_of(request.user), session_id)
    try:
        cancel_session(session, actor=request.user, at=timezone.now())
    except HasMarks:
        messages.error(request, _("Attendance was recorded: the session took place."))
    else:
        messages.success(request, _("The session is called off."))
    return redirect(session.training_class)


@login_required
@never_cache
@require_safe
def sheet(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show the list to sign on paper, for a hall without a network."""
    scope = scope_of(request.user)
    session = _session_or_404(scope, session_id)
    entries = _entries(session)
    places = places_of([entry.person_id for entry in entries], local_day(session.starts_at))
    context = {
        "session": session,
        "training_class": session.training_class,
        "instructors": ", ".join(_instructors(session)),
        "rows": [(entry.person, places.get(entry.person_id, Place())) for entry in entries],
        "office": office(),
        "trail": _trail(session, _("Sheet to sign")),
    }
    return render(request, "courses/register_sheet.html", context)


def _session_or_404(scope: Scope, session_id: int) -> ClassSession:
    kept = TrainingClass.objects.managed_by(scope)
    return get_object_or_404(
        ClassSession.objects.filter(training_class__in=kept.values("pk")).select_related(
            "training_class__course"
        ),
        pk=session_id,
    )


def _entries(session: ClassSession) -> list[ClassRosterEntry]:
    return list(
        ClassRosterEntry.objects.filter(
            training_class=session.training_class_id, removed_at__isnull=True
        )
        .select_related("person")
        .order_by("person__sort_name", "person_id")
    )


def _instructors(session: ClassSession) -> list[str]:
    return [
        instructor.user.display_name
        for instructor in ClassInstructor.objects.filter(
            training_class=session.training_class_id
        ).select_related("user__staff")
    ]


def _save(request: HttpRequest, session: ClassSession, form: RegisterForm) -> bool:
    """Record what the form says; a refusal becomes an error of the form and ``False``."""
    told = form.statuses()
    if "all_present" in request.POST:
        told |= {person: Seen(AttendanceStatus.PRESENT) for person in form.missing()}
    try:
        added = record_attendance(
            session, told, marked_by=request.user, at=timezone.now(), seen=form.seen()
        )
    except RegisterChanged as changed:
        _show_conflict(form, changed)
    except (RegisterClosed, SessionNotOpen, NotOnRoster) as refusal:
        form.add_error(None, _refusal(refusal))
    else:
        messages.success(
            request,
            ngettext("Saved: %(count)s change.", "Saved: %(count)s changes.", added)
            % {"count": added},
        )
        return True
    return False


def _refusal(refusal: Exception) -> str:
    if isinstance(refusal, RegisterClosed):
        return _("The register is signed off. Open it again to correct a mark.")
    if isinstance(refusal, SessionNotOpen):
        return _("Attendance can be recorded from the day of the session on.")
    return _("The list of the class has changed. Please load the page again.")


def _show_conflict(form: RegisterForm, changed: RegisterChanged) -> None:
    """Say who marked what meanwhile, and let the next save stand over it."""
    names = _authors(changed.marks)
    form.data = form.data.copy()
    for person, mark in changed.marks.items():
        if mark is None:
            text = _("Somebody took this mark back meanwhile. Save again to keep your choice.")
        else:
            text = _(
                "%(author)s marked “%(status)s” at %(time)s meanwhile."
                " Save again to keep your choice."
            ) % {
                "author": names.get(mark.marked_by_id, _("Somebody")),
                "status": mark.get_status_display(),
                "time": f"{timezone.localtime(mark.recorded_at):%H:%M}",
            }
        form.add_error(f"status-{person}", text)
        form.data[f"seen-{person}"] = str(changed.last[person])


def _undo(
    request: HttpRequest, session: ClassSession, entries: list[ClassRosterEntry]
) -> RegisterForm:
    """Take one mark back; what was tapped for the others stays on the form, unsaved."""
    person, _dash, mark = request.POST.get("undo", "").partition("-")
    data: QueryDict = request.POST.copy()
    refused = ""
    if person.isascii() and person.isdigit() and mark.isascii() and mark.isdigit():
        try:
            if undo_marks(
                session, {int(person): int(mark)}, marked_by=request.user, at=timezone.now()
            ):
                messages.success(request, _("The mark is taken back."))
        except (RegisterClosed, SessionNotOpen) as refusal:
            refused = _refusal(refusal)
    standing, last = register_of(session)
    for key in [int(person)] if person.isascii() and person.isdigit() else []:
        back = standing.get(key)
        data[f"status-{key}"] = back.status if back else ""
        data[f"minutes-{key}"] = ""
        data[f"seen-{key}"] = str(last.get(key, 0))
    form = RegisterForm(data, entries=entries, standing=standing, last=last)
    form.full_clean()
    if refused:
        form.add_error(None, refused)
    return form


def _row(
    person: Any, form: RegisterForm, standing: dict[int, AttendanceMark], place: Place
) -> dict[str, Any]:
    return {
        "person": person,
        "place": place,
        "mark": standing.get(person.pk),
        "status": form[f"status-{person.pk}"],
        "minutes": form[f"minutes-{person.pk}"],
        "seen": form[f"seen-{person.pk}"],
    }


def _authors(marks: dict[int, AttendanceMark | None]) -> dict[int, str]:
    """Return the names of those who marked, by account; one query."""
    keys = {mark.marked_by_id for mark in marks.values() if mark and mark.marked_by_id}
    return {
        user.pk: user.display_name
        for user in User.objects.filter(pk__in=keys).select_related("staff")
    }


def _counts(standing: dict[int, AttendanceMark], total: int) -> dict[str, int]:
    counts = dict.fromkeys(AttendanceStatus.values, 0)
    for mark in standing.values():
        counts[mark.status] += 1
    here = counts[AttendanceStatus.PRESENT] + counts[AttendanceStatus.LATE]
    return counts | {"here": here, "total": total, "percent": here * 100 // total if total else 0}


def _is_open(session: ClassSession) -> bool:
    return (
        session.register_closed_at is None
        and session.cancelled_at is None
        and session.training_class.cancelled_at is None
        and local_day(session.starts_at) <= timezone.localdate()
    )


def _trail(session: ClassSession, here: str) -> list[tuple[str, str]]:
    return [
        (_("Classes"), reverse("classes")),
        (session.training_class.title, session.training_class.get_absolute_url()),
        (here, ""),
    ]
