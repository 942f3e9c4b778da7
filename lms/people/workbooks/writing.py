"""Writing workbooks: the prefilled list of a unit, and the rows of an import that were refused.

Days are real days, phones and codes are text, no cell is ever a formula. The staff code column is
locked in rows that hold a code: it is the key by which a row is recognised again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from tempfile import SpooledTemporaryFile
from typing import Any

from django.db.models import F
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from lms.people.days import FAR, last_day
from lms.people.models import (
    Leave,
    PositionGroup,
    Posting,
    StaffImport,
    StaffImportRow,
    UnitPath,
    UnitVersion,
)
from lms.people.workbooks.cells import CLEARABLE
from lms.people.workbooks.columns import (
    COLUMNS,
    GUIDE,
    LISTS,
    NO,
    REASON_TITLE,
    SHEET,
    YES,
    Kind,
    group_entry,
    unit_entry,
)
from lms.people.workbooks.guide import GUIDE_LINES
from lms.people.workbooks.refusals import text_of

PART_BYTES = 64 * 1024
IN_MEMORY = 1024 * 1024
PEOPLE_AT_ONCE = 1_000
DAY_FORMAT = "dd/mm/yyyy"
# Below the people, rows stay open for new ones; validation reaches them.
OPEN_ROWS = 500
HEADER_FILL = PatternFill("solid", fgColor="FFECB84D")
KEY_FILL = PatternFill("solid", fgColor="FFE7E2D6")
OPEN_CELL = Protection(locked=False)


@dataclass(frozen=True)
class Line:
    """One duty of a person as the list shows it."""

    staff_code: str
    full_name: str
    birth_date: date | None
    work_email: str
    work_phone: str
    unit: str
    group: str
    position_title: str
    is_primary: str
    victim_support: str
    valid_from: date | None  # none where it lies before all records
    last_day: date | None
    leave_from: date | None
    leave_last_day: date | None


# The prefilled workbook -----------------------------------------------------------------------
def prefilled(unit_ids: Iterable[int], day: date) -> Iterator[bytes]:
    """Yield the workbook of everybody with a duty in these units on ``day`` or later."""
    units = list(
        UnitVersion.objects.current()
        .valid_on(day)
        .filter(unit__in=list(unit_ids), valid_from__lt=F("valid_to"))
        .in_code_order()
    )
    groups = list(PositionGroup.objects.order_by("bit"))
    book = Workbook(write_only=True)
    page = book.create_sheet(SHEET)
    count = write_list(page, lines_of(units, groups, day))
    add_lists(page, count + OPEN_ROWS, len(units), len(groups))
    write_guide(book.create_sheet(GUIDE))
    write_lists(book.create_sheet(LISTS), units, groups)
    yield from bytes_of(book)


def units_below(unit_id: int, day: date) -> list[int]:
    """Return the unit and all below it on ``day``."""
    below = UnitPath.objects.filter(
        ancestor=unit_id, valid_from__lte=day, valid_to__gt=day, known_to=FAR
    )
    return list(below.values_list("unit_id", flat=True))


def lines_of(units: list[UnitVersion], groups: list[PositionGroup], day: date) -> Iterator[Line]:
    """Yield the duties that last beyond ``day`` or begin later, by unit and name."""
    unit_names = {u.unit_id: unit_entry(u.code, u.full_name) for u in units}
    group_names = {group.pk: group_entry(group.code, group.name) for group in groups}
    for version in units:
        postings = (
            Posting.objects.current()
            .filter(unit=version.unit_id, valid_to__gt=day, valid_from__lt=F("valid_to"))
            .filter(person__erased_at=None)
            .select_related("person")
            .order_by("person__sort_name", "person_id", "-is_primary", "valid_from", "pk")
        )
        yield from lines_in(list(postings), unit_names, group_names, day)


def lines_in(
    postings: list[Posting], units: dict[int, str], groups: dict[int, str], day: date
) -> Iterator[Line]:
    for start in range(0, len(postings), PEOPLE_AT_ONCE):
        part = postings[start : start + PEOPLE_AT_ONCE]
        leaves: dict[int, Leave] = {}
        for leave in (
            Leave.objects.current()
            .filter(person__in=[each.person_id for each in part], valid_to__gt=day)
            .filter(valid_from__lt=F("valid_to"))
            .order_by("-valid_from")
        ):
            leaves[leave.person_id] = leave  # the earliest comes last and stays
        for posting in part:
            person, leave = posting.person, leaves.get(posting.person_id)
            yield Line(
                staff_code=person.staff_code,
                full_name=person.full_name,
                birth_date=person.birth_date,
                work_email=person.work_email,
                work_phone=person.work_phone,
                unit=units[posting.unit_id],
                group=groups[posting.group_id],
                position_title=posting.position_title,
                is_primary=YES if posting.is_primary else NO,
                victim_support=YES if posting.victim_support else NO,
                valid_from=posting.valid_from if posting.valid_from.year >= 1950 else None,
                last_day=last_day(posting.valid_to),
                leave_from=leave.valid_from if leave else None,
                leave_last_day=last_day(leave.valid_to) if leave else None,
            )


def write_list(page: Worksheet, lines: Iterable[Line]) -> int:
    """Write titles and lines and return how many lines there are."""
    prepare(page, [column.width for column in COLUMNS])
    page.append([title_cell(page, column.title) for column in COLUMNS])
    count = 0
    for line in lines:
        cells = [value_cell(page, getattr(line, column.key), column.kind) for column in COLUMNS]
        cells[0].protection = Protection(locked=True)
        cells[0].fill = KEY_FILL
        page.append(cells)
        count += 1
    for _row in range(OPEN_ROWS):
        page.append([value_cell(page, None, column.kind) for column in COLUMNS])
    # Without a password: it keeps from mistakes, not from will.
    page.protection.sheet = True
    page.protection.formatColumns = page.protection.formatRows = False
    page.protection.sort = page.protection.autoFilter = False
    page.protection.insertRows = page.protection.deleteRows = False
    return count


def prepare(page: Worksheet, sizes: list[int]) -> None:
    page.freeze_panes = "C2"
    for index, width in enumerate(sizes, start=1):
        page.column_dimensions[get_column_letter(index)].width = width


def title_cell(page: Worksheet, title: str) -> WriteOnlyCell:
    cell = text_cell(page, title)
    cell.font, cell.fill = Font(bold=True), HEADER_FILL
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    return cell


def text_cell(page: Worksheet, text: str) -> WriteOnlyCell:
    """Return a cell of text, whatever the text begins with."""
    cell = WriteOnlyCell(page, value=text)
    # Said outright: openpyxl would take a text that begins with "=" for a formula.
    cell.data_type = "s"
    cell.quotePrefix = text[:1] in ("=", "+", "-", "@")
    return cell


def value_cell(page: Worksheet, value: Any, kind: Kind) -> WriteOnlyCell:
    if isinstance(value, str) and value:
        cell = text_cell(page, value)
    else:
        cell = WriteOnlyCell(page, value=value or None)
    cell.number_format = DAY_FORMAT if kind == Kind.DAY else "@"
    cell.protection = OPEN_CELL
    return cell


def add_lists(page: Worksheet, last_row: int, unit_count: int, group_count: int) -> None:
    """Let units, groups and yes/no be chosen, and days be days."""
    rules = {
        Kind.UNIT: f"'{LISTS}'!$A$2:$A${unit_count + 1}",
        Kind.GROUP: f"'{LISTS}'!$B$2:$B${group_count + 1}",
        Kind.YES_NO: f'"{YES},{NO}"',
    }
    for index, column in enumerate(COLUMNS, start=1):
        letter = get_column_letter(index)
        if column.kind == Kind.DAY:
            rule = DataValidation(
                type="date", operator="greaterThan", formula1="7306", allow_blank=True
            )
            rule.error = "Ngày ghi theo dạng ngày/tháng/năm, ví dụ 05/03/2024."
        elif column.kind in rules:
            rule = DataValidation(type="list", formula1=rules[column.kind], allow_blank=True)
            rule.error = "Hãy chọn một mục trong danh sách."
        else:
            continue
        rule.errorTitle, rule.showErrorMessage = column.title, True
        # Where "-" takes a day away, the spreadsheet only warns; the portal has the last word.
        rule.errorStyle = "warning" if column.key in CLEARABLE else "stop"
        rule.add(f"{letter}2:{letter}{last_row + 1}")
        page.data_validations.append(rule)  # the write-only sheet has no method for it


def write_guide(page: Worksheet) -> None:
    page.column_dimensions["A"].width = 110
    for number, line in enumerate(GUIDE_LINES):
        cell = text_cell(page, line)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if number == 0 or line.isupper():
            cell.font = Font(bold=True)
        page.append([cell])
    page.protection.sheet = True


def write_lists(page: Worksheet, units: list[UnitVersion], groups: list[PositionGroup]) -> None:
    page.column_dimensions["A"].width = page.column_dimensions["B"].width = 60
    page.append([title_cell(page, "Đơn vị"), title_cell(page, "Nhóm vị trí")])
    unit_names = [unit_entry(each.code, each.full_name) for each in units]
    group_names = [group_entry(each.code, each.name) for each in groups]
    for index in range(max(len(unit_names), len(group_names))):
        page.append(
            [
                text_cell(page, names[index]) if index < len(names) else None
                for names in (unit_names, group_names)
            ]
        )
    page.protection.sheet = True


# The rows that were refused -------------------------------------------------------------------
def refused_rows(staff_import: StaffImport, rows: Iterable[StaffImportRow]) -> Iterator[bytes]:
    """Yield a workbook of the rows as they were typed, the reasons in the last column.

    Mended, it can be handed in as it is: the column of reasons is passed over.
    """
    book = Workbook(write_only=True)
    page = book.create_sheet(SHEET)
    prepare(page, [*(column.width for column in COLUMNS), 80])
    page.append([title_cell(page, title) for title in (*(c.title for c in COLUMNS), REASON_TITLE)])
    for row in rows:
        cells = [refused_cell(page, row, column.key, column.kind) for column in COLUMNS]
        said = text_cell(page, "; ".join(text_of(each) for each in row.reasons))
        said.alignment = Alignment(wrap_text=True, vertical="top")
        page.append([*cells, said])
    yield from bytes_of(book)


def refused_cell(page: Worksheet, row: StaffImportRow, key: str, kind: Kind) -> WriteOnlyCell:
    """Return the cell as typed; a day that was understood is a day again."""
    value: Any = row.cells.get(key) or None
    known = row.values.get(key)
    if kind == Kind.DAY and isinstance(known, str) and len(known) == 10:
        value = date.fromisoformat(known)
    return value_cell(page, value, kind)


def bytes_of(book: Workbook) -> Iterator[bytes]:
    with SpooledTemporaryFile(IN_MEMORY) as file:
        book.save(file)
        file.seek(0)
        while part := file.read(PART_BYTES):
            yield part
