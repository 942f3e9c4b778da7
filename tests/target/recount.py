"""The completion rate counted again, in plain Python over lists of facts.

Written from the meaning (``docs/as-of.md`` 1, ``docs/decisions.md`` 8-12 and 29-30) and importing
nothing of the portal: every fact is a plain object with the columns of its table. It is slow and
says each rule once, in a method of its own, so that a test can break one rule and see who notices.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

FAR = date(9999, 12, 31)
ONE_DAY = timedelta(days=1)


@dataclass
class World:
    """Every fact there is; each list holds all versions, withdrawn ones included."""

    unit_versions: list[Any] = field(default_factory=list)
    postings: list[Any] = field(default_factory=list)
    tiers: list[Any] = field(default_factory=list)
    roster: list[Any] = field(default_factory=list)
    leaves: list[Any] = field(default_factory=list)
    merges: list[Any] = field(default_factory=list)
    rules: list[Any] = field(default_factory=list)
    requirements: list[Any] = field(default_factory=list)
    completions: list[Any] = field(default_factory=list)
    lessons_done: list[Any] = field(default_factory=list)
    attempts: list[Any] = field(default_factory=list)
    marks: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """What the recount says of one person."""

    unit: int
    group: int
    need: frozenset[int]
    have: frozenset[int]
    state: str
    in_year: bool
    is_new: bool
    on_leave: bool


class Recount:
    """All people on day ``day`` as known on ``known`` (``None`` = now)."""

    def __init__(self, world: World, day: date, known: date | None = None) -> None:
        self.world, self.day, self.known = world, day, known
        self.survivors = self.find_survivors()
        self.rule = next(row for row in world.rules if self.stands(row))

    # Time -------------------------------------------------------------------------------------
    def is_valid(self, row: Any) -> bool:
        return row.valid_from <= self.day < row.valid_to

    def is_known(self, row: Any) -> bool:
        if self.known is None:
            return row.withdrawn_on == FAR
        return row.recorded_on <= self.known < row.withdrawn_on

    def is_recorded(self, row: Any) -> bool:
        return self.known is None or row.recorded_on <= self.known

    def stands(self, row: Any) -> bool:
        return self.is_valid(row) and self.is_known(row)

    # People -----------------------------------------------------------------------------------
    def find_survivors(self) -> dict[int, int]:
        into = {row.duplicate: row.survivor for row in self.world.merges if self.is_known(row)}
        found = {}
        for duplicate in into:
            seen, person = {duplicate}, duplicate
            while person in into and into[person] not in seen:
                person = into[person]
                seen.add(person)
            # A ring has no survivor: everybody in it stays who she is.
            found[duplicate] = duplicate if person in into else person
        return found

    def person_of(self, row: Any) -> int:
        return self.survivors.get(row.person, row.person)

    def rows_of(self, rows: list[Any], person: int) -> list[Any]:
        return [row for row in rows if self.person_of(row) == person]

    # Duties -----------------------------------------------------------------------------------
    def is_named(self, person: int) -> bool:
        return any(
            self.stands(row) and self.is_approved(row)
            for row in self.rows_of(self.world.roster, person)
        )

    def is_approved(self, row: Any) -> bool:
        """An entry of a list counts once the list is approved; one without a list counts."""
        if not row.has_roster:
            return True
        return row.approved_on is not None and (self.known is None or row.approved_on <= self.known)

    def tier_counts(self, posting: Any) -> bool:
        tiers = {
            row.tier for row in self.world.tiers if row.group == posting.group and self.stands(row)
        }
        return "C" in tiers or ("N" in tiers and self.is_named(self.person_of(posting)))

    def active(self, person: int) -> list[Any]:
        return [
            row
            for row in self.rows_of(self.world.postings, person)
            if row.victim_support and self.stands(row) and self.tier_counts(row)
        ]

    def home(self, active: list[Any]) -> Any:
        return min(
            active,
            key=lambda row: (not row.is_primary, row.duty_began_on, row.chain, row.logical),
        )

    def is_new(self, home: Any) -> bool:
        return (self.day - home.duty_began_on).days <= self.rule.new_duty_days

    # Spans ------------------------------------------------------------------------------------
    def joined(self, rows: list[Any]) -> list[tuple[date, date]]:
        """Join intervals that adjoin or overlap; an empty one never was."""
        spans: list[tuple[date, date]] = []
        for start, end in sorted((row.valid_from, row.valid_to) for row in rows):
            if start == end:
                continue
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(spans[-1][1], end))
            else:
                spans.append((start, end))
        return spans

    def is_long(self, start: date, end: date) -> bool:
        return end == FAR or (end - start).days >= self.rule.min_leave_days

    def is_on_leave(self, person: int) -> bool:
        known = [row for row in self.rows_of(self.world.leaves, person) if self.is_known(row)]
        return any(
            start <= self.day < end and self.is_long(start, end)
            for start, end in self.joined(known)
        )

    # Courses ----------------------------------------------------------------------------------
    def need(self, active: list[Any]) -> frozenset[int]:
        groups = {row.group for row in active}
        return frozenset(
            row.course
            for row in self.world.requirements
            if row.group in groups and self.stands(row)
        )

    def holdings(self, person: int) -> dict[int, list[tuple[date, date]]]:
        by_course = defaultdict(list)
        for row in self.rows_of(self.world.completions, person):
            if self.is_known(row):
                by_course[row.course].append(row)
        return {course: self.joined(rows) for course, rows in by_course.items()}

    def began_in_year(self, start: date) -> bool:
        return start >= date(self.day.year, 1, 1)

    def has_started(self, person: int) -> bool:
        world = self.world
        return (
            any(
                row.happened_on <= self.day and self.is_recorded(row)
                for row in self.rows_of(world.lessons_done, person)
            )
            or any(row.happened_on <= self.day for row in self.rows_of(world.attempts, person))
            or self.has_attended(person)
        )

    def has_attended(self, person: int) -> bool:
        last: dict[Any, Any] = {}
        for row in sorted(self.world.marks, key=lambda row: (row.recorded_at, row.id)):
            if self.is_recorded(row):
                last[row.session, row.person] = row
        return any(
            row.status in {"present", "late"} and row.happened_on <= self.day
            for row in last.values()
            if self.person_of(row) == person
        )

    # Verdict ----------------------------------------------------------------------------------
    def verdicts(self) -> dict[int, Verdict]:
        people = {self.person_of(row) for row in self.world.postings}
        found = {}
        for person in people:
            active = self.active(person)
            if active:
                found[person] = self.verdict(person, active)
        return found

    def verdict(self, person: int, active: list[Any]) -> Verdict:
        home, need = self.home(active), self.need(active)
        holdings = self.holdings(person)
        courses, fresh, lapsed = set(), set(), set()
        for course, spans in holdings.items():
            now = [span for span in spans if span[0] <= self.day < span[1]]
            if now:
                courses.add(course)
                if self.began_in_year(now[0][0]):
                    fresh.add(course)
            elif any(span[0] < self.day for span in spans):
                lapsed.add(course)
        return Verdict(
            unit=home.unit,
            group=home.group,
            need=need,
            have=need & courses,
            state=self.state(person, need, courses, lapsed),
            in_year=need <= courses and bool(need & fresh),
            is_new=self.is_new(home),
            on_leave=self.is_on_leave(person),
        )

    def state(self, person: int, need: frozenset[int], courses: set[int], lapsed: set[int]) -> str:
        if need <= courses:
            return "trained"
        if need & lapsed:
            return "retrain"
        if need & courses or self.has_started(person):
            return "progress"
        return "not_started"

    # Tree -------------------------------------------------------------------------------------
    def chain(self, unit: int) -> list[int]:
        """The unit and all above it on the day; empty if it was not there."""
        above = {row.unit: row.parent for row in self.world.unit_versions if self.stands(row)}
        chain: list[int] = []
        while unit in above:
            chain.append(unit)
            unit = above[unit]
        return chain

    def bucket(self, home: int, asked: int, *, asked_is_root: bool) -> int | None:
        """The row in which a person at ``home`` stands; 0 = unplaced, ``None`` = in no row."""
        chain = self.chain(home)
        if asked in chain:
            place = chain.index(asked)
            return asked if place == 0 else chain[place - 1]
        return 0 if asked_is_root else None

    def table(self, asked: int, *, asked_is_root: bool) -> dict[int, dict[str, int]]:
        """Counts by bucket of ``asked``."""
        table: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for verdict in self.verdicts().values():
            bucket = self.bucket(verdict.unit, asked, asked_is_root=asked_is_root)
            if bucket is None:
                continue
            row = table[bucket]
            if verdict.on_leave:
                row["on_leave"] += 1
                continue
            row["denominator"] += 1
            row["numerator"] += verdict.state == "trained"
            row["needs_retraining"] += verdict.state == "retrain"
            row["in_progress"] += verdict.state == "progress"
            row["not_started"] += verdict.state == "not_started"
            row["in_year"] += verdict.in_year
            row["newly_assigned"] += verdict.is_new
        return {bucket: {k: v for k, v in row.items() if v} for bucket, row in table.items()}
