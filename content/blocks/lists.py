"""Lists to act by, and tables."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from content.blocks.reviewed import ReviewedBlock, reviewed

CELL_BREAK = "|"


def entry(label: str) -> blocks.ListBlock:
    """Return a list of short lines, each named ``label``."""
    return blocks.ListBlock(
        blocks.CharBlock(max_length=300, label=_("Line")), label=label, min_num=1
    )


class ChecklistBlock(ReviewedBlock):
    title = blocks.CharBlock(max_length=160, label=_("Title"))
    items = entry(_("Things to do"))

    class Meta:
        label = _("Checklist")
        icon = "tasks"
        group = _("Practice")
        template = "content/blocks/checklist.html"
        description = _("Things to do, one line each, verb first.")
        form_layout = reviewed("title", "items")
        preview_value = {
            "title": "Việc cần làm",
            "items": ["Chọn phòng kín đáo.", "Xin phép trước khi ghi chép."],
            "needs_review": False,
        }


class DosAndDontsBlock(ReviewedBlock):
    do_title = blocks.CharBlock(max_length=80, label=_("Heading of what to do"))
    do = entry(_("To do or say"))
    dont_title = blocks.CharBlock(max_length=80, label=_("Heading of what to avoid"))
    dont = entry(_("To avoid"))

    class Meta:
        label = _("Do and do not")
        icon = "list-ol"
        group = _("Practice")
        template = "content/blocks/dos_and_donts.html"
        description = _("Two short lists side by side: what to say or do, and what not.")
        form_layout = reviewed("do_title", "do", "dont_title", "dont")
        preview_value = {
            "do_title": "Nên nói",
            "do": ["“Chị muốn bắt đầu từ đâu cũng được.”"],
            "dont_title": "Không nên nói",
            "dont": ["“Sao lúc đó không bỏ về?”"],
            "needs_review": False,
        }


class TableValue(blocks.StructValue):
    """A table typed as lines of text."""

    @property
    def header_cells(self) -> list[str]:
        return cells_of(self["header"])

    @property
    def body_rows(self) -> list[list[str]]:
        return [cells_of(line) for line in self["rows"].splitlines() if line.strip()]


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.split(CELL_BREAK)]


class TableBlock(ReviewedBlock):
    """A small table; the first column names the row.

    Typed as text, one row a line: quicker than a grid, and it works with a keyboard alone.
    """

    caption = blocks.CharBlock(max_length=200, label=_("Caption"))
    header = blocks.CharBlock(
        max_length=400, label=_("Column headings"), help_text=_("Separated by |")
    )
    rows = blocks.TextBlock(
        rows=6, label=_("Rows"), help_text=_("One row a line, the cells separated by |")
    )

    def clean(self, value: TableValue) -> TableValue:
        cleaned = super().clean(value)
        width = len(cleaned.header_cells)
        uneven = [number for number, row in enumerate(cleaned.body_rows, 1) if len(row) != width]
        if uneven:
            message = gettext("Row %(row)s does not have %(count)s cells, as the headings do.") % {
                "row": uneven[0],
                "count": width,
            }
            raise StructBlockValidationError({"rows": ValidationError(message)})
        return cleaned

    class Meta:
        label = _("Table")
        icon = "table"
        group = _("Text")
        template = "content/blocks/table.html"
        description = _("A small table with a caption; the first column names the row.")
        form_layout = reviewed("caption", "header", "rows")
        value_class = TableValue
        preview_value = {
            "caption": "Ba ngăn của một câu chuyện",
            "header": "Ngăn | Câu tự hỏi",
            "rows": "Hành vi | Ai rủ, ai chở?\nMục đích | Ai được lợi?",
            "needs_review": False,
        }
