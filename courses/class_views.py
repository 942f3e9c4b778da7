"""Pages of classes: my classes, one class with its list, opening a class and its sessions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, Min, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses.attendance import standing_marks
from courses.class_forms import ClassForm, PersonForm, SessionForm
from courses.class_rows import Place, places_of, roster_rows
from courses.classes import (
    BadPeriods,
    BadTimes,
    ClassCancelled,
    ClassFull,
    HasMarks,
    add_session,
    add_to_roster,
    cancel_class,
    create_class,
    may_open_classes,
    people_to_add,
    remove_from_roster,
    rights_over,
    roster_of,
    within_reach,
)
from courses.enrolment import CourseNotPublished
from courses.models import (
    AttendanceMark,
    ClassInstructor,
    ClassRosterEntry,
    ClassSession,
    TrainingClass,
)
from lms.people.models.accounts import Role
from lms.people.scopes import Scope, scope_of
from lms.people.units import names_on

PAGE_SIZE = 30


@login_required
@never_cache
@require_safe
def class_list(request: HttpRequest) -> HttpResponse:
    """List the classes the asker sees: those ahead first, those past in pages."""
    scope = scope_of(request.user)
    now = timezone.now()
    classes = _with_dates(TrainingClass.objects.visible_to(scope))
    is_past = Q(last_ends_at__lt=now) | Q(cancelled_at__isnull=False)
    page = _page_number(request)
    past = list(
        classes.filter(is_past).order_by("-begins_at", "-pk")[
            (page - 1) * PAGE_SIZE : page * PAGE_SIZE + 1
        ]
    )
    coming = [] if page > 1 else list(classes.exclude(is_past).order_by("begins_at", "pk"))
    shown = [*coming, *past[:PAGE_SIZE]]
    context = {
        "coming": _class_rows(coming, scope, shown),
        "past": _class_rows(past[:PAGE_SIZE], scope, shown),
        "may_open": may_open_classes(scope),
        "is_first_page": page == 1,
        "previous_url": f"?trang={page - 1}" if page > 1 else "",
        "next_url": f"?trang={page + 1}" if len(past) > PAGE_SIZE else "",
    }
    return render(request, "courses/class_list.html", context)


@login_required
@never_cache
@require_safe
def class_page(request: HttpRequest, class_id: int) -> HttpResponse:
    """Show a class: its sessions, and of its list the names the asker may see."""
    scope = scope_of(request.user)
    training_class = _class_or_404(scope, class_id)
    rights = rights_over(training_class, scope)
    entries = list(roster_of(training_class, scope, rights))
    own = next((entry for entry in entries if entry.person_id == scope.person_id), None)
    sessions = list(training_class.sessions.order_by("starts_at", "pk"))
    words = request.GET.get("tim", "")[:100]
    found = list(people_to_add(training_class, scope, words)) if rights.nominates and words else []
    places = places_of([person.pk for person in found], scope.day) if found else {}
    rows = roster_rows(entries if rights.sees_names else [own] if own else [], scope.day)
    context = {
        "training_class": training_class,
        "unit": names_on([training_class.unit_id], scope.day).get(training_class.unit_id),
        "instructors": _instructors(training_class),
        "sessions": _session_rows(sessions, own),
        "rights": rights,
        "rows": rows if rights.sees_names else [],
        "behind": [row for row in rows if not row.online_done] if rights.sees_names else [],
        "own": next((row for row in rows if own and row.entry.pk == own.pk), None),
        "words": words,
        "found": [(person, places.get(person.pk, Place())) for person in found],
        "is_over": training_class.cancelled_at is not None,
        "trail": [(_("Classes"), reverse("classes")), (training_class.title, "")],
    }
    return render(request, "courses/class.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_class(request: HttpRequest) -> HttpResponse:
    scope = scope_of(request.user)
    if not may_open_classes(scope):
        raise Http404
    form = ClassForm(request.POST or None, scope=scope)
    if request.method == "POST" and form.is_valid():
        instructors = {user.pk: user for user in form.cleaned_data.pop("instructors")}
        if scope.has_role(Role.INSTRUCTOR):
            instructors[request.user.pk] = request.user
        training_class = create_class(
            form.cleaned_data.pop("course"),
            **form.cleaned_data,
            instructors=instructors.values(),
            actor=request.user,
            at=timezone.now(),
        )
        messages.success(request, _("The class is open. Now add its sessions."))
        return redirect("class_new_session", class_id=training_class.pk)
    context = {
        "form": form,
        "trail": [(_("Classes"), reverse("classes")), (_("Open a class"), "")],
    }
    return render(request, "courses/class_new.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_session(request: HttpRequest, class_id: int) -> HttpResponse:
    training_class = _kept_class_or_404(scope_of(request.user), class_id)
    form = SessionForm(request.POST or None, class_periods=training_class.course.class_periods)
    if request.method == "POST" and form.is_valid():
        try:
            add_session(
                training_class,
                title=form.cleaned_data["title"],
                starts_at=form.moment("starts"),
                ends_at=form.moment("ends"),
                periods=form.cleaned_data["periods"],
                actor=request.user,
                at=timezone.now(),
            )
        except BadPeriods:
            form.add_error("periods", _("The class plan has other periods now. Please reload."))
        except BadTimes:
            form.add_error("ends", _("The end must be later than the beginning."))
        except ClassCancelled:
            form.add_error(None, _("This class was called off."))
        else:
            messages.success(request, _("The session is added."))
            return redirect(training_class)
    context = {
        "training_class": training_class,
        "form": form,
        "trail": [
            (_("Classes"), reverse("classes")),
            (training_class.title, training_class.get_absolute_url()),
            (_("Add a session"), ""),
        ],
    }
    return render(request, "courses/class_session_new.html", context)


@login_required
@require_POST
def add_person(request: HttpRequest, class_id: int) -> HttpResponse:
    """Put a person within the asker's reach on the list."""
    scope = scope_of(request.user)
    training_class = _class_or_404(scope, class_id)
    form = PersonForm(request.POST)
    if not rights_over(training_class, scope).nominates or not form.is_valid():
        raise Http404
    person = get_object_or_404(within_reach(scope), pk=form.cleaned_data["person"])
    try:
        add_to_roster(training_class, person, actor=request.user, at=timezone.now())
    except ClassFull:
        messages.error(request, _("Every seat of this class is taken."))
    except ClassCancelled:
        messages.error(request, _("This class was called off."))
    except CourseNotPublished:
        messages.error(request, _("The course is not published yet."))
    else:
        messages.success(request, _("%(name)s is on the list.") % {"name": person})
    return redirect(training_class)


