"""Lessons and scenarios as a learner meets them; every story here runs without JavaScript."""

import re
from datetime import date

import pytest

from courses.models import Completion, Enrolment, LessonProgress, ScenarioAnswer
from courses.progress import mark_lessons_done
from lms.people.models.accounts import Role
from tests.courses.rounds import DAY_ONE, make_attempt, make_mark, make_session, make_small_course
from tests.factories import (
    make_completion,
    make_enrolment,
    make_person,
    make_role,
    make_unit,
    make_user,
)
from tests.people.actors import verified

pytestmark = pytest.mark.django_db


@pytest.fixture
def course():
    return make_small_course()


@pytest.fixture
def person():
    return make_person()


@pytest.fixture
def learner(client, person):
    client.force_login(make_user(person))
    return client


@pytest.fixture
def gated(course):
    """The course behind another one."""
    first = make_small_course(title="Khóa nền")
    course.version.body["gates"] = [first.page.pk]
    course.version.save(update_fields=["body"])
    return first


def url_of(page) -> str:
    return page.get_url()


def mark_done(client, page, **fields):
    fields = {"version": page.latest_version_id} | fields
    return client.post(f"{url_of(page)}xong/", fields)


def choose(client, page, decision, option, **fields):
    fields = {"version": page.latest_version_id, "decision": decision, "option": option} | fields
    return client.post(
        f"{url_of(page)}tinh-huong/", {name: value for name, value in fields.items() if value}
    )


# Reading -----------------------------------------------------------------------------------------


def test_a_lesson_asks_for_a_sign_in(client, course):
    lesson = course.lessons[0]
    for method, url in (
        ("get", url_of(lesson)),
        ("post", f"{url_of(lesson)}xong/"),
        ("post", f"{url_of(course.scenario)}tinh-huong/"),
    ):
        answer = getattr(client, method)(url)
        assert (answer.status_code, answer.url) == (302, f"/dang-nhap/?next={url}")


def test_a_learner_reads_a_lesson_without_being_enrolled(learner, course):
    lesson = course.lessons[1]
    response = learner.get(url_of(lesson))
    assert response.status_code == 200
    body = response.content.decode()
    assert lesson.title in body
    assert f'name="version" value="{lesson.latest_version_id}"' in body
    assert url_of(course.lessons[0]) in body  # before
    assert url_of(course.scenario) in body  # after
    assert body.count("<h1") == 1
    state = response.context["learner"]
    assert (state.number, state.total, state.is_done) == (2, 3, False)
    assert not Enrolment.objects.exists()


@pytest.mark.parametrize("level", ("course", "module", "lesson"))
def test_an_address_with_an_unknown_part_is_404(learner, course, level):
    parts = url_of(course.lessons[0]).strip("/").split("/")
    parts[{"course": -3, "module": -2, "lesson": -1}[level]] = "khong-co"
    url = "/" + "/".join(parts) + "/"
    assert learner.get(url).status_code == 404
    assert learner.post(f"{url}xong/", {"version": 1}).status_code == 404
    assert learner.post(f"{url}tinh-huong/", {"version": 1}).status_code == 404


def test_an_unpublished_lesson_is_404(learner, course):
    lesson = course.lessons[0]
    lesson.unpublish()
    assert learner.get(url_of(lesson)).status_code == 404
    assert mark_done(learner, lesson).status_code == 404


def test_a_locked_lesson_says_what_unlocks_it_and_shows_nothing_of_itself(learner, course, gated):
    response = learner.get(url_of(course.scenario))
    assert response.status_code == 403
    body = response.content.decode()
    assert "Khóa nền" in body
    assert f"/khoa-hoc/{gated.page.slug}/" in body
    assert "Chị H. trở về" not in body
    mark_done(learner, course.lessons[0])
    choose(learner, course.scenario, "d1", "a")
    assert not Enrolment.objects.exists()


def test_the_lesson_opens_when_the_gate_is_held(learner, person, course, gated):
    make_completion(person, gated.page, valid_from=date(2024, 1, 1))
    assert learner.get(url_of(course.lessons[0])).status_code == 200
    assert mark_done(learner, course.lessons[0]).status_code == 302
    assert Enrolment.objects.get().course_id == course.page.pk


def test_a_round_under_way_is_not_locked_again(learner, person, course, gated):
    make_enrolment(person, course.page)
    assert learner.get(url_of(course.lessons[0])).status_code == 200


