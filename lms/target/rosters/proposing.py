"""Whom the duties propose for the list of a unit, and what was decided about each of them.

Nothing is stored until somebody decides: the proposal is read from the postings of the day, so a
late entry shows at once. A person of a tier-N group counts only if she is named
(``docs/decisions.md`` 12), so each of them asks for an answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from lms.people.facts import DatedFactQuerySet
from lms.people.models import PersonMerge, PositionGroup, Posting, StaffMember
from lms.people.models.rules import Tier
from lms.people.rules import tiers_on
from lms.target.models import (
    ReportingPeriod,
    Roster,
    RosterDecision,
    RosterEntry,
    RosterLine,
    RosterStatus,
)


@dataclass(frozen=True)
class Candidate:
    """One person of the list: the duty by which she may count, and what is said of her so far.

    ``tier`` is "C" or "N"; ``decision`` is ``None`` while a person of tier N waits for an answer.
    ``line`` is what somebody decided by hand, or what was confirmed.
    """

    person: StaffMember
    posting: Posting | None
    tier: str
    decision: str | None
    line: RosterLine | None = None

    @property
    def group(self) -> PositionGroup:
        """The group by which she counts, or would."""
        return self.posting.group if self.posting else self.line.group

    @property
    def is_named_tier(self) -> bool:
        return self.tier == Tier.NAMED

    @property
    def is_excluded(self) -> bool:
        return self.decision == RosterDecision.EXCLUDED


def day_of(period: ReportingPeriod, today: date) -> date:
    """Return the day whose duties propose the list: the period's last, or today before that."""
    return min(period.last_day, today)


def find_roster(period: ReportingPeriod, unit_id: int) -> Roster | None:
    """Return the list of the unit for the period, if anybody touched it; no query if unsaved."""
    if period.pk is None:
        return None
    return Roster.objects.filter(period=period, unit=unit_id).first()


def read_list(roster: Roster | None, unit_id: int, day: date) -> list[Candidate]:
    """Return the list in name order: the proposal while it is open, else what was confirmed."""
    lines = {}
    if roster is not None:
        standing = roster.lines.filter(withdrawn_at=None).select_related("person", "group")
        lines = {line.person_id: line for line in standing}
    if roster is None or roster.status == RosterStatus.PROPOSED:
        return proposal(unit_id, day, lines)
    tiers = tiers_on(roster.day, None)
    shown = {
        posting.person_id: posting
        for posting in _duties(lines, roster.day)
        if posting.unit_id == unit_id
    }
    found = [
        Candidate(
            line.person,
            shown.get(line.person_id),
            tiers.get(line.group_id, Tier.CORE),
            line.decision,
            line,
        )
        for line in lines.values()
    ]
    return sorted(found, key=_name_key)


def proposal(unit_id: int, day: date, lines: dict[int, RosterLine]) -> list[Candidate]:
    """Return whom the duties of ``day`` propose for the unit, in name order; five queries.

    A person stands in the list of the unit at which she is counted (``docs/decisions.md`` 11), and
    of each unit where a tier-N duty waits for an answer.
    """
    here = Posting.objects.current().valid_on(day).filter(unit=unit_id, victim_support=True)
    survivor_of = _survivors()
    people = {
        survivor_of.get(each, each) for each in here.values_list("person_id", flat=True).distinct()
    }
    parts = people | {part for part, survivor in survivor_of.items() if survivor in people}
    named = {
        survivor_of.get(each, each)
        for each in named_on(day, parts).values_list("person_id", flat=True)
    }
    tiers = tiers_on(day, None)
    duties: dict[int, list[Posting]] = defaultdict(list)
    for posting in _duties(parts, day):
        if tiers.get(posting.group_id) in (Tier.CORE, Tier.NAMED):
            duties[survivor_of.get(posting.person_id, posting.person_id)].append(posting)
    records = StaffMember.objects.in_bulk(list(duties))
    found = []
    for person_id, postings in duties.items():
        picked = _place(postings, tiers, unit_id, is_named=person_id in named)
        if picked is None:
            continue
        line = lines.get(person_id)
        tier = tiers[picked.group_id]
        decision = line.decision if line else None
        if decision is None and tier == Tier.CORE:
            decision = RosterDecision.COUNTS
        elif decision is None and person_id in named:
            decision = RosterDecision.NAMED
        found.append(Candidate(records[person_id], picked, tier, decision, line))
    return sorted(found, key=_name_key)


def _survivors() -> dict[int, int]:
    """Return for each merged record the one that counts; merges are few in any province."""
    merged = dict(PersonMerge.objects.current().values_list("duplicate_id", "survivor_id"))

    def last(person_id: int) -> int:
        while person_id in merged:
            person_id = merged[person_id]
        return person_id

    return {duplicate: last(duplicate) for duplicate in merged}


def named_on(day: date, people: Iterable[int]) -> DatedFactQuerySet:
    """Return the names of approved lists that hold on ``day``; lazy."""
    approved = Q(roster=None) | Q(roster__status=RosterStatus.APPROVED)
    return RosterEntry.objects.current().valid_on(day).filter(approved, person__in=list(people))


def _duties(people: Iterable[int], day: date) -> list[Posting]:
    """Return the victim-support duties of ``day``, the one that decides first."""
    return list(
        Posting.objects.current()
        .valid_on(day)
        .filter(person__in=list(people), victim_support=True)
        .select_related("group")
        .order_by("person_id", "-is_primary", "duty_began_on", "chain_id", "logical_id")
    )


def _place(
    postings: list[Posting], tiers: dict[int, str], unit_id: int, *, is_named: bool
) -> Posting | None:
    """Return the duty by which the person stands in the unit's list, or ``None``."""
    counting = [each for each in postings if is_named or tiers[each.group_id] == Tier.CORE]
    if counting and counting[0].unit_id == unit_id:
        return counting[0]
    if is_named:
        return None
    waiting = (each for each in postings if tiers[each.group_id] == Tier.NAMED)
    return next((each for each in waiting if each.unit_id == unit_id), None)


def _name_key(candidate: Candidate) -> tuple[str, int]:
    return candidate.person.sort_name, candidate.person.pk
