"""The preview of an import: rows kept as read, planned, and planned again over newer records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from lms.people.models import StaffImport, StaffImportRow, User
from lms.people.models.accounts import Role
from lms.people.models.imports import RowStatus
from lms.people.scopes import Scope, scope_of
from lms.people.workbooks.duties import first_day_of
from lms.people.workbooks.places import EDITING_ROLES
from lms.people.workbooks.planning import Decision, PlannedRow, plan_rows
from lms.people.workbooks.reading import TypedRow
from lms.people.workbooks.refusals import Reason

ROWS_AT_ONCE = 1_000


def editing_scope(user: User, day: date | None = None) -> Scope:
    """Return what ``user`` may change of the staff: her editing roles alone."""
    scope = scope_of(user, day)
    roles = tuple(each for each in scope.assignments if each[0] in EDITING_ROLES)
    return Scope(scope.user_id, scope.person_id, scope.day, roles)


def scope_for(staff_import: StaffImport, day: date) -> Scope:
    """Return the scope in which the rows of an import are read, on ``day``."""
    return scope_within(staff_import.created_by, staff_import.unit_id, day)


def scope_within(user: User | None, unit_id: int | None, day: date) -> Scope:
    """Return the scope of ``user`` (``None``: of the whole portal), narrowed to a unit if given."""
    if unit_id is not None:
        return Scope(user and user.pk, None, day, ((Role.DISTRICT_FOCAL.value, unit_id),))
    if user is None:
        return Scope(None, None, day, ((Role.PROVINCE_MANAGER.value, 0),))
    return editing_scope(user, day)


# Rows -----------------------------------------------------------------------------------------
def write_rows(staff_import: StaffImport, planned: Iterable[PlannedRow]) -> None:
    """Keep the planned rows as the preview, with their counts; the caller saves the import."""
    counts = dict.fromkeys(RowStatus.values, 0)
    batch: list[StaffImportRow] = []
    days = []
    for each in planned:
        counts[str(each.status)] += 1
        if day := first_day_of(each.plan):
            days.append(day)
        batch.append(kept_row(staff_import, each))
        if len(batch) == ROWS_AT_ONCE:
            StaffImportRow.objects.bulk_create(batch)
            batch = []
    StaffImportRow.objects.bulk_create(batch)
    staff_import.counts, staff_import.first_day = counts, min(days, default=None)


def kept_row(staff_import: StaffImport, each: PlannedRow) -> StaffImportRow:
    row = each.row
    return StaffImportRow(
        staff_import=staff_import,
        number=row.number,
        cells=row.cells,
        values=row.values,
        faults=[one.as_json() for one in row.reasons],
        notices=[one.as_json() for one in row.notices],
        **verdict_of(each),
    )


def verdict_of(each: PlannedRow) -> dict[str, Any]:
    """Return the columns of a kept row that a new planning may change."""
    return {
        "status": str(each.status),
        "person_id": each.person_id,
        "reasons": [one.as_json() for one in each.reasons],
        "changes": each.changes,
        "plan": each.plan,
        "candidates": each.candidates,
    }


def typed_of(kept: StaffImportRow, *, with_cells: bool = True) -> TypedRow:
    """Return a kept row as it was read; its cells matter only where it is kept again."""
    return TypedRow(
        kept.number,
        kept.values,
        kept.cells if with_cells else {},
        [Reason(f["code"], f["cell"], tuple(sorted(f["words"].items()))) for f in kept.faults],
    )


def decisions_of(rows: Iterable[StaffImportRow]) -> dict[int, Decision]:
    return {
        row.number: Decision(row.decision["choice"], row.decision.get("person"))
        for row in rows
        if row.decision
    }


def planned_again(
    staff_import: StaffImport, rows: list[StaffImportRow], day: date, *, with_cells: bool = True
) -> list[PlannedRow]:
    """Plan kept rows over the records as they are now."""
    return plan_rows(
        [typed_of(row, with_cells=with_cells) for row in rows],
        staff_import.letters,
        scope_for(staff_import, day),
        decisions=decisions_of(rows),
    )


def count_rows(staff_import: StaffImport) -> dict[str, int]:
    counts = dict.fromkeys(RowStatus.values, 0)
    for status in staff_import.rows.values_list("status", flat=True).iterator():
        counts[status] += 1
    return counts