def test_a_trainer_reads_a_locked_lesson(client, person, course, gated):
    user = make_user(person)
    make_role(user, Role.CONTENT_EDITOR, unit=make_unit())
    verified(client, user)
    assert client.get(url_of(course.lessons[0])).status_code == 200


def test_an_account_without_a_staff_record_reads_and_records_nothing(client, course):
    client.force_login(make_user())
    response = client.get(url_of(course.lessons[0]))
    assert response.status_code == 200
    assert "/xong/" not in response.content.decode()
    assert mark_done(client, course.lessons[0]).status_code == 404
    assert choose(client, course.scenario, "d1", "a").status_code == 404


@pytest.mark.parametrize("role", ("", Role.UNIT_FOCAL))
@pytest.mark.parametrize("lessons", (2, 12))
def test_a_lesson_costs_at_most_12_queries(
    learner, person, lessons, role, django_assert_max_num_queries
):
    if role:
        make_role(person.user, role, unit=make_unit())
        verified(learner, person.user)
    course = make_small_course(lessons=lessons)
    first = make_small_course()
    course.version.body["gates"] = [first.page.pk]
    course.version.save(update_fields=["body"])
    make_completion(person, first.page, valid_from=date(2024, 1, 1))
    learner.get(url_of(course.lessons[0]))
    with django_assert_max_num_queries(12):
        learner.get(url_of(course.lessons[0]))  # not enrolled
    enrolment = make_enrolment(person, course.page)
    mark_lessons_done(enrolment, [(page, DAY_ONE) for page in course.lessons], actor=None)
    choose(learner, course.scenario, "d1", "a")
    for page in (course.lessons[0], course.scenario):
        with django_assert_max_num_queries(12):
            response = learner.get(url_of(page))
        assert response.status_code == 200


# Done --------------------------------------------------------------------------------------------


def test_the_first_done_opens_the_round(learner, person, course):
    lesson = course.lessons[0]
    response = mark_done(learner, lesson)
    assert (response.status_code, response.url) == (302, url_of(lesson))
    progress = LessonProgress.objects.get()
    assert (progress.enrolment.person, progress.lesson_version) == (person, lesson.latest_version)
    body = learner.get(url_of(lesson)).content.decode()
    assert "/xong/" not in body
    assert url_of(course.lessons[1]) in body


def test_done_twice_is_once(learner, course):
    for _ in range(2):
        assert mark_done(learner, course.lessons[0]).status_code == 302
    assert LessonProgress.objects.count() == Enrolment.objects.count() == 1


def test_done_records_the_version_that_was_on_the_screen(learner, course):
    lesson = course.lessons[0]
    stale = lesson.latest_version
    newer = lesson.versions.create(
        number=2, title=lesson.title, body={}, sha256="1" * 64, published_at=DAY_ONE
    )
    type(lesson).objects.filter(pk=lesson.pk).update(latest_version=newer)
    mark_done(learner, lesson, version=stale.pk)
    assert LessonProgress.objects.get().lesson_version == stale


@pytest.mark.parametrize("version", ("", "abc", "-1", "0", "999999", "9" * 30))
def test_done_without_a_version_of_the_lesson_is_told_and_writes_nothing(learner, course, version):
    response = mark_done(learner, course.lessons[0], version=version)
    assert response.status_code == 302
    assert 'role="alert"' in learner.get(response.url).content.decode()
    assert not Enrolment.objects.exists()


def test_done_with_the_version_of_another_lesson_is_refused(learner, course):
    lesson, other = course.lessons
    mark_done(learner, lesson, version=other.latest_version_id)
    assert not LessonProgress.objects.exists()


def test_a_get_after_signing_in_leads_back_to_the_lesson(learner, course):
    lesson = course.lessons[0]
    assert learner.get(f"{url_of(lesson)}xong/").url == url_of(lesson)
    assert learner.get(f"{url_of(course.scenario)}tinh-huong/").url == url_of(course.scenario)


def test_done_touches_only_my_own_round(learner, person, course):
    other = make_enrolment(make_person(), course.page)
    mark_done(learner, course.lessons[0])
    assert not other.lesson_progress.exists()
    assert LessonProgress.objects.get().enrolment.person == person


