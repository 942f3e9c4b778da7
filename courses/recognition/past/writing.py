"""Workbooks of past training: the empty one to fill in, and the refused rows with their reasons.

No cell is ever a formula, whatever was typed into it.
"""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from content.models import CoursePage
from courses.models import CompletionList
from courses.models.recognition import ListRowStatus
from courses.recognition.past.reading import COLUMNS, REASON_TITLE, SHEET, say

GUIDE, LISTS = "Hướng dẫn", "Danh mục"
OPEN_ROWS = 1_000
WIDTHS = {"full_name": 26, "course": 34, "title": 30, "organiser": 30, "document_number": 30}
HEADER_FILL = PatternFill("solid", fgColor="FFECB84D")
GUIDE_LINES = (
    "Mỗi dòng là một cán bộ và một khóa đã được tập huấn trước khi có cổng hoặc ở nơi khác.",
    "Mã cán bộ: như trong danh sách cán bộ của cổng. Họ và tên phải khớp với mã.",
    "Khóa: chọn trong danh mục; có thể ghi số thứ tự của khóa.",
    "Tên lớp: như trên quyết định; để trống thì lấy tên khóa.",
    "Từ ngày, Đến ngày: ngày đầu và ngày cuối của lớp. Kết quả tính từ ngày cuối.",
    "Số tiết: tổng số tiết của lớp, một tiết là 45 phút. Phải đạt tỷ lệ tối thiểu của khóa.",
    "Số quyết định hoặc danh sách lớp: văn bản gốc do đơn vị lưu giữ.",
    "Không dùng công thức, không gộp ô, không ẩn dòng hoặc cột. Tối đa 5.000 dòng mỗi tệp.",
    "Cổng cho xem trước từng dòng; chưa có gì được tính cho đến khi bấm ghi nhận.",
)


def template() -> bytes:
    """Return the empty workbook with the courses to choose from."""
    book = Workbook()
    page = book.active
    page.title = SHEET
    write_titles(page, [column.title for column in COLUMNS])
    courses = list(CoursePage.objects.live().order_by("number", "pk"))
    lists = book.create_sheet(LISTS)
    for course in courses:
        add_row(lists, [course.title])
    letter = get_column_letter(1 + [column.key for column in COLUMNS].index("course"))
    if courses:
        choice = DataValidation(
            "list", formula1=f"'{LISTS}'!$A$1:$A${len(courses)}", allow_blank=True
        )
        choice.add(f"{letter}2:{letter}{OPEN_ROWS}")
        page.add_data_validation(choice)
    for column in page.iter_cols(min_row=2, max_row=OPEN_ROWS, max_col=len(COLUMNS)):
        key = COLUMNS[column[0].column - 1].key
        for cell in column if key in ("first_day", "last_day", "staff_code") else ():
            cell.number_format = "@" if key == "staff_code" else "dd/mm/yyyy"
    guide = book.create_sheet(GUIDE)
    for line in GUIDE_LINES:
        add_row(guide, [line])
    guide.column_dimensions["A"].width = 100
    return bytes_of(book)


def refused(kept: CompletionList) -> bytes:
    """Return the refused rows as they were typed, each with its reasons beside it."""
    book = Workbook()
    page = book.active
    page.title = SHEET
    write_titles(page, [*(column.title for column in COLUMNS), REASON_TITLE])
    for row in kept.rows:
        if row["status"] != ListRowStatus.REFUSED:
            continue
        said = "; ".join(say(why) for why in row["why"])
        add_row(page, [*(value_of(row, column.key) for column in COLUMNS), said])
    page.column_dimensions[get_column_letter(len(COLUMNS) + 1)].width = 60
    return bytes_of(book)


def value_of(row: dict[str, Any], key: str) -> Any:
    """Return a day as a day, a number as a number, everything else as it was typed."""
    value = row["values"].get(key)
    if key in ("first_day", "last_day") and value:
        return date.fromisoformat(value)
    return value if isinstance(value, int) else row["texts"].get(key, "")


def write_titles(page: Worksheet, titles: list[str]) -> None:
    add_row(page, titles)
    for cell in page[1]:
        cell.font, cell.fill = Font(bold=True), HEADER_FILL
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    for number, column in enumerate(COLUMNS, start=1):
        page.column_dimensions[get_column_letter(number)].width = WIDTHS.get(column.key, 14)
    page.freeze_panes = "A2"


def add_row(page: Worksheet, values: list[Any]) -> None:
    page.append(values)
    for cell, value in zip(page[page.max_row], values, strict=True):
        if isinstance(value, str):
            cell.data_type = "s"  # "=…" stays what it is: a text
        elif isinstance(value, date):
            cell.number_format = "dd/mm/yyyy"


def bytes_of(book: Workbook) -> bytes:
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
