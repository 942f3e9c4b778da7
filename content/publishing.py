"""Immutable versions, written at every publication (``docs/decisions.md`` 16 and 17).

The editor, the scheduler and the loader all publish through Wagtail, so its two signals are the
one door. Content equal to the version before makes no new one: equality is that of a SHA-256 over
canonical JSON. Each function locks its subject, so that two publications at once number one after
the other; the UNIQUE over subject and number has the last word.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from wagtail.blocks import ListBlock, StreamBlock, StructBlock
from wagtail.blocks.list_block import ListValue
from wagtail.blocks.stream_block import StreamValue
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.rich_text import RichText
from wagtailmedia.models import get_media_model

from content.blocks.media import PICTURE_FILTER
from content.models import (
    CoursePage,
    CourseVersion,
    LegalReference,
    LessonPage,
    LessonVersion,
    Question,
    QuestionVersion,
    VersionFile,
)
from content.models.questions import QuestionType
from content.models.quizzes import QuizKind
from content.outline import outline_of
from lms.people import audit

# The title and the keys of a manifest may be reworded, and lessons put in another order, without a
# new version: only what must be done for completion counts.
WORDING = ("key", "title", "short_title", "number")


def canonical(body: Any) -> str:
    """Return ``body`` as JSON in one spelling: sorted keys, no spaces, UTF-8."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_of(body: Any) -> str:
    return hashlib.sha256(canonical(body).encode()).hexdigest()


# Lessons --------------------------------------------------------------------------------------
@transaction.atomic
def store_lesson_version(page: LessonPage, *, at: datetime, actor: Any) -> LessonVersion:
    """Return the version that holds the lesson as it stands, making one if the content is new.

    Points the page at it, makes the renditions of its pictures, notes its files and writes the
    audit entry. Reads the bytes of every file once, to hash them.
    """
    locked = (
        LessonPage.objects.select_for_update(of=("self",))
        .select_related("latest_version")
        .get(pk=page.pk)
    )
    files: list[models.Model] = []
    body = {
        "title": page.title,
        "summary": page.summary,
        "kind": page.kind,
        "minutes": page.minutes,
        "edition": page.edition,
        "blocks": [
            {"type": block.block_type, "value": resolved(block.block, block.value, files)}
            for block in page.body
        ],
        "sources": page.source_names,
    }
    make_renditions(files)
    digest = sha256_of(body)
    latest = locked.latest_version
    if latest is not None and latest.sha256 == digest:
        page.latest_version = latest
        return latest
    version = LessonVersion.objects.create(
        page=locked,
        number=next_number(locked.versions),
        title=page.title,
        body=body,
        sha256=digest,
        published_at=at,
        published_by=actor,
    )
    for file in dict.fromkeys(files):
        VersionFile.objects.create(
            version=version, sha256=file_hash(file), **{file._meta.model_name: file}
        )
    LessonPage.objects.filter(pk=locked.pk).update(latest_version=version)
    page.latest_version = version
    audit.log("content.lesson_published", locked, actor=actor, at=at, version=version.number)
    return version


def next_number(versions: models.Manager) -> int:
    return (versions.aggregate(highest=models.Max("number"))["highest"] or 0) + 1


def resolved(block: Any, value: Any, files: list[models.Model]) -> Any:
    """Return the value of a block as plain JSON that needs no other row to be read.

    A cited text of law becomes its facts of today, a file its name and hash. Meets ``files``: each
    file found is added to it.
    """
    if isinstance(block, StreamBlock) and isinstance(value, StreamValue):
        return [
            {"type": child.block_type, "value": resolved(child.block, child.value, files)}
            for child in value
        ]
    if isinstance(block, ListBlock) and isinstance(value, ListValue):
        return [resolved(block.child_block, child, files) for child in value]
    if isinstance(block, StructBlock):
        return {
            name: resolved(child, value.get(name), files)
            for name, child in block.child_blocks.items()
        }
    if isinstance(value, RichText):
        return value.source
    if isinstance(value, LegalReference):
        return {
            "key": value.key,
            "short_name": value.short_name,
            "title": value.title,
            "number": value.number,
            "status": value.status,
            "is_verified": value.is_verified,
            "in_force_from": iso(value.in_force_from),
            "in_force_to": iso(value.in_force_to),
        }
    if isinstance(value, (get_image_model(), get_document_model(), get_media_model())):
        files.append(value)
        return {
            "kind": value._meta.label_lower,
            "id": value.pk,
            "title": value.title,
            "sha256": file_hash(value),
        }
    return value


def iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def file_hash(item: models.Model) -> str:
    """Return the SHA-256 of the bytes of an image, document or recording."""
    with item.file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def make_renditions(files: list[models.Model]) -> None:
    """Make the pictures that readers will be sent: a GET must find them ready."""
    for image in files:
        if isinstance(image, get_image_model()):
            image.get_rendition(PICTURE_FILTER)


# Questions ------------------------------------------------------------------------------------
@transaction.atomic
def store_question_version(question: Question, *, at: datetime, actor: Any) -> QuestionVersion:
    """Return the version that holds the question as it stands, making one if it is new."""
    locked = (
        Question.objects.select_for_update(of=("self",))
        .select_related("latest_version")
        .get(pk=question.pk)
    )
    body = question_body(question)
    digest = sha256_of(body)
    latest = locked.latest_version
    if latest is not None and latest.sha256 == digest:
        question.latest_version = latest
        return latest
    version = QuestionVersion.objects.create(
        question=locked,
        number=next_number(locked.versions),
        body=body,
        sha256=digest,
        published_at=at,
        published_by=actor,
    )
    Question.objects.filter(pk=locked.pk).update(latest_version=version)
    question.latest_version = version
    audit.log("content.question_published", locked, actor=actor, at=at, version=version.number)
    return version


