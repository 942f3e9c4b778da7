"""What a row says of duty and leave, held against what the portal knows.

A duty is recognised by unit and first day. Another unit or group on the same first day is never an
overwrite: it is refused and asks for the day of the change, from which it is a transfer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from lms.people.days import FAR, day_after, last_day
from lms.people.workbooks.columns import BY_KEY, CLEAR
from lms.people.workbooks.legacy_text import is_legacy
from lms.people.workbooks.matching import Away, Duty, Known
from lms.people.workbooks.places import Groups, Units
from lms.people.workbooks.reading import TypedRow
from lms.people.workbooks.refusals import Reason, reason

if TYPE_CHECKING:
    from lms.people.workbooks.planning import PlannedRow

# Columns that speak of a duty.
DUTY = ("unit", "group", "position_title", "is_primary", "victim_support", "valid_from", "last_day")


class Refused(ValueError):
    """The row cannot be taken; carries the one reason."""

    def __init__(self, why: Reason) -> None:
        super().__init__(why.code)
        self.reason = why


@dataclass
class State:
    """Duties and leaves of one person as they would be after the rows planned so far."""

    duties: list[Duty] = field(default_factory=list)
    leaves: list[Away] = field(default_factory=list)
    # Rows that have spoken, by key of the duty.
    claimed: dict[int, int] = field(default_factory=dict)
    # Duties that a row changes, by key, and that row.
    changed: dict[int, int] = field(default_factory=dict)
    unsaved: int = 0

    def copy(self) -> State:
        return State(
            list(self.duties),
            list(self.leaves),
            dict(self.claimed),
            dict(self.changed),
            self.unsaved,
        )

    def add(self, duty: Duty, row: int) -> None:
        self.unsaved -= 1
        self.duties.append(duty._replace(pk=self.unsaved))
        self.claimed[self.unsaved] = self.changed[self.unsaved] = row

    def replace(self, old: Duty, row: int, **changes: Any) -> None:
        self.changed[old.pk] = row
        self.duties = [d._replace(**changes) if d.pk == old.pk else d for d in self.duties]

    def overlap(self, start: date, end: date, *, without: int = 0) -> Duty | None:
        """Return a primary duty on one of these days."""
        for duty in self.duties:
            is_other = duty.is_primary and duty.pk != without
            if is_other and duty.valid_from < end and duty.valid_to > start:
                return duty
        return None


class DutyPlanner:
    def __init__(
        self, units: Units, groups: Groups, letters: dict[str, str], *, today: date
    ) -> None:
        self.units, self.groups, self.letters, self.today = units, groups, letters, today

    @staticmethod
    def state_of(person: Known | None) -> State:
        return State(list(person.duties), list(person.leaves)) if person else State()

    def refused(self, code: str, typed: TypedRow, key: str, /, **words: Any) -> Refused:
        cell = typed.ref(key, self.letters) or BY_KEY[key].title
        return Refused(reason(code, cell, **words))

    # Which duty -----------------------------------------------------------------------------
    def units_named(self, row: TypedRow) -> set[int]:
        """Return the units that the row may mean, on its first day or today."""
        typed = row.values.get("unit")
        if not typed:
            return set()
        days = {self.today, day_of(row.values.get("valid_from")) or self.today}
        return {version.unit_id for day in days for version in self.units.find(typed, day)}

    def exact(self, row: TypedRow, state: State) -> Duty | None:
        """Return the duty with the unit and the first day of the row.

        Without a first day, the one that is held in the unit today.
        """
        named, start = self.units_named(row), day_of(row.values.get("valid_from"))
        is_primary = row.values.get("is_primary")
        found = []
        for duty in state.duties:
            if duty.unit_id not in named:
                continue
            if start is not None and duty.valid_from != start:
                continue
            if start is None and not duty.valid_from <= self.today < duty.valid_to:
                continue
            found.append(duty)
        # Two duties in one unit from one day: the kind decides, then who has not been spoken of.
        found.sort(
            key=lambda d: (
                is_primary is not None and d.is_primary != is_primary,
                d.pk in state.claimed,
            )
        )
        return found[0] if found else None

    def has_exact(self, row: TypedRow, state: State) -> bool:
        return self.exact(row, state) is not None

    # What would happen ----------------------------------------------------------------------
    def plan(self, each: PlannedRow, state: State) -> None:
        """Add to ``each`` what its row does to the duties. Raises :class:`Refused`."""
        row = each.row
        if not any(row.values.get(key) is not None for key in DUTY):
            return
        duty = self.exact(row, state)
        if duty is not None:
            self.amend(each, duty, state)
            return
        start = day_of(row.values.get("valid_from"))
        if start is None:
            raise self.refused("missing", row, "valid_from")
        end = self.end_of(row, start)
        unit, group = self.unit_on(row, start), self.group_of(row)
        is_primary = row.values.get("is_primary", True)
        before = self.held_on(state, start, unit, is_primary=is_primary)
        if before is not None:
            self.move(each, before, state, start=start, end=end, unit=unit, group=group)
            return
        self.open(each, state, start, end, unit, group)

    def amend(self, each: PlannedRow, duty: Duty, state: State) -> None:
        """Correct title, support or end of a duty that the row names exactly."""
        row, values = each.row, each.row.values
        if duty.pk in state.claimed:
            raise self.refused("repeated", row, "valid_from", row=state.claimed[duty.pk])
        if values.get("is_primary", duty.is_primary) != duty.is_primary:
            raise self.refused("primary-differs", row, "is_primary")
        group = self.group_of(row)
        if group is not None and group != duty.group_id:
            raise self.refused("needs-own-day", row, "group")
        changed: dict[str, Any] = {}
        title = values.get("position_title")
        if title is not None and (title := "" if title == CLEAR else title) != duty.position_title:
            changed["position_title"] = title
            each.changes.append(["position_title", duty.position_title, title])
        support = values.get("victim_support", duty.victim_support)
        if support != duty.victim_support:
            changed["victim_support"] = support
            each.changes.append(["victim_support", duty.victim_support, support])
        end = self.end_of(row, duty.valid_from)
        if end is not None and end != duty.valid_to:
            if duty.is_primary and (other := state.overlap(duty.valid_from, end, without=duty.pk)):
                raise self.overlapping(row, other, "last_day")
            changed["valid_to"] = end.isoformat()
            each.changes.append(["last_day", shown_end(duty.valid_to), shown_end(end)])
        state.claimed[duty.pk] = row.number
        if changed:
            each.plan["duty"] = {
                "pk": duty.pk,
                "from": duty.valid_from.isoformat(),
                "change": changed,
            }
            state.replace(
                duty, row.number, **(changed | ({"valid_to": end} if "valid_to" in changed else {}))
            )

    def held_on(
        self, state: State, start: date, unit: int | None, *, is_primary: bool
    ) -> Duty | None:
        """Return the duty that a row from ``start`` would continue: the primary one of that day,
        or the concurrent one in the same unit."""
        for duty in state.duties:
            is_kind = duty.is_primary == is_primary and (is_primary or duty.unit_id == unit)
            if is_kind and duty.valid_from <= start < duty.valid_to:
                return duty
        return None

    def move(
        self,
        each: PlannedRow,
        before: Duty,
        state: State,
        *,
        start: date,
        end: date | None,
        unit: int | None,
        group: int | None,
    ) -> None:
        """End ``before`` the day before ``start`` and go on with what the row says."""
        row, values = each.row, each.row.values
        if before.valid_from == start:
            raise self.refused("needs-own-day", row, "unit")
        if before.pk in state.changed:
            raise self.refused("one-change", row, "valid_from", row=state.changed[before.pk])
        if not self.units.may_change(before.unit_id):
            raise self.refused("foreign-duty", row, "unit")
        title = values.get("position_title", before.position_title)
        new = Duty(
            pk=0,
            unit_id=unit or before.unit_id,
            group_id=group or before.group_id,
            position_title="" if title == CLEAR else title,
            valid_from=start,
            valid_to=end or before.valid_to,
            is_primary=before.is_primary,
            victim_support=values.get("victim_support", before.victim_support),
        )
        if new[1:4] == before[1:4] and new.victim_support == before.victim_support:
            raise self.refused(
                "start-differs", row, "valid_from", day=f"{before.valid_from:%d/%m/%Y}"
            )
        if new.is_primary:
            other = state.overlap(new.valid_from, new.valid_to, without=before.pk)
            if other is not None:
                raise self.overlapping(row, other, "valid_from")
        # A new title alone is no new duty: what rests on its beginning stays.
        continues = (new.unit_id, new.group_id, new.victim_support) == (
            before.unit_id,
            before.group_id,
            before.victim_support,
        )
        each.plan["duty"] = {
            "pk": before.pk,
            "close": start.isoformat(),
            "open": as_plan(new) | {"continues": continues},
        }
        each.changes += self.differences(before, new, start)
        state.replace(before, row.number, valid_to=start)
        state.add(new, row.number)

    def open(
        self,
        each: PlannedRow,
        state: State,
        start: date,
        end: date | None,
        unit: int | None,
        group: int | None,
    ) -> None:
        """Begin a duty where none was held."""
        row, values = each.row, each.row.values
        for key, value in (("unit", unit), ("group", group)):
            if value is None:
                raise self.refused("missing", row, key)
        title = values.get("position_title", "")
        new = Duty(
            pk=0,
            unit_id=unit,
            group_id=group,
            position_title="" if title == CLEAR else title,
            valid_from=start,
            valid_to=end or FAR,
            is_primary=values.get("is_primary", True),
            victim_support=values.get("victim_support", True),
        )
        if new.is_primary and (other := state.overlap(start, new.valid_to)):
            if (other.unit_id, other.group_id) == (unit, group):
                raise self.refused(
                    "start-differs", row, "valid_from", day=f"{other.valid_from:%d/%m/%Y}"
                )
            raise self.overlapping(row, other, "valid_from")
        if not new.is_primary:
            self.refuse_moved(row, state, new)
        each.plan["duty"] = {"open": as_plan(new) | {"continues": False}}
        each.changes += self.differences(None, new, start)
        state.add(new, row.number)

    def refuse_moved(self, row: TypedRow, state: State, new: Duty) -> None:
        """Refuse a concurrent duty that is an old one with another unit on its first day."""
        for duty in state.duties:
            is_same = not duty.is_primary and duty.valid_from == new.valid_from
            if is_same and duty.group_id == new.group_id and duty.pk not in state.claimed:
                raise self.refused("needs-own-day", row, "unit")

    def overlapping(self, row: TypedRow, other: Duty, key: str) -> Refused:
        return self.refused("overlaps", row, key, day=f"{other.valid_from:%d/%m/%Y}")

    def differences(self, old: Duty | None, new: Duty, start: date) -> list[list[Any]]:
        """Return (column, old, new) of what a duty from ``start`` changes."""
        found: list[list[Any]] = []
        pairs = (
            ("unit", lambda d: self.units.name_of(d.unit_id, start)),
            ("group", lambda d: self.groups.names.get(d.group_id, "")),
            ("position_title", lambda d: d.position_title),
            ("is_primary", lambda d: d.is_primary),
            ("victim_support", lambda d: d.victim_support),
            ("valid_from", lambda d: d.valid_from.isoformat()),
            ("last_day", lambda d: shown_end(d.valid_to)),
        )
        for key, say in pairs:
            before, after = say(old) if old else "", say(new)
            if before != after:
                found.append([key, before, after])
        return found

    # Cells ----------------------------------------------------------------------------------
    def unit_on(self, row: TypedRow, day: date) -> int | None:
        """Return the unit that the row names on ``day``, ``None`` if it names none."""
        typed = row.values.get("unit")
        if typed is None:
            return None
        found = self.units.find(typed, day)
        if not found and is_legacy(typed):
            raise self.refused("legacy", row, "unit", value=typed)
        if not found:
            raise self.refused("unknown-unit", row, "unit", value=typed, day=f"{day:%d/%m/%Y}")
        if len(found) > 1:
            names = "; ".join(f"{each.code} – {each.full_name}" for each in found[:5])
            raise self.refused("several-units", row, "unit", value=typed, units=names)
        return found[0].unit_id

    def group_of(self, row: TypedRow) -> int | None:
        typed = row.values.get("group")
        if typed is None:
            return None
        found = self.groups.find(typed)
        if found is None:
            raise self.refused("unknown-group", row, "group", value=typed)
        return found

    def end_of(self, row: TypedRow, start: date) -> date | None:
        """Return the exclusive end that the row gives, ``None`` if it gives none."""
        typed = row.values.get("last_day")
        if typed is None:
            return None
        if typed == CLEAR:
            return FAR
        last = date.fromisoformat(typed)
        if last < start:
            raise self.refused("ends-before", row, "last_day")
        return day_after(last)

    # Leave ----------------------------------------------------------------------------------
    def plan_leave(self, each: PlannedRow, state: State) -> None:
        """Add to ``each`` what its row does to the leaves. Raises :class:`Refused`."""
        row = each.row
        first, last = day_of(row.values.get("leave_from")), day_of(row.values.get("leave_last_day"))
        if first is None:
            if last is not None:
                raise self.refused("leave-without-start", row, "leave_last_day")
            return
        if last is not None and last < first:
            raise self.refused("ends-before", row, "leave_last_day")
        end = day_after(last) if last else None
        known = next((leave for leave in state.leaves if leave.valid_from == first), None)
        stop = end or (known.valid_to if known else FAR)
        for leave in state.leaves:
            if leave is not known and leave.valid_from < stop and leave.valid_to > first:
                raise self.refused(
                    "leave-overlaps", row, "leave_from", day=f"{leave.valid_from:%d/%m/%Y}"
                )
        if known is None:
            each.plan["leave"] = {"from": first.isoformat(), "to": stop.isoformat()}
            each.changes.append(["leave_from", "", first.isoformat()])
            if end:
                each.changes.append(["leave_last_day", "", last.isoformat()])
            state.leaves.append(Away(0, first, stop))
        elif stop != known.valid_to:
            if known.pk == 0:
                raise self.refused("differs-from-row", row, "leave_last_day", row="…")
            each.plan["leave"] = {"pk": known.pk, "to": stop.isoformat()}
            each.changes.append(["leave_last_day", shown_end(known.valid_to), shown_end(stop)])
            state.leaves = [a._replace(valid_to=stop) if a is known else a for a in state.leaves]


def as_plan(duty: Duty) -> dict[str, Any]:
    return {
        "unit": duty.unit_id,
        "group": duty.group_id,
        "position_title": duty.position_title,
        "from": duty.valid_from.isoformat(),
        "to": duty.valid_to.isoformat(),
        "is_primary": duty.is_primary,
        "victim_support": duty.victim_support,
    }


def first_day_of(plan: dict[str, Any]) -> date | None:
    """Return the first day on which the plan of a row changes who is where, ``None`` if none."""
    duty, leave = plan.get("duty", {}), plan.get("leave", {})
    changed = duty.get("change", {})
    days = [
        duty.get("open", {}).get("from"),
        duty.get("close"),
        changed.get("valid_to"),
        duty.get("from") if "victim_support" in changed else None,
        leave.get("from") or leave.get("to"),
    ]
    return min((date.fromisoformat(each) for each in days if each), default=None)


def day_of(value: str | None) -> date | None:
    return date.fromisoformat(value) if value and value != CLEAR else None


def shown_end(valid_to: date) -> str:
    """Return the inclusive last day, "" for an open end."""
    last = last_day(valid_to)
    return last.isoformat() if last else ""
