"""Attempts: who may start, the server's clock, saved answers, submitting once, the sweep."""

from datetime import timedelta
from decimal import Decimal

import pytest

from courses.models import AnswerStep, Attempt, AttemptQuestion, Completion
from courses.models.quizzes import AttemptStatus
from courses.quizzes.attempts import (
    AttemptOver,
    InvalidAnswers,
    QuizClosed,
    StaleRevision,
    save_answers,
    start_attempt,
    submit_attempt,
    sweep,
)
from courses.quizzes.openings import Closed, opening_of
from lms.people.models import AuditEntry
from tests.courses.quizzing import (
    NOW,
    answers_for,
    do_lesson,
    make_learner,
    make_quiz_course,
    questions_of,
)
from tests.factories import make_course_version, make_rules

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
WINDOW = timedelta(hours=30 * 24)


@pytest.fixture
def quiz_course():
    return make_quiz_course()


@pytest.fixture
def learner(quiz_course):
    return make_learner(quiz_course)


def start(learner, quiz, *, at=NOW):
    return start_attempt(learner.enrolment, quiz, actor=learner.user, at=at)


def refusal(learner, quiz, *, at=NOW):
    with pytest.raises(QuizClosed) as refused:
        start(learner, quiz, at=at)
    return refused.value.opening


def take(learner, quiz, *, right, at=NOW):
    """Start, answer and submit at one moment."""
    attempt = start(learner, quiz, at=at)
    save_answers(attempt, answers_for(attempt, right=right), revision=0, actor=learner.user, at=at)
    return submit_attempt(attempt, actor=learner.user, at=at)


def test_start_freezes_pass_mark_deadline_and_number(quiz_course, learner):
    attempt = Attempt.objects.get(pk=start(learner, quiz_course.post).pk)
    assert (
        attempt.number,
        attempt.quiz_kind,
        attempt.status,
        attempt.started_at,
        attempt.deadline_at,
        attempt.pass_mark_percent,
        attempt.revision,
    ) == (1, "post", "in_progress", NOW, NOW + timedelta(minutes=25), 70, 0)
    entry = AuditEntry.objects.get(action="quiz.start")
    assert (entry.actor, entry.person, entry.object_id) == (
        learner.user,
        learner.person,
        str(attempt.pk),
    )


def test_starting_again_leads_to_the_attempt_that_is_running(quiz_course, learner):
    first = start(learner, quiz_course.post)
    assert start(learner, quiz_course.post, at=NOW + timedelta(minutes=24)).pk == first.pk
    assert Attempt.objects.count() == 1


def test_a_rule_of_the_pinned_course_version_wins_over_the_rule_set(quiz_course):
    make_course_version(
        quiz_course.course,
        rule={"pass_mark_percent": 80, "attempt_starts": 1, "attendance_percent": None},
    )
    learner = make_learner(quiz_course)
    assert start(learner, quiz_course.post).pass_mark_percent == 80
    opening = refusal(learner, quiz_course.post, at=NOW + timedelta(hours=1))
    assert opening.closed is Closed.NO_STARTS_LEFT


def test_three_starts_in_a_rolling_window_abandoned_ones_included(quiz_course, learner):
    days = [NOW, NOW + timedelta(days=1), NOW + timedelta(days=2)]
    for at in days:
        start(learner, quiz_course.post, at=at)
    opening = refusal(learner, quiz_course.post, at=NOW + timedelta(days=3))
    assert (opening.closed, opening.starts_left, opening.next_start_at) == (
        Closed.NO_STARTS_LEFT,
        0,
        NOW + WINDOW,
    )
    # One second before 30 × 24 hours the first start still counts; at that very moment it does not.
    refusal(learner, quiz_course.post, at=NOW + WINDOW - SECOND)
    assert start(learner, quiz_course.post, at=NOW + WINDOW).number == 4
    opening = refusal(learner, quiz_course.post, at=NOW + WINDOW + timedelta(hours=1))
    assert opening.next_start_at == days[1] + WINDOW


