"""Two at once: starts, submits, pages of answers, the sweep; with controls that show the race.

Threads have their own connections. Without a lock SQLite still writes one after the other, so the
controls run on PostgreSQL only.
"""

from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from courses.models import AnswerStep, Attempt, AttemptQuestion, Completion
from courses.quizzes import attempts
from courses.quizzes.attempts import (
    AttemptOver,
    StaleRevision,
    save_answers,
    start_attempt,
    submit_attempt,
    sweep,
)
from lms.people.models import AuditEntry
from tests.courses.quizzing import NOW, answers_for, make_learner, make_quiz_course
from tests.races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

needs_row_locks = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite takes one writer at a time, lock or no lock"
)


@pytest.fixture
def quiz_course():
    return make_quiz_course()


@pytest.fixture
def learner(quiz_course):
    return make_learner(quiz_course)


@pytest.fixture
def attempt(quiz_course, learner):
    started = start_attempt(learner.enrolment, quiz_course.post, actor=learner.user, at=NOW)
    return Attempt.objects.get(pk=started.pk)


def unlocked(monkeypatch):
    """Turn row locks off."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self)


def test_two_starts_at_once_are_one_attempt(quiz_course, learner):
    def start():
        return start_attempt(learner.enrolment, quiz_course.post, actor=learner.user, at=NOW).pk

    results = at_once(*[start] * 8)
    assert set(results) == {Attempt.objects.get().pk}
    assert AttemptQuestion.objects.count() == 10


@needs_row_locks
def test_control_without_the_lock_only_the_constraint_stops_a_second_start(
    quiz_course, learner, monkeypatch
):
    unlocked(monkeypatch)
    barrier = Barrier(2)
    draw = attempts.draw_paper

    def draw_together(*args, **options):
        barrier.wait(timeout=20)
        return draw(*args, **options)

    monkeypatch.setattr(attempts, "draw_paper", draw_together)
    results = at_once(
        *[lambda: start_attempt(learner.enrolment, quiz_course.post, actor=None, at=NOW)] * 2
    )
    assert sorted(type(each).__name__ for each in results) == ["Attempt", "IntegrityError"]
    assert any(isinstance(each, IntegrityError) for each in results)
    assert Attempt.objects.count() == 1


def test_twenty_submits_at_once_are_one_result(quiz_course, learner, attempt):
    save_answers(attempt, answers_for(attempt, right=8), revision=0, actor=None, at=NOW)
    moments = [NOW + timedelta(seconds=second) for second in range(20)]
    results = at_once(
        *[lambda at=at: submit_attempt(attempt, actor=learner.user, at=at) for at in moments]
    )
    outcomes = {(each.pk, each.submitted_at, each.score_percent) for each in results}
    stored = Attempt.objects.get()
    assert outcomes == {(attempt.pk, stored.submitted_at, Decimal("80.00"))}
    assert AuditEntry.objects.filter(action="quiz.submit").count() == 1
    assert Completion.objects.count() == 1


@needs_row_locks
def test_control_without_the_lock_an_attempt_is_submitted_twice(
    quiz_course, learner, attempt, monkeypatch
):
    unlocked(monkeypatch)
    # Both have read the attempt as open before either writes; completing is another test's.
    monkeypatch.setattr(attempts, "settle", lambda *args, **options: None)
    barrier = Barrier(2)
    load = attempts.load_questions

    def load_together(*args):
        barrier.wait(timeout=20)
        return load(*args)

    monkeypatch.setattr(attempts, "load_questions", load_together)
    at_once(*[lambda: submit_attempt(attempt, actor=None, at=NOW)] * 2)
    assert AuditEntry.objects.filter(action="quiz.submit").count() == 2


def test_of_two_pages_from_one_revision_one_is_saved_and_the_other_is_told(attempt):
    right, wrong = answers_for(attempt), answers_for(attempt, right=0)
    pages = [Attempt.objects.get(), Attempt.objects.get()]
    results = at_once(
        *[
            lambda page=page, answers=answers: save_answers(
                page, answers, revision=0, actor=None, at=NOW
            )
            for page, answers in zip(pages, (right, wrong), strict=True)
        ]
    )
    assert sorted(type(each).__name__ for each in results) == ["Attempt", "StaleRevision"]
    assert any(isinstance(each, StaleRevision) for each in results)
    # All of one page, nothing of the other.
    assert AnswerStep.objects.count() == 10
    score = submit_attempt(attempt, actor=None, at=NOW).score_percent
    assert score == (Decimal(100) if isinstance(results[0], Attempt) else Decimal(0))


def test_control_without_the_claim_the_later_page_wins_in_silence(attempt, monkeypatch):
    monkeypatch.setattr(attempts, "claim_revision", lambda *args, **options: True)
    right, wrong = answers_for(attempt), answers_for(attempt, right=0)
    pages = [Attempt.objects.get(), Attempt.objects.get()]
    for page in pages:
        attempts.load_questions(page)
    save_answers(pages[0], right, revision=0, actor=None, at=NOW)
    # The database's last word is the sequence of the steps.
    with pytest.raises(IntegrityError):
        save_answers(pages[1], wrong, revision=0, actor=None, at=NOW)


def test_the_same_page_sent_by_twenty_requests_is_saved_once(attempt):
    answers = answers_for(attempt)
    pages = [Attempt.objects.get() for _ in range(20)]
    results = at_once(
        *[
            lambda page=page: save_answers(page, answers, revision=0, actor=None, at=NOW)
            for page in pages
        ]
    )
    assert {type(each) for each in results} == {Attempt}
    assert {each.revision for each in results} == {1}
    assert AnswerStep.objects.count() == 10


def test_a_page_and_a_submit_at_once_leave_the_score_equal_to_the_answers(attempt):
    answers = answers_for(attempt)
    page = Attempt.objects.get()
    saved, submitted = at_once(
        lambda: save_answers(page, answers, revision=0, actor=None, at=NOW),
        lambda: submit_attempt(attempt, actor=None, at=NOW),
    )
    assert isinstance(submitted, Attempt)
    assert isinstance(saved, Attempt | AttemptOver)
    given = AttemptQuestion.objects.filter(attempt=attempt, response__isnull=False).count()
    stored = Attempt.objects.get()
    # An answer that was acknowledged counts; one that was refused is not stored.
    assert given == (10 if isinstance(saved, Attempt) else 0)
    assert stored.score_percent == 10 * given


def test_two_sweeps_and_a_late_submit_store_one_end(quiz_course, learner, attempt):
    save_answers(attempt, answers_for(attempt), revision=0, actor=None, at=NOW)
    late = attempt.deadline_at + timedelta(minutes=1)
    results = at_once(
        lambda: sweep(late),
        lambda: sweep(late),
        lambda: submit_attempt(attempt, actor=learner.user, at=late).submitted_at,
    )
    assert results[2] == attempt.deadline_at
    assert not [each for each in results if isinstance(each, Exception)]
    assert AuditEntry.objects.filter(action="quiz.submit").count() == 1
    assert Completion.objects.count() == 1
