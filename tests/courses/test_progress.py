"""Lessons done and decisions answered: once each, with the version shown."""

from datetime import UTC, date, datetime, timedelta

import pytest

from courses.models import LessonProgress, ScenarioAnswer
from courses.progress import (
    NotALesson,
    NotInCourse,
    RoundClosed,
    UnknownChoice,
    WrongVersion,
    answer_decision,
    answer_decisions,
    mark_lesson_done,
    mark_lessons_done,
)
from tests.courses.rounds import DAY_ONE, DECISIONS, make_scenario_version, make_small_course
from tests.factories import make_enrolment, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def course():
    return make_small_course()


@pytest.fixture
def enrolment(course):
    return make_enrolment(make_person(), course.page)


def close(enrolment):
    type(enrolment).objects.filter(pk=enrolment.pk).update(closed_at=DAY_ONE, closed_as="completed")


def test_done_twice_is_once_and_keeps_the_version_first_shown(course, enrolment):
    lesson = course.lessons[0]
    shown = lesson.latest_version
    first = mark_lesson_done(enrolment, lesson, version=shown, actor=None, at=DAY_ONE)
    newer = lesson.versions.create(
        number=2, title=lesson.title, body={}, sha256="1" * 64, published_at=DAY_ONE
    )
    later = DAY_ONE + timedelta(days=1)
    assert mark_lesson_done(enrolment, lesson, version=newer, actor=None, at=later) == first
    row = LessonProgress.objects.get()
    assert (row.lesson_version, row.done_at, row.done_on) == (shown, DAY_ONE, date(2024, 3, 1))


def test_a_stale_version_is_recorded_as_shown(course, enrolment):
    lesson = course.lessons[0]
    stale = lesson.latest_version
    lesson.versions.create(
        number=2, title=lesson.title, body={}, sha256="1" * 64, published_at=DAY_ONE
    )
    mark_lesson_done(enrolment, lesson, version=stale, actor=None, at=DAY_ONE)
    assert LessonProgress.objects.get().lesson_version == stale


@pytest.mark.parametrize(
    ("at", "day"),
    (
        (datetime(2024, 2, 29, 16, 59, 59, tzinfo=UTC), date(2024, 2, 29)),
        (datetime(2024, 2, 29, 17, 0, tzinfo=UTC), date(2024, 3, 1)),
    ),
)
def test_the_day_is_local(course, enrolment, at, day):
    lesson = course.lessons[0]
    done = mark_lesson_done(enrolment, lesson, version=lesson.latest_version, actor=None, at=at)
    assert (done.done_on, done.recorded_on) == (day, day)


def test_a_late_entry_keeps_both_days(course, enrolment):
    lesson = course.lessons[0]
    done = mark_lesson_done(
        enrolment,
        lesson,
        version=lesson.latest_version,
        actor=None,
        at=DAY_ONE + timedelta(days=9),
        done_at=DAY_ONE,
    )
    assert (done.done_on, done.recorded_on) == (date(2024, 3, 1), date(2024, 3, 10))


def test_refusals_of_a_lesson_write_nothing(course, enrolment):
    lesson, other = course.lessons
    stranger = make_small_course().lessons[0]
    for page, version, refusal in (
        (lesson, other.latest_version, WrongVersion),
        (stranger, stranger.latest_version, NotInCourse),
        (course.scenario, course.scenario.latest_version, NotALesson),
    ):
        with pytest.raises(refusal):
            mark_lesson_done(enrolment, page, version=version, actor=None, at=DAY_ONE)
    close(enrolment)
    with pytest.raises(RoundClosed):
        mark_lesson_done(enrolment, lesson, version=lesson.latest_version, actor=None, at=DAY_ONE)
    assert not LessonProgress.objects.exists()