def test_the_number_of_starts_comes_from_the_rule_set(quiz_course, learner):
    make_rules(attempt_starts=2, attempt_window_hours=24)
    start(learner, quiz_course.post)
    start(learner, quiz_course.post, at=NOW + timedelta(hours=1))
    assert refusal(learner, quiz_course.post, at=NOW + timedelta(hours=2)).starts_left == 0
    assert start(learner, quiz_course.post, at=NOW + timedelta(hours=24)).number == 3


def test_the_post_test_opens_after_every_required_lesson(quiz_course):
    learner = make_learner(quiz_course, ready=False)
    for lesson in quiz_course.lessons:
        assert refusal(learner, quiz_course.post).closed is Closed.LESSONS_MISSING
        do_lesson(learner.enrolment, lesson)
    assert start(learner, quiz_course.post).number == 1


def test_a_passed_post_test_is_not_started_again(quiz_course):
    quiz_course = make_quiz_course(class_periods=3)
    learner = make_learner(quiz_course)
    assert take(learner, quiz_course.post, right=7).passed is True
    assert refusal(learner, quiz_course.post).closed is Closed.PASSED


def test_the_pre_test_is_taken_once_and_closes_at_the_first_lesson_done(quiz_course):
    early, late = (make_learner(quiz_course, ready=False) for _ in range(2))
    attempt = take(early, quiz_course.pre, right=3)
    assert (attempt.score_percent, attempt.deadline_at) == (Decimal("50.00"), None)
    assert refusal(early, quiz_course.pre).closed is Closed.TAKEN
    do_lesson(late.enrolment, quiz_course.lessons[0])
    assert refusal(late, quiz_course.pre).closed is Closed.LESSONS_BEGUN


def test_a_running_pre_test_ends_when_the_first_lesson_is_done(quiz_course):
    learner = make_learner(quiz_course, ready=False)
    attempt = start(learner, quiz_course.pre)
    save_answers(attempt, answers_for(attempt, right=6), revision=0, actor=None, at=NOW)
    done_at = NOW + timedelta(minutes=5)
    do_lesson(learner.enrolment, quiz_course.lessons[0], at=done_at)
    with pytest.raises(AttemptOver):
        save_answers(
            attempt, answers_for(attempt, right=0), revision=1, actor=None, at=done_at + SECOND
        )
    stored = Attempt.objects.get()
    assert (stored.status, stored.submitted_at, stored.score_percent) == (
        "finished",
        done_at,
        Decimal("100.00"),
    )


def test_a_round_that_is_over_takes_no_start(quiz_course, learner):
    learner.enrolment.closed_at, learner.enrolment.closed_as = NOW, "ended"
    learner.enrolment.save()
    assert refusal(learner, quiz_course.post).closed is Closed.ROUND_OVER


def test_saved_answers_are_appended_as_steps_and_kept_on_the_question(quiz_course, learner):
    attempt = start(learner, quiz_course.post)
    answers = answers_for(attempt)
    save_answers(attempt, {1: answers[1]}, revision=0, actor=learner.user, at=NOW + SECOND)
    save_answers(
        attempt,
        {1: None, 2: answers[2]},
        flags={3: True},
        revision=1,
        actor=learner.user,
        at=NOW + 2 * SECOND,
    )
    first, second, third = questions_of(attempt)[:3]
    assert (first.response, third.response, third.is_flagged) == (None, None, True)
    assert second.response is not None
    assert list(
        AnswerStep.objects.order_by("pk").values_list(
            "attempt_question__position", "sequence", "saved_at", "saved_by"
        )
    ) == [
        (1, 1, NOW + SECOND, learner.user.pk),
        (1, 2, NOW + 2 * SECOND, learner.user.pk),
        (2, 2, NOW + 2 * SECOND, learner.user.pk),
    ]
    assert Attempt.objects.get().revision == 2


def test_saving_the_same_answers_again_writes_nothing(quiz_course, learner):
    attempt = start(learner, quiz_course.post)
    answers = answers_for(attempt)
    save_answers(attempt, answers, revision=0, actor=learner.user, at=NOW)
    # The answer to the first request was lost: the page sends it again, as of the old revision.
    again = Attempt.objects.get()
    assert save_answers(again, answers, revision=0, actor=learner.user, at=NOW).revision == 1
    assert AnswerStep.objects.count() == 10


