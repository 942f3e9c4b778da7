"""Tables as files: CSV for office programs set to Vietnamese, XLSX with real numbers.

A cell that begins like a formula is never one: spreadsheets would run what somebody typed as a
name.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from content.models import CoursePage
from lms.people.models import PositionGroup
from lms.target.dashboard import SMALL_UNIT, Asked
from lms.target.figures import Counts, CourseCounts, figures, trend
from lms.target.lists import People
from lms.target.tables import unit_table

FORMS = ("csv", "xlsx")
BOM = "\ufeff"
# What Excel, LibreOffice and their kin take for the start of a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
MOST_WIDE = 60
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass
class Sheet:
    """A table: its file name, a title, what it is about, columns and rows of plain values."""

    slug: str
    title: str
    about: str
    columns: list[str]
    rows: list[list[Any]] = field(default_factory=list)


def safe_text(text: str) -> str:
    """Return ``text`` such that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def about(asked: Asked) -> str:
    parts = [
        asked.unit.full_name,
        _("as of %(day)s") % {"day": f"{asked.day:%d/%m/%Y}"},
    ]
    if asked.group:
        parts.append(asked.group.label)
    if asked.course:
        parts.append(asked.course.short_title)
    return " · ".join(parts)


def kept_rate(counts: Counts | CourseCounts, whole: int, *, small: bool) -> Decimal | None:
    """Return the rate, ``None`` for fewer than five people outside the department."""
    return counts.rate if small or whole >= SMALL_UNIT else None


def count_columns() -> list[str]:
    return [
        _("Staff in the target"),
        _("Trained"),
        _("Rate (%)"),
        _("Trained this year"),
        _("In progress"),
        _("Has not started"),
        _("Needs retraining"),
        _("Newly assigned"),
        _("On long leave (not counted)"),
    ]


def count_cells(counts: Counts, *, small: bool) -> list[Any]:
    return [
        counts.denominator,
        counts.numerator,
        kept_rate(counts, counts.denominator, small=small),
        counts.in_year,
        counts.in_progress,
        counts.not_started,
        counts.needs_retraining,
        counts.newly_assigned,
        counts.on_leave,
    ]


def units_sheet(asked: Asked, *, groups: Any, courses: Any, small: bool) -> Sheet:
    """The report's table: own staff, province bodies and units in code order, then the total."""
    result = figures(asked.unit, asked.day, course_mask=asked.course_mask, group_id=asked.group_id)
    table = unit_table(asked.unit, asked.day, result=result)
    sheet = Sheet(
        "don-vi",
        _("Training progress by unit"),
        about(asked),
        [_("No."), _("Code"), _("Unit"), *count_columns()],
    )
    for number, row in enumerate(table.rows, start=1):
        name = row.unit.full_name if row.unit else _("Not placed in a unit yet")
        if row.own_staff:
            name = _("%(unit)s (own staff)") % {"unit": name}
        sheet.rows.append([number, row.code or "", name, *count_cells(row.counts, small=small)])
    sheet.rows.append([None, asked.unit.code, _("Total"), *count_cells(result.total, small=small)])
    return sheet


def groups_sheet(asked: Asked, *, groups: list[PositionGroup], courses: Any, small: bool) -> Sheet:
    result = figures(asked.unit, asked.day, course_mask=asked.course_mask, group_id=asked.group_id)
    sheet = Sheet(
        "nhom-vi-tri",
        _("Training progress by position group"),
        about(asked),
        [_("No."), _("Position group"), *count_columns()],
    )
    for number, group in enumerate(groups, start=1):
        counts = result.groups.get(group.pk, Counts())
        sheet.rows.append([number, group.name, *count_cells(counts, small=small)])
    sheet.rows.append([None, _("Total"), *count_cells(result.total, small=small)])
    return sheet


