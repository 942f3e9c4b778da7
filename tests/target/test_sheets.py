"""Tables as files: any length, no formula, numbers that are numbers."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from lms.target import sheets
from lms.target.sheets import Sheet, csv_lines, respond, xlsx_parts

# A response tells the database that the request is over.
pytestmark = pytest.mark.django_db

ROWS = [[1, "Hồ Thị Ánh", Decimal("57.1"), date(2024, 6, 30), None], [1234, "=1+1", None, None, 0]]
COLUMNS = ["STT", "Họ tên", "Tỷ lệ", "Ngày", "Ghi chú"]


def make_sheet(rows=ROWS, **fields) -> Sheet:
    return Sheet("bang", "Bảng thử", "Xã Ba · 30/06/2024", COLUMNS, rows, **fields)


def open_book(sheet: Sheet):
    return load_workbook(io.BytesIO(b"".join(xlsx_parts(sheet))))


def test_csv_has_a_mark_semicolons_and_decimal_commas():
    assert "".join(csv_lines(make_sheet())) == (
        "\ufeffSTT;Họ tên;Tỷ lệ;Ngày;Ghi chú\r\n1;Hồ Thị Ánh;57,1;30/06/2024;\r\n1234;'=1+1;;;0\r\n"
    )


def test_workbook_keeps_types_and_its_head_in_sight():
    page = open_book(make_sheet()).active
    assert page.freeze_panes == "A4"
    assert [cell.value for cell in page[3]] == COLUMNS
    assert [cell.data_type for cell in page[4]] == ["n", "s", "n", "d", "n"]
    assert (page["C4"].number_format, page["D4"].number_format) == ("0.0", "dd/mm/yyyy")
    assert (page["B5"].value, page["B5"].data_type) == ("'=1+1", "s")


@pytest.mark.parametrize("form", sheets.FORMS)
def test_download_says_what_it_is(form):
    response = respond(make_sheet(), form)
    assert response.streaming
    assert response["Content-Type"] == sheets.CONTENT_TYPES[form]
    assert response["Content-Disposition"] == f'attachment; filename="bang.{form}"'
    assert response.getvalue()


@pytest.mark.parametrize("form", sheets.FORMS)
def test_rows_are_made_while_they_are_written(form):
    """Fifty thousand rows take no more memory than a few."""

    def many(count: int) -> Iterator[list]:
        for number in range(count):
            yield [number, f"Nguyễn Văn {number}", None, None, None]

    def peak(count: int) -> int:
        sheet = make_sheet(many(count), widths=[8] * len(COLUMNS))
        tracemalloc.start()
        response = respond(sheet, form)
        for _part in response.streaming_content:
            pass
        response.close()
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(100)
    assert peak(20_000) < peak(1_000) + 1_000_000


def test_what_excel_cannot_hold_on_one_page_goes_on_on_the_next(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 5)
    rows = [[number, "Hồ Thị Ánh", None, None, None] for number in range(5)]
    book = open_book(make_sheet(rows))
    assert book.sheetnames == ["bang", "bang-2", "bang-3"]
    found = [[row[0].value for row in page.iter_rows(min_row=4)] for page in book]
    assert found == [[0, 1], [2, 3], [4]]
    assert [page["A3"].value for page in book] == ["STT"] * 3
