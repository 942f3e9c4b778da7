"""Tables as files: CSV for office programs set to Vietnamese, XLSX with real numbers.

A cell that begins like a formula is never one: spreadsheets would run what somebody typed as a
name. Rows may be made while they are written, so a table of any length needs no memory.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any

from django.http import StreamingHttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

FORMS = ("csv", "xlsx")
BOM = "\ufeff"
# What Excel, LibreOffice and their kin take for the start of a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
MOST_WIDE = 60
# A sheet of Excel ends here.
MOST_ROWS = 1_048_576
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Title, what it is about, and the names of the columns stay in sight.
HEAD_ROWS = 3
PART_BYTES = 64 * 1024


@dataclass
class Sheet:
    """A table: its file name, a title, what it is about, columns and rows of plain values.

    ``rows`` may be a generator; its cells are then at most as wide as ``widths`` says.
    """

    slug: str
    title: str
    about: str
    columns: list[str]
    rows: Any = field(default_factory=list)
    widths: list[int] | None = None


def safe_text(text: str) -> str:
    """Return ``text`` such that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def respond(sheet: Sheet, form: str) -> StreamingHttpResponse:
    """Return ``sheet`` as a download in ``form``, one of :data:`FORMS`; it is never held whole."""
    parts = {"csv": csv_lines, "xlsx": xlsx_parts}[form](sheet)
    response = StreamingHttpResponse(parts, content_type=CONTENT_TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{sheet.slug}.{form}"'
    response["X-Robots-Tag"] = "noindex"
    return response


def csv_cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case date():
            return f"{value:%d/%m/%Y}"
        case Decimal():
            return f"{value:.1f}".replace(".", ",")
        case int():
            return str(value)
        case _:
            return safe_text(str(value))


class Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(sheet: Sheet) -> Iterator[str]:
    """UTF-8 with BOM, semicolons, decimal comma: a Vietnamese Excel opens it by a double click."""
    writer = csv.writer(Echo(), delimiter=";", lineterminator="\r\n")
    yield BOM + writer.writerow(sheet.columns)
    for row in sheet.rows:
        yield writer.writerow([csv_cell(value) for value in row])


def xlsx_parts(sheet: Sheet) -> Iterator[bytes]:
    """A workbook with numbers as numbers, days as days, a bold header that stays in sight.

    Rows go to the disk as they come; what does not fit one sheet goes on in the next.
    """
    book = Workbook(write_only=True)
    sizes = sheet.widths or widths(sheet)
    page, number = begin_page(book, sheet, sizes), HEAD_ROWS
    for row in sheet.rows:
        if number == MOST_ROWS:
            page, number = begin_page(book, sheet, sizes), HEAD_ROWS
        page.append([xlsx_cell(page, value) for value in row])
        number += 1
    with TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while part := file.read(PART_BYTES):
            yield part


def begin_page(book: Workbook, sheet: Sheet, sizes: list[int]) -> Any:
    """Add a page with its head; the second and later ones carry their number."""
    count = len(book.sheetnames)
    page = book.create_sheet(f"{sheet.slug[:25]}-{count + 1}" if count else sheet.slug[:31])
    page.freeze_panes = f"A{HEAD_ROWS + 1}"
    for index, width in enumerate(sizes, start=1):
        page.column_dimensions[get_column_letter(index)].width = width
    page.append([text_cell(page, sheet.title, bold=True)])
    page.append([text_cell(page, sheet.about)])
    page.append([text_cell(page, column, bold=True) for column in sheet.columns])
    return page


def widths(sheet: Sheet) -> list[int]:
    """Return a width for each column, from rows that are all there."""
    columns: Iterable[tuple[Any, ...]] = zip(sheet.columns, *sheet.rows, strict=True)
    return [min(MOST_WIDE, max(len(csv_cell(value)) for value in column) + 2) for column in columns]


def text_cell(page: Any, text: str, *, bold: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, value=safe_text(text))
    # Said outright: openpyxl would take a text that begins with "=" for a formula.
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell


def xlsx_cell(page: Any, value: Any) -> WriteOnlyCell | None:
    match value:
        case None:
            return None
        case date():
            cell = WriteOnlyCell(page, value=value)
            cell.number_format = "dd/mm/yyyy"
        case Decimal():
            cell = WriteOnlyCell(page, value=value)
            cell.number_format = "0.0"
        case int():
            cell = WriteOnlyCell(page, value=value)
        case _:
            cell = text_cell(page, str(value))
    return cell