def test_a_page_that_lost_a_race_to_its_own_twin_is_not_stale(quiz_course, learner):
    attempt = start(learner, quiz_course.post)
    twin = Attempt.objects.get()
    answers = answers_for(attempt)
    # Both read revision 0 before either wrote: an autosave and the button pressed on its heels.
    questions_of(twin)
    assert save_answers(twin, {}, revision=0, actor=None, at=NOW).revision == 0
    save_answers(attempt, answers, revision=0, actor=learner.user, at=NOW)
    assert save_answers(twin, answers, revision=0, actor=learner.user, at=NOW).revision == 1
    assert AnswerStep.objects.count() == 10


def test_a_stale_page_is_refused_and_the_newer_answers_stay(quiz_course, learner):
    attempt = start(learner, quiz_course.post)
    right, wrong = answers_for(attempt), answers_for(attempt, right=0)
    save_answers(attempt, right, revision=0, actor=learner.user, at=NOW)
    other_tab = Attempt.objects.get()
    with pytest.raises(StaleRevision):
        save_answers(other_tab, wrong, revision=0, actor=learner.user, at=NOW)
    assert submit_attempt(attempt, actor=None, at=NOW).score_percent == Decimal("100.00")


def test_answers_that_do_not_fit_are_refused_by_position_and_nothing_is_saved(quiz_course, learner):
    attempt = start(learner, quiz_course.post)
    answers = answers_for(attempt) | {3: object(), 99: "A"}
    with pytest.raises(InvalidAnswers) as refused:
        save_answers(attempt, answers, revision=0, actor=learner.user, at=NOW)
    assert sorted(refused.value.errors) == [3, 99]
    assert AnswerStep.objects.count() == 0


@pytest.mark.parametrize(
    ("offset", "is_open"),
    ((-SECOND, True), (timedelta(0), False), (SECOND, False), (timedelta(days=400), False)),
)
def test_answers_are_taken_until_the_deadline(quiz_course, learner, offset, is_open):
    attempt = start(learner, quiz_course.post)
    save_answers(attempt, answers_for(attempt, right=8), revision=0, actor=None, at=NOW + SECOND)
    late = answers_for(attempt, right=0)
    at = attempt.deadline_at + offset
    if is_open:
        assert save_answers(attempt, late, revision=1, actor=None, at=at).revision == 2
        assert Attempt.objects.get().status == AttemptStatus.IN_PROGRESS
        return
    with pytest.raises(AttemptOver):
        save_answers(attempt, late, revision=1, actor=None, at=at)
    stored = Attempt.objects.get()
    assert (stored.submitted_at, stored.score_percent, stored.passed) == (
        attempt.deadline_at,
        Decimal("80.00"),
        True,
    )


@pytest.mark.parametrize(
    ("offset", "moment"), ((-SECOND, -SECOND), (SECOND, timedelta(0)), (timedelta(9), timedelta(0)))
)
def test_a_submit_is_dated_by_its_moment_or_by_the_deadline(quiz_course, learner, offset, moment):
    attempt = start(learner, quiz_course.post)
    submitted = submit_attempt(attempt, actor=learner.user, at=attempt.deadline_at + offset)
    assert submitted.submitted_at == attempt.deadline_at + moment
    assert (submitted.score_percent, submitted.passed) == (Decimal("0.00"), False)


def test_a_second_submit_gets_the_same_result(quiz_course, learner):
    first = take(learner, quiz_course.post, right=6)
    again = submit_attempt(first, actor=learner.user, at=NOW + timedelta(hours=5))
    assert (again.pk, again.submitted_at, again.score_percent) == (
        first.pk,
        NOW,
        Decimal("60.00"),
    )
    assert AuditEntry.objects.filter(action="quiz.submit").count() == 1
    with pytest.raises(AttemptOver):
        save_answers(again, {1: None}, revision=again.revision, actor=None, at=NOW)


@pytest.mark.parametrize(("right", "passed"), ((10, True), (7, True), (6, False), (0, False)))
def test_passing_goes_by_the_frozen_pass_mark(quiz_course, learner, right, passed):
    attempt = start(learner, quiz_course.post)
    make_rules(pass_mark_percent=100)
    save_answers(attempt, answers_for(attempt, right=right), revision=0, actor=None, at=NOW)
    submitted = submit_attempt(attempt, actor=None, at=NOW)
    assert (submitted.score_percent, submitted.passed) == (Decimal(10 * right), passed)
    stored = AttemptQuestion.objects.filter(attempt=attempt).values_list("fraction", flat=True)
    assert sum(stored) == right


