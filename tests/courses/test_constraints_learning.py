"""The database itself refuses what must never be true of learning, whoever writes."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from courses.models import (
    Completion,
    CompletionReview,
    CompletionWithdrawal,
    Enrolment,
    LessonProgress,
    ScenarioAnswer,
)
from lms.people.facts import record, withdraw
from tests.courses.rounds import DAY_ONE, make_small_course
from tests.factories import make_completion, make_enrolment, make_person, make_user

pytestmark = pytest.mark.django_db

DAY = date(2024, 3, 1)


@pytest.fixture
def course():
    return make_small_course()


@pytest.fixture
def enrolment(course):
    return make_enrolment(make_person(), course.page, at=DAY_ONE)


def refused(name, write, *args, **fields) -> None:
    """Expect the database to refuse ``write``, naming the constraint where it can."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        write(*args, **fields)
    # SQLite names the columns of a UNIQUE, not the constraint.
    if connection.vendor == "postgresql" or "UNIQUE" not in str(refusal.value):
        assert name in str(refusal.value)


def test_one_open_round_per_person_and_course(enrolment, course):
    refused("courses_enrolment_one_open", make_enrolment, enrolment.person, course.page, round=2)
    Enrolment.objects.filter(pk=enrolment.pk).update(closed_at=DAY_ONE, closed_as="ended")
    assert make_enrolment(enrolment.person, course.page, round=2).round == 2


def test_a_round_number_is_used_once(enrolment, course):
    Enrolment.objects.filter(pk=enrolment.pk).update(closed_at=DAY_ONE, closed_as="ended")
    refused("courses_enrolment_round_once", make_enrolment, enrolment.person, course.page)


@pytest.mark.parametrize(
    "change", ({"closed_at": DAY_ONE}, {"closed_as": "ended"}, {"closed_as": "completed"})
)
def test_a_round_is_closed_whole(enrolment, change):
    refused(
        "courses_enrolment_closed_whole",
        Enrolment.objects.filter(pk=enrolment.pk).update,
        **change,
    )


def test_rounds_count_from_one(course):
    # PostgreSQL refuses what is below nought by the column's own check.
    refused("courses_enrolment_round_from_one", make_enrolment, make_person(), course.page, round=0)


def test_a_lesson_is_done_once_in_a_round(enrolment, course):
    lesson = course.lessons[0]
    fields = {
        "enrolment": enrolment,
        "lesson": lesson,
        "lesson_version": lesson.latest_version,
        "done_at": DAY_ONE,
        "done_on": DAY,
        "recorded_at": DAY_ONE,
        "recorded_on": DAY,
    }
    LessonProgress.objects.create(**fields)
    refused("courses_lessonprogress_once", LessonProgress.objects.create, **fields)
    other = make_enrolment(make_person(), course.page)
    LessonProgress.objects.create(**fields | {"enrolment": other})


def test_a_decision_is_answered_once_in_a_round(enrolment, course):
    fields = {
        "enrolment": enrolment,
        "lesson": course.scenario,
        "lesson_version": course.scenario.latest_version,
        "decision_key": "d1",
        "option_key": "a",
        "is_correct": True,
        "answered_at": DAY_ONE,
        "answered_on": DAY,
    }
    ScenarioAnswer.objects.create(**fields)
    refused(
        "courses_scenarioanswer_once", ScenarioAnswer.objects.create, **fields | {"option_key": "b"}
    )
    ScenarioAnswer.objects.create(**fields | {"decision_key": "d2"})


# Completion --------------------------------------------------------------------------------------


def completion_of(enrolment, **fields):
    fields = {"source": "portal", "valid_from": DAY} | fields
    return record(
        Completion,
        actor=None,
        at=DAY_ONE,
        person=enrolment.person,
        course=enrolment.course,
        enrolment=enrolment,
        **fields,
    )


def test_one_completion_stands_in_a_round(enrolment):
    first = completion_of(enrolment)
    refused("courses_completion_one_per_round", completion_of, enrolment)
    withdraw(first, actor=None, at=DAY_ONE)
    assert completion_of(enrolment).stands


def test_a_completion_of_ours_has_its_round(course):
    refused(
        "courses_completion_portal_has_round",
        make_completion,
        make_person(),
        course.page,
        valid_from=DAY,
        source="portal",
    )


def test_one_version_of_a_completion_stands(course):
    person = make_person()
    first = make_completion(person, course.page, valid_from=DAY)
    refused(
        "courses_completion_one_standing",
        make_completion,
        person,
        course.page,
        valid_from=DAY,
        logical_id=first.logical_id,
    )


@pytest.mark.parametrize(
    ("name", "change"),
    (
        ("courses_completion_valid_order", {"valid_to": DAY - timedelta(days=1)}),
        (
            "courses_completion_known_order",
            {"withdrawn_on": date(2024, 2, 1), "withdrawn_at": DAY_ONE},
        ),
        ("courses_completion_withdrawn_whole", {"withdrawn_on": date(2024, 4, 1)}),
        ("courses_completion_withdrawn_whole", {"withdrawn_at": DAY_ONE}),
    ),
)
def test_the_times_of_a_completion_are_in_order(course, name, change):
    completion = make_completion(make_person(), course.page, valid_from=DAY)
    refused(name, Completion.objects.filter(pk=completion.pk).update, **change)


def withdrawal_of(completion, **fields):
    fields = {"reason": "Sai", "decided_by": make_user()} | fields
    return CompletionWithdrawal.objects.create(
        completion_logical_id=completion.logical_id,
        person=completion.person,
        course=completion.course,
        effective_on=DAY,
        decided_at=DAY_ONE,
        **fields,
    )


def test_a_completion_is_taken_away_once(course):
    completion = make_completion(make_person(), course.page, valid_from=DAY)
    withdrawal_of(completion)
    refused("completion_logical_id", withdrawal_of, completion)


def test_a_withdrawal_has_a_reason(course):
    completion = make_completion(make_person(), course.page, valid_from=DAY)
    refused("courses_completionwithdrawal_has_reason", withdrawal_of, completion, reason="")


def review_of(completion, **fields):
    return CompletionReview.objects.create(
        completion_logical_id=completion.logical_id,
        person=completion.person,
        course=completion.course,
        cause="attendance",
        opened_at=DAY_ONE,
        **fields,
    )


def test_one_review_of_a_completion_is_open(course):
    completion = make_completion(make_person(), course.page, valid_from=DAY)
    first = review_of(completion)
    refused("courses_completionreview_one_open", review_of, completion)
    first.closed_at = DAY_ONE
    first.save(update_fields=["closed_at"])
    assert review_of(completion).closed_at is None
