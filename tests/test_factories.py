import pytest

from tests import factories as f

pytestmark = pytest.mark.django_db


def test_factories_build_a_course_with_a_learner():
    course = f.make_course(key="thu")
    module = f.make_module(course)
    lesson = f.make_lesson(module)
    f.make_quiz(course)
    for kind in ("SC", "MC", "TF", "ORD", "MAT", "SA"):
        assert f.make_question(module, type=kind).latest_version_id
    posting = f.make_posting()
    enrolment = f.make_enrolment(posting.person, course)
    assert enrolment.course_version.body["lessons"][0]["page"] == lesson.pk
    assert lesson.get_url().startswith("/khoa-hoc/thu/")
