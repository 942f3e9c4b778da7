"""From a cell to a value of its column, or to the reason why not.

Values are plain JSON (a day as yyyy-mm-dd), because they are kept with the preview and read again
when it is applied. :data:`~lms.people.workbooks.columns.CLEAR` takes a known value away.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from lms.people.identifiers import fold_email, fold_phone, fold_staff_code
from lms.people.text import clean, fold
from lms.people.workbooks.columns import CLEAR, Column, Kind
from lms.people.workbooks.legacy_text import is_legacy
from lms.people.workbooks.refusals import Reason, reason
from lms.people.workbooks.scanning import Cell

# Day 0 of the two date systems; the first one counts a 29/02/1900 that never was (day 60).
START_1900, START_1904 = date(1899, 12, 30), date(1904, 1, 1)
FIRST_REAL_SERIAL = 61
LAST_SERIAL = 80_000
EARLIEST_BIRTH, EARLIEST_DUTY, LATEST = date(1925, 1, 1), date(1950, 1, 1), date(2100, 1, 1)
YOUNGEST_YEARS = 15
CLEARABLE = {"birth_date", "work_email", "work_phone", "position_title", "last_day"}
_DAY = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ][\d:.]*Z?)?")
_WHOLE = re.compile(r"-?\d{1,18}(?:\.0+)?")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_PHONE = re.compile(r"\+?[\d\s.()\-/]+")
# What a name may hold beside letters and their marks: names of the highlands have them.
_NAME_SIGNS = frozenset(" '’ʼ`-‐‑.")
# Without its zero: nine digits of a mobile number, ten of a landline of a province.
_LOST_ZERO = re.compile(r"[35789]\d{8}|2\d{9}")
YES_WORDS = {"co", "x", "1", "true", "yes", "c"}
NO_WORDS = {"khong", "0", "false", "no", "k"}
MOST_SHOWN = 60
LOOKED_UP = (Kind.UNIT, Kind.GROUP)


class BadCell(ValueError):
    """The cell cannot be taken; ``code`` and ``words`` say why."""

    def __init__(self, code: str, **words: Any) -> None:
        super().__init__(code)
        self.code, self.words = code, words


def read_cell(
    cell: Cell, column: Column, ref: str, *, starts_1904: bool, today: date
) -> tuple[Any, list[Reason], list[Reason]]:
    """Return the value (``None`` if there is none), the reasons against it and the notices."""
    if cell.has_formula:
        return None, [reason("formula", ref)], []
    if cell.kind == "e":
        return None, [reason("error-value", ref, value=shown(cell.value))], []
    text = without_invisible(cell.value)
    if not text:
        return None, [], []
    notices: list[Reason] = []
    try:
        if text == CLEAR:
            if column.key not in CLEARABLE:
                raise BadCell("not-clearable")
            return CLEAR, [], []
        if len(text) > column.longest:
            raise BadCell("too-long", longest=column.longest)
        # Units and groups are looked up: what is on their list is right, however it is spelt.
        if cell.kind == "s" and column.kind not in LOOKED_UP and is_legacy(text):
            raise BadCell("legacy", value=shown(text))
        if column.kind == Kind.DAY:
            value: Any = read_day(
                cell, text, column.key, starts_1904=starts_1904, today=today
            ).isoformat()
        elif column.kind == Kind.PHONE:
            value = read_phone(plain_number(cell, text))
            if value != fold_phone(text) and _LOST_ZERO.fullmatch(plain_number(cell, text)):
                notices.append(reason("zero-added", ref, value=value))
        else:
            value = READERS[column.kind](plain_number(cell, text))
    except BadCell as bad:
        return None, [reason(bad.code, ref, **bad.words)], []
    return value, [], notices


def without_invisible(text: str) -> str:
    """Return the text in NFC with single spaces and without signs that nobody sees."""
    return clean("".join(c for c in text if unicodedata.category(c) not in ("Cf", "Co", "Cn")))


def shown(text: str) -> str:
    text = clean(text)
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "…"


def plain_number(cell: Cell, text: str) -> str:
    """Return the text of a cell; a whole number without the decimals it may carry."""
    if cell.kind == "n" and _WHOLE.fullmatch(text):
        return text.partition(".")[0]
    if cell.kind == "n" and _NUMBER.fullmatch(text):
        number = float(text)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else text
    return text


def read_day(cell: Cell, text: str, key: str, *, starts_1904: bool, today: date) -> date:
    """Return the day of a serial number or of a text in the order day, month, year."""
    if cell.kind == "n":
        day = from_serial(text, starts_1904=starts_1904)
    elif match := _DAY.fullmatch(text):
        day = real_day(int(match[3]), int(match[2]), int(match[1]))
    elif match := _ISO.fullmatch(text):
        day = real_day(int(match[1]), int(match[2]), int(match[3]))
    else:
        day = None
    if day is None:
        raise BadCell("bad-day", value=shown(text))
    low, high = EARLIEST_DUTY, LATEST
    if key == "birth_date":
        low, high = EARLIEST_BIRTH, today.replace(year=today.year - YOUNGEST_YEARS, day=1)
    if not low <= day <= high:
        raise BadCell("day-out-of-range", value=f"{day:%d/%m/%Y}")
    return day


def from_serial(text: str, *, starts_1904: bool) -> date | None:
    """Return the day of an Excel serial; its time of day is passed over."""
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    if not 0 < number < LAST_SERIAL:
        return None
    serial = int(number)
    if starts_1904:
        return START_1904 + timedelta(days=serial)
    if serial < FIRST_REAL_SERIAL:
        return None  # nobody on the list was born or began in the first weeks of 1900
    return START_1900 + timedelta(days=serial)


def real_day(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def read_code(text: str) -> str:
    code = fold_staff_code(text).upper()
    if not code or fold_phone(code) or "@" in code or len(code) > 20:
        raise BadCell("bad-code", value=shown(text))
    return code


def read_name(text: str) -> str:
    good = all(
        unicodedata.category(sign)[0] in "LM" or sign in _NAME_SIGNS for sign in text
    ) and any(sign.isalpha() for sign in text)
    if not good:
        raise BadCell("bad-name", value=shown(text))
    return text


def read_email(text: str) -> str:
    folded = fold_email(text)
    try:
        validate_email(folded)
    except ValidationError as error:
        raise BadCell("bad-email", value=shown(text)) from error
    return folded


def read_phone(text: str) -> str:
    """Return the number as the portal keeps it, the zero that a spreadsheet lost put back."""
    if not _PHONE.fullmatch(text):
        raise BadCell("bad-phone", value=shown(text))
    if _LOST_ZERO.fullmatch(text):
        text = "0" + text
    folded = fold_phone(text)
    if folded:
        return folded
    if not 3 <= sum(sign.isdigit() for sign in text) <= 15:
        raise BadCell("bad-phone", value=shown(text))
    return text


def read_yes_no(text: str) -> bool:
    word = fold(text)
    if word in YES_WORDS:
        return True
    if word in NO_WORDS:
        return False
    raise BadCell("bad-yes-no", value=shown(text))


def as_typed(text: str) -> str:
    return text


READERS: dict[Kind, Callable[[str], Any]] = {
    Kind.CODE: read_code,
    Kind.NAME: read_name,
    Kind.EMAIL: read_email,
    Kind.YES_NO: read_yes_no,
    Kind.TEXT: as_typed,
    Kind.UNIT: as_typed,
    Kind.GROUP: as_typed,
}