def test_a_scenario_has_no_done_button_and_its_address_refuses(learner, course):
    assert "/xong/" not in learner.get(url_of(course.scenario)).content.decode()
    mark_done(learner, course.scenario)
    assert not LessonProgress.objects.exists()


def test_after_completion_nothing_more_is_recorded(learner, person, course):
    enrolment = make_enrolment(person, course.page)
    make_mark(enrolment, make_session(course.page, starts_at=DAY_ONE, periods=[1, 2, 3]))
    make_attempt(enrolment, course.quiz, started_at=DAY_ONE)
    mark_lessons_done(enrolment, [(page, DAY_ONE) for page in course.lessons], actor=None)
    choose(learner, course.scenario, "d1", "b")
    choose(learner, course.scenario, "d2", "a")
    assert Completion.objects.get().enrolment == enrolment
    extra = make_small_course()  # a lesson that is no part of the round
    mark_done(learner, course.lessons[0])
    choose(learner, course.scenario, "d1", "a")
    assert Enrolment.objects.count() == 1
    assert LessonProgress.objects.count() == 3
    assert ScenarioAnswer.objects.count() == 2
    body = learner.get(url_of(course.lessons[0])).content.decode()
    assert "/xong/" not in body
    assert learner.get(url_of(extra.lessons[0])).status_code == 200


# The scenario ------------------------------------------------------------------------------------


def test_the_scenario_is_played_one_decision_at_a_time_and_resumed(learner, person, course):
    url = url_of(course.scenario)
    body = learner.get(url).content.decode()
    assert "Bắt đầu ra sao?" in body
    assert body.count('type="radio"') == 2
    # Neither feedback nor what comes later is in the page.
    for hidden in ("Chưa nên gọi.", "Phù hợp.", "Rồi làm gì?", "Đúng nơi."):
        assert hidden not in body

    response = choose(learner, course.scenario, "d1", "a")
    assert response.url == f"{url}#quyet-dinh-d1"
    body = learner.get(url).content.decode()
    assert 'id="quyet-dinh-d1"' in body
    assert "Chưa nên gọi." in body
    assert "Phù hợp." not in body  # of the option not chosen
    assert "Rồi làm gì?" in body
    assert re.search(r'name="decision" value="d2"', body)
    assert ScenarioAnswer.objects.get().enrolment.person == person

    # Back after a pause, another day: the choice stands, the second one is next.
    assert learner.get(url).content.decode().count("Chưa nên gọi.") == 1
    choose(learner, course.scenario, "d1", "b")  # an old tab
    assert ScenarioAnswer.objects.get().option_key == "a"

    choose(learner, course.scenario, "d2", "a")
    body = learner.get(url).content.decode()
    assert "Đúng nơi." in body
    assert 'type="radio"' not in body
    assert LessonProgress.objects.get().lesson_id == course.scenario.pk


def test_no_choice_is_told_beside_the_field(learner, course):
    response = choose(learner, course.scenario, "d1", "")
    assert response.status_code == 200
    body = response.content.decode()
    assert 'aria-describedby="quyet-dinh-loi"' in body
    assert 'id="quyet-dinh-loi"' in body
    assert not Enrolment.objects.exists()


@pytest.mark.parametrize(
    ("decision", "option", "version"),
    (
        ("d9", "a", None),
        ("d1", "z", None),
        ("d1", "a", "999999"),
        ("d1", "a", "abc"),
        ("x" * 50, "a", None),
        ("d1", "x" * 50, None),
    ),
)
def test_a_choice_that_does_not_exist_is_told(learner, course, decision, option, version):
    fields = {"version": version} if version else {}
    response = choose(learner, course.scenario, decision, option, **fields)
    if response.status_code == 302:
        response = learner.get(response.url)
    assert 'role="alert"' in response.content.decode()
    assert not ScenarioAnswer.objects.exists()


def test_the_choices_of_another_person_do_not_show(learner, course):
    other = make_enrolment(make_person(), course.page)
    ScenarioAnswer.objects.create(
        enrolment=other,
        lesson=course.scenario,
        lesson_version=course.scenario.latest_version,
        decision_key="d1",
        option_key="a",
        is_correct=False,
        answered_at=DAY_ONE,
        answered_on=date(2024, 3, 1),
    )
    assert "Chưa nên gọi." not in learner.get(url_of(course.scenario)).content.decode()
