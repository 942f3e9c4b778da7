"""What follows the units through a reorganisation: duties and other facts of people, roles, rows.

Each change is kept as a ``ReorganisedRow``, so that an undo brings back exactly what stood. Facts
go in batches, each a few statements, however many people move.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from lms.people.facts import DatedFact, handed_on, record_many, succeed_many
from lms.people.models import (
    Reorganisation,
    ReorganisedRow,
    RoleAssignment,
    UnitEvent,
    User,
)
from lms.people.reorganising.following import UNIT_ROWS
from lms.people.reorganising.plans import Plan
from lms.people.reorganising.roles import role_moves
from lms.people.roles import sync_groups

BATCH = 5000


def facts_of(model: type[DatedFact], plan: Plan) -> QuerySet[Any]:
    """Return the facts that stand in units whose people move, on the day or later; lazy."""
    units = [unit for unit, moves in plan.moves.items() if moves]
    return model.objects.current().filter(
        unit__in=units, valid_to__gt=plan.day, valid_from__lt=F("valid_to")
    )


def in_batches(facts: QuerySet[Any]) -> Iterator[list[Any]]:
    """Walk by key and lock: what the walk itself writes no longer matches ``facts``.

    Somebody who is ending one of these facts at this moment is waited for; what she wrote in its
    place has a higher key and is met further on.
    """
    last = 0
    while True:
        keys = list(facts.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not keys:
            return
        yield list(facts.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",)))
        last = keys[-1]


class Carrier:
    """Carries facts, roles and rows of one reorganisation; ``units`` turns refs into unit ids."""

    def __init__(
        self,
        reorganisation: Reorganisation,
        plan: Plan,
        units: dict[int, int],
        events: dict[int, UnitEvent],
        *,
        actor: User | None,
        at: datetime,
    ) -> None:
        self.reorganisation, self.plan = reorganisation, plan
        self.units, self.events = units, events
        self.actor, self.at, self.day = actor, at, plan.day

    def _write(self) -> dict[str, Any]:
        return {"actor": self.actor, "at": self.at}

    def _row(self, model: str, event: int, **fields: Any) -> ReorganisedRow:
        return ReorganisedRow(
            reorganisation=self.reorganisation, event=self.events[event], model=model, **fields
        )

    def _target(self, ref: int) -> int:
        return ref if ref > 0 else self.units[ref]

    def carry(self, model: type[DatedFact], facts: QuerySet[Any]) -> int:
        """Let the facts of people go on in the unit their person goes to; return how many did."""
        label = model._meta.label_lower
        has_event = any(each.name == "event" for each in model._meta.fields)
        done = 0
        for batch in in_batches(facts):
            found = [
                (
                    fact,
                    self.plan.target_of(
                        fact.unit_id, fact.person_id, getattr(fact, "group_id", None)
                    ),
                )
                for fact in batch
            ]
            moving = [(fact, *target) for fact, target in found if target is not None]
            begun = [each for each in moving if each[0].valid_from < self.day]
            since = [each for each in moving if each[0].valid_from >= self.day]
            closed = succeed_many(
                [(fact, {"valid_to": self.day}) for fact, _move, _to in begun], **self._write()
            )
            fresh = [
                continued(
                    fact,
                    valid_from=self.day,
                    unit_id=self._target(to),
                    **({"event": self.events[move.event]} if has_event else {}),
                )
                for fact, move, to in begun
            ]
            opened = record_many(fresh, **self._write())
            pointed = succeed_many(
                [
                    (
                        fact,
                        {"unit_id": self._target(to)}
                        | ({"event": self.events[move.event]} if has_event else {}),
                    )
                    for fact, move, to in since
                ],
                **self._write(),
            )
            rows = [
                self._row(
                    label,
                    move.event,
                    before_id=fact.pk,
                    closed_id=old.pk,
                    after_id=new.pk,
                    person_id=fact.person_id,
                    from_unit_id=fact.unit_id,
                    to_unit_id=new.unit_id,
                )
                for (fact, move, _to), old, new in zip(begun, closed, opened, strict=True)
            ]
            rows += [
                self._row(
                    label,
                    move.event,
                    before_id=fact.pk,
                    after_id=new.pk,
                    person_id=fact.person_id,
                    from_unit_id=fact.unit_id,
                    to_unit_id=new.unit_id,
                )
                for (fact, move, _to), new in zip(since, pointed, strict=True)
            ]
            ReorganisedRow.objects.bulk_create(rows, batch_size=1000)
            done += len(moving)
        return done

    def carry_roles(self) -> dict[str, int]:
        label = RoleAssignment._meta.label_lower
        moves = role_moves(self.plan)
        begun = [each for each in moves if each.assignment.valid_from < self.day]
        since = [each for each in moves if each.assignment.valid_from >= self.day]
        closed = succeed_many(
            [(each.assignment, {"valid_to": self.day}) for each in begun], **self._write()
        )
        # A role that would have begun later, over a unit that is no more: never held.
        closed += succeed_many(
            [(each.assignment, {"valid_to": each.assignment.valid_from}) for each in since],
            **self._write(),
        )
        both = [*begun, *since]
        going = [each.to != 0 and not each.is_held for each in both]
        fresh = [
            continued(
                each.assignment,
                valid_from=max(self.day, each.assignment.valid_from),
                unit_id=self._target(each.to),
            )
            for each, goes in zip(both, going, strict=True)
            if goes
        ]
        opened = iter(record_many(fresh, **self._write()))
        rows, ended_users = [], {}
        for each, old, goes in zip(both, closed, going, strict=True):
            new = next(opened) if goes else None
            rows.append(
                self._row(
                    label,
                    each.event,
                    before_id=each.assignment.pk,
                    closed_id=old.pk,
                    after_id=new.pk if new else None,
                    person_id=each.assignment.user.staff_id,
                    from_unit_id=each.assignment.unit_id,
                    to_unit_id=self._target(each.to) if each.to else None,
                )
            )
            if each.to == 0:
                ended_users[each.assignment.user_id] = each.assignment.user
        ReorganisedRow.objects.bulk_create(rows, batch_size=1000)
        for user in ended_users.values():
            sync_groups(user, self.at)
        return {"roles": len(fresh), "roles_ended": sum(each.to == 0 for each in moves)}

    def carry_rows(self) -> dict[str, int]:
        successors = {
            unit_id: self._target(to)
            for unit_id, to in self.plan.successors().items()
            if to is not None
        }
        counts = {}
        for label, find_open in UNIT_ROWS.items():
            rows = []
            found = find_open(self.day).filter(unit__in=list(successors))
            # Locked by key: PostgreSQL locks no outer join, and the condition may hold one.
            found = found.model._default_manager.select_for_update().filter(
                pk__in=list(found.values_list("pk", flat=True))
            )
            for row in found:
                old, row.unit_id = row.unit_id, successors[row.unit_id]
                rows.append((row, old))
            if rows:
                found.model._default_manager.bulk_update(
                    [row for row, _old in rows], ["unit"], batch_size=500
                )
            ReorganisedRow.objects.bulk_create(
                [
                    self._row(
                        label,
                        self.plan.ended[old],
                        after_id=row.pk,
                        from_unit_id=old,
                        to_unit_id=row.unit_id,
                    )
                    for row, old in rows
                ],
                batch_size=1000,
            )
            counts[label] = len(rows)
        return counts


def continued(fact: DatedFact, **changes: Any) -> DatedFact:
    """Return a new fact, not yet saved, that goes on where ``fact`` ends: its own logical id."""
    kept = handed_on(fact, ["logical_id", *changes])
    return type(fact)(**(kept | changes))
