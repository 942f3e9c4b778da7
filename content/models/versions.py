"""Immutable versions of what was taught and asked (``docs/decisions.md`` 16 and 17).

A Wagtail revision can be overwritten and dies with its page, so the portal keeps its own rows,
written at every publication: records of learning point here and never change with a later edit.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Version(models.Model):
    """One published state: its number, its resolved content and the hash over it."""

    number = models.PositiveIntegerField()
    body = models.JSONField()
    # SHA-256 over the canonical JSON of ``body``; equal content makes no new version.
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(number__gte=1), name="%(app_label)s_%(class)s_number_from_one"
            ),
        ]


class LessonVersion(Version):
    """A lesson as published: title and blocks with citations and images resolved by hash."""

    page = models.ForeignKey("content.LessonPage", models.PROTECT, related_name="versions")
    title = models.CharField(max_length=255)

    class Meta(Version.Meta):
        verbose_name = _("version of a lesson")
        verbose_name_plural = _("versions of lessons")
        constraints = [
            *Version.Meta.constraints,
            models.UniqueConstraint(fields=["page", "number"], name="content_lessonversion_once"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"


class QuestionVersion(Version):
    """A question as published.

    ``body``: ``{type, stem, options: [{key, text, match}], answer, explanation, sources,
    references}``; ``answer`` by type as ``courses.quizzes.scoring`` reads it.
    """

    question = models.ForeignKey("content.Question", models.PROTECT, related_name="versions")

    class Meta(Version.Meta):
        verbose_name = _("version of a question")
        verbose_name_plural = _("versions of questions")
        constraints = [
            *Version.Meta.constraints,
            models.UniqueConstraint(
                fields=["question", "number"], name="content_questionversion_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question_id} ({self.number})"


class CourseVersion(Version):
    """A course as required: the manifest an enrolment pins.

    ``body``: ``{key, title, short_title, number, lessons: [{page, key, module, kind}],
    quizzes: {pre, post}, class_periods, rule: {pass_mark_percent, attendance_percent}, gates,
    certificate_mode}``. Wording edits make no new version; a lesson added or removed, or a changed
    rule, does.
    """

    course = models.ForeignKey("content.CoursePage", models.PROTECT, related_name="versions")
    # A required update asks those already trained for a refresher by this day.
    refresher_due_on = models.DateField(null=True, blank=True)

    class Meta(Version.Meta):
        verbose_name = _("version of a course")
        verbose_name_plural = _("versions of courses")
        constraints = [
            *Version.Meta.constraints,
            models.UniqueConstraint(fields=["course", "number"], name="content_courseversion_once"),
        ]

    def __str__(self) -> str:
        return f"{self.course_id} ({self.number})"


class VersionFile(models.Model):
    """A file that a published lesson shows: PROTECT keeps it in the library."""

    version = models.ForeignKey(LessonVersion, models.PROTECT, related_name="files")
    image = models.ForeignKey("wagtailimages.Image", models.PROTECT, null=True, related_name="+")
    document = models.ForeignKey(
        "wagtaildocs.Document", models.PROTECT, null=True, related_name="+"
    )
    media = models.ForeignKey("wagtailmedia.Media", models.PROTECT, null=True, related_name="+")
    # Of the bytes at publication: the file behind a title may be replaced later.
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("file of a published lesson")
        verbose_name_plural = _("files of published lessons")
        constraints = [
            models.CheckConstraint(
                condition=Q(image__isnull=False, document__isnull=True, media__isnull=True)
                | Q(image__isnull=True, document__isnull=False, media__isnull=True)
                | Q(image__isnull=True, document__isnull=True, media__isnull=False),
                name="content_versionfile_one_file",
            ),
        ]

    def __str__(self) -> str:
        return self.sha256
