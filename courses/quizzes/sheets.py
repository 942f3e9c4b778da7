"""An attempt as its learner sees it: one query for the paper and what the page around it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import BigIntegerField, F, Min, OuterRef, Subquery

from courses.models import AnswerStep, Attempt, AttemptQuestion, LessonProgress
from courses.quizzes.openings import is_running, read_as_over


@dataclass(frozen=True)
class Sheet:
    """The attempt with its questions and versions loaded; titles are those of today."""

    attempt: Attempt
    quiz_title: str
    quiz_slug: str
    course_title: str
    course_slug: str
    first_lesson_at: datetime | None
    # When the newest answer was saved, NULL before the first.
    saved_at: datetime | None

    def is_running(self, at: datetime) -> bool:
        return is_running(self.attempt, at=at, first_lesson_at=self.first_lesson_at)

    def read_as_over(self) -> None:
        """Mark an attempt past its end in memory, as the sweep will store it."""
        read_as_over(self.attempt, first_lesson_at=self.first_lesson_at)


def get_sheet(attempt_id: int, *, person_id: int | None) -> Sheet:
    """Return the sheet of an attempt of this very person; one query.

    Nobody else sees answers, whatever the role. Raises ``Attempt.DoesNotExist``.
    """
    if attempt_id > BigIntegerField.MAX_BIGINT:
        raise Attempt.DoesNotExist(attempt_id)
    first_lesson = (
        LessonProgress.objects.filter(enrolment=OuterRef("attempt__enrolment"))
        .values("enrolment")
        .values(first=Min("done_at"))
    )
    last_step = AnswerStep.objects.filter(attempt_question__attempt=OuterRef("attempt")).order_by(
        "-pk"
    )
    questions = list(
        AttemptQuestion.objects.filter(
            attempt=attempt_id, attempt__enrolment__person=person_id or None
        )
        .select_related("attempt", "question_version")
        .annotate(
            quiz_title=F("attempt__quiz__title"),
            quiz_slug=F("attempt__quiz__slug"),
            course_title=F("attempt__enrolment__course__short_title"),
            course_slug=F("attempt__enrolment__course__slug"),
            first_lesson_at=Subquery(first_lesson),
            saved_at=Subquery(last_step.values("saved_at")[:1]),
        )
        .order_by("position")
    )
    if not questions:
        raise Attempt.DoesNotExist(attempt_id)
    first = questions[0]
    attempt = first.attempt
    for question in questions:
        question.attempt = attempt
    attempt._prefetched_objects_cache = {"questions": questions}
    return Sheet(
        attempt=attempt,
        quiz_title=first.quiz_title,
        quiz_slug=first.quiz_slug,
        course_title=first.course_title,
        course_slug=first.course_slug,
        first_lesson_at=first.first_lesson_at,
        saved_at=first.saved_at,
    )
