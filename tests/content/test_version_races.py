"""Two publications of one lesson at once are numbered one after the other."""

from functools import partial

import pytest

from content.models import LessonPage, LessonVersion
from content.publishing import store_lesson_version
from tests.content.editors import set_body
from tests.factories import AT, make_course, make_lesson, make_module
from tests.races import at_once, kinds_of

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def test_publications_at_once_make_one_version_each():
    lesson = make_lesson(make_module(make_course()), version=False)

    def publish(text):
        return store_lesson_version(set_body(lesson, text), at=AT, actor=None)

    results = at_once(*[partial(publish, f"Bản {number}") for number in range(4)])
    assert kinds_of(results) == ["LessonVersion"] * 4
    numbers = LessonVersion.objects.filter(page=lesson).order_by("number")
    assert list(numbers.values_list("number", flat=True)) == [1, 2, 3, 4]
    assert LessonPage.objects.get(pk=lesson.pk).latest_version.number == 4
