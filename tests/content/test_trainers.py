"""A trainer at her desk: edit, preview, publish; and what she is refused."""

import json
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Picture
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Collection, Revision

from content.banks import ImpossibleMatrix
from content.models import CoursePage, LessonPage, LessonVersion, Question, QuizPage
from lms.notices.models import Notice
from lms.people.models import AuditEntry, User
from tests.content.editors import make_editor, publish, set_body, sign_in_editor
from tests.factories import (
    make_course,
    make_lesson,
    make_module,
    make_person,
    make_question,
    make_quiz,
    make_user,
)
from tests.people.actors import BACKEND, verified

pytestmark = pytest.mark.django_db

KEPT = "không xóa được"


def lesson_form(lesson, text, **extra):
    """What the editor's form sends."""
    return {
        "title": lesson.title,
        "slug": lesson.slug,
        "summary": "",
        "kind": "lesson",
        "minutes": "10",
        "is_required": "on",
        "edition": "second",
        "seo_title": "",
        "search_description": "",
        "body-count": "1",
        "body-0-deleted": "",
        "body-0-order": "0",
        "body-0-type": "paragraph",
        "body-0-id": "",
        "body-0-value-text": json.dumps(draft_of(text)),
        "body-0-value-basis": "",
        "go_live_at": "",
        "expire_at": "",
        "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0",
        "comments-MIN_NUM_FORMS": "0",
        "comments-MAX_NUM_FORMS": "",
        "comment_notifications": "",
        **extra,
    }


def draft_of(text):
    return {
        "blocks": [
            {
                "key": "a1",
                "text": text,
                "type": "unstyled",
                "depth": 0,
                "inlineStyleRanges": [],
                "entityRanges": [],
            }
        ],
        "entityMap": {},
    }


@pytest.fixture
def lesson():
    return publish(
        set_body(make_lesson(publish(make_module(publish(make_course()))), version=False), "Cũ")
    )


def test_a_trainer_edits_previews_and_publishes(client, lesson):
    trainer = sign_in_editor(client)
    edit = reverse("wagtailadmin_pages:edit", args=[lesson.pk])
    assert client.get(edit).status_code == 200

    preview = reverse("wagtailadmin_pages:preview_on_edit", args=[lesson.pk])
    answer = client.post(preview, lesson_form(lesson, "Chữ xem trước"))
    assert answer.json()["is_valid"]
    assert "Chữ xem trước" in client.get(preview).content.decode()
    assert LessonVersion.objects.count() == 1

    answer = client.post(edit, lesson_form(lesson, "Chữ mới", **{"action-publish": "1"}))
    assert answer.status_code == 302, answer.context["form"].errors
    lesson = LessonPage.objects.get(pk=lesson.pk)
    assert "Chữ mới" in lesson.body.render_as_block()
    assert [lesson.latest_version.number, lesson.latest_version.published_by] == [2, trainer]
    assert "Chữ mới" in client.get(lesson.url).content.decode()
    # Records that point at the older version still find what was read.
    assert "Cũ" in json.dumps(LessonVersion.objects.get(number=1).body, ensure_ascii=False)


@pytest.mark.parametrize(
    ("role", "may_edit", "may_publish"),
    (("content_editor", True, True), ("legal_reviewer", True, False), ("instructor", False, False)),
)
def test_publishing_is_a_permission_of_a_role(role, may_edit, may_publish, lesson):
    permissions = lesson.permissions_for_user(make_editor(role))
    assert (permissions.can_edit(), permissions.can_publish()) == (may_edit, may_publish)


def test_a_learner_gets_no_admin(client, lesson):
    client.force_login(make_user(make_person()), backend=BACKEND)
    for address in (
        reverse("wagtailadmin_home"),
        reverse("wagtailadmin_pages:edit", args=[lesson.pk]),
        reverse("wagtailsnippets_content_question:list"),
    ):
        assert client.get(address).status_code in {302, 403, 404}


def test_the_menu_holds_what_trainers_use(client):
    sign_in_editor(client)
    page = client.get(reverse("wagtailadmin_home")).content.decode()
    # The menu travels as JSON.
    for label in ("Ngân hàng câu hỏi", "Văn bản pháp luật"):
        assert json.dumps(label)[1:-1] in page