@login_required
@require_POST
def remove_person(request: HttpRequest, class_id: int) -> HttpResponse:
    """Take a name off the list: the class's own trainers any, a focal person those of her scope."""
    scope = scope_of(request.user)
    training_class = _class_or_404(scope, class_id)
    rights = rights_over(training_class, scope)
    form = PersonForm(request.POST)
    if not rights.nominates or not form.is_valid():
        raise Http404
    entry = get_object_or_404(
        roster_of(training_class, scope, rights), person=form.cleaned_data["person"]
    )
    remove_from_roster(entry, actor=request.user, at=timezone.now())
    messages.success(request, _("%(name)s is off the list.") % {"name": entry.person})
    return redirect(training_class)


@login_required
@require_POST
def cancel(request: HttpRequest, class_id: int) -> HttpResponse:
    training_class = _kept_class_or_404(scope_of(request.user), class_id)
    try:
        cancel_class(training_class, actor=request.user, at=timezone.now())
    except HasMarks:
        messages.error(request, _("Attendance was recorded: the class took place."))
    else:
        messages.success(request, _("The class is called off."))
    return redirect(training_class)


def _class_or_404(scope: Scope, class_id: int) -> TrainingClass:
    return get_object_or_404(
        TrainingClass.objects.visible_to(scope).select_related("course"), pk=class_id
    )


def _kept_class_or_404(scope: Scope, class_id: int) -> TrainingClass:
    return get_object_or_404(
        TrainingClass.objects.managed_by(scope).select_related("course"), pk=class_id
    )


def _instructors(training_class: TrainingClass) -> list[str]:
    return [
        instructor.user.display_name
        for instructor in ClassInstructor.objects.filter(training_class=training_class)
        .select_related("user__staff")
        .order_by("user__staff__sort_name", "user_id")
    ]


def _with_dates(classes: QuerySet[TrainingClass]) -> QuerySet[TrainingClass]:
    """Add when a class begins and ends and how many names are on its list."""
    held = Q(sessions__cancelled_at__isnull=True)
    listed = (
        ClassRosterEntry.objects.filter(training_class=OuterRef("pk"), removed_at__isnull=True)
        .order_by()
        .values("training_class")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return (
        classes.select_related("course")
        .annotate(
            begins_at=Min("sessions__starts_at", filter=held),
            last_ends_at=Max("sessions__ends_at", filter=held),
            listed_count=Coalesce(Subquery(listed), 0),
        )
        .prefetch_related(
            Prefetch(
                "sessions",
                ClassSession.objects.filter(cancelled_at__isnull=True).order_by("starts_at", "pk"),
                to_attr="held_sessions",
            ),
        )
    )


def _class_rows(
    classes: list[TrainingClass], scope: Scope, shown: list[TrainingClass]
) -> list[dict[str, Any]]:
    """Return what the list prints of each class; the names of units cost one query in all."""
    names = names_on(list({row.unit_id for row in shown}), scope.day) if classes else {}
    own = TrainingClass.objects.with_person(scope.person_id) if classes else None
    run = TrainingClass.objects.run_by(scope.user_id) if classes else None
    keys = [row.pk for row in classes]
    own_keys = set(own.filter(pk__in=keys).values_list("pk", flat=True)) if own else set()
    run_keys = set(run.filter(pk__in=keys).values_list("pk", flat=True)) if run else set()
    return [
        {
            "training_class": row,
            "unit": names.get(row.unit_id),
            "is_own": row.pk in own_keys,
            "is_run": row.pk in run_keys,
        }
        for row in classes
    ]


def _session_rows(
    sessions: list[ClassSession], own: ClassRosterEntry | None
) -> list[tuple[ClassSession, AttendanceMark | None]]:
    """Pair each session with the asker's own standing mark; one query if she is on the list."""
    if own is None:
        return [(session, None) for session in sessions]
    marks = AttendanceMark.objects.filter(
        person=own.person_id, session__in=[session.pk for session in sessions]
    ).order_by("recorded_at", "pk")
    standing = standing_marks(marks)
    return [(session, standing.get((session.pk, own.person_id))) for session in sessions]


def _page_number(request: HttpRequest) -> int:
    typed = request.GET.get("trang", "1")
    return min(int(typed), 1000) if typed.isascii() and typed.isdigit() and int(typed) else 1
