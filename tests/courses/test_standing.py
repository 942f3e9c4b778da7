"""What a learner has done and misses: one answer for every page, in a fixed number of queries."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from courses.completion import settle
from courses.progress import answer_decisions, mark_lessons_done
from courses.standing import standing_of, standings
from tests.courses.rounds import (
    DAY_ONE,
    make_attempt,
    make_mark,
    make_session,
    make_small_course,
)
from tests.factories import (
    make_completion,
    make_course,
    make_enrolment,
    make_person,
    make_quiz,
    make_rules,
)

pytestmark = pytest.mark.django_db

LATER = DAY_ONE + timedelta(days=10)


@pytest.fixture
def course():
    return make_small_course()


@pytest.fixture
def enrolment(course):
    return make_enrolment(make_person(), course.page, at=DAY_ONE)


def play(course, enrolment, at=DAY_ONE):
    answer_decisions(
        enrolment,
        course.scenario,
        {"d1": "b", "d2": "a"},
        version=course.scenario.latest_version,
        actor=None,
        at=at,
    )


def read(course, enrolment, count=None, at=DAY_ONE):
    mark_lessons_done(enrolment, [(page, at) for page in course.lessons[:count]], actor=None)


def test_a_course_never_begun(course):
    standing = standings(make_person(), [course.page], at=LATER)[course.page.pk]
    assert (standing.enrolment, standing.state, standing.may_begin) == (None, "todo", True)
    assert (standing.lessons_done, standing.lessons_total) == (0, 2)
    assert [(row.code, row.count) for row in standing.missing] == [
        ("lessons", 2),
        ("scenario", 1),
        ("post_test", 70),
        ("attendance", 3),
    ]
    assert standing.next_step.code == "begin"


def test_the_next_step_follows_what_opens(course, enrolment):
    def step():
        found = standing_of(enrolment, at=LATER).next_step
        return (found.code, found.url) if found else None

    quiz_url = course.quiz.get_url()
    assert step() == ("lessons", course.lessons[0].get_url())
    read(course, enrolment, 1)
    assert step() == ("lessons", course.lessons[1].get_url())
    read(course, enrolment)
    assert step() == ("scenario", course.scenario.get_url())
    assert not standing_of(enrolment, at=LATER).post_test.is_open
    play(course, enrolment)
    assert standing_of(enrolment, at=LATER).post_test.is_open
    assert step() == ("post_test", quiz_url)
    make_attempt(enrolment, course.quiz, started_at=DAY_ONE)
    assert step() == ("attendance", course.page.get_url())
    session = make_session(course.page, starts_at=DAY_ONE, periods=[1, 2, 3])
    make_mark(enrolment, session)
    settle(enrolment, actor=None, at=LATER)
    assert step() is None
    standing = standing_of(enrolment, at=LATER)
    assert (standing.state, standing.missing, standing.may_begin) == ("done", (), False)
    assert (standing.lessons_done, standing.attended) == (2, 3)


def test_starts_left_and_the_moment_one_comes_back(course, enrolment):
    for number in range(3):
        make_attempt(
            enrolment,
            course.quiz,
            started_at=DAY_ONE + timedelta(days=number),
            passed=False,
            score=f"{40 + number}.5",
        )
    test = standing_of(enrolment, at=LATER).post_test
    assert (test.starts_left, test.next_start_at) == (0, DAY_ONE + timedelta(hours=720))
    assert (test.passed, str(test.best_percent)) == (False, "42.50")
    back = DAY_ONE + timedelta(hours=720)
    assert standing_of(enrolment, at=back - timedelta(seconds=1)).post_test.starts_left == 0
    assert standing_of(enrolment, at=back).post_test.starts_left == 1


def test_an_attempt_past_its_deadline_does_not_run(course, enrolment):
    deadline = DAY_ONE + timedelta(minutes=25)
    make_attempt(enrolment, course.quiz, started_at=DAY_ONE, passed=None, deadline_at=deadline)
    before = standing_of(enrolment, at=deadline - timedelta(seconds=1))
    assert before.post_test.is_running
    assert not standing_of(enrolment, at=deadline).post_test.is_running


def test_the_pre_test_is_offered_until_it_is_taken_or_a_lesson_is_done(course):
    quiz = make_quiz(course.page, quiz_kind="pre")
    course.version.body["quizzes"]["pre"] = quiz.pk
    course.version.save(update_fields=["body"])
    taken = make_enrolment(make_person(), course.page)
    begun = make_enrolment(make_person(), course.page)
    assert standing_of(taken, at=LATER).is_pre_test_open
    make_attempt(taken, quiz, started_at=DAY_ONE, passed=False)
    read(course, begun, 1)
    for enrolment in (taken, begun):
        standing = standing_of(enrolment, at=LATER)
        assert (standing.is_pre_test_open, standing.is_begun) == (False, True)
    assert standing_of(taken, at=LATER).post_test.best_percent is None


def test_a_gate_is_named_until_it_is_held(course):
    first = make_small_course(title="Khóa nền")
    course.version.body["gates"] = [first.page.pk]
    course.version.save(update_fields=["body"])
    person = make_person()
    standing = standings(person, [course.page], at=LATER)[course.page.pk]
    assert (standing.state, standing.may_begin, standing.next_step.url) == (
        "lock",
        False,
        first.page.get_url(),
    )
    make_completion(person, first.page, valid_from=date(2024, 3, 11))
    assert standings(person, [course.page], at=LATER)[course.page.pk].locked_by == ()


def test_a_lapsed_course_shows_nothing_of_the_round_before(course, enrolment):
    read(course, enrolment)
    make_completion(
        enrolment.person,
        course.page,
        valid_from=date(2024, 3, 1),
        valid_to=date(2024, 3, 5),
        enrolment=enrolment,
        source="portal",
    )
    type(enrolment).objects.update(closed_at=DAY_ONE, closed_as="completed")
    held = standings(enrolment.person, [course.page], at=DAY_ONE)[course.page.pk]
    assert (held.state, held.lessons_done) == ("done", 2)
    lapsed = standings(enrolment.person, [course.page], at=LATER)[course.page.pk]
    assert (lapsed.state, lapsed.lessons_done, lapsed.may_begin) == ("todo", 0, True)
    assert lapsed.has_lapsed


def test_a_course_without_a_version_has_nothing_to_do():
    make_rules()
    page = make_course()
    standing = standings(make_person(), [page], at=LATER)[page.pk]
    assert (standing.missing, standing.next_step, standing.may_begin) == ((), None, False)


def test_what_is_missing_is_said_in_the_language_of_the_page(course):
    missing = standings(make_person(), [course.page], at=LATER)[course.page.pk].missing
    with translation.override("en"):
        assert [row.text for row in missing] == [
            "Study 2 more lessons",
            "Work through the case scenario",
            "Pass the post-test with at least 70%",
            "Attend 3 more class periods",
        ]


@pytest.mark.parametrize("size", (1, 5))
def test_many_courses_cost_a_fixed_number_of_queries(size, django_assert_max_num_queries):
    person = make_person()
    courses = [make_small_course() for _ in range(2 * size)]
    for course in courses[size:]:
        course.version.body["gates"] = [courses[0].page.pk]
        course.version.save(update_fields=["body"])
    for course in courses[:size]:
        enrolment = make_enrolment(person, course.page)
        read(course, enrolment, 1)
        make_attempt(enrolment, course.quiz, started_at=DAY_ONE, passed=False)
        make_mark(enrolment, make_session(course.page, starts_at=DAY_ONE, periods=[1]))
    # Rounds, versions, completions, three of facts, rules, gates, pages.
    with django_assert_max_num_queries(9):
        found = standings(person, [course.page for course in courses], at=LATER)
    assert [found[course.page.pk].state for course in courses] == ["now"] * size + ["lock"] * size