def test_done_again_in_a_closed_round_is_not_an_error(course, enrolment):
    lesson = course.lessons[0]
    first = mark_lesson_done(
        enrolment, lesson, version=lesson.latest_version, actor=None, at=DAY_ONE
    )
    close(enrolment)
    again = mark_lesson_done(
        enrolment, lesson, version=lesson.latest_version, actor=None, at=DAY_ONE
    )
    assert again == first


@pytest.mark.parametrize("lessons", (2, 9))
def test_many_lessons_cost_a_fixed_number_of_queries(lessons, django_assert_num_queries):
    course = make_small_course(lessons=lessons)
    enrolment = make_enrolment(make_person(), course.page)
    moments = [
        (lesson, DAY_ONE + timedelta(days=number)) for number, lesson in enumerate(course.lessons)
    ]
    # Round, what is known, insert; settle: round, completions, 3 facts, rules; and 4 of savepoints.
    with django_assert_num_queries(14):
        assert mark_lessons_done(enrolment, moments, actor=None) == lessons
    rows = LessonProgress.objects.order_by("done_at")
    assert [row.done_at for row in rows] == [moment for _, moment in moments]
    assert all(row.recorded_at == row.done_at for row in rows)
    assert mark_lessons_done(enrolment, moments, actor=None) == 0


def test_many_lessons_refuse_a_scenario_whole(course, enrolment):
    with pytest.raises(NotALesson):
        mark_lessons_done(
            enrolment, [(course.lessons[0], DAY_ONE), (course.scenario, DAY_ONE)], actor=None
        )
    assert not LessonProgress.objects.exists()


def answer(course, enrolment, decision_key, option_key, **fields):
    fields = {"version": course.scenario.latest_version, "at": DAY_ONE} | fields
    return answer_decision(
        enrolment,
        course.scenario,
        decision_key=decision_key,
        option_key=option_key,
        actor=None,
        **fields,
    )


def test_the_first_choice_stands(course, enrolment):
    wrong = answer(course, enrolment, "d1", "a")
    assert answer(course, enrolment, "d1", "b") == wrong
    row = ScenarioAnswer.objects.get()
    assert (row.option_key, row.is_correct, row.answered_on) == ("a", False, date(2024, 3, 1))


def test_a_scenario_is_done_when_every_decision_is_answered_right_or_wrong(course, enrolment):
    answer(course, enrolment, "d1", "a")
    assert not LessonProgress.objects.exists()
    answer(course, enrolment, "d2", "b", at=DAY_ONE + timedelta(days=2))
    done = LessonProgress.objects.get()
    assert (done.lesson_id, done.done_on) == (course.scenario.pk, date(2024, 3, 3))


def test_a_scenario_is_measured_by_the_version_shown(course, enrolment):
    shown = course.scenario.latest_version
    make_scenario_version(course.scenario, [*DECISIONS, {**DECISIONS[0], "key": "d3"}])
    answer(course, enrolment, "d1", "a", version=shown)
    answer(course, enrolment, "d2", "a", version=shown)
    assert LessonProgress.objects.get().lesson_version == shown


def test_answers_in_bulk_equal_answers_one_by_one(course, enrolment):
    answers = answer_decisions(
        enrolment,
        course.scenario,
        {"d1": "b", "d2": "a"},
        version=course.scenario.latest_version,
        actor=None,
        at=DAY_ONE,
    )
    assert {key: row.is_correct for key, row in answers.items()} == {"d1": True, "d2": True}
    assert LessonProgress.objects.filter(lesson=course.scenario).count() == 1


@pytest.mark.parametrize(("decision_key", "option_key"), (("d9", "a"), ("d1", "z"), ("", "")))
def test_an_unknown_choice_is_refused(course, enrolment, decision_key, option_key):
    with pytest.raises(UnknownChoice):
        answer(course, enrolment, decision_key, option_key)
    assert not ScenarioAnswer.objects.exists()


def test_a_closed_round_takes_no_answer(course, enrolment):
    close(enrolment)
    with pytest.raises(RoundClosed):
        answer(course, enrolment, "d1", "a")
