"""Many finished attempts at once, for a history that is written today (``docs/decisions.md`` 41).

The same draw, marking and rows as ``courses.quizzes.attempts``, without its locks and gates: the
caller writes facts of the past in their order, each round once, and settles the rounds afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from content.models import QuizPage
from courses.models import AnswerStep, Attempt, AttemptQuestion, Enrolment
from courses.quizzes.draw import Bank, load_bank, seed_of
from courses.quizzes.marking import mark
from courses.quizzes.review import right_response
from courses.quizzes.scoring import read_response
from lms.people.days import local_day
from lms.people.followers import touch


@dataclass(frozen=True)
class Sitting:
    """One attempt as it went: ``answer`` gives the response to a question, in any accepted form.

    ``enrolment.person_id`` must be loaded. ``number`` counts the attempts of the round from 1.
    """

    enrolment: Enrolment
    quiz: QuizPage
    started_at: datetime
    submitted_at: datetime
    answer: Callable[[AttemptQuestion], Any]
    pass_mark_percent: int
    number: int = 1
    actor: Any = None


@transaction.atomic
def record_sittings(
    sittings: Sequence[Sitting], *, ignore_dates: bool = True, batch_size: int = 500
) -> list[Attempt]:
    """Write finished attempts with their papers and answers; return them in the given order.

    Three inserts a batch and two queries for each quiz. Sittings of one person in one quiz must
    stand in their order: a later one avoids the questions of those before it here. Does not settle
    rounds and queues nothing. Raises ``draw.NotEnoughQuestions``.
    """
    banks: dict[int, Bank] = {}
    seen: dict[tuple[int, int], set[int]] = {}
    attempts: list[Attempt] = []
    papers: list[list[AttemptQuestion]] = []
    for sitting in sittings:
        quiz = sitting.quiz
        if quiz.pk not in banks:
            banks[quiz.pk] = load_bank(quiz)
        before = seen.setdefault((sitting.enrolment.person_id, quiz.pk), set())
        paper = banks[quiz.pk].draw(
            seed=seed_of(sitting.enrolment.pk, quiz.pk, sitting.number),
            day=local_day(sitting.started_at),
            seen=frozenset(before),
            ignore_dates=ignore_dates,
        )
        before.update(version.question_id for version in paper.versions)
        minutes = quiz.time_limit_minutes
        attempt = Attempt(
            enrolment=sitting.enrolment,
            quiz=quiz,
            quiz_kind=quiz.quiz_kind,
            number=sitting.number,
            started_at=sitting.started_at,
            started_on=local_day(sitting.started_at),
            deadline_at=sitting.started_at + timedelta(minutes=minutes) if minutes else None,
            pass_mark_percent=sitting.pass_mark_percent,
            relaxed=list(paper.relaxed),
            revision=1,
        )
        questions = paper.rows(attempt)
        for question in questions:
            question.response = read_response(
                question.question_version.body, sitting.answer(question)
            )
        mark(attempt, questions, submitted_at=sitting.submitted_at)
        attempts.append(attempt)
        papers.append(questions)
    Attempt.objects.bulk_create(attempts, batch_size=batch_size)
    rows = [question for questions in papers for question in questions]
    for question in rows:
        question.attempt_id = question.attempt.pk
    AttemptQuestion.objects.bulk_create(rows, batch_size=batch_size)
    AnswerStep.objects.bulk_create(steps_of(sittings, papers), batch_size=batch_size)
    touch({sitting.enrolment.person_id for sitting in sittings})
    return attempts


def steps_of(
    sittings: Iterable[Sitting], papers: Iterable[Sequence[AttemptQuestion]]
) -> Iterable[AnswerStep]:
    """Yield one step for each question that was answered, saved when the attempt was submitted."""
    for sitting, questions in zip(sittings, papers, strict=True):
        for question in questions:
            if question.response is not None:
                yield AnswerStep(
                    attempt_question=question,
                    sequence=1,
                    response=question.response,
                    saved_at=sitting.submitted_at,
                    saved_by=sitting.actor,
                )


def right_answer(question: AttemptQuestion) -> Any:
    """Return the right response, for a :attr:`Sitting.answer` that knows its subject."""
    return right_response(question.question_version.body)


def wrong_answer(question: AttemptQuestion) -> Any:
    """Return a complete response that is not right."""
    body = question.question_version.body
    kind, answer = body["type"], body["answer"]
    keys = [str(option["key"]) for option in body["options"]]
    if kind == "TF":
        return not answer
    if kind == "SC":
        return next(key for key in keys if key != str(answer))
    if kind == "MC":
        right = {str(key) for key in answer}
        others = [key for key in keys if key not in right]
        return others or keys[:1]
    if kind == "ORD":
        order = [str(key) for key in answer]
        return order[1:] + order[:1]
    if kind == "MAT":
        lefts = list(answer)
        return {
            left: answer[other] for left, other in zip(lefts, lefts[1:] + lefts[:1], strict=True)
        }
    return "không rõ"
