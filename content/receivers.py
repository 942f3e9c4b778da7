"""Versions at every publication: ``page_published`` for pages, ``published`` for questions.

A lesson that is taken back or moved changes what its course asks for, so these are heard too.
"""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils import timezone
from wagtail.signals import page_published, page_unpublished, post_page_move, published

from content.models import CoursePage, LessonPage, ModulePage, Question, QuizPage
from content.publishing import (
    course_above,
    note_course,
    store_lesson_version,
    store_question_version,
)

COURSE_PARTS = (CoursePage, ModulePage, LessonPage, QuizPage)


@receiver(page_published, dispatch_uid="content.version_page")
def version_page(sender: type, instance: Any, revision: Any = None, **kwargs: Any) -> None:
    """Store the lesson's version first, so that the manifest finds it."""
    # A publication that is only scheduled sends the signal too.
    if not instance.live or not isinstance(instance, COURSE_PARTS):
        return
    at = instance.last_published_at or timezone.now()
    actor = revision.user if revision else None
    if isinstance(instance, LessonPage):
        store_lesson_version(instance, at=at, actor=actor)
    if course := course_above(instance):
        note_course(course, at=at, actor=actor)


@receiver(published, sender=Question, dispatch_uid="content.version_question")
def version_question(instance: Question, revision: Any = None, **kwargs: Any) -> None:
    if instance.live:
        at = instance.last_published_at or timezone.now()
        store_question_version(instance, at=at, actor=revision.user if revision else None)


@receiver(page_unpublished, dispatch_uid="content.version_course_without")
def version_course_without(sender: type, instance: Any, **kwargs: Any) -> None:
    if isinstance(instance, (ModulePage, LessonPage, QuizPage)) and (
        course := course_above(instance)
    ):
        note_course(course, at=timezone.now(), actor=None)


@receiver(post_page_move, dispatch_uid="content.version_courses_moved")
def version_courses_moved(
    sender: type, instance: Any, parent_page_before: Any, parent_page_after: Any, **kwargs: Any
) -> None:
    """A lesson moved to another course leaves one manifest and enters another."""
    if parent_page_before.pk == parent_page_after.pk:
        return
    courses = {course_above(parent_page_before), course_above(parent_page_after)} - {None}
    for course in sorted(courses, key=lambda each: each.pk):
        note_course(course, at=timezone.now(), actor=None)
