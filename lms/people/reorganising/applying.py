"""Apply a reorganisation: the units, the duties, the roles and what follows, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from lms.people import audit
from lms.people.days import local_day
from lms.people.facts import record, succeed_many, writing
from lms.people.models import (
    Posting,
    Reorganisation,
    ReorganisedRow,
    Unit,
    UnitEvent,
    UnitEventPart,
    UnitEventPerson,
    UnitVersion,
    User,
)
from lms.people.reorganising.carrying import Carrier, facts_of
from lms.people.reorganising.following import PERSON_FACTS
from lms.people.reorganising.people import duties_of
from lms.people.reorganising.planning import plan_of
from lms.people.reorganising.plans import Plan, UnitState
from lms.people.reorganising.reading import read_data
from lms.people.reorganising.resolutions import Resolution
from lms.people.text import fold, sort_key
from lms.people.units import UNPLACED_KEY, NewUnit, open_unit, rebuild_paths


class AlreadyApplied(ValueError):
    """The same reorganisation stands already; ``reorganisation`` is it."""

    def __init__(self, reorganisation: Reorganisation) -> None:
        self.reorganisation = reorganisation
        super().__init__(reorganisation.pk)


class NotADraft(ValueError):
    """Only a draft can be applied or thrown away."""


@dataclass
class Result:
    """What one apply wrote."""

    reorganisation: Reorganisation
    counts: dict[str, int] = field(default_factory=dict)


@transaction.atomic
def draft(resolution: Resolution, *, actor: User | None, at: datetime) -> Reorganisation:
    """Keep the resolution for a dry run and return it; the same one again is the same draft.

    Raises :class:`AlreadyApplied` where it stands already.
    """
    same = Reorganisation.objects.filter(body_hash=resolution.hash, undone_at=None).first()
    if same is not None:
        if same.applied_at is not None:
            raise AlreadyApplied(same)
        return same
    reorganisation = Reorganisation(
        title=resolution.title,
        decision_number=resolution.decision_number,
        decided_on=resolution.decided_on,
        happened_on=resolution.effective_on,
        note=resolution.note,
        body=resolution.body,
        body_hash=resolution.hash,
        created_at=at,
        created_by=actor,
    )
    try:
        with transaction.atomic():
            reorganisation.save()
    except IntegrityError:
        # Somebody handed in the same file at this moment.
        return Reorganisation.objects.get(body_hash=resolution.hash, undone_at=None)
    audit.log("reorganisation.draft", reorganisation, actor=actor, at=at)
    return reorganisation


@transaction.atomic
def discard(reorganisation: Reorganisation, *, actor: User | None, at: datetime) -> None:
    """Throw away a draft. Raises :class:`NotADraft`."""
    lock_units()
    reorganisation = Reorganisation.objects.get(pk=reorganisation.pk)
    if not reorganisation.is_draft:
        raise NotADraft(reorganisation.pk)
    audit.log("reorganisation.discard", reorganisation, actor=actor, at=at)
    reorganisation.delete()


def lock_units() -> Unit:
    """Let one change of the map happen at a time, and return the unit where people wait.

    Its row is the gate: a second reorganisation waits here and then sees the first one's map.
    SQLite's write transactions wait for each other anyway.
    """
    return Unit.objects.select_for_update().get(own_key=UNPLACED_KEY)


@writing()
def apply(reorganisation: Reorganisation, *, actor: User | None, at: datetime) -> Result:
    """Apply a draft and return what was written; all of it or nothing.

    Raises ``Refused`` naming event and row, :class:`AlreadyApplied` or :class:`NotADraft`.
    """
    unplaced = lock_units()
    reorganisation = Reorganisation.objects.get(pk=reorganisation.pk)
    if reorganisation.is_applied:
        raise AlreadyApplied(reorganisation)
    if not reorganisation.is_draft:
        raise NotADraft(reorganisation.pk)
    plan = plan_of(read_data(reorganisation.body))
    plan.check()
    # Whoever is posting somebody to one of these units right now finishes first, and who comes
    # later waits and then sees that the unit ended (``lms.people.units.hold_unit``). Not FOR
    # UPDATE: that would stop foreign keys of whoever ends a duty there, and both would wait.
    held = Unit.objects.select_for_update(no_key=True).filter(pk__in=list(plan.moves))
    list(held.order_by("pk").values_list("pk"))
    return _Apply(reorganisation, plan, unplaced, actor, at).run()


class _Apply:
    def __init__(
        self,
        reorganisation: Reorganisation,
        plan: Plan,
        unplaced: Unit,
        actor: User | None,
        at: datetime,
    ) -> None:
        self.reorganisation, self.plan, self.unplaced = reorganisation, plan, unplaced
        self.actor, self.at = actor, at
        self.day: date = plan.day
        self.units: dict[int, int] = {0: unplaced.pk}
        self.events: dict[int, UnitEvent] = {}
        self.counts: dict[str, int] = {}

    def run(self) -> Result:
        self._write_events()
        self._write_units()
        rebuild_paths(known_from=local_day(self.at))
        self._write_parts()
        carrier = Carrier(
            self.reorganisation, self.plan, self.units, self.events, actor=self.actor, at=self.at
        )
        self.counts["postings"] = carrier.carry(Posting, duties_of(self.plan))
        for label, model in PERSON_FACTS.items():
            self.counts[label] = carrier.carry(model, facts_of(model, self.plan))
        self.counts |= carrier.carry_roles()
        self.counts |= carrier.carry_rows()
        self._close()
        return Result(self.reorganisation, self.counts)

    def _write(self, **fields: Any) -> dict[str, Any]:
        return {"actor": self.actor, "at": self.at, **fields}

    def _row(self, model: str, event: int | None, **fields: Any) -> ReorganisedRow:
        return ReorganisedRow(
            reorganisation=self.reorganisation,
            event=self.events.get(event),
            model=model,
            **fields,
        )

    # The map ------------------------------------------------------------------------------------
    def _write_events(self) -> None:
        resolution = self.plan.resolution
        made = UnitEvent.objects.bulk_create(
            [
                UnitEvent(
                    reorganisation=self.reorganisation,
                    kind=event.kind,
                    happened_on=self.day,
                    decision_number=resolution.decision_number,
                    decided_on=resolution.decided_on,
                    note=resolution.note,
                    recorded_at=self.at,
                    recorded_by=self.actor,
                )
                for event in resolution.events
            ],
            batch_size=1000,
        )
        self.events = {
            row.number: event for row, event in zip(resolution.events, made, strict=True)
        }

    def _write_units(self) -> None:
        """Close what ends or changes first: a code may live on under another name."""
        rows = []
        label = UnitVersion._meta.label_lower
        closing = [(unit_id, event) for unit_id, event in self.plan.ended.items()]
        closing += [(state.ref, state.event) for state in self.plan.changed]
        closed_ids = {}
        closed = succeed_many(
            [(self.plan.before[unit_id], {"valid_to": self.day}) for unit_id, _event in closing],
            **self._write(),
        )
        for (unit_id, event), version in zip(closing, closed, strict=True):
            closed_ids[unit_id] = version.pk
            if unit_id in self.plan.ended:
                rows.append(
                    self._row(
                        label,
                        event,
                        before_id=self.plan.before[unit_id].pk,
                        closed_id=version.pk,
                        from_unit_id=unit_id,
                    )
                )
        opened = sorted(self.plan.opened, key=self._depth)
        for state in opened:
            unit = open_unit(
                NewUnit(
                    state.code,
                    state.name,
                    state.kind,
                    state.level,
                    Unit(pk=self._real(state.parent)) if state.parent is not None else None,
                ),
                valid_from=self.day,
                event=self.events[state.event],
                **self._write(),
            )
            self.units[state.ref] = unit.pk
        versions = dict(
            UnitVersion.objects.current()
            .filter(unit__in=[self.units[state.ref] for state in opened])
            .values_list("unit_id", "pk")
        )
        for state in opened:
            unit_id = self.units[state.ref]
            rows.append(
                self._row(label, state.event, after_id=versions[unit_id], to_unit_id=unit_id)
            )
        for state in self.plan.changed:
            version = self._open_version(state)
            rows.append(
                self._row(
                    label,
                    state.event,
                    before_id=state.before.pk,
                    closed_id=closed_ids[state.ref],
                    after_id=version.pk,
                    from_unit_id=state.ref,
                    to_unit_id=state.ref,
                )
            )
        ReorganisedRow.objects.bulk_create(rows, batch_size=1000)
        self.counts |= {
            "ended": len(self.plan.ended),
            "opened": len(opened),
            "changed": len(self.plan.changed),
        }

    def _depth(self, state: UnitState) -> int:
        depth = 0
        while state.parent is not None and state.parent < 0:
            state, depth = self.plan.after[state.parent], depth + 1
        return depth

    def _real(self, ref: int) -> int:
        return ref if ref > 0 else self.units[ref]

    def _open_version(self, state: UnitState) -> UnitVersion:
        return record(
            UnitVersion,
            unit_id=state.ref,
            parent_id=None if state.parent is None else self._real(state.parent),
            code=state.code,
            name=state.name,
            kind=state.kind,
            level=state.level,
            folded_name=fold(f"{state.kind} {state.name}"),
            sort_name=sort_key(state.name),
            valid_from=self.day,
            event=self.events[state.event],
            **self._write(),
        )

    def _write_parts(self) -> None:
        UnitEventPart.objects.bulk_create(
            [
                UnitEventPart(
                    event=self.events[part.event],
                    from_unit_id=part.from_unit,
                    to_unit_id=None if part.to is None else self._real(part.to),
                    by_list=part.by_list,
                )
                for part in self.plan.parts
            ],
            batch_size=1000,
        )
        named = {}
        for moves in self.plan.moves.values():
            for move in moves:
                for person_id, target in move.people.items():
                    named[move.event, person_id] = target
        UnitEventPerson.objects.bulk_create(
            [
                UnitEventPerson(
                    event=self.events[event],
                    person_id=person_id,
                    to_unit_id=self._real(target),
                    recorded_on=local_day(self.at),
                )
                for (event, person_id), target in named.items()
            ],
            batch_size=1000,
        )

    def _close(self) -> None:
        waiting = (
            ReorganisedRow.objects.filter(
                reorganisation=self.reorganisation,
                model=Posting._meta.label_lower,
                to_unit=self.unplaced,
            )
            .values("person_id")
            .distinct()
            .count()
        )
        self.counts["waiting"] = waiting
        self.reorganisation.applied_at = self.at
        self.reorganisation.applied_by = self.actor
        self.reorganisation.counts = self.counts
        self.reorganisation.save(update_fields=["applied_at", "applied_by", "counts"])
        audit.log(
            "reorganisation.apply",
            self.reorganisation,
            unit=Unit(pk=self._audited_unit()),
            **self._write(),
            **{name.replace(".", "_"): count for name, count in self.counts.items()},
        )

    def _audited_unit(self) -> int:
        return next(iter(self.plan.ended), self.unplaced.pk)
