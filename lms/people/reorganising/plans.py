"""What a resolution would do: the units before and after it, and who goes where."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from lms.people.models import Unit, UnitVersion
from lms.people.models.units import UnitLevel
from lms.people.reorganising.resolutions import Refusal, Refused, Resolution


@dataclass
class UnitState:
    """A unit on the map of the day; ``ref`` is its id, negative for one that begins on the day."""

    ref: int
    code: str
    name: str
    kind: str
    level: str
    parent: int | None
    before: UnitVersion | None = None
    # The last event that changed it, by number; 0 while it is as it was.
    event: int = 0

    @property
    def is_new(self) -> bool:
        return self.ref < 0

    @property
    def is_changed(self) -> bool:
        old = self.before
        return old is None or (self.code, self.name, self.kind, self.level, self.parent) != (
            old.code,
            old.name,
            old.kind,
            old.level,
            old.parent_id,
        )

    @property
    def full_name(self) -> str:
        if self.level == UnitLevel.AGENCY or not self.kind:
            return self.name
        return f"{self.kind} {self.name}"

    @property
    def label(self) -> str:
        return f"{self.full_name} ({self.code})"


@dataclass(frozen=True)
class Move:
    """People of one unit who move by one event.

    Those listed go where the list says; then those of ``groups`` to ``to``; with ``takes_rest``
    everybody else goes to ``to``, ``None`` meaning that they wait without a unit.
    """

    event: int
    unit_id: int
    to: int | None
    takes_rest: bool
    people: dict[int, int] = field(default_factory=dict)
    groups: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Part:
    """One edge of an event; ``to`` is ``None`` where the people wait for a list."""

    event: int
    from_unit: int
    to: int | None
    by_list: bool


@dataclass
class Plan:
    """What a resolution does; :attr:`refusals` is empty when it can be applied."""

    resolution: Resolution
    before: dict[int, UnitVersion] = field(default_factory=dict)
    after: dict[int, UnitState] = field(default_factory=dict)
    ended: dict[int, int] = field(default_factory=dict)
    # Children that hang below the successor because their own parent was merged into it.
    followed: dict[int, int] = field(default_factory=dict)
    moves: dict[int, list[Move]] = field(default_factory=lambda: defaultdict(list))
    parts: list[Part] = field(default_factory=list)
    unplaced: Unit | None = None
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def day(self) -> date:
        return self.resolution.effective_on

    @property
    def opened(self) -> list[UnitState]:
        return [state for state in self.after.values() if state.is_new]

    @property
    def changed(self) -> list[UnitState]:
        return [state for state in self.after.values() if not state.is_new and state.is_changed]

    def successors(self) -> dict[int, int | None]:
        """Return where all that an ended unit leaves goes; ``None`` where only a list says it."""
        return {
            unit_id: next((move.to for move in self.moves[unit_id] if move.takes_rest), None)
            for unit_id in self.ended
        }

    def target_of(
        self, unit_id: int, person_id: int, group_id: int | None
    ) -> tuple[Move, int] | None:
        """Return the move of a duty and where it leads (0 = waits), ``None`` where it stays."""
        for move in self.moves.get(unit_id, ()):
            if person_id in move.people:
                to = move.people[person_id]
                return None if to == unit_id else (move, to)
        for move in self.moves.get(unit_id, ()):
            if group_id is not None and group_id in move.groups:
                return move, move.to or 0
        for move in self.moves.get(unit_id, ()):
            if move.takes_rest:
                return move, move.to or 0
        return None

    def check(self) -> None:
        """Raise :class:`Refused` unless the plan can be applied."""
        if self.refusals:
            raise Refused(self.refusals)
