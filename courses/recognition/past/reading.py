"""From a workbook to rows: each with its values and what is wrong with it alone.

What the archive is, and whether anything in it hides from the eye (formulas, hidden rows and
columns, merged cells), is told by the scanner of the staff lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import IO, Any

from django.utils.translation import gettext_lazy as _

from lms.people.text import clean, fold
from lms.people.workbooks.cells import (
    BadCell,
    plain_number,
    read_code,
    read_day,
    read_name,
    shown,
    without_invisible,
)
from lms.people.workbooks.containers import open_container
from lms.people.workbooks.legacy_text import is_legacy
from lms.people.workbooks.refusals import FileRefused, text_of
from lms.people.workbooks.scanning import (
    Cell,
    SheetRow,
    column_letters,
    read_book,
    rows_of,
    scan_sheet,
)

SHEET = "Kết quả tập huấn"
REASON_TITLE = "Lý do"
HEAD_ROWS = 10
# A page is read while somebody waits for it; a longer list goes in parts.
MOST_ROWS = 5_000
MOST_PERIODS = 500
PASSED_OVER = {fold(title) for title in ("STT", "TT", "Số TT", REASON_TITLE)}

ROW_TEXTS = {
    "bad-periods": _("must be a whole number of periods from 1 to %(most)s: “%(value)s”"),
    "unknown-person": _("nobody has the staff code %(value)s"),
    "other-name": _("the staff code is that of somebody with another name"),
    "merged-person": _("this record was merged into %(value)s; use that code"),
    "unknown-course": _("no course of ours is called “%(value)s”"),
    "days-reversed": _("is a day before the first day"),
    "not-over": _("this day has not come yet"),
    "too-few-periods": _("the course needs at least %(needed)s periods"),
    "own": _("nobody recognises a training of her own"),
    "repeated": _("the same person, course and last day stand in row %(row)s already"),
    "taken-away": _("this recognition was taken away on %(day)s; hand the paper in singly"),
}


def read_periods(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and int(text) >= 1):
        raise BadCell("bad-periods", value=shown(text), most=MOST_PERIODS)
    if int(text) > MOST_PERIODS:
        raise BadCell("bad-periods", value=shown(text), most=MOST_PERIODS)
    return int(text)


def as_typed(text: str) -> str:
    return text


@dataclass(frozen=True)
class Column:
    """A column of the list; ``read`` is ``None`` for a day."""

    key: str
    title: str
    longest: int
    read: Callable[[str], Any] | None
    is_required: bool = True


COLUMNS = (
    Column("staff_code", "Mã cán bộ", 20, read_code),
    Column("full_name", "Họ và tên", 120, read_name),
    Column("course", "Khóa", 200, as_typed),
    Column("title", "Tên lớp", 200, as_typed, is_required=False),
    Column("organiser", "Đơn vị tổ chức", 200, as_typed),
    Column("first_day", "Từ ngày", 40, None),
    Column("last_day", "Đến ngày", 40, None),
    Column("periods", "Số tiết", 12, read_periods),
    Column("document_number", "Số quyết định hoặc danh sách lớp", 120, as_typed),
)
BY_TITLE = {fold(column.title): column for column in COLUMNS}


@dataclass(frozen=True)
class Why:
    """A reason against a row: the cell, a code of a table of texts, and the words it names."""

    cell: str
    code: str
    words: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"cell": self.cell, "code": self.code, "words": self.words}


def say(kept: dict[str, Any]) -> str:
    """Return a kept reason in the language of the reader, the cell in front."""
    own = ROW_TEXTS.get(kept["code"])
    if own is None:
        return text_of(kept)
    said = str(own) % kept["words"] if kept["words"] else str(own)
    return f"{kept['cell']}: {said}" if kept["cell"] else said[:1].upper() + said[1:]


@dataclass
class Row:
    """A row as typed: values by column, the text of its cells, and what is wrong alone."""

    number: int
    values: dict[str, Any]
    texts: dict[str, str]
    letters: dict[str, str]
    reasons: list[Why] = field(default_factory=list)

    def refuse(self, key: str, code: str, **words: Any) -> None:
        self.reasons.append(Why(f"{self.letters[key]}{self.number}", code, words))


def read_list(file: IO[bytes], *, today: date) -> list[Row]:
    """Return the rows of the list in ``file``. Raises :class:`FileRefused`."""
    with open_container(file) as container:
        book = read_book(container)
        named = [sheet for sheet in book.sheets if fold(sheet.name) == fold(SHEET)]
        chosen = (named or [sheet for sheet in book.sheets if not sheet.is_hidden])[:1]
        if not chosen:
            raise FileRefused("no-sheet")
        sheet = chosen[0]
        if sheet.is_hidden:
            raise FileRefused("hidden-sheet", sheet=sheet.name[:60])
        facts = scan_sheet(book, sheet)
        merged = facts.merged_rows()
        lines = rows_of(book, sheet)
        columns = find_header(lines, sheet.name, merged, facts.hides_column)
        found = []
        for line in lines:
            if not any(column in line.cells for column in columns):
                continue
            if len(found) == MOST_ROWS:
                raise FileRefused("too-many-rows", most=f"{MOST_ROWS:,}".replace(",", "."))
            found.append(
                read_row(
                    line,
                    columns,
                    merged.get(line.number, []),
                    starts_1904=book.starts_1904,
                    today=today,
                )
            )
    if not found:
        raise FileRefused("no-rows")
    return found


def find_header(
    lines: Iterator[SheetRow],
    sheet: str,
    merged: dict[int, list[tuple[int, int]]],
    hides: Callable[[int], bool],
) -> dict[int, Column]:
    """Return the column under each title; every required one once, none hidden, none merged."""
    needed = ", ".join(column.title for column in COLUMNS if column.is_required)
    for line in islice(lines, HEAD_ROWS):
        known = {
            number: column
            for number, cell in line.cells.items()
            if (column := BY_TITLE.get(fold(clean(cell.value).rstrip("* "))))
        }
        if len(known) < 2:
            continue
        missing = [c.title for c in COLUMNS if c.is_required and c not in known.values()]
        if missing:
            raise FileRefused("missing-columns", row=line.number, titles=", ".join(missing))
        check_header(line, known, merged, hides)
        return known
    raise FileRefused("no-header", sheet=sheet[:60], titles=needed)


def check_header(
    line: SheetRow,
    known: dict[int, Column],
    merged: dict[int, list[tuple[int, int]]],
    hides: Callable[[int], bool],
) -> None:
    seen = set()
    for number, cell in sorted(line.cells.items()):
        ref, title = f"{column_letters(number)}{line.number}", clean(cell.value)[:60]
        column = known.get(number)
        if column is None:
            if fold(title) not in PASSED_OVER:
                raise FileRefused("unknown-column", cell=ref, title=title)
            continue
        if column.key in seen:
            raise FileRefused("double-column", cell=ref, title=title)
        seen.add(column.key)
        if any(left <= number <= right for left, right in merged.get(line.number, [])):
            raise FileRefused("merged-header", cell=ref)
        if hides(number):
            raise FileRefused("hidden-column", column=column_letters(number), title=title)


def read_row(
    line: SheetRow,
    columns: dict[int, Column],
    merged: list[tuple[int, int]],
    *,
    starts_1904: bool,
    today: date,
) -> Row:
    """Read the cells of a row, each for itself."""
    letters = {column.key: column_letters(number) for number, column in columns.items()}
    row = Row(line.number, {}, {}, letters)
    if line.is_hidden:
        row.reasons.append(Why("", "hidden-row"))
    for number, column in columns.items():
        if any(left <= number <= right for left, right in merged):
            row.refuse(column.key, "merged")
        cell = line.cells.get(number)
        text = without_invisible(cell.value) if cell else ""
        row.texts[column.key] = text[:300]
        if cell is not None and cell.has_formula:
            row.refuse(column.key, "formula")
        elif cell is not None and cell.kind == "e":
            row.refuse(column.key, "error-value", value=shown(cell.value))
        elif not text:
            if column.is_required:
                row.refuse(column.key, "missing")
        else:
            take(row, column, cell, text, starts_1904=starts_1904, today=today)
    return row


def take(
    row: Row, column: Column, cell: Cell, text: str, *, starts_1904: bool, today: date
) -> None:
    """Read one filled cell into the row, or say why not."""
    try:
        if len(text) > column.longest:
            raise BadCell("too-long", longest=column.longest)
        if cell.kind == "s" and column.key != "course" and is_legacy(text):
            raise BadCell("legacy", value=shown(text))
        if column.read is None:
            day = read_day(cell, text, column.key, starts_1904=starts_1904, today=today)
            row.values[column.key] = day.isoformat()
            row.texts[column.key] = f"{day:%d/%m/%Y}"
        else:
            row.values[column.key] = column.read(plain_number(cell, text))
    except BadCell as bad:
        row.refuse(column.key, bad.code, **bad.words)
