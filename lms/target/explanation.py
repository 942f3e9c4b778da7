"""Why a person is counted, or is not, on a day: the definition asked about one person.

The table behind the figures answers where it is built, the facts else; both are the definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db import connection
from django.utils.translation import gettext_lazy

from lms.people.models import Posting, StaffMember
from lms.people.models.rules import Tier
from lms.people.rules import tiers_on
from lms.target.figures.derived import Basis, person_ctes
from lms.target.figures.reading import bits_of
from lms.target.figures.sql import Question, known_text, survivor_ctes


class Standing(StrEnum):
    TRAINED = "trained"
    PROGRESS = "progress"
    NOT_STARTED = "not_started"
    RETRAIN = "retrain"
    ON_LEAVE = "on_leave"
    MERGED = "merged"
    NO_POSTING = "no_posting"
    NO_DUTY = "no_duty"
    EXTENDED = "extended"
    NOT_NAMED = "not_named"


TEXTS = {
    Standing.TRAINED: gettext_lazy("Trained"),
    Standing.PROGRESS: gettext_lazy("In progress"),
    Standing.NOT_STARTED: gettext_lazy("Has not started"),
    Standing.RETRAIN: gettext_lazy("Needs retraining"),
    Standing.ON_LEAVE: gettext_lazy("On long leave: not counted until the return"),
    Standing.MERGED: gettext_lazy("Counted under another record of the same person"),
    Standing.NO_POSTING: gettext_lazy("Not counted: no posting on this day"),
    Standing.NO_DUTY: gettext_lazy("Not counted: the posting has no victim-support duty"),
    Standing.EXTENDED: gettext_lazy("Outside the target: the position group is reported apart"),
    Standing.NOT_NAMED: gettext_lazy("Not counted: not named in an approved roster"),
}


@dataclass(frozen=True)
class Explanation:
    """``missing`` and ``lapsed`` are places of courses (bits) among those needed on the day."""

    standing: Standing
    unit_id: int | None = None
    group_id: int | None = None
    need: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    lapsed: tuple[int, ...] = ()
    is_new: bool = False

    @property
    def counts(self) -> bool:
        """In the denominator on the day."""
        return self.standing in {
            Standing.TRAINED,
            Standing.PROGRESS,
            Standing.NOT_STARTED,
            Standing.RETRAIN,
        }

    @property
    def text(self) -> str:
        """The state or the condition that is missing, in the words of the reports."""
        return str(TEXTS[self.standing])


# The merges about one person, followed to their end.
MERGES = """WITH RECURSIVE {survivor}
    SELECT v.duplicate_id, v.survivor_id FROM survivor v
    WHERE v.duplicate_id = %(person)s OR v.survivor_id = %(person)s"""
ONE = """
    SELECT unit_id, group_id, need, have, once, courses, state, is_new, on_leave FROM verdict"""


def explain(person: StaffMember, day: date, known: date | None = None) -> Explanation:
    """Return where ``person`` stands on ``day`` as known on ``known``; one to six statements.

    The first condition that fails is named, in the order of the definition.
    """
    question = Question(day=day, known=known, person_id=person.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            MERGES.format(survivor=survivor_ctes(known_text(question, "x"))), question.params()
        )
        merges = cursor.fetchall()
        if any(duplicate_id == person.pk for duplicate_id, _survivor_id in merges):
            return Explanation(Standing.MERGED)
        cursor.execute(person_ctes(question, Basis.read()) + ONE, question.params())
        row = cursor.fetchone()
    if row is None:
        parts = [person.pk, *(duplicate_id for duplicate_id, _survivor_id in merges)]
        return Explanation(_why_not(parts, day, known))
    unit_id, group_id, need, have, once, courses, state, is_new, on_leave = row
    return Explanation(
        standing=Standing.ON_LEAVE if on_leave else Standing(state),
        unit_id=unit_id,
        group_id=group_id,
        need=tuple(bits_of(need)),
        missing=tuple(bits_of(need - have)),
        lapsed=tuple(bits_of(need & (once - courses))),
        is_new=bool(is_new),
    )


def _why_not(parts: list[int], day: date, known: date | None) -> Standing:
    """Return what keeps somebody out whose duties stand under the records ``parts``."""
    postings = Posting.objects.known_on(known).valid_on(day).filter(person__in=parts)
    duties = dict(postings.values_list("group_id", "victim_support").order_by("victim_support"))
    if not duties:
        return Standing.NO_POSTING
    tiers = tiers_on(day, known)
    found = {tiers.get(group) for group, has_duty in duties.items() if has_duty}
    if not found:
        return Standing.NO_DUTY
    return Standing.NOT_NAMED if Tier.NAMED in found else Standing.EXTENDED
