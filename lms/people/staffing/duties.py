"""Duties and leaves of one person beyond opening and closing them: end all, correct, take back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import F

from lms.people import audit
from lms.people.days import day_after
from lms.people.facts import DatedFact, Fact, record, succeed, withdraw, writing
from lms.people.models import Leave, Posting, StaffMember, Unit, User
from lms.people.staff import (
    EndsBeforeItBegins,
    UnitNotValid,
    guarded,
    lock_person,
)
from lms.people.text import clean
from lms.people.units import hold_unit


class NothingToEnd(ValueError):
    """The person has no duty that goes on after the day."""


class NothingChanged(ValueError):
    """The fact says this already."""


def duties_after(person: StaffMember, day: date) -> list[Posting]:
    """Return the standing duties that go on, or begin, after ``day``; one query."""
    return list(
        Posting.objects.current()
        .filter(person=person, valid_to__gt=day_after(day), valid_from__lt=F("valid_to"))
        .select_related("unit", "group", "person")
        .order_by("-is_primary", "valid_from", "pk")
    )


@writing()
def end_duties(
    person: StaffMember, *, last_day: date, reason: str, actor: User | None, at: datetime
) -> list[Posting]:
    """Close every duty of ``person`` after ``last_day``; one that begins later was never held.

    Return the versions that stand. Raises :class:`NothingToEnd`.
    """
    lock_person(person)
    duties = duties_after(person, last_day)
    if not duties:
        raise NothingToEnd(person.pk)
    ended = []
    for duty in duties:
        closed = succeed(
            duty,
            actor=actor,
            at=at,
            valid_to=max(duty.valid_from, day_after(last_day)),
            reason=clean(reason),
        )
        audit.log(
            "posting.end",
            closed,
            actor=actor,
            at=at,
            person=person,
            unit=duty.unit,
            valid_to=closed.valid_to.isoformat(),
        )
        ended.append(closed)
    return ended


@writing()
def end_support(
    person: StaffMember,
    unit: Unit,
    *,
    on: date,
    reason: str,
    actor: User | None,
    at: datetime,
) -> list[Posting]:
    """Let ``person`` support victims no longer from ``on`` in ``unit``; her duties there go on.

    Return the versions without the mark. Raises :class:`NothingToEnd`.
    """
    lock_person(person)
    duties = list(
        Posting.objects.current()
        .filter(person=person, unit=unit, victim_support=True, valid_to__gt=on)
        .filter(valid_from__lt=F("valid_to"))
        .order_by("valid_from", "pk")
    )
    if not duties:
        raise NothingToEnd(person.pk)
    reason = clean(reason)
    going_on = []
    for duty in duties:
        if duty.valid_from >= on:
            left = succeed(duty, actor=actor, at=at, victim_support=False, reason=reason)
        else:
            succeed(duty, actor=actor, at=at, valid_to=on, reason=reason)
            left = record(
                Posting,
                actor=actor,
                at=at,
                person=person,
                unit_id=duty.unit_id,
                group_id=duty.group_id,
                position_title=duty.position_title,
                is_primary=duty.is_primary,
                victim_support=False,
                duty_began_on=duty.duty_began_on,
                chain_id=duty.chain_id,
                valid_from=on,
                valid_to=duty.valid_to,
                reason=reason,
            )
        audit.log(
            "posting.end_support",
            left,
            actor=actor,
            at=at,
            person=person,
            unit=unit,
            valid_from=left.valid_from.isoformat(),
        )
        going_on.append(left)
    return going_on


@writing()
def correct_posting(
    posting: Posting, *, reason: str, actor: User | None, at: datetime, **changes: Any
) -> Posting:
    """Write a new version of ``posting`` with ``changes`` and return it.

    A duty that began with the posting begins with its new first day. Raises
    :class:`NothingChanged`, ``UnitNotValid``, ``PrimaryOverlap``, ``EndsBeforeItBegins`` or
    ``FactWithdrawn``.
    """
    lock_person(posting.person)
    changes = changed_fields(posting, changes)
    first_day = changes.get("valid_from", posting.valid_from)
    if changes.get("valid_to", posting.valid_to) < first_day:
        raise EndsBeforeItBegins(first_day)
    if posting.duty_began_on == posting.valid_from or posting.duty_began_on > first_day:
        changes["duty_began_on"] = first_day
    unit = changes.get("unit", posting.unit)
    if not hold_unit(unit, first_day):
        raise UnitNotValid(unit.pk)
    changes["reason"] = clean(reason)
    corrected = guarded(lambda: succeed(posting, actor=actor, at=at, **changes))
    _log("posting.correct", corrected, changes, actor=actor, at=at)
    return corrected


@writing()
def correct_leave(
    leave: Leave, *, reason: str, actor: User | None, at: datetime, **changes: Any
) -> Leave:
    """Write a new version of ``leave`` with other days and return it.

    Raises :class:`NothingChanged`, ``EndsBeforeItBegins`` or ``FactWithdrawn``.
    """
    lock_person(leave.person)
    changes = changed_fields(leave, changes)
    if changes.get("valid_to", leave.valid_to) < changes.get("valid_from", leave.valid_from):
        raise EndsBeforeItBegins(leave.pk)
    corrected = succeed(leave, actor=actor, at=at, reason=clean(reason), **changes)
    _log("leave.correct", corrected, changes, actor=actor, at=at)
    return corrected


def take_back(fact: DatedFact, *, actor: User | None, at: datetime) -> None:
    """Withdraw a duty or a leave that never was; call it inside a batch, which keeps the reason.

    Raises ``FactWithdrawn``.
    """
    lock_person(fact.person)
    withdraw(fact, actor=actor, at=at)
    name = "posting.take_back" if isinstance(fact, Posting) else "leave.take_back"
    audit.log(name, fact, actor=actor, at=at, person=fact.person)


def changed_fields(fact: Fact, changes: dict[str, Any]) -> dict[str, Any]:
    """Return those of ``changes`` that differ from ``fact``; raises :class:`NothingChanged`."""
    changed = {name: value for name, value in changes.items() if getattr(fact, name) != value}
    if not changed:
        raise NothingChanged(fact.pk)
    return changed


def _log(action: str, fact: Any, changes: dict[str, Any], **write: Any) -> None:
    audit.log(
        action,
        fact,
        person=fact.person,
        unit=getattr(fact, "unit", None),
        fields=sorted(set(changes) - {"reason"}),
        **write,
    )
