"""The pages of a quiz: what it asks, the paper, the last look before submitting, the result.

Only the learner's own attempts are found, anything else is 404. A GET writes nothing: an attempt
past its end is read as finished and stored by the next write or the sweep.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.views import serve

from content.models import ModulePage, QuizPage
from content.models.pages import module_anchor
from content.models.quizzes import QuizKind
from content.outline import find_quiz
from courses.enrolment import CourseLocked, CourseNotPublished, enrol
from courses.models import Attempt, Enrolment
from courses.quizzes.attempts import (
    AttemptOver,
    QuizClosed,
    StaleRevision,
    save_answers,
    start_attempt,
    submit_attempt,
)
from courses.quizzes.draw import NotEnoughQuestions
from courses.quizzes.forms import SheetForm
from courses.quizzes.openings import Closed, Opening, opening_of
from courses.quizzes.review import feedback_of, modules_to_read_again
from courses.quizzes.sheets import Sheet, get_sheet
from courses.quizzes.tasks import finish_at_deadline
from courses.standing import standing_of


def see_other(name: str, *args: Any) -> HttpResponse:
    """Redirect with 303: the answer to a POST is always fetched by GET."""
    return HttpResponseRedirect(reverse(name, args=args), status=303)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def quiz(request: HttpRequest, course: str, slug: str) -> HttpResponse:
    """What the quiz asks, what is left of the attempts, and the start."""
    page = find_quiz(course, slug)
    if page is None:
        # A module stands at an address of the same shape.
        return serve(request, request.path.lstrip("/"))
    at = timezone.now()
    person = request.user.staff
    enrolment = find_enrolment(person, page)
    if request.method == "POST" and person is not None:
        return start(request, page, enrolment, at=at)
    opening = opening_of(enrolment, page, at=at) if enrolment else None
    context = {
        "quiz": page,
        "course": page.course,
        "course_url": reverse("course", args=[page.course.slug]),
        "is_learner": person is not None,
        "opening": opening,
        "may_start": person is not None and may_start(page, opening),
        "reason": reason_of(page, opening),
        "is_pre": page.quiz_kind == QuizKind.PRE,
    }
    return render(request, "courses/quiz.html", context)


def find_enrolment(person: Any, page: QuizPage) -> Enrolment | None:
    """Return the newest round of ``person`` in the course of ``page``."""
    if person is None:
        return None
    return (
        Enrolment.objects.filter(person=person, course=page.course)
        .select_related("course_version")
        .order_by("-round")
        .first()
    )


def may_start(page: QuizPage, opening: Opening | None) -> bool:
    """Tell whether the start button stands; a pre-test also opens the first round."""
    if opening is None:
        return page.quiz_kind == QuizKind.PRE
    return opening.may_start and opening.running is None


def reason_of(page: QuizPage, opening: Opening | None) -> str:
    """Return why there is no start button, as a name for the template; empty if there is one."""
    if opening is None:
        return "" if page.quiz_kind == QuizKind.PRE else Closed.LESSONS_MISSING.value
    return opening.closed.value if opening.closed else ""


def start(
    request: HttpRequest, page: QuizPage, enrolment: Enrolment | None, *, at: Any
) -> HttpResponse:
    """Start, or go on with the attempt that is running; a refusal leads back with its reason."""
    here = ("quiz", page.course.slug, page.slug)
    try:
        if enrolment is None:
            if page.quiz_kind != QuizKind.PRE:
                return see_other(*here)
            enrolment = enrol(request.user.staff, page.course, actor=request.user, at=at)
        attempt = start_attempt(enrolment, page, actor=request.user, at=at)
    except QuizClosed:
        return see_other(*here)
    except (CourseLocked, CourseNotPublished):
        messages.warning(request, _("This course is not open to you yet."))
        return see_other("course", page.course.slug)
    except NotEnoughQuestions:
        messages.error(
            request,
            _(
                "There are not enough questions in force today to make up this quiz. "
                "No attempt was used. Please tell your trainer."
            ),
        )
        return see_other(*here)
    finish_at_deadline(attempt)
    return see_other("attempt", attempt.pk)


def find_sheet(request: HttpRequest, attempt_id: int) -> Sheet:
    try:
        return get_sheet(attempt_id, person_id=request.user.staff_id)
    except Attempt.DoesNotExist:
        raise Http404("no such attempt of yours") from None


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def attempt(request: HttpRequest, attempt_id: int) -> HttpResponse:
    """The paper: all questions on one page, saved as often as one likes."""
    at = timezone.now()
    sheet = find_sheet(request, attempt_id)
    if request.method == "POST":
        return save(request, sheet, at=at)
    if not sheet.is_running(at):
        return HttpResponseRedirect(reverse("attempt_result", args=[attempt_id]))
    return render_sheet(request, sheet, SheetForm(sheet.attempt), at=at)


def save(request: HttpRequest, sheet: Sheet, *, at: Any) -> HttpResponse:
    """Save what fits, show what does not beside its question, and go where the button says."""
    attempt_id = sheet.attempt.pk
    form = SheetForm(sheet.attempt, request.POST)
    answers_json = request.headers.get("Accept") == "application/json"
    try:
        save_answers(
            sheet.attempt,
            form.answers,
            flags=form.flags,
            revision=form.revision,
            actor=request.user,
            at=at,
        )
    except AttemptOver:
        if answers_json:
            return JsonResponse({"over": True}, status=410)
        messages.warning(
            request,
            _("Time was over before this page arrived. The answers saved by then were marked."),
        )
        return see_other("attempt_result", attempt_id)
    except StaleRevision:
        if answers_json:
            return JsonResponse({"stale": True}, status=409)
        newer = find_sheet(request, attempt_id)
        form = SheetForm(newer.attempt, request.POST)
        return render_sheet(request, newer, form, at=at, is_stale=True, status=409)
    if answers_json:
        return JsonResponse(
            {
                "revision": sheet.attempt.revision,
                "saved_at": f"{timezone.localtime(at):%H:%M}",
                "errors": form.errors,
            },
            status=200 if form.is_valid() else 422,
        )
    if not form.is_valid():
        return render_sheet(request, sheet, form, at=at)
    if "submit" in request.POST:
        return see_other("attempt_submit", attempt_id)
    messages.success(request, _("Your answers are saved."))
    if "later" in request.POST:
        return see_other("quiz", sheet.course_slug, sheet.quiz_slug)
    return see_other("attempt", attempt_id)


def render_sheet(
    request: HttpRequest,
    sheet: Sheet,
    form: SheetForm,
    *,
    at: Any,
    is_stale: bool = False,
    status: int = 200,
) -> HttpResponse:
    fields = form.fields(show_posted=is_stale)
    deadline = sheet.attempt.deadline_at
    seconds_left = None if deadline is None else max(int((deadline - at).total_seconds()), 0)
    context = {
        "sheet": sheet,
        "attempt": sheet.attempt,
        "form": form,
        "fields": fields,
        "question_count": len(fields),
        "answered_count": sum(each.is_answered for each in fields),
        "flagged_count": sum(each.is_flagged for each in fields),
        "open_count": sum(not each.is_answered for each in fields),
        "points": 100 // len(fields) if 100 % len(fields) == 0 else None,
        "seconds_left": seconds_left,
        # The last minute counts as one, so that the page never says 0 while it takes answers.
        "minutes_left": None if seconds_left is None else -(-seconds_left // 60),
        "is_stale": is_stale,
        "is_pre": sheet.attempt.quiz_kind == QuizKind.PRE,
        "trail": [(sheet.course_title, reverse("course", args=[sheet.course_slug]))],
    }
    return render(request, "courses/quiz_attempt.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest, attempt_id: int) -> HttpResponse:
    """The last look before submitting; a second submit leads to the same result."""
    at = timezone.now()
    sheet = find_sheet(request, attempt_id)
    if request.method == "POST":
        submit_attempt(sheet.attempt, actor=request.user, at=at)
        return see_other("attempt_result", attempt_id)
    if not sheet.is_running(at):
        return HttpResponseRedirect(reverse("attempt_result", args=[attempt_id]))
    fields = SheetForm(sheet.attempt).fields()
    context = {
        "sheet": sheet,
        "attempt": sheet.attempt,
        "fields": fields,
        "open": [each for each in fields if not each.is_answered],
        "flagged": [each for each in fields if each.is_flagged],
        "is_pre": sheet.attempt.quiz_kind == QuizKind.PRE,
    }
    return render(request, "courses/quiz_submit.html", context)


@login_required
@never_cache
@require_safe
def result(request: HttpRequest, attempt_id: int) -> HttpResponse:
    """The result in a sentence and a figure, and what to read again."""
    at = timezone.now()
    sheet = find_sheet(request, attempt_id)
    if sheet.is_running(at):
        return HttpResponseRedirect(reverse("attempt", args=[attempt_id]))
    taken = sheet.attempt
    if taken.submitted_at is None:
        sheet.read_as_over()
    questions = list(taken.questions.all())
    enrolment = Enrolment.objects.select_related("course_version", "course", "person").get(
        pk=taken.enrolment_id
    )
    opening = opening_of(enrolment, taken.quiz, at=at)
    is_pre = taken.quiz_kind == QuizKind.PRE
    weak = [] if is_pre or taken.passed else modules_to_read_again(questions)
    titles = dict(ModulePage.objects.filter(pk__in=weak).values_list("pk", "title"))
    course_url = reverse("course", args=[sheet.course_slug])
    standing = standing_of(enrolment, at=at) if taken.passed and not is_pre else None
    context = {
        "sheet": sheet,
        "attempt": taken,
        "opening": opening,
        "is_pre": is_pre,
        "is_late": taken.deadline_at is not None and taken.submitted_at == taken.deadline_at,
        "minutes_taken": max(
            -(-int((taken.submitted_at - taken.started_at).total_seconds()) // 60), 1
        ),
        "right_count": sum(question.fraction == 1 for question in questions),
        "question_count": len(questions),
        "feedback": [feedback_of(question) for question in questions]
        if opening.shows_answers
        else [],
        "weak_modules": [
            (titles[module], f"{course_url}#{module_anchor(module)}")
            for module in weak
            if module in titles
        ],
        "standing": standing,
        "course_url": course_url,
        "quiz_url": reverse("quiz", args=[sheet.course_slug, sheet.quiz_slug]),
    }
    return render(request, "courses/quiz_result.html", context)
