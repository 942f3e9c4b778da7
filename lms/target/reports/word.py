"""A document of the office as DOCX, which the office goes on editing.

Layout of decree 30/2020/NĐ-CP, appendix I: A4, margins 20, 20, 30 and 18 mm, Times New Roman 13,
the page number centred at the top and hidden on page 1, wide tables on landscape pages.
"""

from __future__ import annotations

import io
from datetime import UTC
from typing import Any

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from lms.target.reports.blocks import Heading, Item, Paper, Paragraph, Table
from lms.target.reports.frozen import Frozen

FACE = "Times New Roman"
LANGUAGE = "vi-VN"
BODY, SMALL, TABLE_SIZE = Pt(13), Pt(11), Pt(10.5)
FIRST_LINE = Mm(12.7)
PAGE = (Mm(210), Mm(297))
# Top, bottom, left, right.
MARGINS = (Mm(20), Mm(20), Mm(30), Mm(18))
HEADER_DISTANCE = Mm(10)
COUNTRY, MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"


def write_docx(paper: Paper, frozen: Frozen) -> bytes:
    """Return ``paper`` as the bytes of a DOCX."""
    book = Document()
    set_up(book, paper, frozen)
    letterhead(book, paper)
    title(book, paper)
    for block in paper.blocks:
        add_block(book, block)
    foot(book, paper)
    if paper.annexes:
        landscape(book)
    for place, table in enumerate(paper.annexes):
        if place:
            book.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        add_table(book, table, is_annex=True)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def set_up(book: DocumentType, paper: Paper, frozen: Frozen) -> None:
    """Set face, language, page and what the file says of itself."""
    style = book.styles["Normal"]
    style.font.name, style.font.size = FACE, BODY
    properties = style.element.get_or_add_rPr()
    fonts = properties.find(qn("w:rFonts"))
    for name in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(name), FACE)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), LANGUAGE)
    properties.append(language)
    style.paragraph_format.space_after = Pt(0)
    section = book.sections[0]
    section.page_width, section.page_height = PAGE
    margins(section)
    section.different_first_page_header_footer = True
    page_number(section)
    about = book.core_properties
    about.title, about.author, about.language = paper.title[:255], paper.owner_name[:255], LANGUAGE
    about.comments = ""
    about.created = about.modified = frozen.snapshot.frozen_at.astimezone(UTC).replace(tzinfo=None)


def margins(section: Any) -> None:
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = MARGINS
    section.header_distance = HEADER_DISTANCE


def page_number(section: Any) -> None:
    """Put the page number, a field that Word counts, into the middle of the top margin."""
    line = section.header.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = line.add_run()
    run.font.size = BODY
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.set(qn("xml:space"), "preserve")
            mark.text = text
        run._r.append(mark)


def write(
    line: Any,
    text: str,
    *,
    size: Any = None,
    bold: bool = False,
    italic: bool = False,
    align: Any = WD_ALIGN_PARAGRAPH.CENTER,
) -> Any:
    """Write ``text`` into the paragraph ``line`` and return it."""
    run = line.add_run(text)
    run.bold, run.italic = bold, italic
    run.font.color.rgb = RGBColor(0, 0, 0)
    if size is not None:
        run.font.size = size
    line.alignment = align
    return line


def rule(line: Any, *, share: float, of_width: Any) -> None:
    """Draw a solid line below ``line``, ``share`` of a column wide, in its middle."""
    sides = int(of_width * (1 - share) / 2)
    line.paragraph_format.left_indent = line.paragraph_format.right_indent = sides
    borders = OxmlElement("w:pBdr")
    border = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        border.set(qn(f"w:{name}"), value)
    borders.append(border)
    line._p.get_or_add_pPr().append(borders)
    write(line, "", size=Pt(4))
    line.paragraph_format.line_spacing = Pt(5)


def set_widths(table: Any, widths: Any) -> None:
    """Set the width of each column; offices open the file in programs that read either place."""
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width


def letterhead(book: DocumentType, paper: Paper) -> None:
    """Agency on the left, the country's name and motto on the right, no borders."""
    widths = (Mm(70), Mm(94))
    table = book.add_table(rows=2, cols=2)
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    set_widths(table, widths)
    left, right = table.rows[0].cells
    write(left.paragraphs[0], paper.parent_agency.upper(), size=Pt(12))
    write(left.add_paragraph(), paper.owner_name.upper(), size=Pt(12), bold=True)
    rule(left.add_paragraph(), share=0.4, of_width=widths[0])
    write(right.paragraphs[0], COUNTRY, size=Pt(12), bold=True)
    write(right.add_paragraph(), MOTTO, size=BODY, bold=True)
    rule(right.add_paragraph(), share=0.62, of_width=widths[1])
    left, right = table.rows[1].cells
    write(left.paragraphs[0], paper.number_line, size=BODY)
    if not paper.kind:
        for line in paper.abstract:
            write(left.add_paragraph(), line, size=Pt(12))
    write(right.paragraphs[0], paper.place_and_day, size=BODY, italic=True)


