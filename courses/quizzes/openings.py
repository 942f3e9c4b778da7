"""When a quiz may be taken: who may start now, and why not (``docs/decisions.md`` 25 and 26).

The pre-test is taken once, before the first lesson is done. The post-test opens after the required
lessons and the scenario and may be started a number of times in a rolling window (3 in 30 × 24
hours unless the rules say otherwise); a start that was abandoned counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Prefetch, prefetch_related_objects

from content.models import QuizPage
from content.models.quizzes import QuizKind
from courses.models import Attempt, AttemptQuestion, Enrolment, LessonProgress
from courses.models.quizzes import AttemptStatus
from courses.quizzes.marking import mark
from lms.people.days import local_day
from lms.people.rules import rules_on


class Closed(StrEnum):
    """Why a quiz cannot be started."""

    ROUND_OVER = "round_over"
    PASSED = "passed"
    TAKEN = "taken"
    LESSONS_BEGUN = "lessons_begun"
    LESSONS_MISSING = "lessons_missing"
    NO_STARTS_LEFT = "no_starts_left"


@dataclass(frozen=True)
class QuizRules:
    """The numbers that hold for a start on a day; the pass mark is frozen into the attempt."""

    pass_mark_percent: int
    starts: int
    window: timedelta


@dataclass(frozen=True)
class Opening:
    """What one learner may do with one quiz at a moment."""

    quiz_kind: str
    rules: QuizRules
    # Oldest first; one past its end is already marked, in memory.
    attempts: tuple[Attempt, ...]
    # The attempt that is still running at the moment, by the server's clock.
    running: Attempt | None
    closed: Closed | None
    # None = as often as one likes.
    starts_left: int | None
    # When the oldest counted start leaves the window; only set when none is left.
    next_start_at: datetime | None
    is_course_complete: bool
    # Those of :attr:`attempts` whose end only this reading knows; their questions are loaded.
    unstored: tuple[Attempt, ...] = ()

    @property
    def may_start(self) -> bool:
        return self.closed is None

    @property
    def shows_answers(self) -> bool:
        """Right answers are shown once nothing can be tried with them.

        Of a pre-test only when the course is complete: it asks some of the same questions.
        """
        if self.running is not None:
            return False
        if self.quiz_kind == QuizKind.PRE:
            return self.is_course_complete
        if self.quiz_kind == QuizKind.PRACTICE:
            return True
        return self.closed in {Closed.PASSED, Closed.NO_STARTS_LEFT, Closed.ROUND_OVER}


def quiz_rules(enrolment: Enrolment, at: datetime) -> QuizRules:
    """Return the rules of the pinned course version, else of the rule set valid on the day."""
    own = enrolment.course_version.body.get("rule") or {}
    general = rules_on(local_day(at))
    return QuizRules(
        pass_mark_percent=own.get("pass_mark_percent") or general.pass_mark_percent,
        starts=own.get("attempt_starts") or general.attempt_starts,
        window=timedelta(hours=own.get("attempt_window_hours") or general.attempt_window_hours),
    )


def counted_starts(
    attempts: Sequence[Attempt], *, window: timedelta, at: datetime
) -> list[datetime]:
    """Return the starts that still count at ``at``, oldest first.

    A start counts for exactly ``window``: at that very moment it no longer does.
    """
    return sorted(a.started_at for a in attempts if a.started_at > at - window)


def opening_of(enrolment: Enrolment, quiz: QuizPage, *, at: datetime) -> Opening:
    """Return what ``enrolment`` may do with ``quiz`` at ``at``; reads only.

    Three queries, a fourth while an attempt past its end waits for the sweep.
    ``enrolment.course_version`` must be loaded, or costs one more.
    """
    attempts = tuple(Attempt.objects.filter(enrolment=enrolment, quiz=quiz).order_by("number"))
    begun, missing = lessons_begun_and_missing(enrolment)
    running, unstored = None, []
    for attempt in attempts:
        if is_running(attempt, at=at, first_lesson_at=begun):
            running = attempt
        elif attempt.status == AttemptStatus.IN_PROGRESS:
            load_questions(attempt)
            read_as_over(attempt, first_lesson_at=begun)
            unstored.append(attempt)
    rules = quiz_rules(enrolment, at)
    starts = counted_starts(attempts, window=rules.window, at=at)
    closed: Closed | None = None
    starts_left: int | None = None
    if quiz.quiz_kind == QuizKind.PRE:
        starts_left = 0 if attempts else 1
        if attempts:
            closed = Closed.TAKEN
        elif begun is not None:
            closed = Closed.LESSONS_BEGUN
    elif quiz.quiz_kind == QuizKind.POST:
        starts_left = max(rules.starts - len(starts), 0)
        if any(attempt.passed for attempt in attempts):
            closed = Closed.PASSED
        elif missing:
            closed = Closed.LESSONS_MISSING
        elif not starts_left:
            closed = Closed.NO_STARTS_LEFT
    if closed in {None, Closed.LESSONS_MISSING} and enrolment.closed_at is not None:
        closed = Closed.ROUND_OVER
    return Opening(
        quiz_kind=quiz.quiz_kind,
        rules=rules,
        attempts=attempts,
        running=running,
        closed=closed,
        starts_left=starts_left,
        next_start_at=starts[-rules.starts] + rules.window
        if closed is Closed.NO_STARTS_LEFT
        else None,
        is_course_complete=enrolment.closed_as == "completed",
        unstored=tuple(unstored),
    )


def lessons_begun_and_missing(enrolment: Enrolment) -> tuple[datetime | None, int]:
    """Return when the first lesson was done and how many required ones are not; one query."""
    done = dict(
        LessonProgress.objects.filter(enrolment=enrolment).values_list("lesson_id", "done_at")
    )
    required = {lesson["page"] for lesson in enrolment.course_version.body["lessons"]}
    return min(done.values(), default=None), len(required - done.keys())


def closing_of(attempt: Attempt, *, first_lesson_at: datetime | None) -> datetime | None:
    """Return the moment from which ``attempt`` takes no more answers, ``None`` if there is none.

    The deadline; for a pre-test also the first lesson done, because it must measure what was known
    before (the lesson may carry an earlier moment than the start when it was entered late).
    """
    moments = [attempt.deadline_at] if attempt.deadline_at else []
    if attempt.quiz_kind == QuizKind.PRE and first_lesson_at is not None:
        moments.append(max(first_lesson_at, attempt.started_at))
    return min(moments, default=None)


def is_running(attempt: Attempt, *, at: datetime, first_lesson_at: datetime | None) -> bool:
    """Tell whether answers may still be given at ``at``; at the deadline itself it is over."""
    if attempt.status != AttemptStatus.IN_PROGRESS:
        return False
    closing = closing_of(attempt, first_lesson_at=first_lesson_at)
    return closing is None or at < closing


def load_questions(attempt: Attempt) -> None:
    """Load the paper and its versions into ``attempt.questions``, in order; one query."""
    prefetch_related_objects(
        [attempt],
        Prefetch(
            "questions",
            AttemptQuestion.objects.select_related("question_version").order_by("position"),
        ),
    )


def read_as_over(attempt: Attempt, *, first_lesson_at: datetime | None) -> None:
    """Mark ``attempt`` in memory as ended at its closing; its questions must be loaded."""
    closing = closing_of(attempt, first_lesson_at=first_lesson_at)
    if closing is None:
        raise ValueError(f"{attempt} has no end to read it at")
    mark(attempt, attempt.questions.all(), submitted_at=closing)
