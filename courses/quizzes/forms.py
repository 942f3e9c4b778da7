"""A page of answers as it is posted: read by type, refused beside the question, never lost.

Every control is named ``q<position>``; steps and lines add the key of their option. A hidden
``asked`` names each question that the page showed, so that a request that lost a part of itself in
transit cannot empty answers, while an unticked box still can.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from courses.models import Attempt, AttemptQuestion
from courses.quizzes.review import words_of
from courses.quizzes.scoring import MAX_TEXT_LENGTH, InvalidResponse, is_answered, read_response


@dataclass(frozen=True)
class Choice:
    """One option as a control: a radio button, a box, or an entry of a list."""

    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True)
class Line:
    """One step to be placed, or one text to be matched, with its list."""

    name: str
    text: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class QuestionField:
    """What the template needs to draw one question."""

    position: int
    name: str
    type: str
    stem: str
    is_flagged: bool
    is_answered: bool
    choices: tuple[Choice, ...] = ()
    lines: tuple[Line, ...] = ()
    text: str = ""
    error: str = ""
    # What a page that came too late held, where it differs from what is kept.
    other: tuple[str, ...] = ()
    max_length: int = MAX_TEXT_LENGTH

    @property
    def anchor(self) -> str:
        return f"cau-{self.position}"


@dataclass
class SheetForm:
    """The answers of one attempt; bound to what was posted, or to what is stored."""

    attempt: Attempt
    data: QueryDict | None = None
    errors: dict[int, str] = field(default_factory=dict)
    answers: dict[int, Any] = field(default_factory=dict)
    flags: dict[int, bool] = field(default_factory=dict)
    # A page without a readable revision counts as made from none.
    revision: int = -1

    def __post_init__(self) -> None:
        if self.data is None:
            return
        posted = self.data.get("revision", "")
        if posted.isascii() and posted.isdigit() and len(posted) <= 9:
            self.revision = int(posted)
        asked = set(self.data.getlist("asked"))
        for question in self.attempt.questions.all():
            if str(question.position) not in asked:
                continue
            self.flags[question.position] = f"f{question.position}" in self.data
            try:
                self.answers[question.position] = read_response(
                    question.question_version.body, self.posted(question)
                )
            except InvalidResponse as error:
                self.errors[question.position] = str(error.message)

    def is_valid(self) -> bool:
        return not self.errors

    def posted(self, question: AttemptQuestion) -> Any:
        """Return what was sent for ``question``, unchecked."""
        body, name = question.question_version.body, f"q{question.position}"
        if body["type"] in {"ORD", "MAT"}:
            names = {str(option["key"]): f"{name}-{option['key']}" for option in body["options"]}
            return {key: self.data.get(field_name, "") for key, field_name in names.items()}
        values = self.data.getlist(name)
        # An empty radio value means "not answered" like an absent one.
        return [value for value in values if value] if body["type"] != "SA" else values[-1:]

    def fields(self, *, show_posted: bool = False) -> list[QuestionField]:
        """Return the questions with what is stored, each error with the text that caused it.

        ``show_posted`` adds to each question what this page held where that differs.
        """
        return [
            self.field(question, show_posted=show_posted)
            for question in self.attempt.questions.all()
        ]

    def field(self, question: AttemptQuestion, *, show_posted: bool) -> QuestionField:
        body, position, response = (
            question.question_version.body,
            question.position,
            question.response,
        )
        name = f"q{position}"
        error = self.errors.get(position, "")
        other: tuple[str, ...] = ()
        if show_posted and self.answers.get(position, response) != response:
            other = words_of(body, self.answers[position]) or (_("No answer"),)
        text = ""
        if body["type"] == "SA":
            typed = self.data.get(name, "") if error and self.data is not None else response
            # A hostile text is shown back only as far as an answer may go.
            text = (typed or "").replace("\x00", "")[: 2 * MAX_TEXT_LENGTH]
        return QuestionField(
            position=position,
            name=name,
            type=body["type"],
            stem=body["stem"],
            is_flagged=question.is_flagged,
            is_answered=is_answered(body, response),
            choices=choices_of(question),
            lines=lines_of(question),
            text=text,
            error=error,
            other=other,
        )


def choices_of(question: AttemptQuestion) -> tuple[Choice, ...]:
    """Return the radio buttons or boxes in the order frozen for this attempt."""
    body, response = question.question_version.body, question.response
    if body["type"] == "TF":
        return (
            Choice("true", _("True"), response is True),
            Choice("false", _("False"), response is False),
        )
    if body["type"] not in {"SC", "MC"}:
        return ()
    texts = {str(option["key"]): option["text"] for option in body["options"]}
    chosen = {response} if isinstance(response, str) else set(response or ())
    return tuple(Choice(key, texts[key], key in chosen) for key in question.option_order)


def lines_of(question: AttemptQuestion) -> tuple[Line, ...]:
    """Return the lists of ORD (steps shuffled) or MAT (the right sides shuffled)."""
    body, name = question.question_version.body, f"q{question.position}"
    options = {str(option["key"]): option for option in body["options"]}
    response = question.response or {}
    if body["type"] == "ORD":
        return tuple(
            Line(
                name=f"{name}-{key}",
                text=options[key]["text"],
                choices=tuple(
                    Choice(str(place), str(place), response.get(key) == place)
                    for place in range(1, len(options) + 1)
                ),
            )
            for key in question.option_order
        )
    if body["type"] == "MAT":
        return tuple(
            Line(
                name=f"{name}-{left}",
                text=option["text"],
                choices=tuple(
                    Choice(right, options[right]["match"], response.get(left) == right)
                    for right in question.option_order
                ),
            )
            for left, option in options.items()
        )
    return ()
