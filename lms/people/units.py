"""Units on a day: opening versions, keeping the paths, resolving a code.

Write functions expect units to be few (thousands) and changes rare: paths are rebuilt whole from
the versions, so they can never disagree with them for long, and ``rebuild_paths`` is the repair.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from lms.people import audit, followers
from lms.people.days import BEFORE, FAR
from lms.people.facts import record
from lms.people.models import Unit, UnitPath, UnitVersion
from lms.people.text import clean, fold, sort_key

MAX_DEPTH = 12
UNPLACED_KEY = "chua-xep-don-vi"


class UnknownUnit(Exception):
    """No unit has this code on this day; ``successors`` lists full names and codes known later."""

    def __init__(self, code: str, day: date, successors: list[str]) -> None:
        super().__init__(code)
        self.code, self.day, self.successors = code, day, successors


class UnitLoop(Exception):
    """The versions would make a unit its own ancestor."""


@dataclass(frozen=True)
class NewUnit:
    """What a loader or an event knows of a unit that begins."""

    code: str
    name: str
    kind: str
    level: str
    parent: Unit | None
    own_key: str = ""


@transaction.atomic
def open_unit(
    new: NewUnit,
    *,
    valid_from: date,
    actor: Any,
    at: datetime,
    loaded: bool = False,
    event: Any = None,
) -> Unit:
    """Create a unit with its first version from ``valid_from`` on; the caller rebuilds paths.

    A loader passes ``loaded=True`` so that any known-at finds the unit.
    """
    unit = Unit.objects.create(created_at=at, own_key=new.own_key)
    version = record(
        UnitVersion,
        actor=actor,
        at=at,
        loaded=loaded,
        unit=unit,
        parent=new.parent,
        code=new.code.strip(),
        name=clean(new.name),
        kind=clean(new.kind),
        level=new.level,
        folded_name=fold(f"{new.kind} {new.name}"),
        sort_name=sort_key(new.name),
        valid_from=valid_from,
        event=event,
    )
    audit.log("unit.open", version, actor=actor, at=at, unit=unit, code=version.code)
    return unit


def path_rows(versions: list[UnitVersion]) -> list[UnitPath]:
    """Return the closure of ``versions`` (known now) as unsaved rows, equal neighbours joined.

    Raises :class:`UnitLoop` when a unit would be its own ancestor. Pure but for the model class.
    """
    holders: dict[tuple[int, int, int], list[tuple[date, date]]] = defaultdict(list)
    by_unit: dict[int, list[UnitVersion]] = defaultdict(list)
    for version in versions:
        by_unit[version.unit_id].append(version)
    for unit_id, own in by_unit.items():
        for version in own:
            frontier = [(version.parent_id, version.valid_from, version.valid_to)]
            holders[unit_id, unit_id, 0].append((version.valid_from, version.valid_to))
            for depth in range(1, MAX_DEPTH + 1):
                reached = []
                for ancestor_id, start, end in frontier:
                    if ancestor_id is None:
                        continue
                    if ancestor_id == unit_id:
                        raise UnitLoop(unit_id)
                    for above in by_unit.get(ancestor_id, ()):
                        low, high = max(start, above.valid_from), min(end, above.valid_to)
                        if low < high:
                            holders[unit_id, ancestor_id, depth].append((low, high))
                            reached.append((above.parent_id, low, high))
                frontier = reached
                if not frontier:
                    break
    rows = []
    for (unit_id, ancestor_id, depth), intervals in holders.items():
        joined: list[list[date]] = []
        for start, end in sorted(intervals):
            if joined and joined[-1][1] >= start:
                joined[-1][1] = max(joined[-1][1], end)
            else:
                joined.append([start, end])
        rows += [
            UnitPath(
                unit_id=unit_id,
                ancestor_id=ancestor_id,
                depth=depth,
                valid_from=start,
                valid_to=end,
            )
            for start, end in joined
            if start < end
        ]
    return rows


@transaction.atomic
def rebuild_paths(*, known_from: date = BEFORE) -> int:
    """Make ``UnitPath`` agree with the versions that stand; return how many rows stand.

    Rows that no longer hold are closed at ``known_from`` (removed if they began then), new ones
    begin there: a figure as known before a late event still sees the old tree. Loaders pass the
    default, which means "always known".
    """
    wanted = {
        (row.unit_id, row.ancestor_id, row.depth, row.valid_from, row.valid_to): row
        for row in path_rows(list(UnitVersion.objects.current()))
    }
    stale = []
    for row in UnitPath.objects.filter(known_to=FAR):
        key = (row.unit_id, row.ancestor_id, row.depth, row.valid_from, row.valid_to)
        if wanted.pop(key, None) is None:
            stale.append(row)
    UnitPath.objects.filter(
        pk__in=[row.pk for row in stale if row.known_from >= known_from]
    ).delete()
    UnitPath.objects.filter(pk__in=[row.pk for row in stale if row.known_from < known_from]).update(
        known_to=known_from
    )
    fresh = list(wanted.values())
    for row in fresh:
        row.known_from = known_from
    UnitPath.objects.bulk_create(fresh, batch_size=1000)
    if stale or fresh:
        followers.touch_tree()
    return UnitPath.objects.filter(known_to=FAR).count()


def hold_unit(unit: Unit, day: date) -> bool:
    """Tell whether ``unit`` is valid on ``day``, and let that stay true for this transaction.

    A reorganisation that ends the unit waits for this transaction, or this waits for it; others who
    hold the unit do not wait. SQLite's write transactions wait for each other anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM people_unit WHERE id = %s FOR SHARE", [unit.pk])
    return UnitVersion.objects.current().valid_on(day).filter(unit=unit).exists()


def find_root(day: date, known: date | None = None) -> UnitVersion | None:
    """Return the one territorial version without a parent on ``day``, or ``None``."""
    return UnitVersion.objects.known_on(known).valid_on(day).roots().order_by("code").first()


def get_unit_version(code: str, day: date, known: date | None = None) -> UnitVersion:
    """Return the version with ``code`` on ``day``.

    Raises :class:`UnknownUnit`, which names what the unit became, if the code is not in use then.
    """
    known_versions = UnitVersion.objects.known_on(known).filter(code=code.strip())
    found = known_versions.valid_on(day).first()
    if found is not None:
        return found
    ended = known_versions.filter(valid_to__lte=day).order_by("-valid_to").first()
    successors: list[str] = []
    if ended is not None:
        successors = [
            f"{version.full_name} ({version.code})"
            for version in UnitVersion.objects.known_on(known)
            .valid_on(day)
            .filter(unit__reached_by_events__from_unit=ended.unit)
            .distinct()
        ]
    raise UnknownUnit(code, day, successors)


def names_on(unit_ids: list[int], day: date, known: date | None = None) -> dict[int, UnitVersion]:
    """Return the version of each unit on ``day``, by unit id; one query."""
    return {
        version.unit_id: version
        for version in UnitVersion.objects.known_on(known).valid_on(day).filter(unit__in=unit_ids)
    }
