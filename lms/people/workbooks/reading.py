"""From a file to rows: which sheet, which columns, and each row as far as it can be read alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import IO, Any

from lms.people.text import clean, fold
from lms.people.workbooks.cells import read_cell
from lms.people.workbooks.columns import BY_TITLE, COLUMNS, REASON_TITLE, SHEET, Column, Kind
from lms.people.workbooks.containers import open_container
from lms.people.workbooks.refusals import MOST_ROWS, FileRefused, Reason, reason
from lms.people.workbooks.scanning import (
    Book,
    Cell,
    SheetFacts,
    SheetPart,
    SheetRow,
    column_letters,
    read_book,
    rows_of,
    scan_sheet,
)

HEAD_ROWS = 10
# Columns of people's own lists that say nothing about a person.
PASSED_OVER = {fold(title) for title in ("STT", "TT", "Số TT", REASON_TITLE)}
STEP_ROWS = 500
# Called with the rows read so far and the rows there are.
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class TypedRow:
    """A row as it was typed: values by column, what stands in the file, and what is wrong alone."""

    number: int
    values: dict[str, Any]
    cells: dict[str, str]
    reasons: list[Reason] = field(default_factory=list)
    notices: list[Reason] = field(default_factory=list)

    def ref(self, key: str, letters: dict[str, str]) -> str:
        """Return the cell of a column in this row, "" if the file has no such column."""
        return f"{letters[key]}{self.number}" if key in letters else ""


@dataclass
class Reading:
    """A file read to its end: its rows, where its columns stand, and notices about it."""

    rows: list[TypedRow]
    letters: dict[str, str]
    notices: list[Reason]


def read_file(file: IO[bytes], *, today: date, progress: Progress | None = None) -> Reading:
    """Read the list of staff in ``file``. Raises :class:`FileRefused`; nothing else."""
    with open_container(file) as container:
        book = read_book(container)
        sheet = choose_sheet(book)
        facts = scan_sheet(book, sheet)
        rows = rows_of(book, sheet)
        header_row, columns = find_header(rows, sheet, facts)
        merged = facts.merged_rows()
        found: list[TypedRow] = []
        for row in rows:
            # Only what stands in a known column: notes beside the list are nobody's data.
            if not any(column in row.cells for column in columns):
                continue
            if len(found) == MOST_ROWS:
                raise FileRefused("too-many-rows", most=f"{MOST_ROWS:,}".replace(",", "."))
            found.append(
                read_row(row, columns, merged.get(row.number, []), book.starts_1904, today=today)
            )
            if progress is not None and len(found) % STEP_ROWS == 0:
                progress(len(found), max(facts.row_count - header_row, len(found)))
    if not found:
        raise FileRefused("no-rows")
    letters = {column.key: column_letters(number) for number, column in columns.items()}
    return Reading(found, letters, notices_of(book, sheet))


def choose_sheet(book: Book) -> SheetPart:
    """Return the sheet with the title of the prefilled workbook, else the first one in sight."""
    named = [sheet for sheet in book.sheets if fold(sheet.name) == fold(SHEET)]
    visible = [sheet for sheet in book.sheets if not sheet.is_hidden]
    if named and named[0].is_hidden:
        raise FileRefused("hidden-sheet", sheet=named[0].name[:60])
    chosen = (named or visible)[:1]
    if not chosen:
        raise FileRefused("no-sheet")
    return chosen[0]


def notices_of(book: Book, sheet: SheetPart) -> list[Reason]:
    """Say which sheets were not read, unless they are those of our own workbook."""
    ours = {fold("Hướng dẫn"), fold("Danh mục")}
    others = [
        each.name[:60]
        for each in book.sheets
        if each is not sheet and (fold(each.name) not in ours or each.is_hidden)
    ]
    if not others:
        return []
    return [reason("other-sheets", sheet=sheet.name[:60], others=", ".join(others[:20]))]


def find_header(
    rows: Iterator[SheetRow], sheet: SheetPart, facts: SheetFacts
) -> tuple[int, dict[int, Column]]:
    """Return the row of the titles and the column under each. Raises :class:`FileRefused`."""
    needed = ", ".join(column.title for column in COLUMNS if column.is_required)
    for row in islice(rows, HEAD_ROWS):
        if row.number > HEAD_ROWS * 3:
            break
        known = {n: c for n, cell in row.cells.items() if (c := column_of(cell)) is not None}
        if len(known) >= 2:
            check_header(row, known, facts)
            return row.number, known
    raise FileRefused("no-header", sheet=sheet.name[:60], titles=needed)


def column_of(cell: Cell) -> Column | None:
    """Return the column whose title stands in the cell."""
    title = clean(cell.value).rstrip("* ")
    return BY_TITLE.get(fold(title)) if cell.kind == "s" else None


def check_header(row: SheetRow, known: dict[int, Column], facts: SheetFacts) -> None:
    """Refuse a row of titles that leaves any doubt about what stands below it."""
    missing = [
        column.title for column in COLUMNS if column.is_required and column not in known.values()
    ]
    if missing:
        raise FileRefused("missing-columns", row=row.number, titles=", ".join(missing))
    seen: set[str] = set()
    merged = facts.merged_rows().get(row.number, [])
    for number, cell in sorted(row.cells.items()):
        ref = f"{column_letters(number)}{row.number}"
        title = clean(cell.value)[:60]
        column = known.get(number)
        if column is None:
            if fold(title) not in PASSED_OVER:
                raise FileRefused("unknown-column", cell=ref, title=title)
            continue
        if column.key in seen:
            raise FileRefused("double-column", cell=ref, title=title)
        seen.add(column.key)
        if any(left <= number <= right for left, right in merged):
            raise FileRefused("merged-header", cell=ref)
        if facts.hides_column(number):
            raise FileRefused("hidden-column", column=column_letters(number), title=title)


def read_row(
    row: SheetRow,
    columns: dict[int, Column],
    merged: list[tuple[int, int]],
    starts_1904: bool,
    *,
    today: date,
) -> TypedRow:
    """Read the cells of a row, each for itself."""
    typed = TypedRow(row.number, {}, {})
    if row.is_hidden:
        typed.reasons.append(reason("hidden-row"))
    for number, column in columns.items():
        ref = f"{column_letters(number)}{row.number}"
        if any(left <= number <= right for left, right in merged):
            typed.reasons.append(reason("merged", ref))
        cell = row.cells.get(number)
        if cell is None:
            continue
        value, reasons, notices = read_cell(cell, column, ref, starts_1904=starts_1904, today=today)
        typed.cells[column.key] = cell_text(cell, value, column)
        typed.reasons += reasons
        typed.notices += notices
        if value is not None:
            typed.values[column.key] = value
    code = next((n for n, column in columns.items() if column.key == "staff_code"), None)
    if code in row.cells and row.cells[code].kind == "n":
        # A number may have lost its zeros; whether it did is known once people are matched.
        typed.values["code_is_number"] = True
    return typed


def cell_text(cell: Cell, value: Any, column: Column) -> str:
    """Return what to write beside a reason: the day of a serial number, else the text itself."""
    if column.kind == Kind.DAY and isinstance(value, str) and len(value) == 10:
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    return "" if cell.has_formula and not cell.value else clean(cell.value)[:300]
