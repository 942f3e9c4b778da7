"""The rows of a table by unit: names and codes beside the figures, in one of two orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lms.people.models import UnitVersion
from lms.target.figures import Counts, Figures, figures


@dataclass(frozen=True)
class UnitRow:
    """One row: a child unit, the unit's own staff, or the people placed nowhere (no ``unit``)."""

    unit: UnitVersion | None
    counts: Counts
    own_staff: bool = False

    @property
    def code(self) -> str | None:
        return self.unit.code if self.unit else None


@dataclass(frozen=True)
class UnitTable:
    """A unit on a day with one level of rows; their counts add up to the figure's total."""

    unit: UnitVersion
    figures: Figures
    rows: tuple[UnitRow, ...]

    def lowest_first(self) -> list[UnitRow]:
        """The order on screens: lowest rate, then most people missing, then code.

        Rows without anybody to count come last, "not placed" and own staff stand where their rate
        puts them.
        """
        return sorted(
            self.rows,
            key=lambda row: (
                row.counts.rate is None,
                row.counts.rate or Decimal(0),
                -row.counts.missing,
                row.code or "",
            ),
        )


def children_of(unit: UnitVersion, day: date, known: date | None) -> list[UnitVersion]:
    """Return the units directly below ``unit`` on ``day``: province bodies first, then by code."""
    return list(
        UnitVersion.objects.known_on(known)
        .valid_on(day)
        .filter(parent=unit.unit_id)
        .in_code_order()
    )


def unit_table(
    unit: UnitVersion,
    day: date,
    known: date | None = None,
    *,
    result: Figures | None = None,
) -> UnitTable:
    """Return the figures of ``unit`` by child unit, in code order; two statements.

    Own staff come first; "not placed" is a row of the root only and comes last. ``result`` are
    figures asked before, with a filter perhaps.
    """
    result = result or figures(unit, day, known)
    rows = [UnitRow(unit, result.own_staff, own_staff=True)]
    rows += [
        UnitRow(child, result.children.get(child.unit_id, Counts()))
        for child in children_of(unit, day, known)
    ]
    if result.is_root:
        rows.append(UnitRow(None, result.unplaced))
    return UnitTable(unit, result, tuple(rows))
