"""What an answer is and what it is worth: pure functions over a frozen question version.

In a scored test a question is right or wrong as a whole (``docs/decisions.md`` 26 and 36); the
fraction stays a ``Decimal`` between 0 and 1, empty while a person must still mark, so that essays
and a regrade need no other schema. The body of a version is described in ``docs/architecture.md``.

A stored answer is JSON by type, ``None`` for no answer:

====  =========================================================================
SC    the key of the option
MC    the keys, sorted
TF    ``true`` or ``false``
ORD   ``{key: place}``, places from 1; places may be missing or repeated
MAT   ``{left key: right key}``; pairs may be missing
SA    the text in NFC, white space made single
====  =========================================================================
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from lms.people.text import clean, squeeze

MAX_TEXT_LENGTH = 300

RIGHT, WRONG = Decimal(1), Decimal(0)
HUNDREDTH = Decimal("0.01")

Body = Mapping[str, Any]


class InvalidResponse(ValueError):
    """What was sent is not an answer to this question; the message is for the learner."""

    def __init__(self, message: Any) -> None:
        super().__init__(message)
        self.message = message


def read_response(body: Body, value: Any) -> Any:
    """Return ``value`` as it is stored for the question ``body``; raise ``InvalidResponse``.

    Takes what a form sends (texts) and what code sends (the stored form; for ORD also the keys in
    order). Nothing chosen is ``None``.
    """
    if value is None or value in ("", [], (), {}):
        return None
    return READERS[body["type"]](body, value)


def option_keys(body: Body) -> list[str]:
    return [str(option["key"]) for option in body["options"]]


def _known_key(value: Any, keys: Sequence[str]) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool) or str(value) not in keys:
        raise InvalidResponse(_("This choice is not among the options of the question."))
    return str(value)


def _read_single(body: Body, value: Any) -> str:
    if isinstance(value, list | tuple):
        if len(value) != 1:
            raise InvalidResponse(_("Choose one option only."))
        value = value[0]
    return _known_key(value, option_keys(body))


def _read_multiple(body: Body, value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple | set | frozenset) else [value]
    keys = option_keys(body)
    return sorted({_known_key(each, keys) for each in values})


def _read_true_false(body: Body, value: Any) -> bool:
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if value is True or value == "true":
        return True
    if value is False or value == "false":
        return False
    raise InvalidResponse(_("Choose true or false."))


def _read_order(body: Body, value: Any) -> dict[str, int] | None:
    keys = option_keys(body)
    if isinstance(value, list | tuple):
        value = {each: place for place, each in enumerate(value, start=1)}
    if not isinstance(value, Mapping):
        raise InvalidResponse(_("Give each step its place in the order."))
    places = {str(place): place for place in range(1, len(keys) + 1)}
    return {
        _known_key(key, keys): places[_known_key(place, list(places))]
        for key, place in value.items()
        if place not in (None, "")
    } or None


def _read_match(body: Body, value: Any) -> dict[str, str] | None:
    if not isinstance(value, Mapping):
        raise InvalidResponse(_("Choose the matching text of each line."))
    keys = option_keys(body)
    return {
        _known_key(left, keys): _known_key(right, keys)
        for left, right in value.items()
        if right not in (None, "")
    } or None


def _read_text(body: Body, value: Any) -> str | None:
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str):
        raise InvalidResponse(_("Write the answer as text."))
    # Before the length check, so that a hostile text is not normalised at full length.
    if len(value) > 4 * MAX_TEXT_LENGTH:
        raise InvalidResponse(_("Write at most %(count)s characters.") % {"count": MAX_TEXT_LENGTH})
    text = clean(value)
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in text):
        raise InvalidResponse(_("Remove the characters that cannot be shown, then save again."))
    if len(text) > MAX_TEXT_LENGTH:
        raise InvalidResponse(_("Write at most %(count)s characters.") % {"count": MAX_TEXT_LENGTH})
    return text or None


READERS: dict[str, Callable[[Body, Any], Any]] = {
    "SC": _read_single,
    "MC": _read_multiple,
    "TF": _read_true_false,
    "ORD": _read_order,
    "MAT": _read_match,
    "SA": _read_text,
}


def is_answered(body: Body, response: Any) -> bool:
    """Tell whether nothing is left to fill in: each step has its own place, each line its pair."""
    if response is None:
        return False
    if body["type"] == "ORD":
        return sorted(response.values()) == list(range(1, len(body["options"]) + 1))
    if body["type"] == "MAT":
        return len(response) == len(body["options"])
    return True


def fraction_of(body: Body, response: Any) -> Decimal | None:
    """Return what ``response`` is worth, 0 to 1; ``None`` is kept for what a person marks.

    ``response`` is in the stored form, as :func:`read_response` returns it; no answer is worth 0.
    """
    if response is None:
        return WRONG
    return RIGHT if MARKERS[body["type"]](body, response) else WRONG


def _is_right_order(body: Body, response: Mapping[str, int]) -> bool:
    right = {str(key): place for place, key in enumerate(body["answer"], start=1)}
    return dict(response) == right


def _is_right_match(body: Body, response: Mapping[str, str]) -> bool:
    # By text: two lines may match the same words, and either of the two is then right.
    texts = {str(option["key"]): option["match"] for option in body["options"]}
    return set(response) == set(texts) and all(
        texts[response[str(left)]] == texts[str(right)] for left, right in body["answer"].items()
    )


def answer_key(text: str) -> str:
    """Return what short answers are compared by: no case, marks, spaces or invisible characters."""
    return squeeze("".join(char for char in text if unicodedata.category(char) != "Cf"))


def _is_right_text(body: Body, response: str) -> bool:
    given = answer_key(response)
    return bool(given) and given in {answer_key(accepted) for accepted in body["answer"]}


MARKERS: dict[str, Callable[[Body, Any], bool]] = {
    "SC": lambda body, response: response == str(body["answer"]),
    "MC": lambda body, response: set(response) == {str(key) for key in body["answer"]},
    "TF": lambda body, response: response is body["answer"],
    "ORD": _is_right_order,
    "MAT": _is_right_match,
    "SA": _is_right_text,
}


@dataclass(frozen=True)
class Score:
    """The sum over a paper; ``percent`` and ``passed`` are ``None`` while a mark is missing."""

    earned: Decimal
    question_count: int
    percent: Decimal | None
    passed: bool | None


def score_of(fractions: Iterable[Decimal | None], *, pass_mark_percent: int) -> Score:
    """Return the score of a paper; every question weighs the same.

    ``percent`` has two decimals, cut and never rounded up: 69.996 is not yet 70. Passing compares
    the exact sums, not the printed percent.
    """
    marks = list(fractions)
    earned = sum((mark for mark in marks if mark is not None), start=Decimal(0))
    if not marks or None in marks:
        return Score(earned, len(marks), None, None)
    percent = (100 * earned / len(marks)).quantize(HUNDREDTH, rounding=ROUND_DOWN)
    return Score(earned, len(marks), percent, 100 * earned >= pass_mark_percent * len(marks))