def test_an_address_is_made_without_diacritics(lesson):
    module = lesson.get_parent()
    page = module.add_child(instance=LessonPage(title="Đạo đức nghề: đứng về phía ai?"))
    assert page.slug == "dao-duc-nghe-dung-ve-phia-ai"
    twin = module.add_child(instance=LessonPage(title="Đạo đức nghề: đứng về phía ai?"))
    assert twin.slug == "dao-duc-nghe-dung-ve-phia-ai-2"


def test_a_copy_is_a_new_identity(lesson):
    copy = LessonPage.objects.get(
        pk=lesson.copy(update_attrs={"slug": "ban-sao"}, keep_live=False).pk
    )
    assert copy.key != lesson.key
    assert copy.latest_version is None
    course = CoursePage.objects.get()
    other = course.copy(recursive=True, update_attrs={"slug": "khoa-ban-sao"}, keep_live=False)
    assert {other.specific.key, other.specific.bit}.isdisjoint({course.key, course.bit})


# Questions --------------------------------------------------------------------------------------
def question_form(module, options=(), **fields):
    data = {
        "key": "MOI-01",
        "course": str(module.get_parent().pk),
        "module": str(module.pk),
        "type": "SC",
        "stem": "Câu nào đúng?",
        "is_true": "",
        "explanation": "Vì vậy.",
        "sources": "",
        "in_force_from": "",
        "in_force_to": "",
        "review_on": "",
        "review_status": "reviewed",
        "go_live_at": "",
        "expire_at": "",
        "options-TOTAL_FORMS": str(len(options)),
        "options-INITIAL_FORMS": "0",
        "options-MIN_NUM_FORMS": "0",
        "options-MAX_NUM_FORMS": "1000",
    }
    for place, (text, match, is_correct) in enumerate(options):
        data |= {
            f"options-{place}-id": "",
            f"options-{place}-ORDER": str(place + 1),
            f"options-{place}-DELETE": "",
            f"options-{place}-text": text,
            f"options-{place}-match_text": match,
        }
        if is_correct:
            data[f"options-{place}-is_correct"] = "on"
    return data | fields


ADD = "wagtailsnippets_content_question:add"


def test_a_trainer_writes_and_publishes_a_question(client):
    module = make_module(make_course())
    sign_in_editor(client)
    assert client.get(reverse(ADD)).status_code == 200
    data = question_form(module, [("Một", "", True), ("Hai", "", False)], **{"action-publish": "1"})
    answer = client.post(reverse(ADD), data)
    assert answer.status_code == 302, answer.context["form"].errors
    question = Question.objects.get(key="MOI-01")
    assert question.live
    assert [each.key for each in question.options.all()] == ["A", "B"]
    assert question.latest_version.body["answer"] == "A"
    listing = client.get(reverse("wagtailsnippets_content_question:list"), {"type": "SC"})
    assert "MOI-01" in listing.content.decode()


@pytest.mark.parametrize(
    ("fields", "options", "field"),
    (
        ({}, [("Một", "", True)], "type"),
        ({}, [("Một", "", True), ("Hai", "", True)], "type"),
        ({}, [("Một", "", False), ("Hai", "", False)], "type"),
        ({}, [("Một", "", True), ("một ", "", False)], "type"),
        ({"type": "MC"}, [("Một", "", True), ("Hai", "", True)], "type"),
        ({"type": "MAT"}, [("Một", "1", False), ("Hai", "", False)], "type"),
        ({"type": "TF"}, [], "is_true"),
        ({"type": "TF", "is_true": "True"}, [("Một", "", True)], "type"),
        ({"type": "SA"}, [], "type"),
        ({"explanation": ""}, [("Một", "", True), ("Hai", "", False)], "explanation"),
    ),
)
def test_a_question_is_refused_beside_the_field(client, fields, options, field):
    module = make_module(make_course())
    sign_in_editor(client)
    data = question_form(module, options, **fields, **{"action-publish": "1"})
    answer = client.post(reverse(ADD), data)
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert answer.context["form"]["stem"].value() == "Câu nào đúng?"
    assert not Question.objects.exists()


