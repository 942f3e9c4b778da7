"""Attempts: started once, answered in steps, finished by the learner or by the server's clock.

Every write locks the enrolment first, then the attempt, so that a start, a submit, the sweep and
``courses.completion.settle`` never wait for each other in a circle. Saving a page locks nothing: it
claims the revision it was made from by one conditional update (``docs/decisions.md`` 26).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from content.alerts import tell_of_empty_bank, tell_of_relaxed_draw
from content.models import QuizPage
from content.models.quizzes import QuizKind
from courses.completion import settle
from courses.models import AnswerStep, Attempt, AttemptQuestion, Enrolment, LessonProgress
from courses.models.quizzes import AttemptStatus
from courses.quizzes.draw import NotEnoughQuestions, draw_paper
from courses.quizzes.marking import MARKED_FIELDS, mark
from courses.quizzes.openings import (
    Opening,
    QuizRules,
    closing_of,
    lessons_begun_and_missing,
    load_questions,
    opening_of,
)
from courses.quizzes.scoring import InvalidResponse, read_response
from lms.people.audit import log
from lms.people.days import local_day
from lms.people.followers import touch_started


class QuizClosed(Exception):
    """The quiz cannot be started; :attr:`opening` says why and from when it can."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening.closed)
        self.opening = opening


class AttemptOver(Exception):
    """The attempt takes no more answers: it was submitted, or its time is over."""


class StaleRevision(Exception):
    """Newer answers were saved from another tab or device; they were kept."""


class InvalidAnswers(Exception):
    """Some answers do not fit their questions; :attr:`errors` holds a message by position."""

    def __init__(self, errors: Mapping[int, Any]) -> None:
        super().__init__(errors)
        self.errors = dict(errors)


def start_attempt(
    enrolment: Enrolment,
    quiz: QuizPage,
    *,
    actor: Any,
    at: datetime,
    ignore_dates: bool = False,
) -> Attempt:
    """Start ``quiz`` and return the attempt; the one that is running, if there is one.

    An earlier attempt past its end is stored first. A draw that had to be relaxed, or could not be
    made, is told to the editors. ``ignore_dates`` draws from the bank whatever the dates of its
    sources are, for a history that is written today. Raises ``QuizClosed`` or
    ``draw.NotEnoughQuestions``.
    """
    try:
        with transaction.atomic():
            locked = lock_enrolment(enrolment.pk)
            opening = opening_of(locked, quiz, at=at)
            for over in opening.unstored:
                store_mark(over, enrolment=locked, actor=None, at=at)
            if opening.running is not None:
                return opening.running
            if opening.may_start:
                return create_attempt(
                    locked,
                    quiz,
                    number=len(opening.attempts) + 1,
                    rules=opening.rules,
                    actor=actor,
                    at=at,
                    ignore_dates=ignore_dates,
                )
    except NotEnoughQuestions as refusal:
        if not ignore_dates:
            tell_of_empty_bank(quiz, found=refusal.found, needed=refusal.needed, at=at)
        raise
    # Outside the transaction: what was stored above stays stored.
    raise QuizClosed(opening)


def create_attempt(
    enrolment: Enrolment,
    quiz: QuizPage,
    *,
    number: int,
    rules: QuizRules,
    actor: Any,
    at: datetime,
    ignore_dates: bool,
) -> Attempt:
    """Draw the paper and freeze it with the pass mark and the deadline."""
    paper = draw_paper(
        quiz, enrolment=enrolment, number=number, day=local_day(at), ignore_dates=ignore_dates
    )
    minutes = quiz.time_limit_minutes
    attempt = Attempt.objects.create(
        enrolment=enrolment,
        quiz=quiz,
        quiz_kind=quiz.quiz_kind,
        number=number,
        started_at=at,
        started_on=local_day(at),
        deadline_at=at + timedelta(minutes=minutes) if minutes else None,
        pass_mark_percent=rules.pass_mark_percent,
        relaxed=list(paper.relaxed),
    )
    AttemptQuestion.objects.bulk_create(paper.rows(attempt))
    touch_started([enrolment.person_id])
    if paper.relaxed and not ignore_dates:
        tell_of_relaxed_draw(quiz, paper.relaxed, at=at)
    log(
        "quiz.start",
        attempt,
        actor=actor,
        at=at,
        person=enrolment.person,
        quiz=quiz.key,
        number=number,
        relaxed=list(paper.relaxed),
    )
    return attempt


