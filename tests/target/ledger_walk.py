"""The denominator ledger walked again in plain Python over the lists of facts.

Says who has a line and why, rule by rule, from the meaning alone; nothing of the portal is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.target.recount import FAR, ONE_DAY, Recount, World


@dataclass(frozen=True)
class Walked:
    """One line: the verdict, and the days that defend it (half-open)."""

    kind: str
    state: str = ""
    in_year: bool = False
    is_new: bool = False
    is_placed: bool = True
    unit: int | None = None
    survivor: int | None = None
    since: date | None = None
    first_day: date | None = None
    end_day: date | None = None


class LedgerWalk(Recount):
    """Every line of a unit on a day, as known on a day; ``erased`` are records without data."""

    def __init__(
        self,
        world: World,
        day: date,
        known: date | None = None,
        erased: frozenset[int] = frozenset(),
    ) -> None:
        super().__init__(world, day, known)
        self.erased = erased

    def on(self, day: date) -> LedgerWalk:
        return type(self)(self.world, day, self.known, self.erased)

    # Postings ---------------------------------------------------------------------------------
    def ever_held(self, posting: Any) -> bool:
        return self.is_known(posting) and posting.valid_from < posting.valid_to

    def has_ended(self, row: Any) -> bool:
        return row.valid_to <= self.day

    def was_there(self, posting: Any, asked: int) -> bool:
        """On a day up to the day, or ahead of it on the day's map."""
        if posting.valid_from > self.day:
            return asked in self.chain(posting.unit)
        steps = {row.valid_from for row in self.world.unit_versions}
        steps |= {row.valid_to for row in self.world.unit_versions}
        end = min(posting.valid_to, self.day + ONE_DAY)
        days = {posting.valid_from, *(day for day in steps if posting.valid_from < day < end)}
        return any(asked in self.on(day).chain(posting.unit) for day in days)

    def unit_end(self, unit: int) -> date | None:
        """The first day without the unit, if it is gone on the day."""
        ends = [
            row.valid_to
            for row in self.world.unit_versions
            if row.unit == unit
            and self.is_known(row)
            and row.valid_from < row.valid_to
            and row.valid_from <= self.day
        ]
        return max(ends) if ends and max(ends) <= self.day else None

    # Lines ------------------------------------------------------------------------------------
    def lines(self, asked: int, *, asked_is_root: bool) -> dict[int, Walked]:
        records = {
            row.person
            for row in self.world.postings
            if self.ever_held(row) and (asked_is_root or self.was_there(row, asked))
        }
        verdicts = self.verdicts()
        found = {}
        for record in records:
            person = self.survivors.get(record, record)
            if person != record:
                found[record] = Walked("merged", survivor=person)
            found[person] = self.line(person, verdicts.get(person), asked, asked_is_root)
        return found

    def line(self, person: int, verdict: Any, asked: int, asked_is_root: bool) -> Walked:
        if verdict is None:
            return self.reason(person)
        bucket = self.bucket(verdict.unit, asked, asked_is_root=asked_is_root)
        if bucket is None:
            gone = self.unit_end(verdict.unit) is not None
            return Walked("unit_ended" if gone else "elsewhere", unit=verdict.unit)
        placed = bucket != 0
        if verdict.on_leave:
            first_day, end_day = self.leave(person)
            return Walked(
                "on_leave",
                state=verdict.state,
                in_year=verdict.in_year,
                is_new=verdict.is_new,
                is_placed=placed,
                unit=verdict.unit,
                first_day=first_day,
                end_day=end_day,
            )
        return Walked(
            "counts",
            state=verdict.state,
            in_year=verdict.in_year,
            is_new=verdict.is_new,
            is_placed=placed,
            unit=verdict.unit,
            since=self.since(person),
        )

    def leave(self, person: int) -> tuple[date, date]:
        known = [row for row in self.rows_of(self.world.leaves, person) if self.is_known(row)]
        return next((start, end) for start, end in self.joined(known) if start <= self.day < end)

    def counts(self, person: int) -> bool:
        return bool(self.active(person)) and not self.is_on_leave(person)

    def since(self, person: int) -> date:
        """Walk back from step to step as long as she counts on each."""
        world = self.world
        steps = {
            day
            for rows in (world.postings, world.leaves, world.roster, world.tiers, world.rules)
            for row in rows
            for day in (row.valid_from, row.valid_to)
            if day <= self.day
        }
        first = self.day
        for day in sorted(steps, reverse=True):
            if not self.on(day).counts(person):
                break
            first = day
        return first

    def reason(self, person: int) -> Walked:
        """Why somebody without a home does not count; the first that holds."""
        own = [row for row in self.rows_of(self.world.postings, person) if self.ever_held(row)]
        now = [row for row in own if self.is_valid(row)]
        ended = [row for row in own if self.has_ended(row)]
        supporting = [row for row in now if row.victim_support]
        if person in self.erased:
            return Walked("erased")
        if any("N" in self.letters(row.group) for row in supporting):
            return Walked("not_named", end_day=self.naming_ended(person))
        if supporting:
            return Walked("extended")
        if now:
            duties = [row.valid_to for row in ended if row.victim_support]
            if duties:
                return Walked("duty_ended", end_day=max(duties))
            return Walked("no_duty")
        if not ended:
            return Walked("not_begun", first_day=min(row.valid_from for row in own))
        last = max(row.valid_to for row in ended)
        with_unit = [row for row in ended if row.valid_to == last == self.unit_end(row.unit)]
        return Walked("unit_ended" if with_unit else "left", end_day=last)

    def letters(self, group: int) -> set[str]:
        return {row.tier for row in self.world.tiers if row.group == group and self.stands(row)}

    def naming_ended(self, person: int) -> date | None:
        ends = [
            row.valid_to
            for row in self.rows_of(self.world.roster, person)
            if self.is_known(row)
            and self.is_approved(row)
            and row.valid_from < row.valid_to
            and self.has_ended(row)
        ]
        return max(ends, default=None)


__all__ = ["FAR", "LedgerWalk", "Walked"]
