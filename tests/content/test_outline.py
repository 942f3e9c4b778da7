"""The outline and the way to a lesson: what they show, and what they cost."""

import pytest
from django.urls import reverse

from content.models import LessonPage
from content.outline import course_cards, get_lesson, outline_of
from tests.content.editors import publish
from tests.factories import make_course, make_lesson, make_module, make_quiz

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", (1, 5))
def test_an_outline_costs_one_query(count, django_assert_num_queries):
    course = make_course()
    modules = [make_module(course) for _ in range(count)]
    lessons = [make_lesson(module) for module in modules for _ in range(count)]
    quiz = make_quiz(course)
    make_lesson(make_module(make_course()))
    with django_assert_num_queries(1):
        outline = outline_of(course)
    assert [each.id for each in outline.lessons] == [each.pk for each in lessons]
    assert [each.number for each in outline.lessons] == list(range(1, count**2 + 1))
    assert outline.quizzes["post"].id == quiz.pk
    assert outline.lessons[0].url == LessonPage.objects.get(pk=lessons[0].pk).url


def test_an_outline_shows_only_what_is_live():
    course = make_course()
    shown, hidden = make_module(course), make_module(course)
    lesson = make_lesson(shown)
    make_lesson(shown, live=False)
    make_lesson(hidden)
    hidden.refresh_from_db()
    hidden.unpublish()
    outline = outline_of(course)
    assert [each.id for each in outline.modules] == [shown.pk]
    assert [each.id for each in outline.lessons] == [lesson.pk]


def test_neighbours_of_a_lesson():
    course = make_course()
    first, second = make_lesson(make_module(course)), make_lesson(make_module(course))
    outline = outline_of(course)
    assert [each and each.id for each in outline.around(first.pk)] == [None, second.pk]
    assert [each and each.id for each in outline.around(second.pk)] == [first.pk, None]
    assert outline.around(0) == (None, None)


@pytest.mark.parametrize("others", (0, 8))
def test_a_lesson_is_found_in_one_query(others, django_assert_num_queries):
    course = make_course()
    module = make_module(course)
    lesson = make_lesson(module)
    for _ in range(others):
        twin = make_lesson(make_module(make_course()))
        LessonPage.objects.filter(pk=twin.pk).update(slug=lesson.slug)
    with django_assert_num_queries(1):
        found = get_lesson(course.slug, module.slug, lesson.slug)
        assert (found.pk, found.course.pk, found.module.pk) == (lesson.pk, course.pk, module.pk)
        assert (found.course.title, found.course.bit, found.module.title) == (
            course.title,
            course.bit,
            module.title,
        )


@pytest.mark.parametrize("which", ("course", "module", "lesson"))
def test_a_lesson_that_is_not_live_is_not_found(which):
    course = make_course()
    module = make_module(course)
    lesson = make_lesson(module)
    page = {"course": course, "module": module, "lesson": lesson}[which]
    type(page).objects.filter(pk=page.pk).update(live=False)
    with pytest.raises(LessonPage.DoesNotExist):
        get_lesson(course.slug, module.slug, lesson.slug)


def test_a_lesson_is_found_at_its_own_address_only():
    course, other = make_course(), make_course()
    module = make_module(course)
    lesson = make_lesson(module)
    with pytest.raises(LessonPage.DoesNotExist):
        get_lesson(other.slug, module.slug, lesson.slug)


@pytest.mark.parametrize("count", (1, 9))
def test_course_cards_cost_two_queries(count, django_assert_num_queries):
    for _ in range(count):
        make_lesson(make_module(make_course()))
    with django_assert_num_queries(2):
        cards = course_cards()
    assert [card.lesson_count for card in cards] == [1] * count


@pytest.mark.parametrize("count", (1, 9))
def test_home_and_index_do_not_grow(client, count, django_assert_max_num_queries):
    for _ in range(count):
        make_lesson(make_module(make_course()))
    for address in ("/", "/khoa-hoc/"):
        client.get(address)
        with django_assert_max_num_queries(10):
            response = client.get(address)
        assert response.status_code == 200
        assert response.content.decode().count("<h1") == 1


def test_a_module_leads_to_the_outline_of_its_course(rf):
    course = make_course()
    module = publish(make_module(course))
    response = module.serve(rf.get("/"))
    assert response.url == f"{course.url}#hoc-phan-{module.pk}"


def test_a_recording_asks_to_sign_in(client):
    response = client.get(reverse("content_media", args=[1]))
    assert response.status_code == 302
    assert response.url.startswith("/dang-nhap/")
