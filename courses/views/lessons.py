"""A lesson as a learner reads it, and the one fact of reading: done.

Lessons of an unlocked course are free to read; reading needs no round and writes nothing. The
first act that is recorded opens the round.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from content.models import LessonPage, LessonVersion
from content.models.pages import LessonKind
from content.outline import OutlineLesson, get_lesson, outline_of
from courses.enrolment import CourseLocked, CourseNotPublished, enrol
from courses.models import Enrolment, ScenarioAnswer
from courses.progress import NotALesson, RoundClosed, mark_lesson_done
from courses.reading import Reading, reading_of
from courses.scenarios import Play, decisions_of, play_of
from courses.steps import Gate
from lms.people.models import StaffMember
from lms.people.scopes import TRAINER_ROLES, scope_of


class DoneForm(forms.Form):
    """The version of the lesson that was on the screen."""

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1)


@dataclass(frozen=True)
class LessonLearner:
    """The reader on the page of a lesson; without a staff record she only reads."""

    person: StaffMember | None
    enrolment: Enrolment | None
    locked_by: tuple[Gate, ...]
    may_record: bool
    is_held: bool
    done_on: date | None
    version_id: int | None
    # The place among the lessons of the course, and its neighbours.
    number: int
    total: int
    previous: OutlineLesson | None
    next: OutlineLesson | None
    course_url: str
    done_url: str
    # Only on the page of a scenario.
    play: Play | None
    scenario_url: str

    @property
    def is_done(self) -> bool:
        return self.done_on is not None

    @property
    def is_locked(self) -> bool:
        return bool(self.locked_by)


@require_safe
@login_required
@never_cache
def lesson(
    request: HttpRequest, course_slug: str, module_slug: str, lesson_slug: str
) -> HttpResponse:
    page = find_lesson(course_slug, module_slug, lesson_slug)
    return render_lesson(request, page, learner_of(request, page, at=timezone.now()))


def find_lesson(course_slug: str, module_slug: str, lesson_slug: str) -> LessonPage:
    try:
        return get_lesson(course_slug, module_slug, lesson_slug)
    except LessonPage.DoesNotExist as error:
        raise Http404 from error


def render_lesson(
    request: HttpRequest, page: LessonPage, learner: LessonLearner, **context: object
) -> HttpResponse:
    """Render the lesson, or what unlocks it: a locked page shows nothing of the lesson."""
    if learner.is_locked:
        context = {"page": page, "learner": learner}
        return render(request, "courses/locked.html", context, status=403)
    context = page.get_context(request) | {"learner": learner} | context
    return render(request, page.get_template(request), context)


def learner_of(request: HttpRequest, page: LessonPage, *, at: datetime) -> LessonLearner:
    """Return the reader of ``page``; at most eight queries."""
    person = request.user.staff
    reading = reading_of(person, page.course, at=at) if person else None
    outline = outline_of(page.course)
    previous, following = outline.around(page.pk)
    number = next((lesson.number for lesson in outline.lessons if lesson.id == page.pk), 0)
    slugs = [page.course.slug, page.module.slug, page.slug]
    # Trainers read every lesson: they answer for it.
    reads_all = scope_of(request.user).has_role(*TRAINER_ROLES)
    return LessonLearner(
        person=person,
        enrolment=reading.enrolment if reading else None,
        locked_by=reading.locked_by if reading and not reads_all else (),
        may_record=reading is not None
        and reading.may_record
        and page.latest_version_id is not None,
        is_held=reading is not None and reading.is_held,
        done_on=reading.done.get(page.pk) if reading else None,
        version_id=page.latest_version_id,
        number=number,
        total=len(outline.lessons),
        previous=previous,
        next=following,
        course_url=reverse("course", args=slugs[:1]),
        done_url=reverse("lesson_done", args=slugs),
        play=find_play(page, reading),
        scenario_url=reverse("scenario_answer", args=slugs),
    )


def find_play(page: LessonPage, reading: Reading | None) -> Play | None:
    """Return how far the scenario of ``page`` was played, ``None`` for a plain lesson."""
    if page.kind != LessonKind.SCENARIO or page.latest_version_id is None:
        return None
    answers = []
    # The answers of a round that lapsed do not show: its next round plays anew.
    if reading and reading.enrolment and (reading.is_open or reading.is_held):
        answers = list(ScenarioAnswer.objects.filter(enrolment=reading.enrolment, lesson=page))
    return play_of(decisions_of(page.latest_version), answers)


def open_round(request: HttpRequest, page: LessonPage, *, at: datetime) -> Enrolment | None:
    """Return the round in which an act of the learner is recorded, opening it if need be.

    ``None``, with a message, if nothing may be recorded: the course is locked, or is held and has
    no open round. An account without a staff record finds nothing here.
    """
    person = request.user.staff
    if person is None:
        raise Http404
    reading = reading_of(person, page.course, at=at)
    if reading.is_open:
        return reading.enrolment
    if reading.is_held:
        messages.info(request, _("You have completed this course. What you did is kept."))
        return None
    try:
        return enrol(person, page.course, actor=request.user, at=at)
    except CourseLocked:
        messages.warning(request, _("This course is not open to you yet."))
    except CourseNotPublished:
        messages.warning(request, _("This course cannot be started yet."))
    return None


def find_version(page: LessonPage, key: int) -> LessonVersion | None:
    return LessonVersion.objects.filter(page=page, pk=key).first()


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def lesson_done(
    request: HttpRequest, course_slug: str, module_slug: str, lesson_slug: str
) -> HttpResponse:
    """Record that the lesson was read as shown; a GET, as after signing in, only leads back."""
    page = find_lesson(course_slug, module_slug, lesson_slug)
    here = redirect("lesson", course_slug, module_slug, lesson_slug)
    if request.method != "POST":
        return here
    form = DoneForm(request.POST)
    version = find_version(page, form.cleaned_data["version"]) if form.is_valid() else None
    if version is None:
        messages.error(request, _("The lesson was not recorded. Please press the button again."))
        return here
    at = timezone.now()
    enrolment = open_round(request, page, at=at)
    if enrolment is None:
        return here
    try:
        mark_lesson_done(enrolment, page, version=version, actor=request.user, at=at)
    except RoundClosed:
        # Another tab completed the round a moment ago.
        messages.info(request, _("You have completed this course. What you did is kept."))
    except NotALesson:
        messages.info(request, _("A case scenario is done once every decision is answered."))
    return here