def lock_enrolment(enrolment_id: int) -> Enrolment:
    return (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("course_version", "person")
        .get(pk=enrolment_id)
    )


def save_answers(
    attempt: Attempt,
    answers: Mapping[int, Any],
    *,
    revision: int,
    actor: Any,
    at: datetime,
    flags: Mapping[int, bool] | None = None,
) -> Attempt:
    """Save ``answers`` and ``flags`` by position and return ``attempt`` with its new revision.

    A question that is not named keeps its answer; one equal to what is stored adds no step, so a
    repeated request is harmless. ``revision`` is the one the page was made from. Three queries,
    one if nothing changed; a fourth loads the questions unless ``attempt.questions`` holds them.
    Raises ``InvalidAnswers`` (nothing is saved), ``StaleRevision`` (the newer answers stay) or
    ``AttemptOver``.
    """
    if "questions" not in getattr(attempt, "_prefetched_objects_cache", {}):
        load_questions(attempt)
    changed = changes_of(attempt, answers, flags or {})
    if not changed and attempt.status == AttemptStatus.IN_PROGRESS and not is_late(attempt, at):
        # The same page may have been saved between reading the attempt and its questions.
        attempt.refresh_from_db(fields=["revision"])
        return attempt
    with transaction.atomic():
        if claim_revision(attempt, revision, at=at):
            attempt.revision = revision + 1
            write_steps(changed, sequence=attempt.revision, actor=actor, at=at)
            return attempt
    if submit_if_over(attempt, at=at):
        raise AttemptOver(attempt.pk)
    # The same page sent twice, or sent again because the answer to it was lost: nothing is stale.
    stored = Attempt.objects.get(pk=attempt.pk)
    load_questions(stored)
    if changes_of(stored, answers, flags or {}):
        raise StaleRevision(attempt.pk)
    attempt.revision = stored.revision
    return attempt


def is_late(attempt: Attempt, at: datetime) -> bool:
    return attempt.deadline_at is not None and attempt.deadline_at <= at


def changes_of(
    attempt: Attempt, answers: Mapping[int, Any], flags: Mapping[int, bool]
) -> list[tuple[AttemptQuestion, Any, bool]]:
    """Return question, answer and flag for each place where one of the two is new."""
    questions = {question.position: question for question in attempt.questions.all()}
    changed, errors = [], {}
    for position in sorted(answers.keys() | flags.keys()):
        try:
            question = questions[position]
            response = (
                read_response(question.question_version.body, answers[position])
                if position in answers
                else question.response
            )
        except (KeyError, InvalidResponse) as error:
            errors[position] = getattr(error, "message", "")
            continue
        flag = flags.get(position, question.is_flagged)
        if response != question.response or flag != question.is_flagged:
            changed.append((question, response, flag))
    if errors:
        raise InvalidAnswers(errors)
    return changed


def claim_revision(attempt: Attempt, revision: int, *, at: datetime) -> bool:
    """Move the attempt on from ``revision`` if it is still there and open; one query.

    The update waits for a rival's row lock and looks again, so that of two pages made from the same
    revision only one is saved. What ``attempt`` holds in memory is as of its own revision.
    """
    if revision != attempt.revision:
        return False
    open_attempts = Attempt.objects.filter(
        Q(deadline_at__isnull=True) | Q(deadline_at__gt=at),
        pk=attempt.pk,
        status=AttemptStatus.IN_PROGRESS,
        revision=revision,
    )
    if attempt.quiz_kind == QuizKind.PRE:
        begun = LessonProgress.objects.filter(enrolment=OuterRef("enrolment_id"), done_at__lte=at)
        open_attempts = open_attempts.exclude(Exists(begun))
    return bool(open_attempts.update(revision=F("revision") + 1))


