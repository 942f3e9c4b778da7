"""The page of a course: public facts for everybody, the learner's own state for her."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import Enrolment
from courses.progress import mark_lessons_done
from lms.people.models import AuditEntry
from tests.courses.rounds import (
    DAY_ONE,
    make_attempt,
    make_mark,
    make_session,
    make_small_course,
)
from tests.factories import (
    make_completion,
    make_enrolment,
    make_person,
    make_quiz,
    make_user,
)

pytestmark = pytest.mark.django_db

BEGIN = "bat-dau/"


@pytest.fixture
def course():
    return make_small_course(title="Nhận diện nạn nhân")


@pytest.fixture
def person():
    return make_person()


@pytest.fixture
def learner(client, person):
    client.force_login(make_user(person))
    return client


def url_of(course) -> str:
    return f"/khoa-hoc/{course.page.slug}/"


def gate(course, gate_course):
    course.version.body["gates"] = [gate_course.page.pk]
    course.version.save(update_fields=["body"])


def test_a_stranger_reads_the_outline_and_no_state(client, course):
    make_enrolment(make_person(), course.page)
    response = client.get(url_of(course))
    assert response.status_code == 200
    body = response.content.decode()
    assert "Nhận diện nạn nhân" in body
    assert course.lessons[0].title in body
    assert response.context["learner"] is None
    assert BEGIN not in body


@pytest.mark.parametrize("slug", ("khong-co", "a" * 60))
def test_an_unknown_course_is_a_plain_404(client, slug):
    make_small_course()
    assert client.get(f"/khoa-hoc/{slug}/").status_code == 404


def test_an_unpublished_course_is_a_404(client, course):
    course.page.unpublish()
    assert client.get(url_of(course)).status_code == 404
    assert client.post(url_of(course) + BEGIN).status_code == 302  # to the sign-in


def test_a_learner_sees_her_own_state_only(learner, person, course):
    other = make_enrolment(make_person(), course.page)
    mark_lessons_done(other, [(page, DAY_ONE) for page in course.lessons], actor=None)
    own = make_enrolment(person, course.page)
    mark_lessons_done(own, [(course.lessons[0], DAY_ONE)], actor=None)
    response = learner.get(url_of(course))
    standing = response.context["learner"].standing
    assert (standing.lessons_done, standing.lessons_total) == (1, 2)
    assert standing.enrolment == own
    assert standing.next_lesson.page_id == course.lessons[1].pk
    body = response.content.decode()
    assert "1/2 bài" in body or "1/2 lessons" in body
    assert 'aria-current="step"' in body


def test_begin_opens_the_round_once_and_leads_to_the_first_lesson(learner, person, course):
    for _ in range(2):
        response = learner.post(url_of(course) + BEGIN)
        assert response.status_code == 302
        assert response.url == course.lessons[0].get_url()
    enrolment = Enrolment.objects.get()
    assert (enrolment.person, enrolment.round) == (person, 1)
    assert AuditEntry.objects.get(action="enrolment.open").actor.staff == person


def test_begin_asks_for_a_sign_in_and_a_staff_record(client, course):
    response = client.post(url_of(course) + BEGIN)
    assert response.url.startswith("/dang-nhap/?next=")
    client.force_login(make_user())
    assert client.post(url_of(course) + BEGIN).status_code == 404
    assert client.get(url_of(course) + BEGIN).url == url_of(course)
    assert not Enrolment.objects.exists()


def test_a_locked_course_says_what_unlocks_it_and_is_not_begun(learner, person, course):
    first = make_small_course(title="Khóa nền")
    gate(course, first)
    make_completion(make_person(), first.page, valid_from=date(2024, 1, 1))
    response = learner.get(url_of(course))
    standing = response.context["learner"].standing
    assert [row.course_id for row in standing.locked_by] == [first.page.pk]
    assert [row.code for row in standing.missing] == [
        "gate",
        "lessons",
        "scenario",
        "post_test",
        "attendance",
    ]
    body = response.content.decode()
    assert url_of(first) in body
    assert "Khóa nền" in body
    assert course.lessons[0].get_url() not in body
    learner.post(url_of(course) + BEGIN)
    assert not Enrolment.objects.exists()
    make_completion(person, first.page, valid_from=date(2024, 1, 1))
    learner.post(url_of(course) + BEGIN)
    assert Enrolment.objects.get().person == person


def test_a_course_that_is_held_is_not_begun_again(learner, person, course):
    make_completion(person, course.page, valid_from=date(2024, 1, 1))
    body = learner.get(url_of(course)).content.decode()
    assert "01/01/2024" in body
    assert BEGIN not in body
    learner.post(url_of(course) + BEGIN)
    assert not Enrolment.objects.exists()


@pytest.mark.parametrize(("days", "may_begin"), ((-1, True), (89, True), (90, True), (91, False)))
def test_a_course_is_renewed_once_it_ends_or_ends_soon(learner, person, course, days, may_begin):
    """The completion ends in ``days`` days, exclusive; at most 90 days ahead it may be renewed."""
    ends = timezone.localdate() + timedelta(days=days)
    make_completion(person, course.page, valid_from=date(2024, 1, 1), valid_to=ends)
    standing = learner.get(url_of(course)).context["learner"].standing
    assert (standing.may_begin, standing.is_held) == (may_begin, days > 0)
    learner.post(url_of(course) + BEGIN)
    assert Enrolment.objects.exists() == may_begin


def test_a_get_writes_nothing(learner, person, course):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        learner.get(url_of(course))
        learner.get(url_of(course) + BEGIN)
        learner.get(course.lessons[0].get_url())
        learner.get(course.scenario.get_url())
    written = [
        query["sql"] for query in captured if not query["sql"].startswith(("SELECT", "SAVEPOINT"))
    ]
    assert written == []
    assert not Enrolment.objects.exists()


@pytest.mark.parametrize("size", (1, 8))
def test_the_course_page_costs_at_most_15_queries(
    learner, person, size, django_assert_max_num_queries
):
    course = make_small_course(lessons=2 * size)
    first = make_small_course()
    gate(course, first)
    make_quiz(course.page, quiz_kind="pre")
    enrolment = make_enrolment(person, course.page)
    mark_lessons_done(enrolment, [(page, DAY_ONE) for page in course.lessons[:size]], actor=None)
    for number in range(size):
        make_attempt(
            enrolment, course.quiz, started_at=DAY_ONE + timedelta(days=number), passed=False
        )
        session = make_session(course.page, starts_at=DAY_ONE + timedelta(days=number), periods=[1])
        make_mark(enrolment, session)
    learner.get(url_of(course))  # the caches of the office and of the site's root
    with django_assert_max_num_queries(15):
        response = learner.get(url_of(course))
    assert response.context["learner"].standing.lessons_done == size
    with django_assert_max_num_queries(15):
        learner.get(url_of(first))  # never begun
    second = make_small_course()
    gate(second, first)
    with django_assert_max_num_queries(15):
        learner.get(url_of(second))  # locked


def test_the_next_meeting_of_my_class_is_shown(learner, person, course):
    enrolment = make_enrolment(person, course.page)
    soon = datetime.now(UTC) + timedelta(days=3)
    session = make_session(course.page, starts_at=soon, periods=[1, 2, 3])
    cancelled = make_session(course.page, starts_at=soon - timedelta(days=1), periods=[1])
    cancelled.cancelled_at = DAY_ONE
    cancelled.save(update_fields=["cancelled_at"])
    make_session(course.page, starts_at=soon - timedelta(days=2), periods=[1])  # somebody else's
    for each in (session, cancelled):
        each.training_class.roster.create(person=person, enrolment=enrolment, added_at=DAY_ONE)
    assert learner.get(url_of(course)).context["learner"].next_session == session
