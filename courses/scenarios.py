"""The decisions of a case scenario, read from the version that was shown.

A decision is answered once, right or wrong; its feedback is shown after the choice
(``docs/decisions.md`` 25).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from content.models import LessonVersion

BLOCK = "case_scenario"


@dataclass(frozen=True)
class Option:
    key: str
    text: str
    is_correct: bool
    feedback: str


@dataclass(frozen=True)
class Decision:
    key: str
    question: str
    options: tuple[Option, ...]

    def find_option(self, key: str) -> Option | None:
        return next((option for option in self.options if option.key == key), None)


def items(rows: Any) -> Iterator[dict[str, Any]]:
    """Yield the values of a list block, whether each is wrapped (``{"type", "value"}``) or bare."""
    for row in rows or ():
        yield row["value"] if isinstance(row, dict) and row.keys() >= {"type", "value"} else row


def decisions_of(version: LessonVersion) -> tuple[Decision, ...]:
    """Return the decisions of a version in order; empty for a lesson without a scenario."""
    return tuple(
        Decision(
            key=decision["key"],
            question=decision["question"],
            options=tuple(
                Option(
                    key=option["key"],
                    text=option["text"],
                    is_correct=bool(option.get("is_correct")),
                    feedback=option.get("feedback", ""),
                )
                for option in items(decision["options"])
            ),
        )
        for block in version.body.get("blocks", ())
        if block["type"] == BLOCK
        for decision in items(block["value"]["decisions"])
    )


@dataclass(frozen=True)
class Played:
    """A decision that was answered: the option chosen, with its feedback."""

    decision: Decision
    chosen: Option


@dataclass(frozen=True)
class Play:
    """How far a scenario was played; what lies beyond :attr:`current` is not shown yet."""

    total: int
    played: tuple[Played, ...]
    current: Decision | None

    @property
    def number(self) -> int:
        """The number of the current decision, from 1."""
        return len(self.played) + 1

    @property
    def is_over(self) -> bool:
        return self.current is None


def play_of(decisions: tuple[Decision, ...], answers: Iterable[Any]) -> Play:
    """Return the play of ``decisions`` after ``answers`` (``ScenarioAnswer`` rows); pure.

    An answer to a decision or option that the version no longer has stays a fact, but has nothing
    to show.
    """
    chosen = {answer.decision_key: answer.option_key for answer in answers}
    played = []
    current = None
    for decision in decisions:
        option = decision.find_option(chosen.get(decision.key, ""))
        if option is not None:
            played.append(Played(decision, option))
        elif decision.key not in chosen and current is None:
            current = decision
    return Play(total=len(decisions), played=tuple(played), current=current)
