"""Counts of people and the rate that follows from them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal


@dataclass
class Counts:
    """People of one row of a table.

    ``denominator`` = trained + in progress + not started + needing retraining
    (``docs/decisions.md`` 29); ``on_leave`` stand outside it; ``in_year`` are among the trained and
    ``newly_assigned`` among the denominator.
    """

    denominator: int = 0
    numerator: int = 0
    in_year: int = 0
    in_progress: int = 0
    not_started: int = 0
    needs_retraining: int = 0
    newly_assigned: int = 0
    on_leave: int = 0

    @property
    def missing(self) -> int:
        return self.denominator - self.numerator

    @property
    def everybody(self) -> int:
        """People with a row here, those on leave included."""
        return self.denominator + self.on_leave

    @property
    def rate(self) -> Decimal | None:
        """Percent with one decimal, cut and never rounded up; ``None`` when nobody counts.

        2 999 of 3 000 is 99.9: 100.0 stands only for everybody.
        """
        return cut_rate(self.numerator, self.denominator)

    @property
    def in_year_rate(self) -> Decimal | None:
        """The second figure: trained within the year, of the same denominator."""
        return cut_rate(self.in_year, self.denominator)

    def add(self, other: Counts) -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


def counts_of(state: str, in_year: bool, is_new: bool, on_leave: bool, people: int) -> Counts:
    """Return the counts of ``people`` who share one state."""
    if on_leave:
        return Counts(on_leave=people)
    return Counts(
        denominator=people,
        numerator=people if state == "trained" else 0,
        in_year=people if in_year else 0,
        in_progress=people if state == "progress" else 0,
        not_started=people if state == "not_started" else 0,
        needs_retraining=people if state == "retrain" else 0,
        newly_assigned=people if is_new else 0,
    )


def cut_rate(part: int, whole: int) -> Decimal | None:
    """Return ``part`` of ``whole`` in percent, cut to one decimal by whole-number division."""
    return Decimal(part * 1000 // whole) / 10 if whole else None


@dataclass
class CourseCounts:
    """People of the denominator who need one course, and those of them who hold it on the day."""

    need: int = 0
    have: int = 0

    @property
    def missing(self) -> int:
        return self.need - self.have

    @property
    def rate(self) -> Decimal | None:
        return cut_rate(self.have, self.need)
