"""The page of a course: public facts for everybody, the learner's own state for her.

The page's template belongs to ``content``; what is the learner's comes in by ``learner``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from content.models import CoursePage
from courses.enrolment import CourseLocked, CourseNotPublished, enrol
from courses.models import ClassSession
from courses.standing import CourseStanding, standings
from lms.people.models import StaffMember


@dataclass(frozen=True)
class CourseLearner:
    """The learner on the page of a course."""

    standing: CourseStanding
    # The next meeting of a class she is on the list of.
    next_session: ClassSession | None
    begin_url: str


@require_safe
@never_cache
def course(request: HttpRequest, course_slug: str) -> HttpResponse:
    page = get_object_or_404(CoursePage.objects.live(), slug=course_slug)
    person = request.user.staff if request.user.is_authenticated else None
    learner = learner_of(person, page, at=timezone.now()) if person else None
    return render(
        request, page.get_template(request), page.get_context(request) | {"learner": learner}
    )


def learner_of(person: StaffMember, page: CoursePage, *, at: datetime) -> CourseLearner:
    return CourseLearner(
        standing=standings(person, [page], at=at)[page.pk],
        next_session=find_next_session(person, page, at=at),
        begin_url=reverse("course_begin", args=[page.slug]),
    )


def find_next_session(
    person: StaffMember, page: CoursePage, *, at: datetime
) -> ClassSession | None:
    """Return the next meeting, not called off, of a class of the course with her name on it."""
    return (
        ClassSession.objects.filter(
            training_class__course=page,
            training_class__cancelled_at__isnull=True,
            training_class__roster__person=person,
            training_class__roster__removed_at__isnull=True,
            cancelled_at__isnull=True,
            ends_at__gt=at,
        )
        .select_related("training_class")
        .order_by("starts_at", "pk")
        .first()
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def begin(request: HttpRequest, course_slug: str) -> HttpResponse:
    """Open the learner's round and lead to its first step; a GET (after signing in) opens none."""
    page = get_object_or_404(CoursePage.objects.live(), slug=course_slug)
    here = redirect("course", page.slug)
    if request.method != "POST":
        return here
    person = request.user.staff
    if person is None:
        raise Http404
    at = timezone.now()
    standing = standings(person, [page], at=at)[page.pk]
    if standing.may_begin:
        try:
            enrol(person, page, actor=request.user, at=at)
        except (CourseLocked, CourseNotPublished):
            messages.warning(request, _("This course cannot be started yet."))
            return here
        standing = standings(person, [page], at=at)[page.pk]
    if standing.is_open and standing.next_lesson is not None:
        return redirect(standing.next_lesson.url)
    return here
