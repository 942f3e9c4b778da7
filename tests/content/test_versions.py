"""Immutable versions at every publication (``docs/decisions.md`` 16 and 17)."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from content.models import (
    CourseVersion,
    LessonPage,
    LessonVersion,
    Question,
    QuestionOption,
    QuestionVersion,
)
from content.publishing import sha256_of, store_course_version
from lms.people.models import AuditEntry
from tests.content.editors import publish, set_body
from tests.factories import AT, make_course, make_lesson, make_module, make_question, make_quiz

pytestmark = pytest.mark.django_db


def test_publishing_stores_one_version_for_one_content():
    lesson = make_lesson(make_module(make_course()), version=False)
    lesson = publish(set_body(lesson, "Một"))
    assert [lesson.latest_version.number, lesson.latest_version.page_id] == [1, lesson.pk]
    assert lesson.latest_version.body["blocks"] == [
        {
            "type": "paragraph",
            "value": {"text": "<p>Một</p>", "needs_review": False, "basis": ""},
        }
    ]
    assert lesson.latest_version.sha256 == sha256_of(lesson.latest_version.body)

    publish(set_body(lesson, "Một"))
    assert LessonVersion.objects.count() == 1
    lesson = publish(set_body(lesson, "Hai"))
    assert lesson.latest_version.number == 2
    assert AuditEntry.objects.filter(action="content.lesson_published").count() == 2


def test_saving_a_draft_stores_no_version():
    lesson = make_lesson(make_module(make_course()), version=False)
    set_body(lesson, "Nháp").save_revision()
    assert not LessonVersion.objects.exists()


def test_the_scheduler_stores_a_version():
    lesson = publish(set_body(make_lesson(make_module(make_course()), version=False), "Một"))
    later = set_body(lesson, "Hai")
    later.go_live_at = timezone.now() + timedelta(hours=1)
    revision = later.save_revision()
    revision.publish()
    assert LessonVersion.objects.count() == 1
    revision.refresh_from_db()
    revision.approved_go_live_at = timezone.now() - timedelta(minutes=1)
    content = revision.content
    content["go_live_at"] = revision.approved_go_live_at.isoformat()
    revision.content = content
    revision.save()
    call_command("publish_scheduled")
    assert LessonPage.objects.get(pk=lesson.pk).latest_version.number == 2


def test_publishing_an_older_draft_does_not_bring_back_an_older_pointer():
    lesson = publish(set_body(make_lesson(make_module(make_course()), version=False), "Một"))
    older = lesson.latest_revision
    lesson = publish(set_body(lesson, "Hai"))
    older.publish()
    lesson = LessonPage.objects.get(pk=lesson.pk)
    assert lesson.latest_version.number == 3
    assert lesson.latest_version.body == LessonVersion.objects.get(number=1).body


def test_a_manifest_changes_with_what_is_asked_and_not_with_wording():
    course = make_course()
    module = make_module(course)
    lesson = publish(set_body(make_lesson(module, version=False), "Một"))
    quiz = make_quiz(course)
    store_course_version(course, at=AT, actor=None)

    def numbers():
        return list(course.versions.order_by("number").values_list("number", flat=True))

    standing = numbers()
    lesson = LessonPage.objects.get(pk=lesson.pk)
    lesson.title = "Tên khác"
    publish(lesson)
    publish(set_body(lesson, "Khác"))
    assert numbers() == standing

    second = publish(set_body(make_lesson(module, version=False), "Hai"))
    assert len(numbers()) == len(standing) + 1
    newest = course.versions.order_by("-number").first()
    assert [each["page"] for each in newest.body["lessons"]] == [lesson.pk, second.pk]
    assert newest.body["quizzes"] == {"pre": None, "post": quiz.pk}

    second.unpublish()
    assert len(numbers()) == len(standing) + 2
    course.refresh_from_db()
    course.class_periods += 1
    publish(course)
    assert len(numbers()) == len(standing) + 3


def test_an_optional_lesson_stays_out_of_the_manifest():
    course = make_course()
    module = make_module(course)
    required = publish(set_body(make_lesson(module, version=False), "Một"))
    publish(set_body(make_lesson(module, version=False, is_required=False), "Hai"))
    version = CourseVersion.objects.filter(course=course).latest("number")
    assert [each["page"] for each in version.body["lessons"]] == [required.pk]


@pytest.mark.parametrize(
    ("kind", "options", "answer"),
    (
        ("SC", [("A", "Một", "", False), ("B", "Hai", "", True)], "B"),
        (
            "MC",
            [("A", "Một", "", True), ("B", "Hai", "", True), ("C", "Ba", "", False)],
            ["A", "B"],
        ),
        ("TF", [], False),
        ("ORD", [("2", "Hai", "", False), ("1", "Một", "", False)], ["2", "1"]),
        (
            "MAT",
            [("1", "111", "tổng đài", False), ("2", "113", "công an", False)],
            {"1": "1", "2": "2"},
        ),
        ("SA", [("1", "ba", "", False), ("2", "3", "", False)], ["ba", "3"]),
    ),
)
def test_a_question_version_keeps_the_answer_of_its_type(kind, options, answer):
    module = make_module(make_course())
    question = make_question(module, type=kind, **({"is_true": False} if kind == "TF" else {}))
    question.options = [
        QuestionOption(sort_order=place, key=key, text=text, match_text=match, is_correct=correct)
        for place, (key, text, match, correct) in enumerate(options)
    ]
    question.save_revision().publish()
    version = Question.objects.get(pk=question.pk).latest_version
    assert version.number == 2
    assert version.body["answer"] == answer
    assert version.body["module"] == module.pk
    shown = [option["key"] for option in version.body["options"]]
    assert sorted(shown) == ([] if kind in {"TF", "SA"} else sorted(key for key, *_ in options))
    assert kind != "ORD" or shown != answer

    Question.objects.get(pk=question.pk).save_revision().publish()
    assert QuestionVersion.objects.filter(question=question).count() == 2