def write_steps(
    changed: list[tuple[AttemptQuestion, Any, bool]], *, sequence: int, actor: Any, at: datetime
) -> None:
    """Append one step for each new answer and keep the last one on its question; two queries."""
    steps = []
    for question, response, flag in changed:
        if response != question.response:
            steps.append(
                AnswerStep(
                    attempt_question=question,
                    sequence=sequence,
                    response=response,
                    saved_at=at,
                    saved_by=actor,
                )
            )
        question.response, question.is_flagged = response, flag
    AnswerStep.objects.bulk_create(steps)
    AttemptQuestion.objects.bulk_update(
        [question for question, _response, _flag in changed], ["response", "is_flagged"]
    )


def submit_if_over(attempt: Attempt, *, at: datetime) -> bool:
    """Store the end of an attempt whose time is over; tell whether it is over."""
    stored = Attempt.objects.select_related("enrolment__course_version").get(pk=attempt.pk)
    if stored.status != AttemptStatus.IN_PROGRESS:
        return True
    closing = closing_of(stored, first_lesson_at=find_first_lesson_at(stored, stored.enrolment))
    if closing is None or at < closing:
        return False
    submit_attempt(stored, actor=None, at=at)
    return True


def find_first_lesson_at(attempt: Attempt, enrolment: Enrolment) -> datetime | None:
    """Return when the first lesson was done if that closes ``attempt``, ``None`` if not."""
    if attempt.quiz_kind != QuizKind.PRE:
        return None
    begun, _missing = lessons_begun_and_missing(enrolment)
    return begun


def submit_attempt(attempt: Attempt, *, actor: Any, at: datetime) -> Attempt:
    """Finish ``attempt`` with the answers that are saved, mark it and return it.

    Idempotent: a second submit, at the same time or later, gets the same result. Past its end the
    attempt is finished as of its end. Completes the course in the same transaction if this was the
    last condition.
    """
    with transaction.atomic():
        enrolment = lock_enrolment(attempt.enrolment_id)
        attempt = Attempt.objects.select_for_update(of=("self",)).get(pk=attempt.pk)
        if attempt.status != AttemptStatus.IN_PROGRESS:
            return attempt
        closing = closing_of(attempt, first_lesson_at=find_first_lesson_at(attempt, enrolment))
        load_questions(attempt)
        mark(
            attempt,
            attempt.questions.all(),
            submitted_at=at if closing is None else min(at, closing),
        )
        store_mark(attempt, enrolment=enrolment, actor=actor, at=at)
    return attempt


def store_mark(attempt: Attempt, *, enrolment: Enrolment, actor: Any, at: datetime) -> None:
    """Write what :func:`courses.quizzes.marking.mark` set; the rows must be locked."""
    attempt.save(update_fields=MARKED_FIELDS)
    AttemptQuestion.objects.bulk_update(attempt.questions.all(), ["fraction"])
    log(
        "quiz.submit",
        attempt,
        actor=actor,
        at=at,
        person=enrolment.person,
        number=attempt.number,
        score_percent=None if attempt.score_percent is None else str(attempt.score_percent),
        passed=attempt.passed,
    )
    settle(enrolment, actor=actor, at=at)


def sweep(at: datetime) -> int:
    """Store the end of every attempt whose time is over at ``at``; return how many were stored.

    One transaction each, so that one bad row holds up no other; safe to run twice at once.
    """
    begun = LessonProgress.objects.filter(enrolment=OuterRef("enrolment_id"), done_at__lte=at)
    over = (
        Attempt.objects.filter(status=AttemptStatus.IN_PROGRESS)
        .filter(Q(deadline_at__lte=at) | Q(Exists(begun), quiz_kind=QuizKind.PRE))
        .order_by("pk")
    )
    stored = 0
    for attempt in over:
        submit_attempt(attempt, actor=None, at=at)
        stored += 1
    return stored
