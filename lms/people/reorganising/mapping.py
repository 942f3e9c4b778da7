"""The map of then read on the map of now: where a unit of one day stands on a later day.

A unit valid on the map's day stands for itself. One that was merged stands where it went, step by
step. Where it was split or dissolved only a list says where each person went; whoever is on no list
stands in "chưa xếp đơn vị" (``docs/as-of.md``). Forward in time only: a merge read backwards would
be a split without a list.

``map_units`` costs three queries; :meth:`UnitMap.ctes` gives the same answer to a statement that
joins people: ``unit_map`` at the grain of units, ``person_map`` for those who need a list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from lms.people.days import FAR, local_day
from lms.people.models import UnitEvent, UnitEventPart, UnitEventPerson, UnitVersion
from lms.people.models.units import UnitEventKind

# Kinds by which a unit can end.
ENDING = (UnitEventKind.MERGE, UnitEventKind.SPLIT, UnitEventKind.DISSOLVE)
# Kinds that can name people, be it out of a unit that goes on.
NAMING = (UnitEventKind.SPLIT, UnitEventKind.DISSOLVE, UnitEventKind.TRANSFER_FUNCTION)


class MapBeforeDay(ValueError):
    """A map of an earlier day than the day of the people is not answered."""


@dataclass(frozen=True)
class UnitMap:
    """Where the units of ``day`` stand on ``map_day``.

    ``targets`` holds units that stand elsewhere; ``events`` those at which the way parts by a list,
    with the event that keeps it. A unit in neither stands for itself. ``endings`` and ``lists`` are
    the events between the days that can end a unit and that can name people, ``listing`` the units
    out of which they name them.
    """

    day: date
    map_day: date
    known: date | None
    targets: dict[int, int] = field(default_factory=dict)
    events: dict[int, int] = field(default_factory=dict)
    endings: frozenset[int] = frozenset()
    lists: frozenset[int] = frozenset()
    listing: frozenset[int] = frozenset()

    def unit(self, unit_id: int) -> int | None:
        """Return the unit on the map, ``None`` where only a list of people says it."""
        reached = self.targets.get(unit_id, unit_id)
        return None if reached in self.events else reached

    def person(self, person_id: int, unit_id: int) -> int | None:
        """Return the unit of one person of ``unit_id``, ``None`` where she is on no list.

        One query for each list on the way.
        """
        reached = self.targets.get(unit_id, unit_id)
        while reached in self.events:
            listed = (
                UnitEventPerson.objects.filter(event=self.events[reached], person=person_id)
                .filter(recorded_on__lte=self.known or FAR)
                .values_list("to_unit_id", flat=True)
                .first()
            )
            if listed is None:
                return None
            reached = self.targets.get(listed, listed)
        return reached

    def ctes(self) -> str:
        """Return ``unit_map(unit_id, target_id), person_map(person_id, unit_id, target_id)``.

        For a ``WITH RECURSIVE``. ``unit_map`` has no row for a unit that stands for itself, so join
        both by LEFT JOIN, ``person_map`` on ``unit_id = coalesce(unit_map.target_id,
        home.unit_id)``, and take the first of ``person_map.target_id``, ``unit_map.target_id`` and
        ``home.unit_id``. A person of a parted unit without a row in ``person_map`` keeps a unit
        that has no path on the map's day: she is unplaced. Whole numbers only, no typed text.
        """
        units = _values(sorted(self.targets.items()))
        parted = _values(sorted(self.events.items()))
        known = self.known or FAR
        return f"""
    unit_map(unit_id, target_id) AS ({units}),
    parted(unit_id, event_id) AS ({parted}),
    listed(person_id, unit_id, target_id) AS (
        SELECT l.person_id, p.unit_id, coalesce(m.target_id, l.to_unit_id)
        FROM parted p JOIN people_uniteventperson l ON l.event_id = p.event_id
          AND l.recorded_on <= '{known.isoformat()}'
        LEFT JOIN unit_map m ON m.unit_id = l.to_unit_id
    ),
    walked(person_id, unit_id, target_id) AS (
        SELECT person_id, unit_id, target_id FROM listed
        UNION
        SELECT w.person_id, w.unit_id, l.target_id FROM walked w
        JOIN listed l ON l.person_id = w.person_id AND l.unit_id = w.target_id
    ),
    person_map(person_id, unit_id, target_id) AS (
        SELECT w.person_id, w.unit_id, w.target_id FROM walked w
        LEFT JOIN parted p ON p.unit_id = w.target_id WHERE p.unit_id IS NULL
    )"""  # noqa: S608 (whole numbers only)


def _values(rows: list[tuple[int, int]]) -> str:
    """Return a SELECT of pairs of numbers that is right for no row, too."""
    if not rows:
        return "SELECT CAST(NULL AS bigint), CAST(NULL AS bigint) WHERE 1 = 0"
    return "VALUES " + ", ".join(f"({int(one)}, {int(two)})" for one, two in rows)


def map_units(day: date, map_day: date, known: date | None = None) -> UnitMap:
    """Return where units of ``day`` stand on ``map_day``, as known on ``known`` (``None`` = now).

    Raises :class:`MapBeforeDay` when the map is older than the day.
    """
    if map_day < day:
        raise MapBeforeDay(f"{map_day} lies before {day}")
    valid = set(
        UnitVersion.objects.known_on(known).valid_on(map_day).values_list("unit_id", flat=True)
    )
    events = [
        event
        for event in UnitEvent.objects.filter(
            kind__in={*ENDING, *NAMING}, happened_on__gt=day, happened_on__lte=map_day
        ).order_by("happened_on", "pk")
        if _is_known(event, known)
    ]
    endings = frozenset(event.pk for event in events if event.kind in ENDING)
    lists = frozenset(event.pk for event in events if event.kind in NAMING)
    steps: dict[int, tuple[int, int | None]] = {}
    order = {event.pk: place for place, event in enumerate(events)}
    parts = sorted(
        UnitEventPart.objects.filter(event__in=order).values_list(
            "event_id", "from_unit_id", "to_unit_id", "by_list"
        ),
        key=lambda part: order.get(part[0], -1),
    )
    for event_id, from_unit, to_unit, by_list in parts:
        if event_id in endings and from_unit not in valid and from_unit != to_unit:
            steps[from_unit] = (event_id, None if by_list else to_unit)
    listing = frozenset(part[1] for part in parts if part[0] in lists)
    result = UnitMap(day, map_day, known, endings=endings, lists=lists, listing=listing)
    for unit_id, (event_id, target) in steps.items():
        if target is None:
            result.events[unit_id] = event_id
            continue
        seen = {unit_id}
        while target in steps and steps[target][1] is not None and target not in seen:
            seen.add(target)
            target = steps[target][1]
        result.targets[unit_id] = target
    return result


def _is_known(event: UnitEvent, known: date | None) -> bool:
    """Tell whether the event stood at the end of the day ``known``."""
    if known is None:
        return event.undone_at is None
    undone = event.undone_at is not None and local_day(event.undone_at) <= known
    return local_day(event.recorded_at) <= known and not undone
