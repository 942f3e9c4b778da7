"""Files that people hand in: each fault has one clear reason, and nothing else comes out."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
from datetime import date, datetime

import pytest

from lms.people.workbooks.containers import ENCRYPTED, OLE
from lms.people.workbooks.legacy_text import is_legacy
from lms.people.workbooks.reading import read_file
from lms.people.workbooks.refusals import MOST_ROWS, FileRefused
from tests.people.workbook_files import (
    SHEET_PART,
    TITLES,
    book_of,
    edited,
    newcomer,
    rebuilt,
    row_of,
)

TODAY = date(2026, 11, 27)


def read(file: io.BytesIO):
    return read_file(file, today=TODAY)


def refusal_of(file: io.BytesIO) -> str:
    with pytest.raises(FileRefused) as refused:
        read(file)
    assert str(refused.value)  # the text takes its words
    return refused.value.reason.code


def codes(row) -> list[tuple[str, str]]:
    return [(each.code, each.cell) for each in row.reasons]


# The file as a whole --------------------------------------------------------------------------
def doctype(text: str) -> str:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    head, _end, rest = text.partition("?>")
    return f"{head}?>{bomb}{rest}" if rest else bomb + text


def macro_file() -> io.BytesIO:
    return rebuilt(book_of(newcomer()), added={"xl/vbaProject.bin": b"\x00"})


def macro_type() -> io.BytesIO:
    return edited(
        book_of(newcomer()),
        "[Content_Types].xml",
        lambda text: text.replace(
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        ),
    )


def lying_bomb() -> io.BytesIO:
    """A sheet that declares a hundred bytes and holds 20 MB."""
    spaces = " " * (20 * 1024 * 1024)
    file = edited(
        book_of(newcomer()),
        SHEET_PART,
        lambda text: text.replace("</sheetData>", spaces + "</sheetData>"),
    )
    content = bytearray(file.getvalue())
    name = content.rindex(SHEET_PART.encode())  # in the directory
    struct.pack_into("<I", content, name - 46 + 24, 100)
    return io.BytesIO(bytes(content))


def many_entries() -> io.BytesIO:
    return rebuilt(book_of(newcomer()), added={f"xl/{n}.xml": b"" for n in range(600)})


def encrypted_zip() -> io.BytesIO:
    content = bytearray(book_of(newcomer()).getvalue())
    for mark, shift in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + shift] |= 1
    return io.BytesIO(bytes(content))


def open_document() -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<office/>")
    return file


def other_zip() -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("thu.txt", "không phải bảng tính")
    return file


def hidden_sheet(page) -> None:
    page.parent.create_sheet("Khác")
    page.sheet_state = "hidden"


def merged_header() -> io.BytesIO:
    merge = '</sheetData><mergeCells count="1"><mergeCell ref="E1:F1"/></mergeCells>'
    return edited(book_of(newcomer()), SHEET_PART, lambda text: text.replace("</sheetData>", merge))


FILES = {
    "empty": lambda: io.BytesIO(b""),
    "password": lambda: io.BytesIO(OLE + b"\x00" * 600 + ENCRYPTED + b"\x00" * 600),
    "old-xls": lambda: io.BytesIO(OLE + b"\x00" * 2000),
    "text-file": lambda: io.BytesIO("Mã cán bộ;Họ và tên\r\n".encode()),
    "not-workbook": lambda: io.BytesIO(b"%PDF-1.7\x00\x01"),
    "open-document": open_document,
    "macro": macro_file,
    "broken": lambda: io.BytesIO(book_of(newcomer()).getvalue()[:-200]),
    "external-links": lambda: rebuilt(
        book_of(newcomer()), added={"xl/externalLinks/externalLink1.xml": b"<x/>"}
    ),
    "bomb": lambda: rebuilt(book_of(newcomer()), added={"xl/x.bin": b"\x00" * 8 * 1024 * 1024}),
    "entities": lambda: edited(book_of(newcomer()), SHEET_PART, doctype),
    "too-large": lambda: io.BytesIO(b"PK\x03\x04" + b"\x00" * (10 * 1024 * 1024)),
    "hidden-sheet": lambda: book_of(newcomer(), change=hidden_sheet),
    "no-header": lambda: book_of(newcomer(), titles=["Tên", "Cơ quan"]),
    "missing-columns": lambda: book_of(["Lê Thị A", "x"], titles=["Họ và tên", "Đơn vị"]),
    "unknown-column": lambda: book_of(newcomer(), titles=[*TITLES, "Số căn cước"]),
    "double-column": lambda: book_of(newcomer(), titles=[*TITLES, "Họ và tên"]),
    "merged-header": merged_header,
    "no-rows": book_of,
}


@pytest.mark.parametrize("code", FILES)
def test_file_is_refused_for_its_reason(code: str):
    assert refusal_of(FILES[code]()) == code


@pytest.mark.parametrize(
    ("make", "code"),
    (
        (macro_type, "macro"),
        (lying_bomb, "broken"),
        (many_entries, "bomb"),
        (encrypted_zip, "password"),
        (other_zip, "not-workbook"),
        (
            lambda: edited(book_of(newcomer()), "xl/workbook.xml", doctype),
            "entities",
        ),
        (
            lambda: edited(book_of(newcomer()), SHEET_PART, lambda text: text[:-30]),
            "broken",
        ),
        (
            lambda: edited(
                book_of(newcomer()), SHEET_PART, lambda t: t.replace('r="B2"', 'r="ZZZZ2"')
            ),
            "broken",
        ),
        (lambda: io.BytesIO("Họ tên\tĐơn vị".encode("utf-16")), "text-file"),
        (lambda: io.BytesIO(b"<html><table><tr><td>a</td></tr></table>"), "text-file"),
    ),
)
def test_other_shapes_of_bad_files(make, code: str):
    assert refusal_of(make()) == code


def test_more_rows_than_the_limit_are_refused():
    def many(text: str) -> str:
        rows = "".join(
            f'<row r="{n}"><c r="B{n}" t="inlineStr"><is><t>Lê Thị A</t></is></c></row>'
            for n in range(3, MOST_ROWS + 3)
        )
        return text.replace("</sheetData>", rows + "</sheetData>")

    assert refusal_of(edited(book_of(newcomer()), SHEET_PART, many)) == "too-many-rows"


# Single cells ---------------------------------------------------------------------------------
def test_formula_is_seen_although_value_readers_show_its_value():
    def formula(page) -> None:
        page["H2"] = '=HYPERLINK("http://vi.du","Bấm")'

    file = edited(
        book_of(newcomer(), newcomer(), change=formula),
        SHEET_PART,
        lambda text: text.replace("</f><v></v>", "</f><v>Công chức</v>").replace(
            "</f><v/>", "</f><v>Công chức</v>"
        ),
    )
    first, second = read(file).rows
    assert codes(first) == [("formula", "H2")]
    assert codes(second) == []


def test_hidden_row_merged_cells_and_errors_are_refused_with_their_cell():
    def mark(page) -> None:
        page.row_dimensions[2].hidden = True
        page.merge_cells("H3:H4")
        page["I5"] = "#REF!"
        page["I5"].data_type = "e"

    rows = read(book_of(*(newcomer() for _n in range(4)), change=mark)).rows
    assert [codes(row) for row in rows] == [
        [("hidden-row", "")],
        [("merged", "H3")],
        [("merged", "H4")],
        [("error-value", "I5")],
    ]


def test_hidden_column_is_refused_and_other_sheets_are_named():
    def hide(page) -> None:
        page.column_dimensions["F"].hidden = True

    assert refusal_of(book_of(newcomer(), change=hide)) == "hidden-column"

    def add(page) -> None:
        page.parent.create_sheet("Nháp").sheet_state = "hidden"

    reading = read(book_of(newcomer(), change=add))
    assert [(n.code, dict(n.words)["others"]) for n in reading.notices] == [
        ("other-sheets", "Nháp")
    ]


@pytest.mark.parametrize(
    ("value", "day"),
    (
        (date(2024, 3, 5), "2024-03-05"),
        (datetime(2024, 3, 5, 7, 30), "2024-03-05"),  # noqa: DTZ001 (a cell has no zone)
        ("05/03/2024", "2024-03-05"),
        ("5-3-2024", "2024-03-05"),
        ("2024-03-05", "2024-03-05"),
        (45356, "2024-03-05"),
        ("12/31/2024", None),
        ("31/02/2024", None),
        ("5/3/24", None),
        ("tháng 3", None),
        (2024, None),
        (99999, None),
        ("05/03/1900", None),
    ),
)
def test_days_are_read_in_one_order_only(value, day):
    (row,) = read(book_of(newcomer(valid_from=value))).rows
    assert row.values.get("valid_from") == day
    assert [each.cell for each in row.reasons] == ([] if day else ["K2"])


def test_the_date_system_of_1904_is_read():
    def turn(text: str) -> str:
        return text.replace("<workbookPr/>", '<workbookPr date1904="1"/>')

    file = book_of(newcomer(valid_from=45356 - 1462))
    (row,) = read(edited(file, "xl/workbook.xml", turn)).rows
    assert row.values["valid_from"] == "2024-03-05"


def test_decomposed_text_and_spaces_are_one_spelling():
    name = unicodedata.normalize("NFD", "  Nguyễn   Thị\u00a0Thu\u200b Hà ")
    (row,) = read(book_of(newcomer(full_name=name))).rows
    assert row.values["full_name"] == "Nguyễn Thị Thu Hà"


@pytest.mark.parametrize(
    "name",
    ("Ating", "A Lăng Thị Mới", "H'Hen Niê", "Zơrâm Bhlêê", "Y Wang", "Đàng-Fa", "Toàn", "ĐÀO HOÀ"),
)
def test_names_of_one_word_and_of_the_highlands_pass(name: str):
    (row,) = read(book_of(newcomer(full_name=name))).rows
    assert (row.values["full_name"], codes(row)) == (name, [])


@pytest.mark.parametrize(
    ("key", "value", "code"),
    (
        ("full_name", "NguyÔn ThÞ Hµ", "legacy"),
        ("full_name", "Nguyeãn Thò Thu Haø", "legacy"),
        ("position_title", "C¸n bé", "legacy"),
        ("full_name", "Lê Thị 2", "bad-name"),
        ("full_name", "=1+1x", "formula"),
        ("full_name", "Lê " * 60, "too-long"),
        ("work_email", "a@b", "bad-email"),
        ("work_phone", "hỏi văn thư", "bad-phone"),
        ("is_primary", "có lẽ", "bad-yes-no"),
        ("full_name", "-", "not-clearable"),
        ("staff_code", "0905123456", "bad-code"),
        ("birth_date", date(2020, 1, 1), "day-out-of-range"),
    ),
)
def test_cell_is_refused_for_its_reason(key: str, value, code: str):
    (row,) = read(book_of(newcomer(**{key: value}))).rows
    assert [each.code for each in row.reasons] == [code]


def test_lost_zero_of_a_phone_is_put_back_and_said():
    (row,) = read(book_of(newcomer(work_phone=905123456))).rows
    assert row.values["work_phone"] == "0905123456"
    assert [each.code for each in row.notices] == ["zero-added"]
    (row,) = read(book_of(newcomer(work_phone="+84 905.123.456"))).rows
    assert (row.values["work_phone"], row.notices) == ("0905123456", [])


def test_numbers_in_text_columns_lose_no_meaning():
    (row,) = read(book_of(row_of(staff_code=123, full_name="Lê Thị A", unit=20626.0))).rows
    assert (row.values["staff_code"], row.values["unit"]) == ("123", "20626")
    assert row.values["code_is_number"] is True


def test_own_columns_of_an_office_are_passed_over():
    reading = read(book_of([1, *newcomer(), "cũ"], titles=["STT", *TITLES, "Lý do"]))
    assert reading.letters["full_name"] == "C"
    assert reading.rows[0].values["full_name"] == "Đinh Thị Mới"


@pytest.mark.parametrize(
    ("text", "verdict"),
    (
        ("Nguyễn Thị Thu Hà", False),
        ("Hoàng Toán Loan", False),
        ("ĐẶNG ĐÌNH ĐÀI", False),
        ("Bh'nướch Zơrâm", False),
        ("Laêê", False),
        ("TrÇn V¨n ¢n", True),
        ("Traàn Vaên Leâ", True),
        ("Ñaëng Thò", True),
    ),
)
def test_legacy_text_is_told_from_unicode(text: str, verdict: bool):
    assert is_legacy(text) is verdict
