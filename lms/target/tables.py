"""The rows of a table by unit: names and codes beside the figures, in one of two orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from lms.people.days import FAR
from lms.people.models import UnitPath, UnitVersion
from lms.target.figures import Counts, Figures, figures
from lms.target.figures.sql import UNPLACED


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


def family_of(
    unit: UnitVersion, day: date, known: date | None = None
) -> tuple[list[UnitVersion], list[UnitVersion]]:
    """Return what is above ``unit`` on ``day``, root first and itself last, and what is below.

    One query; below in the order of :func:`children_of`.
    """
    seen = Q(known_to=FAR) if known is None else Q(known_from__lte=known, known_to__gt=known)
    above = UnitPath.objects.filter(
        seen, unit=unit.unit_id, valid_from__lte=day, valid_to__gt=day
    ).values("ancestor_id")
    versions = list(
        UnitVersion.objects.known_on(known)
        .valid_on(day)
        .filter(Q(parent=unit.unit_id) | Q(unit__in=above))
        .in_code_order()
    )
    by_unit = {version.unit_id: version for version in versions}
    trail = [by_unit.get(unit.unit_id, unit)]
    while (parent := by_unit.get(trail[0].parent_id)) is not None:
        trail.insert(0, parent)
    return trail, [version for version in versions if version.parent_id == unit.unit_id]


def row_label(unit: UnitVersion | None, own_staff: bool) -> str:
    """Return what a row is called: a unit below, the unit's own staff, or people placed nowhere."""
    if unit is None:
        return _("Not placed in a unit yet")
    if own_staff:
        return _("%(unit)s (own staff)") % {"unit": unit.full_name}
    return unit.full_name


def labels_of(root: UnitVersion, day: date) -> list[tuple[int, str]]:
    """Return the rows of the province's table with their labels, own staff first; one query."""
    below = [(child.unit_id, row_label(child, False)) for child in children_of(root, day, None)]
    own = (root.unit_id, row_label(root, True))
    return [own, *below, (UNPLACED, row_label(None, False))]


def unit_table(
    unit: UnitVersion,
    day: date,
    known: date | None = None,
    *,
    result: Figures | None = None,
    children: list[UnitVersion] | None = None,
) -> UnitTable:
    """Return the figures of ``unit`` by child unit, in code order; two statements.

    Own staff come first; "not placed" is a row of the root only and comes last. ``result`` are
    figures asked before, with a filter perhaps, ``children`` what :func:`children_of` would find.
    """
    if children is None:
        children = children_of(unit, day, known)
    result = result or figures(unit, day, known)
    rows = [UnitRow(unit, result.own_staff, own_staff=True)]
    rows += [UnitRow(child, result.children.get(child.unit_id, Counts())) for child in children]
    if result.is_root:
        rows.append(UnitRow(None, result.unplaced))
    return UnitTable(unit, result, tuple(rows))
