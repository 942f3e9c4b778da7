"""What each number of a rule set does, in words for the page, and what is sense for it.

All of them are working rules (``[RULE]`` of the domain's description): no law sets one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.people.models import RuleSet


@dataclass(frozen=True)
class Number:
    """One number: its field, its unit, what it decides and to what it applies from its day on."""

    field: str
    label: Promise
    meaning: Promise
    applies: Promise
    lowest: int
    highest: int
    is_optional: bool = False


@dataclass(frozen=True)
class Part:
    """Numbers that stand together on the page."""

    title: Promise
    numbers: tuple[Number, ...]


PARTS = (
    Part(
        gettext_lazy("Who counts"),
        (
            Number(
                "min_leave_days",
                gettext_lazy("Shortest long leave (days)"),
                gettext_lazy(
                    "Somebody on a leave of at least so many days, adjoining leaves taken "
                    "together, is left out of the number of staff while it lasts."
                ),
                gettext_lazy("figures of this day and later"),
                1,
                366,
            ),
            Number(
                "new_duty_days",
                gettext_lazy("Newly assigned for (days)"),
                gettext_lazy(
                    "Whoever took up the duty at most so many days ago is shown apart as newly "
                    "assigned. She counts all the same."
                ),
                gettext_lazy("figures of this day and later"),
                0,
                366,
            ),
            Number(
                "due_grace_days",
                gettext_lazy("Days to meet a new duty"),
                gettext_lazy(
                    "Nobody is overdue before so many days have passed since the duty, the group "
                    "or the requirement began."
                ),
                gettext_lazy("due dates shown on this day and later"),
                0,
                366,
            ),
            Number(
                "small_unit_below",
                gettext_lazy("Counts only below (people)"),
                gettext_lazy(
                    "No rate is shown of fewer people than this: in reports by the number of their "
                    "day, on the screens outside the department by that of today."
                ),
                gettext_lazy("reports and screens of this day and later"),
                1,
                100,
            ),
        ),
    ),
    Part(
        gettext_lazy("When a course is completed"),
        (
            Number(
                "attendance_percent",
                gettext_lazy("Periods to attend (%)"),
                gettext_lazy(
                    "So much of the class periods of a course has to be attended, rounded up to "
                    "whole periods. A course may have its own number."
                ),
                gettext_lazy("rounds begun on this day or later"),
                1,
                100,
            ),
            Number(
                "late_minutes",
                gettext_lazy("Late counts as absent after (minutes)"),
                gettext_lazy(
                    "Whoever comes later than this to a class period was absent from that period."
                ),
                gettext_lazy("class sessions of this day and later"),
                0,
                45,
            ),
            Number(
                "pass_mark_percent",
                gettext_lazy("Pass mark (%)"),
                gettext_lazy(
                    "The post-test is passed from this share of right answers on. A course may "
                    "have its own number."
                ),
                gettext_lazy("attempts begun on this day or later"),
                1,
                100,
            ),
            Number(
                "attempt_starts",
                gettext_lazy("Attempts allowed"),
                gettext_lazy(
                    "So often the post-test may be begun within the time below. An attempt that "
                    "was broken off counts too."
                ),
                gettext_lazy("attempts begun on this day or later"),
                1,
                20,
            ),
            Number(
                "attempt_window_hours",
                gettext_lazy("Attempts are counted over (hours)"),
                gettext_lazy(
                    "An attempt counts for so long after it began. 720 hours are 30 days."
                ),
                gettext_lazy("attempts begun on this day or later"),
                1,
                8784,
            ),
            Number(
                "validity_months",
                gettext_lazy("Validity (months)"),
                gettext_lazy(
                    "A completion holds for so many months and ends the day after. Empty: it does "
                    "not expire."
                ),
                gettext_lazy("completions of this day and later"),
                1,
                120,
                is_optional=True,
            ),
        ),
    ),
    Part(
        gettext_lazy("Training held elsewhere"),
        (
            Number(
                "recognition_percent",
                gettext_lazy("Periods for recognising external training (%)"),
                gettext_lazy(
                    "External training can be recognised if it had at least so much of the periods "
                    "of our own course, rounded up."
                ),
                gettext_lazy("training that ended on this day or later"),
                1,
                100,
            ),
        ),
    ),
)
NUMBERS = tuple(number for part in PARTS for number in part.numbers)
FIELDS = tuple(number.field for number in NUMBERS)
# The numbers that decide who counts and what is shown of her, as the definition reads them.
FIGURE_FIELDS = ("min_leave_days", "new_duty_days", "due_grace_days")


@dataclass(frozen=True)
class Shown:
    """A number with its value in words."""

    number: Number
    text: str


@dataclass(frozen=True)
class Difference:
    """A number that a set changes against the one before it."""

    number: Number
    before: str
    after: str


def value_text(value: int | None) -> str:
    """Return a value as the page prints it; an empty one means that nothing expires."""
    return _("none") if value is None else str(value)


def shown_parts(rules: RuleSet) -> list[tuple[Promise, list[Shown]]]:
    """Return the parts of the page with the values of ``rules``."""
    return [
        (
            part.title,
            [Shown(number, value_text(getattr(rules, number.field))) for number in part.numbers],
        )
        for part in PARTS
    ]


def values_of(rules: Any) -> dict[str, int | None]:
    """Return the numbers of a set by field."""
    return {name: getattr(rules, name) for name in FIELDS}


def differences(before: Any, after: dict[str, int | None]) -> list[Difference]:
    """Return which numbers ``after`` changes against ``before`` (``None`` = there was no set)."""
    return [
        Difference(
            number,
            value_text(getattr(before, number.field)) if before is not None else "—",
            value_text(after[number.field]),
        )
        for number in NUMBERS
        if before is None or getattr(before, number.field) != after[number.field]
    ]
