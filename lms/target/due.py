"""By when a person must hold a required course, and why then (``docs/decisions.md`` 31).

A due date hangs on when things began, never on the day that is looked at, so it does not move.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _

from lms.people.models import Posting
from lms.target.models import Requirement


class DueReason(StrEnum):
    SET = "set"
    YEAR_END = "year_end"
    GRACE = "grace"


@dataclass(frozen=True, order=True)
class Due:
    """The last day to complete a course; ``began_on`` is when it became required of the person."""

    day: date
    reason: DueReason
    began_on: date
    grace_days: int = 0

    @property
    def why(self) -> str:
        """The reason as a sentence for the person."""
        if self.reason == DueReason.SET:
            return _("Day set by the department for this course.")
        if self.reason == DueReason.YEAR_END:
            return _("End of the year in which the course became required of you.")
        return _("%(days)s days after %(day)s, when the duty or the requirement began.") % {
            "days": self.grace_days,
            "day": f"{self.began_on:%d/%m/%Y}",
        }

    def days_left(self, today: date) -> int:
        """Whole days from ``today`` to the due date; negative once it has passed."""
        return (self.day - today).days


def due_of(requirement: Requirement, duty_began_on: date, *, grace_days: int) -> Due:
    """Return the due date of one requirement for a duty that began on ``duty_began_on``.

    The later of the requirement's own day (default 31 December of the year in which it began for
    the person) and ``grace_days`` after the later of duty and requirement began.
    """
    began = max(duty_began_on, requirement.valid_from)
    grace = began + timedelta(days=grace_days)
    if requirement.due_on is not None:
        own, reason = requirement.due_on, DueReason.SET
    else:
        own, reason = date(began.year, 12, 31), DueReason.YEAR_END
    return (
        Due(grace, DueReason.GRACE, began, grace_days) if grace > own else Due(own, reason, began)
    )


def dues_of(
    postings: Iterable[Posting], needs: Mapping[int, Mapping[int, Requirement]], *, grace_days: int
) -> dict[int, Due]:
    """Return the due date of every course that ``postings`` ask for, by course id.

    ``postings`` are those that count for the person on the day. A group held by several postings
    began with the earliest of them; a course that several groups ask for is due at the earliest.
    """
    began: dict[int, date] = {}
    for posting in postings:
        earlier = began.get(posting.group_id, posting.duty_began_on)
        began[posting.group_id] = min(earlier, posting.duty_began_on)
    dues: dict[int, Due] = {}
    for group_id, duty_began_on in began.items():
        for course_id, requirement in needs.get(group_id, {}).items():
            due = due_of(requirement, duty_began_on, grace_days=grace_days)
            if course_id not in dues or due < dues[course_id]:
                dues[course_id] = due
    return dues
