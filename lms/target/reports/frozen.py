"""A frozen report as its page and its documents read it: tables of one unit of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from lms.target.figures import Counts, cut_rate
from lms.target.models import ReportSnapshot
from lms.target.reports.gathering import COUNT_NAMES, UNIT_COLUMNS
from lms.target.reports.reading import read_part, read_rows


class NotInReport(LookupError):
    """The unit with this code is not in the report, or not for this reader."""


@dataclass(frozen=True)
class Line:
    """A row of a table: a unit below, the unit's own staff, or people placed nowhere."""

    kind: str  # "unit", "own" or "unplaced"
    code: str
    name: str
    level: str
    counts: Counts

    @property
    def has_people(self) -> bool:
        return bool(self.counts.everybody)


@dataclass(frozen=True)
class UnitView:
    """One unit of a frozen report: its total, its rows, and what is above it in the report."""

    code: str
    name: str
    total: Counts
    lines: tuple[Line, ...]
    trail: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Matrix:
    """Which group had to hold which course on the day: its tier, and a mark for each course."""

    courses: list[str]
    rows: list[tuple[str, str, list[bool]]]


@dataclass(frozen=True)
class CourseLine:
    title: str
    need: int
    have: int

    @property
    def rate(self) -> Decimal | None:
        return cut_rate(self.have, self.need)


def counts_from(row: dict[str, Any]) -> Counts:
    return Counts(**{name: row[name] for name in COUNT_NAMES})


def counts_of_numbers(numbers: list[int]) -> Counts:
    return Counts(**dict(zip((field.name for field in fields(Counts)), numbers, strict=True)))


class Frozen:
    """The content of one frozen report, each part read once when it is first asked for.

    Every property raises ``Erased`` when the words are gone.
    """

    def __init__(self, snapshot: ReportSnapshot) -> None:
        self.snapshot = snapshot

    @cached_property
    def figures(self) -> dict[str, Any]:
        return read_part(self.snapshot, "figures")

    @cached_property
    def definitions(self) -> dict[str, Any]:
        return read_part(self.snapshot, "definitions")

    @cached_property
    def requirements(self) -> dict[str, Any]:
        return read_part(self.snapshot, "requirements")

    @cached_property
    def reason(self) -> str:
        return read_part(self.snapshot, "reason")["reason"]

    @cached_property
    def changes(self) -> dict[str, Any] | None:
        """The sums of the differences; ``None`` for a first version, or after an erased one."""
        found = self.snapshot.parts.filter(name="changes").exists()
        return read_part(self.snapshot, "changes") if found else None

    @cached_property
    def units(self) -> dict[str, dict[str, Any]]:
        """Every unit of the report by its code of the day, in the report's order."""
        return {
            row[0]: dict(zip(UNIT_COLUMNS, row, strict=True))
            for row in read_rows(self.snapshot, "units")
        }

    @property
    def unit_code(self) -> str:
        return self.figures["unit"]["code"]

    @property
    def total(self) -> Counts:
        return counts_from(self.figures["total"])

    @property
    def small_below(self) -> int:
        return self.definitions["rules"]["small_unit_below"]

    @property
    def before(self) -> dict[str, Any] | None:
        """The period before: ``name``, ``day`` and the counts as ``total``."""
        found = self.figures["before"]
        if found is None:
            return None
        return {
            "name": found["name"],
            "day": date.fromisoformat(found["day"]),
            "total": counts_from(found["total"]),
        }

    def view(self, code: str = "") -> UnitView:
        """Return the unit ``code`` of the report (default: the unit it was frozen for).

        Raises :class:`NotInReport`.
        """
        code = code or self.unit_code
        unit = self.units.get(code)
        if unit is None:
            raise NotInReport(code)
        lines = [Line("own", code, unit["name"], unit["level"], counts_of_numbers(unit["own"]))]
        lines += [
            Line("unit", below["code"], below["name"], below["level"], self.whole(below))
            for below in self.units.values()
            if below["parent"] == code
        ]
        total = self.whole(unit)
        if code == self.unit_code:
            total = self.total
            unplaced = next((row for row in self.figures["units"] if row["code"] is None), None)
            if unplaced is not None:
                lines.append(Line("unplaced", "", "", "", counts_from(unplaced)))
        return UnitView(code, unit["name"], total, tuple(lines), self.trail(code))

    def whole(self, unit: dict[str, Any]) -> Counts:
        return counts_of_numbers(unit["whole"])

    def trail(self, code: str) -> tuple[tuple[str, str], ...]:
        """Return (name, code) of what is above the unit and of itself, the widest first."""
        found: list[tuple[str, str]] = []
        while code and (unit := self.units.get(code)) is not None:
            found.insert(0, (unit["name"], code))
            code = unit["parent"]
        return tuple(found)

    @property
    def groups(self) -> list[tuple[str, Counts]]:
        return [(row["name"], counts_from(row)) for row in self.figures["groups"]]

    @cached_property
    def matrix(self) -> Matrix:
        """The requirements of the day; of courses those that some group needed."""
        needed = {key for courses in self.requirements.values() for key in courses}
        courses = [each for each in self.definitions["courses"] if each[0] in needed]
        tiers = self.definitions["tiers"]
        return Matrix(
            [title for _key, title in courses],
            [
                (
                    name,
                    tiers.get(code, ""),
                    [key in self.requirements[code] for key, _title in courses],
                )
                for code, name in self.definitions["groups"]
                if code in self.requirements
            ],
        )

    @property
    def courses(self) -> list[CourseLine]:
        return [
            CourseLine(row["title"], row["need"], row["have"]) for row in self.figures["courses"]
        ]