def test_a_question_belongs_to_a_module_of_its_course(client):
    module = make_module(make_course())
    sign_in_editor(client)
    data = question_form(
        module,
        [("Một", "", True), ("Hai", "", False)],
        course=str(make_course().pk),
        **{"action-publish": "1"},
    )
    assert "module" in client.post(reverse(ADD), data).context["form"].errors


# The matrix -------------------------------------------------------------------------------------
@pytest.fixture
def bank():
    """A course whose matrix is just met."""
    course = publish(make_course())
    module = publish(make_module(course))
    questions = [make_question(module) for _ in range(2)] + [make_question(module, type="TF")]
    quiz = make_quiz(
        course, question_count=3, matrix={"by_type": {"SC": 2, "TF": 1}, "min_per_module": 1}
    )
    return publish(quiz), questions


def test_a_matrix_that_cannot_be_met_is_not_published(bank):
    quiz, _questions = bank
    quiz.matrix = {"by_type": {"SC": 3}}
    with pytest.raises(ImpossibleMatrix, match="cần 3 câu, ngân hàng có 2"):
        publish(quiz)
    assert QuizPage.objects.get(pk=quiz.pk).matrix["by_type"] == {"SC": 2, "TF": 1}


def test_a_question_that_takes_the_last_paper_away_is_not_published(bank):
    _quiz, questions = bank
    questions[0].in_force_to = timezone.localdate() - timedelta(days=1)
    with pytest.raises(ImpossibleMatrix, match="ngân hàng có 2"):
        questions[0].save_revision().publish()


def schedule(subject) -> Revision:
    """Let ``subject`` go live by the scheduler, an hour ago."""
    subject.go_live_at = timezone.now() + timedelta(hours=1)
    revision = subject.save_revision()
    revision.publish()
    Revision.objects.filter(pk=revision.pk).update(
        approved_go_live_at=timezone.now() - timedelta(hours=1)
    )
    # The hour that was chosen stands in the draft too.
    revision.refresh_from_db()
    revision.content["go_live_at"] = (timezone.now() - timedelta(hours=1)).isoformat()
    revision.save(update_fields=["content"])
    return revision


def test_the_scheduler_goes_on_past_what_it_may_not_publish(bank):
    quiz, questions = bank
    editor = make_editor()
    User.objects.filter(pk=editor.pk).update(email="bien@example.vn")
    title = quiz.title
    quiz.title = "Tên mới"
    refused = schedule(quiz)
    # What could be met on the day of choosing the hour cannot be met when it comes.
    Question.objects.filter(pk=questions[0].pk).update(live=False)
    lesson = publish(make_lesson(make_module(make_course())))
    lesson.title = "Bài đúng hẹn"
    schedule(lesson)

    call_command("publish_scheduled")
    assert LessonPage.objects.get(pk=lesson.pk).title == "Bài đúng hẹn"
    assert QuizPage.objects.get(pk=quiz.pk).title == title
    refused.refresh_from_db()
    assert refused.approved_go_live_at is None
    notice = Notice.objects.get()
    assert (notice.recipient, notice.kind) == (editor, "schedule-refused")
    assert "ngân hàng có 2" in notice.body
    assert AuditEntry.objects.filter(action="content.schedule_refused").count() == 1


def test_the_editor_says_why_a_matrix_is_refused(client, bank):
    quiz, _questions = bank
    sign_in_editor(client)
    edit = reverse("wagtailadmin_pages:edit", args=[quiz.pk])
    shown = client.get(edit).context["form"]
    assert [shown["count_sc"].value(), shown["min_per_module"].value()] == [2, 1]
    data = {
        "title": quiz.title,
        "slug": quiz.slug,
        "quiz_kind": "post",
        "question_count": "3",
        "time_limit_minutes": "",
        "count_sc": "3",
        "seo_title": "",
        "search_description": "",
        "go_live_at": "",
        "expire_at": "",
        "comment_notifications": "",
        "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0",
        "comments-MIN_NUM_FORMS": "0",
        "comments-MAX_NUM_FORMS": "",
    }
    answer = client.post(edit, data | {"action-publish": "1"})
    assert answer.status_code == 200
    assert "ngân hàng có 2" in str(answer.context["form"].errors)
    answer = client.post(edit, data | {"count_sc": "2", "action-publish": "1"})
    assert "count_sc" in answer.context["form"].errors
    answer = client.post(edit, data | {"count_sc": "2", "count_tf": "1", "action-publish": "1"})
    assert answer.status_code == 302


