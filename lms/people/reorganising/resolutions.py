"""A decision on units as the portal holds it: its events, its new units, its form as plain JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from lms.people.models.units import UnitEventKind

# What may be written of an event of each kind.
EVENT_KEYS = {
    UnitEventKind.MERGE: {"units", "into"},
    UnitEventKind.SPLIT: {"unit", "into", "people"},
    UnitEventKind.RENAME: {"unit", "name", "code"},
    UnitEventKind.RETYPE: {"unit", "type", "level"},
    UnitEventKind.MOVE: {"units", "parent"},
    UnitEventKind.DISSOLVE: {"units", "people"},
    UnitEventKind.TRANSFER_FUNCTION: {"unit", "into", "groups", "people"},
}


@dataclass(frozen=True)
class Refusal:
    """Why a reorganisation cannot be taken: the event and the row by their numbers from 1."""

    text: str
    event: int | None = None
    row: int | None = None

    def __str__(self) -> str:
        where = []
        if self.event is not None:
            where.append(_("event %(number)d") % {"number": self.event})
        if self.row is not None:
            where.append(_("row %(number)d") % {"number": self.row})
        place = ", ".join(where)
        return f"{place[:1].upper()}{place[1:]}: {self.text}" if place else self.text


class Refused(ValueError):
    """A reorganisation that cannot be read or applied; ``refusals`` say why, one by one."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(str(each) for each in self.refusals))


@dataclass(frozen=True)
class NewUnitRow:
    """A unit that begins on the day; ``parent`` is a code of that day, "" for a root."""

    code: str
    name: str
    kind: str
    level: str
    parent: str


@dataclass(frozen=True)
class ListedPerson:
    """One line of a list: who goes where, by staff code and by the unit's code of the day."""

    row: int
    staff_code: str
    to: str


@dataclass(frozen=True)
class EventRow:
    """One event as handed in; which fields count depends on :attr:`kind`."""

    number: int
    kind: str
    units: tuple[str, ...]
    into: tuple[str, ...] = ()
    name: str = ""
    code: str = ""
    type: str = ""
    level: str = ""
    parent: str = ""
    groups: tuple[str, ...] = ()
    people: tuple[ListedPerson, ...] = ()


@dataclass(frozen=True)
class Resolution:
    """The events of one decision, in effect on one day."""

    title: str
    decision_number: str
    decided_on: date | None
    effective_on: date
    note: str = ""
    new_units: tuple[NewUnitRow, ...] = ()
    events: tuple[EventRow, ...] = ()
    body: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def hash(self) -> str:
        """SHA-256 of what is to happen: day, new units and events; words about it do not count."""
        matter = {key: self.body[key] for key in ("effective_on", "new_units", "events")}
        text = json.dumps(matter, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def body_of(resolution: Resolution) -> dict[str, Any]:
    """Return the resolution as plain JSON, in one form whatever the file looked like."""
    return {
        "title": resolution.title,
        "decision_number": resolution.decision_number,
        "decided_on": resolution.decided_on.isoformat() if resolution.decided_on else "",
        "effective_on": resolution.effective_on.isoformat(),
        "note": resolution.note,
        "new_units": [
            {
                "code": new.code,
                "name": new.name,
                "type": new.kind,
                "level": new.level,
                "parent": new.parent,
            }
            for new in resolution.new_units
        ],
        "events": [_event_body(event) for event in resolution.events],
    }


def _event_body(event: EventRow) -> dict[str, Any]:
    keys = EVENT_KEYS[event.kind]
    body: dict[str, Any] = {"kind": event.kind}
    if "units" in keys:
        body["units"] = list(event.units)
    else:
        body["unit"] = event.units[0]
    if event.into:
        body["into"] = list(event.into) if len(event.into) > 1 else event.into[0]
    for key in ("name", "code", "type", "level", "parent"):
        if getattr(event, key):
            body[key] = getattr(event, key)
    if event.groups:
        body["groups"] = list(event.groups)
    if event.people:
        body["people"] = [{"person": each.staff_code, "to": each.to} for each in event.people]
    return body
