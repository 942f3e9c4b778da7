"""The report and its cover letter, read back from DOCX and PDF: figures, layout, no name."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta

import pytest
from docx import Document
from docx.enum.section import WD_ORIENT
from pypdf import PdfReader

from lms.people.facts import record
from lms.people.models import OfficeSettings, StaffMember, UnitVersion
from lms.target.goals import Milestone
from lms.target.models import BaselineFigure, ReportingPeriod
from lms.target.reports.blocks import Item, Table
from lms.target.reports.content import Words
from lms.target.reports.documents import DOCUMENTS
from lms.target.reports.freezing import correct, freeze
from lms.target.reports.frozen import Frozen
from lms.target.reports.spelling import (
    long_day,
    lower_first,
    moved,
    moved_rate,
    number,
    percent,
)
from lms.target.standing import refreshing
from tests import factories as f

pytestmark = pytest.mark.django_db

D = date(2024, 6, 30)
AT = datetime(2024, 7, 2, 3, 0, tzinfo=UTC)
FORMS = ("docx", "pdf")


@pytest.fixture
def report(province) -> Frozen:
    """Seven of ten trained in the large unit, one of two in the small one; a target and a past."""
    f.make_target(
        name="100% cán bộ được tập huấn",
        plan_number="1578/KH-UBND",
        unit=province.units["49"],
        owner=province.units["SO"],
        milestones=(Milestone(date(2024, 12, 31), 100), Milestone(date(2024, 3, 31), 50)),
    )
    for code, count, trained in (("51001", 10, 7), ("SO", 2, 1)):
        for place in range(count):
            person = province.person(code, name=f"Hồ Thị Giấu {place}", valid_from=date(2023, 5, 1))
            if place < trained:
                province.train(person, on=date(2024, 3, 1) if place else date(2024, 5, 1))
    first = ReportingPeriod.objects.create(
        name="Năm 2023", first_day=date(2023, 1, 1), last_day=date(2023, 12, 31)
    )
    period = ReportingPeriod.objects.create(
        name="6 tháng đầu năm 2024", first_day=date(2024, 1, 1), last_day=D
    )
    freeze(first, unit=unit_on(date(2023, 12, 31)), day=date(2023, 12, 31), actor=None, at=AT)
    return Frozen(freeze(period, unit=unit_on(D), day=D, actor=None, at=AT))


def unit_on(day: date) -> UnitVersion:
    return UnitVersion.objects.current().valid_on(day).get(code="49")


def text_of(body: bytes, form: str) -> str:
    """Return all words of a document with single spaces."""
    if form == "pdf":
        words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
    else:
        book = Document(io.BytesIO(body))
        parts = [line.text for line in book.paragraphs]
        for table in book.tables:
            parts += [cell.text for row in table.rows for cell in row.cells]
        words = " ".join(parts)
    return " ".join(words.split())


@pytest.mark.parametrize("form", FORMS)
def test_report_says_both_figures_comparison_and_target(report, form):
    text = text_of(DOCUMENTS["bao-cao"][form](report), form)
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "UBND TỈNH QUẢNG NAM",
        "BÁO CÁO",
        "6 tháng đầu năm 2024 (số liệu tính đến ngày 30/06/2024)",
        "Thực hiện Kế hoạch số 1578/KH-UBND",
        "Đến hết ngày 30 tháng 6 năm 2024, tỉnh Quảng Nam có 12 cán bộ thuộc chỉ tiêu",
        "(A) Đã được tập huấn, kết quả còn giá trị đến ngày 30/06/2024: 8 người, đạt 66,6%.",
        "8 người, đạt 66,6%",
        "Chưa được tập huấn đủ: 4 người, gồm đang học 0, chưa bắt đầu 4, cần tập huấn lại 0.",
        "còn phải tập huấn 4 người để đạt chỉ tiêu",
        "Mốc 50% đến ngày 31/03/2024: đạt (50,0%).",
        "Mốc 100% đến ngày 31/12/2024: chưa đến hạn.",
        "So với kỳ năm 2023 (số liệu đến ngày 31/12/2023, theo báo cáo đã chốt)",
        "Đã được tập huấn (A): tăng 8 người (từ 0 lên 8 người)",
        "Tỷ lệ (A): tăng 66,6 điểm phần trăm (từ 0,0% lên 66,6%)",
        "Huyện Nam Giang: 70,0% (7/10 người)",
        "Phụ lục 1. Kết quả tập huấn theo đơn vị",
        "Nơi nhận:",
        "GIÁM ĐỐC",
    ):
        assert words in text, words
    assert "".join(report.snapshot.sha256.split()) in text.replace(" ", "")


@pytest.mark.parametrize("form", FORMS)
def test_report_says_who_counts_by_the_ledger_and_what_was_reported_before(province, form):
    """The ledger as it was frozen, and the figure of a document named with its document."""
    for _number in range(6):
        province.person("51001")
    away = province.person("51001")
    f.make_leave(away, valid_from=date(2024, 1, 1))
    province.person("51001", group="doan")
    province.person("51002", victim_support=False)
    unit = unit_on(D)
    for plan, counted, trained in (("1578/KH-UBND", 640, 352), ("", 4, 1)):
        record(
            BaselineFigure,
            actor=None,
            at=AT,
            unit=unit.unit,
            day=date(2022, 12, 31),
            plan=plan,
            counted=counted,
            trained=trained,
            document_number="45/BC-SLĐTBXH",
            document_on=date(2023, 1, 15),
        )
    period = ReportingPeriod.objects.create(name="Quý II", first_day=date(2024, 4, 1), last_day=D)
    refreshing.rebuild(at=AT)
    frozen = Frozen(freeze(period, unit=unit, day=D, actor=None, at=AT))
    assert frozen.figures["ledger"] == {
        "everybody": 9,
        "reasons": {"on_leave": 1, "extended": 1, "no_duty": 1},
    }
    text = text_of(DOCUMENTS["bao-cao"][form](frozen), form)
    for words in (
        "Phụ lục 5. Sổ mẫu số: ai được tính, ai không",
        "Thuộc chỉ tiêu (mẫu số) 6",
        "Không tính: đang nghỉ dài hạn 1",
        "Tổng số người trong sổ 9",
        "Đến ngày 31/12/2022 (1578/KH-UBND): 352/640 người, đạt 55,0%, theo văn bản "
        "45/BC-SLĐTBXH ngày 15/01/2023.",
        "Đến ngày 31/12/2022: 1/4 người, theo văn bản",
    ):
        assert words in text, words


def test_a_report_of_before_the_ledger_was_kept_says_nothing_of_it(report):
    for name in ("ledger", "reported_before"):
        report.figures.pop(name)
    paper = Words(report).report()
    assert len(paper.annexes) == 4
    assert not [item for item in paper.blocks if "Phụ lục 5" in getattr(item, "text", "")]


@pytest.mark.parametrize("document", sorted(DOCUMENTS))
@pytest.mark.parametrize("form", FORMS)
def test_published_documents_hold_no_name_and_no_rate_of_few(report, document, form):
    text = text_of(DOCUMENTS[document][form](report), form)
    for person in StaffMember.objects.all():
        assert person.full_name not in text
        assert str(person.key) not in text
    assert "Giấu" not in text
    # One of the two people of the department: its rate would tell who.
    assert "50,0 1" not in text
    assert "Dưới 5 người" in text or document == "cong-van"


def test_letter_brings_the_main_figures(report):
    text = text_of(DOCUMENTS["cong-van"]["docx"](report), "docx")
    assert "Kính gửi: UBND tỉnh Quảng Nam" in text
    assert "V/v báo cáo kết quả tập huấn" in text
    assert "Cán bộ thuộc chỉ tiêu: 12 người." in text
    assert "BÁO CÁO" not in text


def test_word_file_has_the_layout_of_the_decree(report):
    book = Document(io.BytesIO(DOCUMENTS["bao-cao"]["docx"](report)))
    upright, wide = book.sections
    millimetres = [
        round(value.mm)
        for value in (
            upright.page_width,
            upright.page_height,
            upright.top_margin,
            upright.bottom_margin,
            upright.left_margin,
            upright.right_margin,
        )
    ]
    assert millimetres == [210, 297, 20, 20, 30, 18]
    assert (round(wide.page_width.mm), wide.orientation) == (297, WD_ORIENT.LANDSCAPE)
    assert upright.different_first_page_header_footer
    assert not wide.different_first_page_header_footer
    assert "PAGE" in upright.header._element.xml
    assert upright.first_page_header.paragraphs[0].text == ""
    normal = book.styles["Normal"]
    assert (normal.font.name, normal.font.size.pt) == ("Times New Roman", 13)
    assert book.core_properties.author == Words(report).office["owner_name"]
    assert book.core_properties.comments == ""
    for table in book.tables[-4:]:
        assert "w:tblHeader" in table.rows[0]._tr.xml


def test_tables_of_the_annex_add_up(report):
    units, groups, _courses, required = Words(report).report().annexes
    for table in (units, groups):
        for column in (2, 3, 5, 6, 7, 8, 9, 10):
            cells = [int(row[column].replace(".", "")) for row in table.rows]
            assert sum(cells[:-1]) == cells[-1], table.columns[column]
    assert units.columns == [
        "STT",
        "Đơn vị",
        "Số cán bộ thuộc chỉ tiêu",
        "Đã được tập huấn",
        "Tỷ lệ (%)",
        "Trong đó tập huấn trong năm",
        "Đang học",
        "Chưa bắt đầu",
        "Cần tập huấn lại",
        "Mới nhận nhiệm vụ",
        "Đang nghỉ dài hạn (ngoài mẫu số)",
        "Ghi chú",
    ]
    assert [row[1:] for row in required.rows] == [
        ["Công chức xã", "Nòng cốt", "x", "x"],
        ["Công an", "Theo danh sách", "x", ""],
        ["Đoàn thể", "Mở rộng (ngoài chỉ tiêu)", "x", ""],
    ]
    assert sum(required.widths) == 100
    assert [(row[1], row[4], row[11]) for row in units.rows] == [
        ("Sở Mẫu", "–", "Dưới 5 người"),
        ("Huyện Nam Giang", "70,0", ""),
        ("Huyện Phước Sơn", "–", ""),
        ("Tổng cộng", "66,6", ""),
    ]


def test_pdf_hides_the_number_on_page_one_and_turns_wide_tables(report):
    pages = PdfReader(io.BytesIO(DOCUMENTS["bao-cao"]["pdf"](report))).pages
    first, second = (page.extract_text().split() for page in pages[:2])
    assert first[0] != "1"
    assert second[0] == "2"
    shapes = ["wide" if page.mediabox.width > page.mediabox.height else "tall" for page in pages]
    assert shapes == ["tall"] * (len(shapes) - 4) + ["wide"] * 4


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext: poppler-utils")
def test_pdf_is_read_by_another_program_too(report, tmp_path):
    path = tmp_path / "bao-cao.pdf"
    path.write_bytes(DOCUMENTS["bao-cao"]["pdf"](report))
    found = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True
    ).stdout
    text = " ".join(found.split())
    assert "có 12 cán bộ thuộc chỉ tiêu" in text
    assert "8 người, đạt 66,6%" in text
    assert "Phụ lục 2. Kết quả tập huấn theo nhóm vị trí" in text


def test_documents_of_a_version_stay_as_the_office_was_then(report):
    before = text_of(DOCUMENTS["bao-cao"]["docx"](report), "docx")
    OfficeSettings.objects.create(owner_name="Sở Nội vụ", parent_agency="UBND TP Đà Nẵng")
    f.make_posting(unit=UnitVersion.objects.get(code="51001").unit)
    assert text_of(DOCUMENTS["bao-cao"]["docx"](Frozen(report.snapshot)), "docx") == before


def test_corrected_report_says_what_it_replaces_and_why(report):
    second = correct(
        report.snapshot, reason="Rút một kết quả.", actor=None, at=AT + timedelta(days=3)
    )
    items = [
        block.text for block in Words(Frozen(second)).report().blocks if isinstance(block, Item)
    ]
    assert "- Báo cáo này thay phiên bản 1. Lý do: Rút một kết quả." in [
        f"- {text}" for text in items
    ]
    assert "Thuộc chỉ tiêu: 12 + 0 thêm vào – 0 đưa ra = 12 người." in items


def test_empty_unit_is_reported_without_a_rate(province):
    period = ReportingPeriod.objects.create(
        name="Quý II/2024", first_day=date(2024, 4, 1), last_day=D
    )
    empty = Frozen(freeze(period, unit=unit_on(D), day=D, actor=None, at=AT))
    paper = Words(empty).report()
    texts = [block.text for block in paper.blocks if not isinstance(block, Table)]
    assert any("có 0 cán bộ thuộc chỉ tiêu" in text for text in texts)
    assert any(text.endswith("0 người, đạt –.") for text in texts)
    for form in FORMS:
        assert DOCUMENTS["bao-cao"][form](empty)


@pytest.mark.parametrize(
    ("day", "words"),
    (
        (date(2024, 3, 7), "ngày 07 tháng 3 năm 2024"),
        (date(2024, 2, 29), "ngày 29 tháng 02 năm 2024"),
        (date(2024, 12, 10), "ngày 10 tháng 12 năm 2024"),
    ),
)
def test_long_day_takes_the_zeros_of_documents(day, words):
    assert long_day(day) == words


def test_numbers_are_written_as_offices_do():
    assert [number(1234567), number(0)] == ["1.234.567", "0"]
    assert [percent(None), moved(5, 5, "X"), moved(5, 3, "X")] == [
        "–",
        "X: không thay đổi (5 người)",
        "X: giảm 2 người (từ 5 xuống 3 người)",
    ]
    assert moved_rate(None, None, "X").startswith("X: không so sánh được")
    assert [lower_first("Quý I/2024"), lower_first("UBND tỉnh"), lower_first("6 tháng")] == [
        "quý I/2024",
        "UBND tỉnh",
        "6 tháng",
    ]
