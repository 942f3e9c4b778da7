"""Marking a paper in memory; the one place that says what a finished attempt looks like.

A page that reads an attempt past its end marks it and throws the result away; the next write or the
sweep marks it the same way and stores it (``docs/decisions.md`` 26).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from courses.models import Attempt, AttemptQuestion
from courses.models.quizzes import AttemptStatus
from courses.quizzes.scoring import fraction_of, score_of
from lms.people.days import local_day


def mark(attempt: Attempt, questions: Iterable[AttemptQuestion], *, submitted_at: datetime) -> None:
    """Set the fractions, the score and the end of ``attempt`` without writing them.

    ``questions`` have their versions loaded. An attempt with a mark that only a person can give
    becomes *submitted*, any other *finished*.
    """
    papers = list(questions)
    for question in papers:
        question.fraction = fraction_of(question.question_version.body, question.response)
    score = score_of(
        [question.fraction for question in papers], pass_mark_percent=attempt.pass_mark_percent
    )
    is_marked = score.percent is not None
    attempt.status = AttemptStatus.FINISHED if is_marked else AttemptStatus.SUBMITTED
    attempt.submitted_at = submitted_at
    attempt.submitted_on = local_day(submitted_at)
    attempt.score_percent = score.percent
    attempt.passed = score.passed


# What :func:`mark` changes of an attempt, for the writes that store it.
MARKED_FIELDS = ["status", "submitted_at", "submitted_on", "score_percent", "passed"]
