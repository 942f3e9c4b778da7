"""Enrolments and what a learner did in lessons and scenarios; facts are append-only."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Enrolment(models.Model):
    """A person takes a course in a round; one is open per person and course.

    Belongs to the staff member, account or not (``docs/decisions.md`` 23). A refresher or a renewal
    is the next round. The course version is pinned and moves only by an act with a preview.
    """

    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="enrolments")
    course = models.ForeignKey("content.CoursePage", models.PROTECT, related_name="enrolments")
    course_version = models.ForeignKey(
        "content.CourseVersion", models.PROTECT, related_name="enrolments"
    )
    round = models.PositiveSmallIntegerField(default=1)
    opened_at = models.DateTimeField()
    opened_on = models.DateField()
    opened_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    # Set when the round is complete, or when it was given up by an act.
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_as = models.CharField(
        max_length=10, blank=True, choices=[("completed", _("Completed")), ("ended", _("Ended"))]
    )

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "course"],
                condition=Q(closed_at__isnull=True),
                name="courses_enrolment_one_open",
            ),
            models.UniqueConstraint(
                fields=["person", "course", "round"], name="courses_enrolment_round_once"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_as="")
                | (Q(closed_at__isnull=False) & ~Q(closed_as="")),
                name="courses_enrolment_closed_whole",
            ),
            models.CheckConstraint(
                condition=Q(round__gte=1), name="courses_enrolment_round_from_one"
            ),
        ]
        indexes = [
            # Who takes this course: class lists, the learner's own page goes by the unique key.
            models.Index(fields=["course", "closed_at"], name="enrolment_by_course"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.course_id}, round {self.round}"


class LessonProgress(models.Model):
    """A lesson marked as done, with the version that was shown; twice is once."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="lesson_progress")
    lesson = models.ForeignKey("content.LessonPage", models.PROTECT, related_name="progress")
    lesson_version = models.ForeignKey(
        "content.LessonVersion", models.PROTECT, related_name="progress"
    )
    done_at = models.DateTimeField()
    done_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_on = models.DateField()

    class Meta:
        verbose_name = _("lesson done")
        verbose_name_plural = _("lessons done")
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "lesson"], name="courses_lessonprogress_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lesson_id} done in {self.enrolment_id}"


class ScenarioAnswer(models.Model):
    """The option chosen at one decision of a scenario; the first choice stands."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="scenario_answers")
    lesson = models.ForeignKey("content.LessonPage", models.PROTECT, related_name="+")
    lesson_version = models.ForeignKey("content.LessonVersion", models.PROTECT, related_name="+")
    decision_key = models.CharField(max_length=40)
    option_key = models.CharField(max_length=40)
    is_correct = models.BooleanField()
    answered_at = models.DateTimeField()
    answered_on = models.DateField()

    class Meta:
        verbose_name = _("answer in a scenario")
        verbose_name_plural = _("answers in scenarios")
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "lesson", "decision_key"], name="courses_scenarioanswer_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision_key}: {self.option_key}"
