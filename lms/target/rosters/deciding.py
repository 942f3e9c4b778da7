"""What a unit says of the people in its list, and its confirmation of the whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from lms.people import audit
from lms.people.facts import record_many, succeed_many, withdraw_many, writing
from lms.people.models import Unit, User
from lms.people.text import clean
from lms.target.models import (
    ReportingPeriod,
    Roster,
    RosterAct,
    RosterDecision,
    RosterGround,
    RosterLine,
    RosterStatus,
    RosterStep,
)
from lms.target.reports.calendar import keep_period
from lms.target.rosters.proposing import Candidate, day_of, read_list


class ListClosed(ValueError):
    """The list is confirmed or approved: it has to come back to the unit first."""


class NotInList(LookupError):
    """The person does not stand in the list of the unit."""


class WrongGround(ValueError):
    """The ground does not fit the person's position group."""


class StillUndecided(ValueError):
    """``count`` people wait for an answer."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


class NotConfirmed(ValueError):
    """The list does not stand where this act needs it."""


@dataclass(frozen=True)
class Answer:
    """What is said of one person; the days belong to an exclusion, both inclusive."""

    decision: str
    ground: str = ""
    first_day: date | None = None
    last_day: date | None = None
    reason: str = ""


def hold_roster(period: ReportingPeriod, unit: Unit, *, actor: User | None, at: datetime) -> Roster:
    """Return the list of the unit for the period, locked for the rest of the transaction."""
    kept = keep_period(period, actor=actor, at=at)
    roster, _is_new = Roster.objects.get_or_create(period=kept, unit=unit)
    return Roster.objects.select_for_update(of=("self",)).select_related("period").get(pk=roster.pk)


@writing()
def decide(
    period: ReportingPeriod,
    unit: Unit,
    person_ids: Iterable[int],
    answer: Answer,
    *,
    actor: User | None,
    at: datetime,
) -> list[RosterLine]:
    """Write ``answer`` for each of the people and return their lines.

    Raises :class:`ListClosed`, :class:`NotInList` or :class:`WrongGround`; then nothing is written.
    """
    roster = _open_roster(period, unit, actor=actor, at=at)
    listed = _listed(roster, at)
    said = {
        "decision": answer.decision,
        "ground": answer.ground,
        "first_day": answer.first_day,
        "last_day": answer.last_day,
        "reason": clean(answer.reason),
    }
    answered, fresh = [], []
    for person_id in person_ids:
        candidate = listed.get(person_id)
        if candidate is None:
            raise NotInList(person_id)
        check_answer(candidate, answer)
        if candidate.line is not None:
            answered.append((candidate.line, said))
        else:
            fresh.append(_line(roster, candidate, **said))
    write = {"actor": actor, "at": at}
    lines = succeed_many(answered, **write) + record_many(fresh, **write)
    audit.log_many("roster.decide", lines, **write)
    return lines


def check_answer(candidate: Candidate, answer: Answer) -> None:
    """Raise :class:`WrongGround` where the answer does not fit the person's group.

    Whoever counts by the group is not named and needs no assignment; whoever counts by name does
    not count by the group.
    """
    if answer.decision == RosterDecision.EXCLUDED:
        fits = candidate.is_named_tier or answer.ground != RosterGround.NOT_ASSIGNED
    else:
        fits = candidate.is_named_tier == (answer.decision == RosterDecision.NAMED)
    if not fits:
        raise WrongGround(answer.ground or answer.decision)


@writing()
def take_back_answers(
    period: ReportingPeriod,
    unit: Unit,
    person_ids: Iterable[int],
    *,
    actor: User | None,
    at: datetime,
) -> None:
    """Withdraw what was said of each of the people.

    Raises :class:`ListClosed`, or :class:`NotInList` for somebody of whom nothing was said; then
    nothing is written.
    """
    roster = _open_roster(period, unit, actor=actor, at=at)
    lines = {line.person_id: line for line in roster.lines.filter(withdrawn_at=None)}
    missing = [each for each in person_ids if each not in lines]
    if missing:
        raise NotInList(*missing)
    gone = [lines[each] for each in dict.fromkeys(person_ids)]
    withdraw_many(gone, actor=actor, at=at)
    audit.log_many("roster.take_back", gone, actor=actor, at=at)


@writing()
def confirm(period: ReportingPeriod, unit: Unit, *, actor: User | None, at: datetime) -> Roster:
    """Confirm the list as it stands and return it; each person gets a line.

    Raises :class:`ListClosed` or :class:`StillUndecided`.
    """
    roster = _open_roster(period, unit, actor=actor, at=at)
    listed = _listed(roster, at)
    waiting = sum(each.decision is None for each in listed.values())
    if waiting:
        raise StillUndecided(waiting)
    write = {"actor": actor, "at": at}
    withdraw_many(roster.lines.filter(withdrawn_at=None).exclude(person__in=list(listed)), **write)
    record_many(
        [
            _line(roster, candidate, decision=candidate.decision)
            for candidate in listed.values()
            if candidate.line is None
        ],
        **write,
    )
    roster.status, roster.day = RosterStatus.CONFIRMED, _day(roster, at)
    roster.confirmed_at, roster.confirmed_by = at, actor
    roster.save(update_fields=["status", "day", "confirmed_at", "confirmed_by"])
    add_step(roster, RosterAct.CONFIRM, actor=actor, at=at, people=len(listed))
    return roster


@writing()
def send_back(
    roster: Roster, act: RosterAct, *, note: str, actor: User | None, at: datetime
) -> Roster:
    """Open a confirmed list again: taken back by the unit or returned by the province.

    What was decided by hand stays; what merely followed the duties follows them again. Raises
    :class:`NotConfirmed`.
    """
    roster = Roster.objects.select_for_update(of=("self",)).get(pk=roster.pk)
    if roster.status != RosterStatus.CONFIRMED:
        raise NotConfirmed(roster.status)
    by_duty = roster.lines.filter(withdrawn_at=None, decision=RosterDecision.COUNTS)
    withdraw_many(by_duty, actor=actor, at=at)
    roster.status, roster.day = RosterStatus.PROPOSED, None
    roster.confirmed_at = roster.confirmed_by = None
    roster.save(update_fields=["status", "day", "confirmed_at", "confirmed_by"])
    add_step(roster, act, actor=actor, at=at, note=note)
    return roster


def add_step(
    roster: Roster,
    act: RosterAct,
    *,
    actor: User | None,
    at: datetime,
    note: str = "",
    batch=None,
    **counts: int,
) -> RosterStep:
    """Add the step and its audit entry; the caller holds the transaction."""
    step = RosterStep.objects.create(
        roster=roster, act=act, actor=actor, at=at, note=clean(note), batch=batch
    )
    audit.log(
        f"roster.{act}", roster, actor=actor, at=at, unit=roster.unit, period=roster.period_id,
        **counts,
    )  # fmt: skip
    return step


def _line(roster: Roster, candidate: Candidate, **said: Any) -> RosterLine:
    """Return an unsaved line of the person."""
    return RosterLine(roster=roster, person=candidate.person, group=candidate.group, **said)


def _open_roster(
    period: ReportingPeriod, unit: Unit, *, actor: User | None, at: datetime
) -> Roster:
    roster = hold_roster(period, unit, actor=actor, at=at)
    if roster.status != RosterStatus.PROPOSED:
        raise ListClosed(roster.status)
    return roster


def _day(roster: Roster, at: datetime) -> date:
    return day_of(roster.period, timezone.localdate(at))


def _listed(roster: Roster, at: datetime) -> dict[int, Candidate]:
    found = read_list(roster, roster.unit_id, _day(roster, at))
    return {each.person.pk: each for each in found}
