"""Which questions make a paper, and in which order their options stand.

Candidates are the latest published versions of the course's active questions. A question whose
source is not in force on the day hides itself; one that a reviewer must still see is not used in a
scored test (``docs/decisions.md`` 26). Chance comes from a seed made of the enrolment, the quiz and
the attempt's number, which are stored, so that a paper can be drawn again and checked.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F

from content.matrix import Candidate, Matrix, NotEnoughQuestions, pick_paper
from content.models import Question, QuestionVersion, QuizPage
from content.models.questions import QuestionType, ReviewStatus
from content.models.quizzes import QuizKind
from courses.models import Attempt, AttemptQuestion, Enrolment

__all__ = ["Bank", "NotEnoughQuestions", "Paper", "draw_paper", "is_usable", "load_bank"]

# Stored with an attempt whose fixed questions are not all in force.
FIXED = "fixed"


@dataclass(frozen=True)
class Paper:
    """The versions in the order they are asked; ``relaxed`` names what had to be given up."""

    versions: tuple[QuestionVersion, ...]
    relaxed: tuple[str, ...]
    seed: str

    def rows(self, attempt: Attempt) -> list[AttemptQuestion]:
        """Return the unsaved places of ``attempt``, options shuffled."""
        return [
            AttemptQuestion(
                attempt=attempt,
                position=position,
                question_id=version.question_id,
                question_version=version,
                module_id=version.body["module"],
                option_order=shuffled_options(version, seed=self.seed),
            )
            for position, version in enumerate(self.versions, start=1)
        ]


@dataclass(frozen=True)
class Bank:
    """The questions of one course and what a quiz makes of them; good for any number of draws."""

    quiz: QuizPage
    versions: tuple[QuestionVersion, ...]
    # Question ids of the course's pre-test; for a quiz of fixed questions its own.
    fixed: frozenset[int]

    @property
    def has_matrix(self) -> bool:
        return bool(self.quiz.matrix)

    def usable(self, day: date, *, ignore_dates: bool = False) -> list[QuestionVersion]:
        """Return the versions that the quiz may ask on ``day``, in the order of their questions."""
        is_scored = self.quiz.quiz_kind == QuizKind.POST
        return [
            version
            for version in self.versions
            if (self.has_matrix or version.question_id in self.fixed)
            and is_usable(version, day, is_scored=is_scored, ignore_dates=ignore_dates)
        ]

    def draw(
        self, *, seed: str, day: date, seen: Collection[int], ignore_dates: bool = False
    ) -> Paper:
        """Return the paper for ``day``; ``seen`` are the questions asked before.

        Raises ``NotEnoughQuestions``.
        """
        usable = self.usable(day, ignore_dates=ignore_dates)
        if not self.has_matrix:
            return self.fixed_paper(usable, seed=seed)
        picked = pick_paper(
            [self.candidate(version) for version in usable],
            Matrix.of(self.quiz.question_count, self.quiz.matrix),
            # Every module that the whole bank knows, so that one hidden by its dates is missed.
            sorted({version.body["module"] for version in self.versions}),
            avoid=seen,
            rng=random.Random(seed),  # noqa: S311 (fair and repeatable, not secret)
        )
        by_id = {version.question_id: version for version in usable}
        return Paper(tuple(by_id[each] for each in picked.ids), picked.relaxed, seed)

    def fixed_paper(self, usable: Sequence[QuestionVersion], *, seed: str) -> Paper:
        if not usable:
            raise NotEnoughQuestions(0, len(self.fixed))
        relaxed = (FIXED,) if len(usable) < len(self.fixed) else ()
        return Paper(tuple(usable), relaxed, seed)

    def candidate(self, version: QuestionVersion) -> Candidate:
        flags = version.body.get("flags") or {}
        return Candidate(
            id=version.question_id,
            type=version.body["type"],
            module=version.body["module"],
            is_safety=bool(flags.get("safety")),
            is_confidentiality=bool(flags.get("confidentiality")),
            is_validity=bool(flags.get("validity")),
            in_pre_test=version.question_id in self.fixed,
        )


def load_bank(quiz: QuizPage) -> Bank:
    """Return the bank of ``quiz``'s course; two queries."""
    course_path = quiz.path[: -quiz.steplen]
    versions = QuestionVersion.objects.filter(
        pk=F("question__latest_version"), question__live=True, question__course__path=course_path
    ).order_by("question__key")
    fixed = (
        Question.objects.filter(
            fixed_in__path__startswith=course_path, fixed_in__quiz_kind=QuizKind.PRE
        )
        if quiz.matrix
        else Question.objects.filter(fixed_in=quiz)
    )
    return Bank(quiz, tuple(versions), frozenset(fixed.values_list("pk", flat=True)))


def is_usable(
    version: QuestionVersion, day: date, *, is_scored: bool, ignore_dates: bool = False
) -> bool:
    """Tell whether a question may be asked on ``day``; the last day in force is inclusive."""
    body = version.body
    if is_scored and body.get("review_status") == ReviewStatus.NEEDED:
        return False
    first, last = body.get("in_force_from"), body.get("in_force_to")
    return ignore_dates or not (
        (first and day < date.fromisoformat(first)) or (last and day > date.fromisoformat(last))
    )


def draw_paper(
    quiz: QuizPage,
    *,
    enrolment: Enrolment,
    number: int,
    day: date,
    ignore_dates: bool = False,
) -> Paper:
    """Draw the paper of attempt ``number``; three queries. Raises ``NotEnoughQuestions``."""
    bank = load_bank(quiz)
    return bank.draw(
        seed=seed_of(enrolment.pk, quiz.pk, number),
        day=day,
        seen=questions_seen(enrolment, quiz) if bank.has_matrix else (),
        ignore_dates=ignore_dates,
    )


def questions_seen(enrolment: Enrolment, quiz: QuizPage) -> frozenset[int]:
    """Return the questions of the person's earlier papers of ``quiz``, in all rounds."""
    return frozenset(
        AttemptQuestion.objects.filter(
            attempt__quiz=quiz, attempt__enrolment__person=enrolment.person_id
        ).values_list("question_id", flat=True)
    )


def seed_of(enrolment_id: int, quiz_id: int, number: int) -> str:
    """Return the seed of an attempt: made of what is stored, so that a draw can be checked."""
    return hashlib.sha256(f"{enrolment_id}:{quiz_id}:{number}".encode()).hexdigest()


def shuffled_options(version: QuestionVersion, *, seed: str) -> list[str]:
    """Return the keys of the options in the order shown; of MAT those of the right side.

    The steps of ORD never start out in the right order.
    """
    keys = [str(option["key"]) for option in version.body["options"]]
    if version.body["type"] == QuestionType.SHORT:
        return []
    chance = random.Random(f"{seed}:{version.pk}")  # noqa: S311 (fair and repeatable, not secret)
    chance.shuffle(keys)
    if version.body["type"] == QuestionType.ORDER and keys == [
        str(k) for k in version.body["answer"]
    ]:
        keys = keys[1:] + keys[:1]
    return keys
