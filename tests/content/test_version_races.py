"""Two publications of one lesson at once are numbered one after the other."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from content.models import LessonPage, LessonVersion
from content.publishing import store_lesson_version
from tests.content.editors import set_body
from tests.factories import AT, make_course, make_lesson, make_module

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def test_publications_at_once_make_one_version_each():
    lesson = make_lesson(make_module(make_course()), version=False)
    start, errors = Barrier(4), []

    def publish(text):
        try:
            page = set_body(lesson, text)
            start.wait()
            store_lesson_version(page, at=AT, actor=None)
        except Exception as error:  # noqa: BLE001 (whatever it is, the main thread must see it)
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=publish, args=(f"Bản {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    numbers = LessonVersion.objects.filter(page=lesson).order_by("number")
    assert list(numbers.values_list("number", flat=True)) == [1, 2, 3, 4]
    assert LessonPage.objects.get(pk=lesson.pk).latest_version.number == 4