def test_the_passing_submit_completes_the_course_on_its_day(quiz_course, learner):
    take(learner, quiz_course.post, right=5)
    assert Completion.objects.count() == 0
    take(learner, quiz_course.post, right=7, at=NOW + timedelta(days=2))
    completion = Completion.objects.get()
    assert (completion.enrolment, completion.valid_from.isoformat()) == (
        learner.enrolment,
        "2026-03-04",
    )


def test_the_sweep_finishes_what_is_over_and_nothing_else(quiz_course):
    passing, failing, running, pre = (
        make_learner(quiz_course, ready=each) for each in (True, True, True, False)
    )
    over = start(passing, quiz_course.post)
    save_answers(over, answers_for(over), revision=0, actor=None, at=NOW + SECOND)
    start(failing, quiz_course.post)
    start(running, quiz_course.post, at=NOW + SECOND)
    start(pre, quiz_course.pre)
    do_lesson(pre.enrolment, quiz_course.lessons[0], at=NOW + timedelta(minutes=3))
    at = NOW + timedelta(minutes=25)
    assert (sweep(at - SECOND), sweep(at), sweep(at)) == (1, 2, 0)
    assert list(
        Attempt.objects.order_by("pk").values_list("status", "submitted_at", "score_percent")
    ) == [
        ("finished", at, Decimal(100)),
        ("finished", at, Decimal(0)),
        ("in_progress", None, None),
        ("finished", NOW + timedelta(minutes=3), Decimal(0)),
    ]
    # The deadline, not the sweep, is the day on which the course was completed.
    assert Completion.objects.get().valid_from.isoformat() == "2026-03-02"


def test_a_start_stores_what_time_has_ended(quiz_course, learner):
    attempt = start(learner, quiz_course.post)
    save_answers(attempt, answers_for(attempt, right=9), revision=0, actor=None, at=NOW + SECOND)
    opening = refusal(learner, quiz_course.post, at=NOW + timedelta(hours=2))
    assert opening.closed is Closed.PASSED
    assert Attempt.objects.get().passed is True
    assert Completion.objects.count() == 1


def test_reading_an_attempt_past_its_end_writes_nothing(quiz_course, learner):
    attempt = start(learner, quiz_course.post)
    save_answers(attempt, answers_for(attempt, right=9), revision=0, actor=None, at=NOW + SECOND)
    opening = opening_of(learner.enrolment, quiz_course.post, at=NOW + timedelta(hours=2))
    assert (opening.attempts[0].passed, opening.running, opening.closed) == (
        True,
        None,
        Closed.PASSED,
    )
    assert Attempt.objects.get().status == AttemptStatus.IN_PROGRESS


def test_answers_are_shown_only_when_nothing_can_be_tried_with_them(quiz_course, learner):
    def shows(at):
        return opening_of(learner.enrolment, quiz_course.post, at=at).shows_answers

    take(learner, quiz_course.post, right=0)
    assert shows(NOW) is False
    take(learner, quiz_course.post, right=0, at=NOW + timedelta(hours=1))
    start(learner, quiz_course.post, at=NOW + timedelta(hours=2))
    # The third attempt is running: the answers of the first would help.
    assert shows(NOW + timedelta(hours=2, minutes=10)) is False
    assert shows(NOW + timedelta(hours=3)) is True
    # A start has come back.
    assert shows(NOW + WINDOW) is False


def test_answers_of_the_pre_test_are_shown_when_the_course_is_complete(quiz_course):
    learner = make_learner(quiz_course, ready=False)
    take(learner, quiz_course.pre, right=2)
    for lesson in quiz_course.lessons:
        do_lesson(learner.enrolment, lesson)
    assert opening_of(learner.enrolment, quiz_course.pre, at=NOW).shows_answers is False
    take(learner, quiz_course.post, right=10)
    learner.enrolment.refresh_from_db()
    assert opening_of(learner.enrolment, quiz_course.pre, at=NOW).shows_answers is True
