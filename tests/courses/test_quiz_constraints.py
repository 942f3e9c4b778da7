"""The database refuses what must never be false of attempts, papers and answers."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from courses.models import AnswerStep, Attempt, AttemptQuestion
from courses.quizzes.attempts import save_answers, start_attempt
from tests.courses.quizzing import NOW, answers_for, make_learner, make_quiz_course

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt():
    quiz_course = make_quiz_course()
    learner = make_learner(quiz_course)
    return start_attempt(learner.enrolment, quiz_course.post, actor=learner.user, at=NOW)


def refuses(write, *, name=""):
    """Run ``write`` and tell whether the database refused it; SQLite names no UNIQUE."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        write()
    assert name in str(refusal.value)
    return True


def copy_of(row, **changes):
    values = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key
    }
    return type(row)(**values | changes)


@pytest.mark.parametrize(
    ("changes", "name"),
    (
        ({"deadline_at": NOW}, "courses_attempt_deadline_after_start"),
        ({"deadline_at": NOW - timedelta(seconds=1)}, "courses_attempt_deadline_after_start"),
        ({"submitted_at": NOW}, "courses_attempt_submitted_whole"),
        ({"status": "submitted"}, "courses_attempt_submitted_whole"),
        ({"status": "finished", "submitted_at": NOW}, "courses_attempt_finished_is_scored"),
        (
            {"status": "finished", "submitted_at": NOW, "score_percent": Decimal(50)},
            "courses_attempt_finished_is_scored",
        ),
        ({"score_percent": Decimal("100.01")}, "courses_attempt_score_range"),
        ({"score_percent": Decimal("-0.01")}, "courses_attempt_score_range"),
    ),
)
def test_an_attempt_that_contradicts_itself_is_refused(attempt, changes, name):
    assert refuses(lambda: Attempt.objects.filter(pk=attempt.pk).update(**changes), name=name)


def test_a_second_open_attempt_is_refused(attempt):
    assert refuses(copy_of(attempt, number=2).save)


def test_the_number_of_an_attempt_is_used_once(attempt):
    ended = {"status": "finished", "submitted_at": NOW, "score_percent": 0, "passed": False}
    assert refuses(copy_of(attempt, **ended).save)


@pytest.mark.parametrize("fraction", (Decimal("1.0001"), Decimal("-0.0001")))
def test_a_fraction_outside_0_to_1_is_refused(attempt, fraction):
    rows = AttemptQuestion.objects.filter(attempt=attempt, position=1)
    assert refuses(
        lambda: rows.update(fraction=fraction), name="courses_attemptquestion_fraction_range"
    )


def test_a_place_and_a_question_stand_once_in_a_paper(attempt):
    row = AttemptQuestion.objects.get(attempt=attempt, position=1)
    other = AttemptQuestion.objects.get(attempt=attempt, position=2)
    assert refuses(copy_of(row, question_id=other.question_id, position=1).save)
    assert refuses(copy_of(row, position=11).save)


def test_a_step_has_its_place_in_the_sequence_once(attempt):
    save_answers(attempt, answers_for(attempt), revision=0, actor=None, at=NOW)
    step = AnswerStep.objects.first()
    assert refuses(copy_of(step).save)
