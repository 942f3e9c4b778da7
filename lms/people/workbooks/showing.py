"""What the pages of an import show: tabs with counts, rows of a tab, people a row resembles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from lms.people.models import Posting, StaffImport, StaffImportRow, StaffMember
from lms.people.models.accounts import Role
from lms.people.models.imports import ImportStatus, RowStatus
from lms.people.scopes import Scope
from lms.people.units import names_on
from lms.people.workbooks.columns import BY_KEY
from lms.people.workbooks.places import EDITING_ROLES
from lms.people.workbooks.planning import NEW, SAME, SKIP
from lms.people.workbooks.refusals import text_of

PAGE_SIZE = 50
# Columns by which people recognise a row.
TOLD = ("birth_date", "work_phone", "work_email", "unit", "group", "valid_from")
# In the order in which they ask for attention.
TABS = (
    RowStatus.UNDECIDED,
    RowStatus.REFUSED,
    RowStatus.CHANGED,
    RowStatus.NEW,
    RowStatus.UNCHANGED,
)
STATES = {
    RowStatus.UNDECIDED: "late",
    RowStatus.REFUSED: "late",
    RowStatus.CHANGED: "now",
    RowStatus.NEW: "soon",
    RowStatus.UNCHANGED: "done",
}


def visible_imports(scope: Scope) -> QuerySet[StaffImport]:
    """Return the imports the asker may open: her own, of the manager all; else none."""
    if not scope.has_role(*EDITING_ROLES):
        return StaffImport.objects.none()
    kept = StaffImport.objects.exclude(status=ImportStatus.DISCARDED).select_related(
        "created_by__staff", "batch"
    )
    if scope.has_role(Role.PROVINCE_MANAGER):
        return kept
    return kept.filter(created_by=scope.user_id)


@dataclass(frozen=True)
class Tab:
    status: str
    label: str
    count: int
    is_current: bool


@dataclass(frozen=True)
class Change:
    column: str
    old: str
    new: str


@dataclass(frozen=True)
class Candidate:
    """Somebody a row resembles: what to send, and how to tell her from the row."""

    choice: str
    label: str
    about: str
    is_chosen: bool


@dataclass(frozen=True)
class ShownRow:
    number: int
    name: str
    code: str
    status: str
    label: str
    state: str
    reasons: list[str]
    notices: list[str]
    changes: list[Change]
    about: str = ""
    choices: list[Candidate] = field(default_factory=list)


def tabs_of(staff_import: StaffImport, wanted: str) -> list[Tab]:
    """Return the tabs; the current one is the wanted, else the first that is not empty."""
    counts = staff_import.counts
    filled = [status for status in TABS if counts.get(status)]
    current = wanted if wanted in RowStatus.values else (filled or [RowStatus.NEW])[0]
    return [
        Tab(status.value, status.label, counts.get(status, 0), status == current) for status in TABS
    ]


def rows_page(
    staff_import: StaffImport, status: str, *, after: int, day: date
) -> tuple[list[ShownRow], int | None]:
    """Return a page of the rows of a tab and the number to go on after; four queries at most."""
    found = list(
        staff_import.rows.filter(status=status, number__gt=after)
        .select_related("person")
        .order_by("number")[: PAGE_SIZE + 1]
    )
    page = found[:PAGE_SIZE]
    people = candidates_of(page, day)
    shown = [shown_row(row, people) for row in page]
    return shown, page[-1].number if len(found) > PAGE_SIZE else None


def shown_row(row: StaffImportRow, people: dict[int, tuple[str, str]]) -> ShownRow:
    status = RowStatus(row.status)
    return ShownRow(
        number=row.number,
        name=row.cells.get("full_name") or (row.person.full_name if row.person else ""),
        code=row.person.staff_code if row.person else row.cells.get("staff_code", ""),
        status=status.value,
        label=str(status.label),
        state=STATES[status],
        reasons=[text_of(each) for each in row.reasons],
        notices=[text_of(each) for each in row.notices],
        changes=[
            Change(BY_KEY[key].title, said(old), said(new))
            for key, old, new in row.changes
            if key in BY_KEY
        ],
        about=about_row(row),
        choices=choices_of(row, people),
    )


def about_row(row: StaffImportRow) -> str:
    """Return what a refused or undecided row says, as it was typed."""
    if row.status not in (RowStatus.REFUSED, RowStatus.UNDECIDED):
        return ""
    return " · ".join(row.cells[key] for key in TOLD if row.cells.get(key))


def said(value: Any) -> str:
    """Return a kept value as people read it."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, str) and len(value) == 10 and value[4:5] == "-" and value[7:8] == "-":
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    return str(value) or "—"


def choices_of(row: StaffImportRow, people: dict[int, tuple[str, str]]) -> list[Candidate]:
    """Return the answers to a likely duplicate: each person, somebody new, not now."""
    if not row.candidates:
        return []
    chosen = row.decision.get("choice")
    found = [
        Candidate(
            f"{SAME}-{pk}",
            _("It is %(name)s") % {"name": people[pk][0]},
            people[pk][1],
            chosen == SAME and row.decision.get("person") == pk,
        )
        for pk in row.candidates
        if pk in people
    ]
    new = Candidate(NEW, _("It is somebody else: add her as a new person"), "", chosen == NEW)
    skip = Candidate(SKIP, _("Set the row aside"), "", chosen == SKIP)
    return [*found, new, skip]


def candidates_of(rows: list[StaffImportRow], day: date) -> dict[int, tuple[str, str]]:
    """Return name with code, and unit with birth, of the people the rows resemble."""
    keys = {pk for row in rows for pk in row.candidates}
    if not keys:
        return {}
    postings = {
        each.person_id: each
        for each in Posting.objects.current().valid_on(day).filter(person__in=keys, is_primary=True)
    }
    units = names_on([each.unit_id for each in postings.values()], day)
    found = {}
    for person in StaffMember.objects.filter(pk__in=keys, erased_at=None):
        posting = postings.get(person.pk)
        unit = units.get(posting.unit_id) if posting else None
        about = [
            unit.full_name if unit else "",
            f"{person.birth_date:%d/%m/%Y}" if person.birth_date else "",
            person.work_phone,
            person.work_email,
        ]
        found[person.pk] = (
            f"{person.full_name} ({person.staff_code})",
            " · ".join(part for part in about if part),
        )
    return found


def progress_percent(staff_import: StaffImport) -> int | None:
    """Return how far the reading is in percent, ``None`` before it began."""
    if not staff_import.total_count:
        return None
    return min(100, 100 * staff_import.done_count // staff_import.total_count)