def question_body(question: Question) -> dict[str, Any]:
    """Return the question as attempts keep it; the shape is in ``docs/architecture.md``."""
    options = sorted(question.options.all(), key=lambda option: option.sort_order or 0)
    # Accepted spellings are an answer, not options; the right order must not stand in the page.
    shown = {
        QuestionType.SHORT: [],
        QuestionType.ORDER: out_of_order(options),
    }.get(question.type, options)
    return {
        "type": question.type,
        "stem": question.stem,
        "options": [
            {"key": option.key, "text": option.text, "match": option.match_text} for option in shown
        ],
        "answer": answer_of(question, options),
        "explanation": question.explanation,
        "sources": question.sources,
        "references": [
            {"key": law.key, "short_name": law.short_name}
            for law in sorted(question.references.all(), key=lambda law: law.key)
        ],
        "module": question.module_id,
        "flags": {
            "safety": question.is_safety,
            "confidentiality": question.is_confidentiality,
            "validity": question.is_validity,
        },
        "in_force_from": iso(question.in_force_from),
        "in_force_to": iso(question.in_force_to),
        "review_status": question.review_status,
    }


def out_of_order(options: list[Any]) -> list[Any]:
    """Return ``options`` in an order that is always the same and never the given one."""
    mixed = sorted(options, key=lambda option: hashlib.sha256(option.text.encode()).digest())
    return mixed if mixed != options else mixed[::-1]


def answer_of(question: Question, options: list[Any]) -> Any:
    """Return the right answer by type; the order of ``options`` is that of the question."""
    if question.type == QuestionType.TRUE_FALSE:
        return question.is_true
    if question.type == QuestionType.SINGLE:
        return next((option.key for option in options if option.is_correct), "")
    if question.type == QuestionType.MULTIPLE:
        return [option.key for option in options if option.is_correct]
    if question.type == QuestionType.ORDER:
        return [option.key for option in options]
    if question.type == QuestionType.MATCH:
        return {option.key: option.key for option in options}
    return [option.text for option in options]


# Courses --------------------------------------------------------------------------------------
_postponed: ContextVar[set[int] | None] = ContextVar("postponed", default=None)


@contextmanager
def course_versions_at_the_end(*, at: datetime, actor: Any) -> Iterator[None]:
    """Store each course touched inside once, when everything is in place.

    A loading publishes page after page; every half-built manifest would become a version of its
    own. Nothing is stored if the block fails.
    """
    courses: set[int] = set()
    token = _postponed.set(courses)
    try:
        yield
    finally:
        _postponed.reset(token)
    for course in CoursePage.objects.filter(pk__in=courses).order_by("pk"):
        store_course_version(course, at=at, actor=actor)


def note_course(course: CoursePage, *, at: datetime, actor: Any) -> None:
    """Store the course's version now, or at the end of :func:`course_versions_at_the_end`."""
    postponed = _postponed.get()
    if postponed is None:
        store_course_version(course, at=at, actor=actor)
    else:
        postponed.add(course.pk)


@transaction.atomic
def store_course_version(course: CoursePage, *, at: datetime, actor: Any) -> CourseVersion | None:
    """Return the version that asks for what the course asks for now, making one if that changed.

    ``None`` while the course has nothing to complete: an enrolment could not pin it. Wording and
    order change nothing; enrolments that are open keep the version they pinned.
    """
    locked = CoursePage.objects.select_for_update().get(pk=course.pk)
    body = manifest_of(locked)
    if not body["lessons"]:
        return None
    digest = sha256_of(required(body))
    latest = locked.versions.order_by("-number").first()
    if latest is not None and latest.sha256 == digest:
        return latest
    version = CourseVersion.objects.create(
        course=locked,
        number=next_number(locked.versions),
        body=body,
        sha256=digest,
        published_at=at,
        published_by=actor,
    )
    audit.log("content.course_versioned", locked, actor=actor, at=at, version=version.number)
    return version


def manifest_of(course: CoursePage) -> dict[str, Any]:
    """Return what the course asks for: live, required lessons under live modules; two queries."""
    outline = outline_of(course)
    quizzes = {kind: quiz.id for kind, quiz in outline.quizzes.items()}
    return {
        "key": course.key,
        "title": course.title,
        "short_title": course.short_title,
        "number": course.number,
        "lessons": [
            {"page": lesson.id, "key": lesson.key, "module": module.id, "kind": lesson.kind}
            for module in outline.modules
            for lesson in module.lessons
            if lesson.is_required and lesson.version_id
        ],
        "quizzes": {"pre": quizzes.get(QuizKind.PRE), "post": quizzes.get(QuizKind.POST)},
        "class_periods": course.class_periods,
        "rule": {
            "pass_mark_percent": course.pass_mark_percent,
            "attendance_percent": course.attendance_percent,
        },
        "gates": sorted(course.gates.values_list("pk", flat=True)),
        "certificate_mode": course.certificate_mode,
    }


def required(body: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a manifest that makes a new version when it changes."""
    asked = {name: value for name, value in body.items() if name not in WORDING}
    asked["lessons"] = sorted([each["page"], each["kind"]] for each in body["lessons"])
    return asked


def course_above(page: Any) -> CoursePage | None:
    """Return the course that ``page`` is or belongs to."""
    return CoursePage.objects.ancestor_of(page, inclusive=True).first()
