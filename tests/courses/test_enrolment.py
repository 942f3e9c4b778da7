"""Taking up a course: rounds, gates, and one open round per person and course."""

from datetime import UTC, date, datetime

import pytest

from courses.enrolment import CourseLocked, CourseNotPublished, closed_gates, enrol
from courses.models import Enrolment
from lms.people.models import AuditEntry
from tests.courses.rounds import DAY_ONE, make_small_course
from tests.factories import make_completion, make_course, make_course_version, make_person

pytestmark = pytest.mark.django_db


def test_enrol_opens_the_first_round_and_pins_the_newest_version():
    course = make_small_course()
    newest = make_course_version(course.page)
    person = make_person()
    enrolment = enrol(person, course.page, actor=None, at=DAY_ONE)
    assert (enrolment.round, enrolment.course_version, enrolment.opened_on) == (
        1,
        newest,
        date(2024, 3, 1),
    )
    entry = AuditEntry.objects.get(action="enrolment.open")
    assert (entry.person, entry.object_id) == (person, str(enrolment.pk))


def test_enrol_twice_is_once():
    course = make_small_course()
    person = make_person()
    first = enrol(person, course.page, actor=None, at=DAY_ONE)
    assert enrol(person, course.page, actor=None, at=DAY_ONE) == first
    assert Enrolment.objects.count() == AuditEntry.objects.filter(action="enrolment.open").count()


def test_enrol_after_a_closed_round_opens_the_next():
    course = make_small_course()
    person = make_person()
    first = enrol(person, course.page, actor=None, at=DAY_ONE)
    Enrolment.objects.filter(pk=first.pk).update(closed_at=DAY_ONE, closed_as="completed")
    assert enrol(person, course.page, actor=None, at=DAY_ONE).round == 2


def test_enrol_refuses_a_course_without_a_version():
    with pytest.raises(CourseNotPublished):
        enrol(make_person(), make_course(), actor=None, at=DAY_ONE)


@pytest.mark.parametrize(
    ("held", "day", "is_open"),
    (
        (None, 1, False),
        ((date(2024, 3, 1), date(2024, 4, 1)), 1, True),
        ((date(2024, 3, 2), date(2024, 4, 1)), 1, False),
        # Held over [1, 15): the day of the end is outside.
        ((date(2024, 3, 1), date(2024, 3, 15)), 14, True),
        ((date(2024, 3, 1), date(2024, 3, 15)), 15, False),
    ),
)
def test_enrol_asks_that_the_gate_is_held_on_the_day(held, day, is_open):
    gate = make_small_course().page
    course = make_small_course()
    course.version.body["gates"] = [gate.pk]
    course.version.save(update_fields=["body"])
    person = make_person()
    if held:
        make_completion(person, gate, valid_from=held[0], valid_to=held[1])
    make_completion(make_person(), gate, valid_from=date(2024, 1, 1))  # somebody else's
    at = datetime(2024, 3, day, 3, 0, tzinfo=UTC)
    if is_open:
        assert enrol(person, course.page, actor=None, at=at).round == 1
    else:
        with pytest.raises(CourseLocked) as refusal:
            enrol(person, course.page, actor=None, at=at)
        assert refusal.value.gates == (gate.pk,)
        assert not Enrolment.objects.exists()


def test_enrol_for_a_class_does_not_ask_for_gates():
    gate = make_small_course().page
    course = make_small_course()
    course.version.body["gates"] = [gate.pk]
    course.version.save(update_fields=["body"])
    enrolment = enrol(make_person(), course.page, actor=None, at=DAY_ONE, enforce_gates=False)
    assert enrolment.closed_at is None


def test_closed_gates_of_an_ungated_course_costs_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert closed_gates(1, [], date(2024, 3, 1)) == ()
