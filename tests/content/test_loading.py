"""The loader: complete, repeatable, and never over a trainer's work."""

import shutil

import pytest
from django.utils import timezone

from content.loading import SourceError, load_courses
from content.loading.changes import bare, state
from content.loading.markup import rich
from content.loading.sources import STARTER
from content.models import (
    CoursePage,
    CourseVersion,
    LessonPage,
    LessonVersion,
    Question,
    QuestionVersion,
)
from tests.content.editors import publish, set_body
from tests.factories import make_course, make_lesson, make_module

pytestmark = pytest.mark.django_db


def test_loading_the_demo_publishes_everything_once():
    report = load_courses(edition="demo", at=timezone.now())
    assert (report.left, report.drafts) == ([], [])
    assert LessonPage.objects.live().count() == LessonVersion.objects.count() == 50
    assert Question.objects.filter(live=True).count() == QuestionVersion.objects.count() == 64
    assert CourseVersion.objects.count() == 4

    again = load_courses(edition="demo", at=timezone.now())
    assert (again.created, again.updated, again.left) == ([], [], [])
    assert LessonVersion.objects.count() == 50


def copied_sources(tmp_path):
    """A folder of one course that a test may change."""
    root = tmp_path / "starter"
    root.mkdir()
    for name in ("bullets.yaml", "legal_references.yaml", "sources.yaml"):
        shutil.copy(STARTER / name, root)
    shutil.copytree(STARTER / "nhan-dien", root / "nhan-dien")
    return root


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def load(root, edition="demo"):
    return load_courses(edition=edition, at=timezone.now(), root=root)


def test_what_a_trainer_changed_is_left_and_the_rest_is_updated(tmp_path):
    root = copied_sources(tmp_path)
    load(root)
    edited = set_body(LessonPage.objects.get(key="1.1.1"), "Lời của giảng viên")
    publish(edited)
    drafted = LessonPage.objects.get(key="1.1.2")
    drafted.title = "Tên nháp"
    drafted.save_revision()
    question = Question.objects.get(key="ND-01")
    question.stem = "Câu của giảng viên?"
    question.save_revision().publish()
    untouched = LessonPage.objects.get(key="1.1.3")
    moved = LessonPage.objects.get(key="1.2.1")
    moved.slug = "dia-chi-khac"
    publish(moved)

    for key in ("1.1.1", "1.1.2", "1.1.3", "1.2.1"):
        change(root / "nhan-dien" / "lessons" / f"{key}.yaml", "minutes: 1", "minutes: 2")
    change(root / "nhan-dien" / "questions.yaml", "Với người từ đủ 18 tuổi,", "Với người lớn,")
    report = load(root)
    assert sorted(report.left) == ["lesson:1.1.1", "lesson:1.1.2", "question:ND-01"]
    assert sorted(report.updated) == ["lesson:1.1.3", "lesson:1.2.1"]
    assert "Lời của giảng viên" in LessonPage.objects.get(key="1.1.1").body.render_as_block()
    assert Question.objects.get(key="ND-01").stem == "Câu của giảng viên?"
    assert LessonPage.objects.get(key="1.1.3").minutes == untouched.minutes + 10
    assert LessonPage.objects.get(key="1.2.1").slug == "dia-chi-khac"

    again = load(root)
    assert (again.created, again.updated) == ([], [])


def test_a_field_that_a_later_release_adds_is_no_work_of_a_trainer():
    course = make_course()
    lesson = make_lesson(make_module(course))
    fields = ("title", "body")
    assert state(lesson, (*fields, "sources", "search_description")) == state(lesson, fields)
    block = {"type": "paragraph", "value": {"text": "a"}, "id": "1"}
    grown = {"type": "paragraph", "value": {"text": "a", "note": "", "is_new": False}, "id": "2"}
    assert bare([block]) == bare([grown])
    lesson.sources = "Luật 53/2024/QH15"
    lesson.save()
    assert state(lesson, (*fields, "sources")) != state(lesson, fields)


def test_what_a_trainer_deleted_stays_deleted(tmp_path):
    root = copied_sources(tmp_path)
    load(root, "real")
    LessonPage.objects.get(key="1.scenario").delete()  # a draft: it has no version yet
    report = load(root, "real")
    assert report.left == ["lesson:1.scenario"]
    assert not LessonPage.objects.filter(key="1.scenario").exists()


def test_a_real_site_publishes_what_is_reviewed_and_keeps_the_rest_as_a_draft():
    report = load(STARTER, "real")
    assert not LessonPage.objects.filter(kind="scenario", live=True).exists()
    live = LessonPage.objects.live()
    assert all(
        not block.value.get("needs_review")
        for lesson in live
        for block in lesson.body
        if hasattr(block.value, "get")
    )
    lesson = live.get(key="1.3.1")
    draft = lesson.get_latest_revision_as_object()
    assert lesson.has_unpublished_changes
    assert len(draft.body) > len(lesson.body)
    assert any(
        block.value.get("needs_review") for block in draft.body if hasattr(block.value, "get")
    )
    assert not Question.objects.filter(live=True, review_status="needed").exists()
    assert {"lesson:1.3.1", "lesson:1.scenario", "question:PL-09"} <= set(report.drafts)
    for version in CourseVersion.objects.all():
        kinds = {each["kind"] for each in version.body["lessons"]}
        assert kinds == {"lesson"}
        assert all(version.body["quizzes"].values())
    assert CourseVersion.objects.count() == 4

    # A reviewed scenario enters the manifest: a new version of the course.
    scenario = LessonPage.objects.get(key="1.scenario")
    publish(scenario.get_latest_revision_as_object())
    newest = CourseVersion.objects.filter(course__key="nhan-dien").latest("number")
    assert newest.number == 2
    assert "scenario" in {each["kind"] for each in newest.body["lessons"]}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    (
        ("reference: luat-53-2024", "reference: luat-nao-do", "luat-nao-do"),
        ('from: ["1.1.1-1"]', 'from: ["9.9.9-9"]', "9.9.9-9"),
        ("  - table:", "  - bang:", "bang"),
        ("blocks:", "blocks: [", "1.1.1.yaml"),
    ),
)
def test_a_wrong_source_is_named_and_nothing_of_the_course_is_written(tmp_path, old, new, message):
    root = copied_sources(tmp_path)
    change(root / "nhan-dien" / "lessons" / "1.1.1.yaml", old, new)
    with pytest.raises(SourceError, match=message):
        load(root)
    assert not CoursePage.objects.exists()


@pytest.mark.parametrize(
    ("text", "html"),
    (
        ("Một **hai** *ba*.", "<p>Một <b>hai</b> <i>ba</i>.</p>"),
        ("- một\n- hai", "<ul><li>một</li><li>hai</li></ul>"),
        ("1. một\n2. hai", "<ol><li>một</li><li>hai</li></ol>"),
        ("Một\ndòng.\n\nHai & <b>", "<p>Một dòng.</p><p>Hai &amp; &lt;b&gt;</p>"),
    ),
)
def test_markup_of_the_sources(text, html):
    assert rich(text) == html