def title(book: DocumentType, paper: Paper) -> None:
    """Kind and abstract of a report, or the addressees of a letter."""
    if paper.kind:
        line = write(book.add_paragraph(), paper.kind, size=Pt(14), bold=True)
        line.paragraph_format.space_before = Pt(18)
        for text in paper.abstract:
            write(book.add_paragraph(), text, size=Pt(14), bold=True)
        rule(book.add_paragraph(), share=0.3, of_width=Mm(162))
    for text in paper.addressees:
        line = write(book.add_paragraph(), f"Kính gửi: {text}", size=BODY)
        line.paragraph_format.space_before = Pt(18)
        line.paragraph_format.space_after = Pt(12)


def add_block(book: DocumentType, block: Any) -> None:
    match block:
        case Table():
            add_table(book, block, is_annex=False)
        case Heading(text):
            line = body_line(book, text, bold=True)
            line.paragraph_format.keep_with_next = True
        case Item(text):
            body_line(book, f"- {text}")
        case Paragraph(text):
            body_line(book, text)


def body_line(book: DocumentType, text: str, *, bold: bool = False) -> Any:
    line = write(book.add_paragraph(), text, bold=bold, align=WD_ALIGN_PARAGRAPH.JUSTIFY)
    line.paragraph_format.first_line_indent = FIRST_LINE
    line.paragraph_format.space_before = Pt(6)
    line.paragraph_format.line_spacing = 1.1
    return line


def foot(book: DocumentType, paper: Paper) -> None:
    """Recipients on the left; the signer's title on the right, with room for hand and seal."""
    book.add_paragraph().paragraph_format.space_before = Pt(6)
    table = book.add_table(rows=1, cols=2)
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    set_widths(table, (Mm(76), Mm(86)))
    left, right = table.rows[0].cells
    keep_whole(table.rows[0])
    write(
        left.paragraphs[0],
        "Nơi nhận:",
        size=Pt(12),
        bold=True,
        italic=True,
        align=WD_ALIGN_PARAGRAPH.LEFT,
    )
    for text in paper.recipients:
        write(left.add_paragraph(), text, size=SMALL, align=WD_ALIGN_PARAGRAPH.LEFT)
    lines = [*paper.signer, "", "", "", "", paper.signer_name]
    for place, text in enumerate(lines):
        line = right.paragraphs[0] if not place else right.add_paragraph()
        write(line, text, size=BODY, bold=True)


def landscape(book: DocumentType) -> None:
    section = book.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = reversed(PAGE)
    margins(section)
    # The first page of the annexes has its number: only the document's first has none.
    section.different_first_page_header_footer = False
    section.header.is_linked_to_previous = True


def add_table(book: DocumentType, block: Table, *, is_annex: bool) -> None:
    """Add a table whose head comes again on each page and whose rows are not torn apart."""
    line = write(book.add_paragraph(), block.title, bold=True, size=BODY)
    line.paragraph_format.space_before = Pt(6 if not is_annex else 0)
    line.paragraph_format.keep_with_next = True
    if block.note:
        line = write(book.add_paragraph(), block.note, italic=True, size=Pt(12))
    line.paragraph_format.space_after = Pt(4)
    line.paragraph_format.keep_with_next = True
    table = book.add_table(rows=1, cols=len(block.columns), style="Table Grid")
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    section = book.sections[-1]
    room = section.page_width - section.left_margin - section.right_margin
    widths = [int(room * width / sum(block.widths)) for width in block.widths]
    set_widths(table, widths)
    head = table.rows[0]
    repeat_head(head)
    fill(head, block.columns, widths, bold=True, is_text=lambda _place: False)
    for cell in head.cells:
        cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    for number, values in enumerate(block.rows, start=1):
        row = table.add_row()
        keep_whole(row)
        is_total = block.has_total and number == len(block.rows)
        fill(row, values, widths, bold=is_total, is_text=block.is_text)


def fill(row: Any, values: list[str], widths: list[int], *, bold: bool, is_text: Any) -> None:
    for place, (cell, text, width) in enumerate(zip(row.cells, values, widths, strict=True)):
        cell.width = width
        align = WD_ALIGN_PARAGRAPH.RIGHT
        if is_text(place):
            align = WD_ALIGN_PARAGRAPH.LEFT
        elif place == 0:
            align = WD_ALIGN_PARAGRAPH.CENTER
        write(cell.paragraphs[0], text, size=TABLE_SIZE, bold=bold, align=align)


def repeat_head(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    keep_whole(row)


def keep_whole(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
