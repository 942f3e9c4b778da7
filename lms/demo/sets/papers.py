"""A stock of drawn papers for each quiz, and what their answers look like when stored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from content.models import QuizPage
from courses.models import AttemptQuestion
from courses.quizzes.draw import load_bank
from courses.quizzes.history import right_answer, wrong_answer
from courses.quizzes.scoring import read_response

PAPER_COUNT = 40


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a paper; JSON as text."""

    question_id: int
    version_id: int
    module_id: int
    option_order: str
    right: str
    wrong: str


@dataclass(frozen=True)
class Stock:
    """Papers of one quiz; attempts take them in turn."""

    papers: tuple[tuple[Place, ...], ...]
    relaxed: str

    def paper(self, number: int) -> tuple[Place, ...]:
        return self.papers[number % len(self.papers)]


def draw_stock(quiz: QuizPage, day: date) -> Stock:
    """Draw the papers of ``quiz`` from today's bank, whatever its effective dates."""
    bank = load_bank(quiz)
    drawn, relaxed = [], ()
    for number in range(PAPER_COUNT):
        paper = bank.draw(seed=f"stock {number}", day=day, seen={}, ignore_dates=True)
        relaxed = paper.relaxed
        versions = {version.pk: version for version in paper.versions}
        places = []
        for row in paper.rows(None):
            row.question_version = versions[row.question_version_id]
            places.append(
                Place(
                    row.question_id,
                    row.question_version_id,
                    row.module_id,
                    json.dumps(row.option_order),
                    stored(row, right_answer(row)),
                    stored(row, wrong_answer(row)),
                )
            )
        drawn.append(tuple(places))
    return Stock(tuple(drawn), json.dumps(list(relaxed)))


def stored(question: AttemptQuestion, answer: object) -> str:
    return json.dumps(read_response(question.question_version.body, answer), ensure_ascii=False)
