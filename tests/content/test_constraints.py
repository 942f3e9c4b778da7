"""What must never be false, refused by the database itself."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from content.models import (
    CoursePage,
    CourseVersion,
    LegalReference,
    LessonVersion,
    LoadedSource,
    Question,
    QuestionVersion,
    VersionFile,
)
from tests.factories import (
    AT,
    make_course,
    make_course_version,
    make_lesson,
    make_module,
    make_question,
    make_quiz,
)

pytestmark = pytest.mark.django_db


def refused(name: str = ""):
    """Expect the database to refuse; SQLite does not name what is UNIQUE."""
    return pytest.raises(IntegrityError, match=name or None)


def make_law(**fields):
    fields.setdefault("status", "in_force")
    return LegalReference.objects.create(
        key=fields.pop("key", "luat"), short_name="Luật", title="Luật", **fields
    )


def test_law_dates_stand_in_order():
    make_law(in_force_from=date(2024, 1, 1), in_force_to=date(2024, 1, 1))
    with refused("content_legalreference_dates_in_order"), transaction.atomic():
        make_law(key="khac", in_force_from=date(2024, 1, 2), in_force_to=date(2024, 1, 1))


def test_a_verified_replaced_law_names_its_successor():
    make_law(status="replaced", is_verified=False)
    with refused("content_legalreference_replaced_by_what"), transaction.atomic():
        make_law(key="khac", status="replaced", is_verified=True)


def test_a_law_key_is_taken_once():
    make_law()
    with refused(), transaction.atomic():
        make_law()


def test_a_course_bit_lies_in_the_mask_and_is_taken_once():
    first, second = make_course(), make_course()
    with refused("content_coursepage_bit_range"), transaction.atomic():
        CoursePage.objects.filter(pk=first.pk).update(bit=63)
    with refused(), transaction.atomic():
        CoursePage.objects.filter(pk=first.pk).update(bit=second.bit)


@pytest.mark.parametrize("name", ("course", "module", "lesson", "quiz"))
def test_a_page_key_is_taken_once(name):
    course = make_course()
    module = make_module(course)
    make = {
        "course": make_course,
        "module": lambda: make_module(course),
        "lesson": lambda: make_lesson(module),
        "quiz": lambda: make_quiz(course),
    }[name]
    one, other = make(), make()
    with refused(), transaction.atomic():
        type(one).objects.filter(pk=one.pk).update(key=other.key)


def test_only_a_true_or_false_question_says_whether_it_is_true():
    module = make_module(make_course())
    with refused("content_question_true_false_answer"), transaction.atomic():
        make_question(module, type="SC", is_true=True)
    question = make_question(module, type="TF")
    with refused("content_question_true_false_answer"), transaction.atomic():
        Question.objects.filter(pk=question.pk).update(is_true=None)


def test_a_question_code_is_taken_once():
    module = make_module(make_course())
    make_question(module, key="ND-01")
    with refused(), transaction.atomic():
        make_question(module, key="ND-01")


@pytest.mark.parametrize(
    ("model", "subject"),
    ((LessonVersion, "page"), (QuestionVersion, "question"), (CourseVersion, "course")),
)
def test_versions_are_numbered_once_from_one(model, subject):
    course = make_course()
    module = make_module(course)
    standing = {
        "page": lambda: make_lesson(module).latest_version,
        "question": lambda: make_question(module).latest_version,
        "course": lambda: make_course_version(course),
    }[subject]()
    values = {subject: getattr(standing, subject), "body": {}, "sha256": "1", "published_at": AT}
    if model is LessonVersion:
        values["title"] = "Bài"
    name = f"content_{model._meta.model_name}_number_from_one"
    with refused(name), transaction.atomic():
        model.objects.create(number=0, **values)
    with refused(), transaction.atomic():
        model.objects.create(number=1, **values)


def test_a_version_file_is_exactly_one_file():
    version = make_lesson(make_module(make_course())).latest_version
    with refused("content_versionfile_one_file"), transaction.atomic():
        VersionFile.objects.create(version=version, sha256="0" * 64)


def test_a_source_is_known_once():
    LoadedSource.objects.create(key="lesson:1", source_hash="", loaded_hash="", loaded_at=AT)
    with refused(), transaction.atomic():
        LoadedSource.objects.create(key="lesson:1", source_hash="", loaded_hash="", loaded_at=AT)
