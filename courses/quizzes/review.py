"""What a learner is told after an attempt: the answers in words, and the modules to read again.

Right answers and explanations are shown only when nothing can be tried with them; the caller asks
``Opening.shows_answers`` first (``docs/decisions.md`` 26). Pure functions over loaded questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from courses.models import AttemptQuestion
from courses.quizzes.scoring import RIGHT


@dataclass(frozen=True)
class Feedback:
    """One question of a finished attempt, in words."""

    position: int
    stem: str
    is_right: bool
    given: tuple[str, ...]
    right: tuple[str, ...]
    explanation: str
    sources: str
    references: tuple[str, ...]
    module_id: int


def feedback_of(question: AttemptQuestion) -> Feedback:
    """Return what is shown of one question, its right answer and source included."""
    body = question.question_version.body
    return Feedback(
        position=question.position,
        stem=body["stem"],
        is_right=question.fraction == RIGHT,
        given=words_of(body, question.response),
        right=words_of(body, right_response(body)),
        explanation=body["explanation"],
        sources=body.get("sources") or "",
        references=tuple(each["short_name"] for each in body.get("references") or ()),
        module_id=question.module_id,
    )


def right_response(body: Mapping[str, Any]) -> Any:
    """Return the right answer in the form in which answers are stored."""
    answer = body["answer"]
    if body["type"] == "ORD":
        return {str(key): place for place, key in enumerate(answer, start=1)}
    if body["type"] == "SA":
        return answer[0]
    return answer


def words_of(body: Mapping[str, Any], response: Any) -> tuple[str, ...]:
    """Return ``response`` as the learner read it, one entry a line; empty for no answer."""
    if response is None:
        return ()
    kind = body["type"]
    if kind == "TF":
        return (_("True") if response else _("False"),)
    if kind == "SA":
        return (response,)
    texts = {str(option["key"]): option["text"] for option in body["options"]}
    if kind == "SC":
        return (texts[str(response)],)
    if kind == "MC":
        chosen = {str(key) for key in response}
        return tuple(text for key, text in texts.items() if key in chosen)
    if kind == "ORD":
        places = sorted(response.items(), key=lambda item: item[1])
        return tuple(f"{place}. {texts[str(key)]}" for key, place in places)
    matches = {str(option["key"]): option["match"] for option in body["options"]}
    pairs = {str(left): str(right) for left, right in response.items()}
    return tuple(
        _("%(left)s: %(right)s") % {"left": text, "right": matches[pairs[key]]}
        for key, text in texts.items()
        if key in pairs
    )


def modules_to_read_again(questions: Iterable[AttemptQuestion]) -> list[int]:
    """Return the modules of which more than half of the questions went wrong, worst first."""
    asked: dict[int, int] = {}
    wrong: dict[int, int] = {}
    for question in questions:
        asked[question.module_id] = asked.get(question.module_id, 0) + 1
        wrong[question.module_id] = wrong.get(question.module_id, 0) + (question.fraction != RIGHT)
    weak = [module for module, count in asked.items() if 2 * wrong[module] > count]
    return sorted(weak, key=lambda module: (-wrong[module] / asked[module], -wrong[module], module))