def courses_sheet(asked: Asked, *, groups: Any, courses: list[CoursePage], small: bool) -> Sheet:
    result = figures(asked.unit, asked.day, course_mask=asked.course_mask, group_id=asked.group_id)
    sheet = Sheet(
        "khoa-hoc",
        _("Training progress by course"),
        about(asked),
        [_("No."), _("Course"), _("Need the course"), _("Hold it"), _("Rate (%)")],
    )
    for number, course in enumerate(courses, start=1):
        counts = result.courses.get(course.bit, CourseCounts())
        sheet.rows.append(
            [
                number,
                course.title,
                counts.need,
                counts.have,
                kept_rate(counts, counts.need, small=small),
            ]
        )
    return sheet


def trend_sheet(asked: Asked, *, groups: Any, courses: Any, small: bool) -> Sheet:
    points = trend(asked.unit, asked.day, course_mask=asked.course_mask, group_id=asked.group_id)
    sheet = Sheet(
        "theo-thang",
        _("Training progress by month"),
        about(asked),
        [_("As of"), _("Staff in the target"), _("Trained"), _("Rate (%)"), _("Trained this year")],
    )
    for point in points:
        counts = point.counts
        sheet.rows.append(
            [
                point.day,
                counts.denominator,
                counts.numerator,
                kept_rate(counts, counts.denominator, small=small),
                counts.in_year,
            ]
        )
    return sheet


TABLES: dict[str, Callable[..., Sheet]] = {
    "don-vi": units_sheet,
    "nhom-vi-tri": groups_sheet,
    "khoa-hoc": courses_sheet,
    "theo-thang": trend_sheet,
}


def names_sheet(
    asked: Asked, page: People, visible: frozenset[int], courses: list[CoursePage]
) -> Sheet:
    """The names still missing, those whom the asker may see today."""
    titles = {course.bit: course.short_title for course in courses}
    states = {
        "progress": _("In progress"),
        "not_started": _("Has not started"),
        "retrain": _("Needs retraining"),
    }
    sheet = Sheet(
        "chua-tap-huan-du",
        _("Not fully trained yet"),
        about(asked),
        [
            _("No."),
            _("Staff code"),
            _("Full name"),
            _("Unit"),
            _("State"),
            _("Courses missing"),
            _("Due"),
        ],
    )
    lines = [line for line in page.lines if line.person_id in visible]
    for number, line in enumerate(lines, start=1):
        missing = "; ".join(titles[bit] for bit in line.missing if bit in titles)
        sheet.rows.append(
            [
                number,
                line.staff_code,
                line.full_name,
                line.unit_name,
                states[line.state],
                missing,
                line.due_on,
            ]
        )
    return sheet


def respond(sheet: Sheet, form: str) -> HttpResponse:
    """Return ``sheet`` as a download in ``form``, one of :data:`FORMS`."""
    body = {"csv": as_csv, "xlsx": as_xlsx}[form](sheet)
    response = HttpResponse(body, content_type=CONTENT_TYPES[form])
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


def as_csv(sheet: Sheet) -> bytes:
    """UTF-8 with BOM, semicolons, decimal comma: a Vietnamese Excel opens it by a double click."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(sheet.columns)
    writer.writerows([csv_cell(value) for value in row] for row in sheet.rows)
    return (BOM + file.getvalue()).encode()


def as_xlsx(sheet: Sheet) -> bytes:
    """A workbook with numbers as numbers, days as days, a bold header that stays in sight."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet.slug[:31])
    page.freeze_panes = "A4"
    for index, width in enumerate(widths(sheet), start=1):
        page.column_dimensions[get_column_letter(index)].width = width
    page.append([text_cell(page, sheet.title, bold=True)])
    page.append([text_cell(page, sheet.about)])
    page.append([text_cell(page, column, bold=True) for column in sheet.columns])
    for row in sheet.rows:
        page.append([xlsx_cell(page, value) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def widths(sheet: Sheet) -> list[int]:
    columns = zip(sheet.columns, *sheet.rows, strict=True)
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
