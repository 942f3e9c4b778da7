"""Workbooks made for tests: good ones by openpyxl, bad ones by editing the parts of the archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

from openpyxl import Workbook, load_workbook

from lms.people.workbooks.columns import COLUMNS, SHEET

TITLES = [column.title for column in COLUMNS]
KEYS = [column.key for column in COLUMNS]
SHEET_PART = "xl/worksheets/sheet1.xml"


def row_of(**values: Any) -> list[Any]:
    """A row of the template; columns that are not named stay empty."""
    assert set(values) <= set(KEYS)
    return [values.get(key) for key in KEYS]


def newcomer(**values: Any) -> list[Any]:
    """A row that brings a new person of the commune 20626."""
    return row_of(
        **{
            "full_name": "Đinh Thị Mới",
            "unit": "20626 – Xã Duy Phước",
            "group": "xa_ldtbxh",
            "valid_from": date(2024, 3, 5),
        }
        | values
    )


def book_of(
    *rows: list[Any], titles: list[str] | None = None, change: Callable[[Any], None] | None = None
) -> io.BytesIO:
    """A workbook with these rows; ``change`` gets the sheet before it is saved."""
    book = Workbook()
    page = book.active
    page.title = SHEET
    page.append(TITLES if titles is None else titles)
    for row in rows:
        page.append(row)
    if change is not None:
        change(page)
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def edited(file: io.BytesIO, part: str, change: Callable[[str], str]) -> io.BytesIO:
    """The same archive with one part changed as text."""
    return rebuilt(file, {part: change})


def rebuilt(
    file: io.BytesIO,
    changes: dict[str, Callable[[str], str]] | None = None,
    added: dict[str, bytes] | None = None,
) -> io.BytesIO:
    found = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            if changes and name in changes:
                body = changes[name](body.decode("utf-8")).encode("utf-8")
            new.writestr(name, body)
        for name, body in (added or {}).items():
            new.writestr(name, body)
    found.seek(0)
    return found


def rows_in(content: bytes) -> list[list[Any]]:
    """The values of the first sheet, by openpyxl: another reader than ours."""
    page = load_workbook(io.BytesIO(content)).worksheets[0]
    return [list(row) for row in page.iter_rows(values_only=True)]
