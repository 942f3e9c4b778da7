"""The columns of the staff workbook.

Titles are part of the file's form, so they are Vietnamese whatever language a page is read in: a
file filled in by one person must be readable for all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lms.people.text import fold

SHEET = "Danh sách"
GUIDE = "Hướng dẫn"
LISTS = "Danh mục"
YES, NO = "Có", "Không"
# An empty cell keeps what the portal knows; this sign takes it away.
CLEAR = "-"


class Kind(StrEnum):
    TEXT = "text"
    CODE = "code"
    NAME = "name"
    DAY = "day"
    EMAIL = "email"
    PHONE = "phone"
    UNIT = "unit"
    GROUP = "group"
    YES_NO = "yes_no"


@dataclass(frozen=True)
class Column:
    """A column: its key in code, its title in the file, what stands in it, how wide it is."""

    key: str
    title: str
    kind: Kind
    width: int
    is_required: bool = False
    longest: int = 120


COLUMNS: tuple[Column, ...] = (
    Column("staff_code", "Mã cán bộ", Kind.CODE, 14, longest=20),
    Column("full_name", "Họ và tên", Kind.NAME, 28, is_required=True),
    Column("birth_date", "Ngày sinh", Kind.DAY, 13),
    Column("work_email", "Thư điện tử", Kind.EMAIL, 28, longest=254),
    Column("work_phone", "Điện thoại", Kind.PHONE, 15, longest=20),
    Column("unit", "Đơn vị", Kind.UNIT, 32, is_required=True, longest=200),
    Column("group", "Nhóm vị trí", Kind.GROUP, 34, is_required=True, longest=240),
    Column("position_title", "Chức danh", Kind.TEXT, 26),
    Column("is_primary", "Nhiệm vụ chính", Kind.YES_NO, 12),
    Column("victim_support", "Hỗ trợ nạn nhân", Kind.YES_NO, 12),
    Column("valid_from", "Từ ngày", Kind.DAY, 13, is_required=True),
    Column("last_day", "Đến ngày", Kind.DAY, 13),
    Column("leave_from", "Nghỉ từ ngày", Kind.DAY, 13),
    Column("leave_last_day", "Nghỉ đến ngày", Kind.DAY, 13),
)
BY_KEY = {column.key: column for column in COLUMNS}
BY_TITLE = {fold(column.title): column for column in COLUMNS}
# The column of a downloaded list of refused rows; handed in again, it is passed over.
REASON_TITLE = "Lý do"
# What a person is called and how she is reached; the rest is her duty and her leave.
PERSONAL = ("full_name", "birth_date", "work_email", "work_phone")


def unit_entry(code: str, name: str) -> str:
    """Return a unit as the list of the workbook offers it."""
    return f"{code} – {name}"


def group_entry(code: str, name: str) -> str:
    """Return a position group as the list of the workbook offers it."""
    return f"{code} – {name}"