# Deletions --------------------------------------------------------------------------------------
def messages_of(client, response):
    return " ".join(str(each) for each in client.get(response.url, follow=True).context["messages"])


def superuser(client):
    user = make_user(is_superuser=True, is_staff=True)
    verified(client, user)
    return user


def image_in(lesson):
    file = ContentFile(b"", name="so-do.png")
    Picture.new("RGB", (20, 20)).save(file, "PNG")
    image = get_image_model().objects.create(title="Sơ đồ", file=ImageFile(file, name="so-do.png"))
    lesson.body = [("image", {"image": image, "alt_text": "Sơ đồ", "caption": ""})]
    publish(lesson)
    return image


def document_in(lesson):
    document = get_document_model().objects.create(
        title="Phiếu", file=ContentFile(b"phieu", name="phieu.pdf")
    )
    lesson.body = [("document", {"document": document, "title": "Phiếu", "note": ""})]
    publish(lesson)
    return document


def doors(lesson):
    """Each door that deletes: its address, and what stands afterwards."""
    module, course = lesson.get_parent(), lesson.get_parent().get_parent()
    question = make_question(module.specific)
    image, document = image_in(lesson), document_in(LessonPage.objects.get(pk=lesson.pk))
    actor = make_user()
    lesson.refresh_from_db()
    from lms.people.audit import log  # noqa: PLC0415 (a record of the account, needed here only)

    log("test", lesson, actor=actor, at=timezone.now())
    bulk = "wagtail_bulk_action"
    return [
        (reverse("wagtailadmin_pages:delete", args=[lesson.pk]), lesson),
        (reverse("wagtailadmin_pages:delete", args=[course.pk]), course),
        (reverse(bulk, args=["wagtailcore", "page", "delete"]) + f"?id={module.pk}", module),
        (reverse("wagtailsnippets_content_question:delete", args=[question.pk]), question),
        (reverse(bulk, args=["content", "question", "delete"]) + f"?id={question.pk}", question),
        (reverse("wagtailimages:delete", args=[image.pk]), image),
        (reverse(bulk, args=["wagtailimages", "image", "delete"]) + f"?id={image.pk}", image),
        (reverse("wagtaildocs:delete", args=[document.pk]), document),
        (
            reverse(bulk, args=["wagtaildocs", "document", "delete"]) + f"?id={document.pk}",
            document,
        ),
        (reverse("wagtailusers_users:delete", args=[actor.pk]), actor),
        (reverse(bulk, args=["people", "user", "delete"]) + f"?id={actor.pk}", actor),
    ]


def test_every_door_refuses_to_delete_what_has_records(client, lesson):
    superuser(client)
    for address, standing in doors(lesson):
        response = client.post(address)
        assert response.status_code == 302, address
        assert KEPT in messages_of(client, response), address
        assert type(standing).objects.filter(pk=standing.pk).exists(), address


def test_a_collection_that_holds_something_is_not_deleted(client, lesson):
    superuser(client)
    collection = Collection.get_first_root_node().add_child(name="Sơ đồ")
    image = image_in(lesson)
    image.collection = collection
    image.save()
    client.post(reverse("wagtailadmin_collections:delete", args=[collection.pk]))
    assert Collection.objects.filter(pk=collection.pk).exists()


def test_what_has_no_records_is_deleted(client, lesson):
    superuser(client)
    draft = lesson.get_parent().add_child(instance=LessonPage(title="Nháp", live=False))
    client.post(reverse("wagtailadmin_pages:delete", args=[draft.pk]))
    assert not LessonPage.objects.filter(pk=draft.pk).exists()
    loose = get_document_model().objects.create(
        title="Rời", file=ContentFile(b"roi", name="roi.pdf")
    )
    client.post(reverse("wagtaildocs:delete", args=[loose.pk]))
    assert not get_document_model().objects.filter(pk=loose.pk).exists()


def test_documents_ask_to_sign_in(client, lesson):
    document = document_in(lesson)
    assert client.get(document.url).url.startswith("/dang-nhap/")
