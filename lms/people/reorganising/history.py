"""What a unit was and became: its versions, the decisions, its predecessors and successors."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import F, Q

from lms.people.days import BEFORE, last_day
from lms.people.models import UnitEvent, UnitEventPart, UnitVersion
from lms.people.models.units import UnitEventKind

# At most so many units of one event are named on a page.
MOST_NAMED = 40


@dataclass(frozen=True)
class Period:
    """How a unit was called and where it hung from day to day; open ends are ``None``."""

    version: UnitVersion
    first_day: date | None
    last_day: date | None
    parent: UnitVersion | None


@dataclass
class EventLine:
    """One decision that touched the unit, and the units on the other side of it."""

    event: UnitEvent
    came_from: list[UnitVersion] = field(default_factory=list)
    went_to: list[UnitVersion] = field(default_factory=list)
    has_list: bool = False
    # Units of this event that are not named here.
    more_count: int = 0

    @property
    def label(self) -> str:
        return UnitEventKind(self.event.kind).label


@dataclass(frozen=True)
class UnitHistory:
    """The periods of a unit and its events, oldest first."""

    periods: list[Period]
    events: list[EventLine]


def history_of(unit_id: int) -> UnitHistory:
    """Return the history of a unit as known now; five queries."""
    versions = list(
        UnitVersion.objects.current()
        .filter(unit=unit_id, valid_from__lt=F("valid_to"))
        .order_by("valid_from")
    )
    parts = list(
        UnitEventPart.objects.filter(event__undone_at=None)
        .filter(Q(from_unit=unit_id) | Q(to_unit=unit_id))
        .select_related("event__reorganisation")
        .order_by("event__happened_on", "event_id", "from_unit_id", "to_unit_id")
    )
    others = {
        each for part in parts for each in (part.from_unit_id, part.to_unit_id) if each is not None
    } | {version.parent_id for version in versions if version.parent_id}
    named = _named(others - {unit_id})
    lines: dict[int, EventLine] = {}
    for part in parts:
        line = lines.setdefault(part.event_id, EventLine(part.event))
        line.has_list = line.has_list or part.by_list
        day = part.event.happened_on
        if part.from_unit_id != unit_id:
            _add(line, line.came_from, _on(named, part.from_unit_id, day - timedelta(days=1)))
        elif part.to_unit_id is not None and part.to_unit_id != unit_id:
            _add(line, line.went_to, _on(named, part.to_unit_id, day))
    periods = [
        Period(
            version=version,
            first_day=None if version.valid_from == BEFORE else version.valid_from,
            last_day=last_day(version.valid_to),
            parent=_on(named, version.parent_id, version.valid_from),
        )
        for version in versions
    ]
    return UnitHistory(periods, list(lines.values()))


def _add(line: EventLine, names: list[UnitVersion], version: UnitVersion | None) -> None:
    if version is None or version in names:
        return
    if len(names) < MOST_NAMED:
        names.append(version)
    else:
        line.more_count += 1


def _named(unit_ids: set[int]) -> dict[int, list[UnitVersion]]:
    found: dict[int, list[UnitVersion]] = {}
    for version in (
        UnitVersion.objects.current()
        .filter(unit__in=unit_ids, valid_from__lt=F("valid_to"))
        .order_by("valid_from")
    ):
        found.setdefault(version.unit_id, []).append(version)
    return found


def _on(named: dict[int, list[UnitVersion]], unit_id: int | None, day: date) -> UnitVersion | None:
    """Return the unit's version on ``day``, else the nearest one known."""
    versions = named.get(unit_id or 0, [])
    for version in versions:
        if version.valid_from <= day < version.valid_to:
            return version
    return versions[-1] if versions else None
