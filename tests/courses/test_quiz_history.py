"""Many finished attempts at once: the same facts as one by one, in a fixed number of queries."""

from datetime import timedelta
from decimal import Decimal

import pytest

from courses.models import AnswerStep, Attempt
from courses.quizzes.attempts import save_answers, start_attempt, submit_attempt
from courses.quizzes.history import Sitting, record_sittings, right_answer, wrong_answer
from tests.courses.quizzing import NOW, make_learner, make_quiz_course, questions_of

pytestmark = pytest.mark.django_db


def sitting(quiz_course, learner, *, right, number=1, at=NOW):
    def answer(question):
        return right_answer(question) if question.position <= right else wrong_answer(question)

    return Sitting(
        enrolment=learner.enrolment,
        quiz=quiz_course.post,
        started_at=at,
        submitted_at=at + timedelta(minutes=10),
        answer=answer,
        pass_mark_percent=70,
        number=number,
        actor=learner.user,
    )


def facts_of(attempt):
    stored = Attempt.objects.get(pk=attempt.pk)
    return (
        (stored.number, stored.status, stored.started_at, stored.deadline_at),
        (stored.submitted_at, stored.submitted_on, stored.score_percent, stored.passed),
        (stored.pass_mark_percent, stored.relaxed, stored.revision),
        [
            (q.position, q.question_version_id, q.module_id, q.option_order, q.response, q.fraction)
            for q in questions_of(attempt)
        ],
        list(
            AnswerStep.objects.filter(attempt_question__attempt=attempt)
            .order_by("attempt_question__position")
            .values_list("attempt_question__position", "sequence", "response", "saved_by")
        ),
    )


def test_a_recorded_sitting_equals_one_that_was_sat(quiz_course, learner):
    [recorded] = record_sittings([sitting(quiz_course, learner, right=6)])
    facts = facts_of(recorded)
    AnswerStep.objects.all().delete()
    recorded.questions.all().delete()
    recorded.delete()
    sat = start_attempt(learner.enrolment, quiz_course.post, actor=learner.user, at=NOW)
    save_answers(
        sat,
        {
            q.position: right_answer(q) if q.position <= 6 else wrong_answer(q)
            for q in questions_of(sat)
        },
        revision=0,
        actor=learner.user,
        at=NOW + timedelta(minutes=10),
    )
    submit_attempt(sat, actor=learner.user, at=NOW + timedelta(minutes=10))
    assert facts_of(sat) == facts


def test_a_second_sitting_avoids_the_questions_of_the_first(quiz_course, learner):
    first, second = record_sittings(
        [
            sitting(quiz_course, learner, right=3),
            sitting(quiz_course, learner, right=9, number=2, at=NOW + timedelta(days=1)),
        ]
    )
    assert (first.passed, second.passed, second.score_percent) == (False, True, Decimal("90.00"))
    asked = [{q.question_id for q in questions_of(each)} for each in (first, second)]
    assert len(asked[0] & asked[1]) < 10


@pytest.mark.parametrize("learners", (2, 9))
def test_queries_do_not_grow_with_sittings(quiz_course, learners, django_assert_num_queries):
    sittings = [sitting(quiz_course, make_learner(quiz_course), right=7) for _ in range(learners)]
    # A savepoint and its release; two for the bank; attempts, papers, answers.
    with django_assert_num_queries(8):
        record_sittings(sittings)
    assert Attempt.objects.filter(passed=True).count() == learners


@pytest.fixture
def quiz_course():
    return make_quiz_course()


@pytest.fixture
def learner(quiz_course):
    return make_learner(quiz_course)
