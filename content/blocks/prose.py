"""Running text, and the passages that stand out of it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from content.blocks.reviewed import RICH_FEATURES, ReviewedBlock, reviewed


class HeadingBlock(blocks.CharBlock):
    """A heading of a part of the lesson; the margin lists them."""

    class Meta:
        label = _("Heading")
        icon = "title"
        group = _("Text")
        template = "content/blocks/heading.html"
        description = _("Begins a part of the lesson and stands in the table of contents.")
        preview_value = "Ba câu tự hỏi khi nghe"


class ParagraphBlock(ReviewedBlock):
    text = blocks.RichTextBlock(features=RICH_FEATURES, label=_("Text"))

    class Meta:
        label = _("Paragraph")
        icon = "pilcrow"
        group = _("Text")
        template = "content/blocks/paragraph.html"
        description = _("One paragraph or one list; short sentences, one idea each.")
        form_layout = reviewed("text")
        preview_value = {
            "text": "<p>Ở lần gặp đầu, anh/chị chỉ cần biết <b>ba điều</b>.</p>",
            "needs_review": False,
        }


class KeyPointBlock(ReviewedBlock):
    text = blocks.TextBlock(rows=2, max_length=600, label=_("Text"))

    class Meta:
        label = _("Key point")
        icon = "pick"
        group = _("Text")
        template = "content/blocks/key_point.html"
        description = _("The one sentence to take along; one in a lesson, two at most.")
        form_layout = reviewed("text")
        preview_value = {
            "text": "Hỏi ít, nghe nhiều. An toàn đi trước việc thu thập thông tin.",
            "needs_review": False,
        }


class DefinitionBlock(ReviewedBlock):
    term = blocks.CharBlock(max_length=120, label=_("Term"))
    text = blocks.TextBlock(rows=3, max_length=800, label=_("Meaning"))

    class Meta:
        label = _("Definition")
        icon = "list-ul"
        group = _("Text")
        template = "content/blocks/definition.html"
        description = _("A word of the trade and what it means, in plain words.")
        form_layout = reviewed("term", "text")
        preview_value = {
            "term": "Tái sang chấn",
            "text": "Là khi cách hỏi hoặc khung cảnh khiến một người sống lại nỗi sợ cũ.",
            "needs_review": False,
        }


class FictionalExampleBlock(ReviewedBlock):
    title = blocks.CharBlock(max_length=160, label=_("Title"))
    text = blocks.RichTextBlock(features=RICH_FEATURES, label=_("Text"))

    class Meta:
        label = _("Fictional example")
        icon = "group"
        group = _("Practice")
        template = "content/blocks/fictional_example.html"
        description = _("An example from a working day; people and places are made up and say so.")
        form_layout = reviewed("title", "text")
        preview_value = {
            "title": "Một buổi sáng ở xã Đồi Sim",
            "text": "<p>Chị H. đến trụ sở xã và ngồi gần cửa ra vào.</p>",
            "needs_review": False,
        }


class ContentWarningBlock(blocks.StructBlock):
    text = blocks.TextBlock(rows=3, max_length=800, label=_("Text"))

    class Meta:
        label = _("Content warning")
        icon = "warning"
        group = _("Care")
        template = "content/blocks/content_warning.html"
        description = _("Says what is coming and that one may skip it or stop. Stands first.")
        preview_value = {
            "text": "Bài có một tình huống nhắc đến việc bị ép lao động. Anh/chị có thể bỏ qua "
            "tình huống mà vẫn hoàn thành bài.",
        }


class SelfCareBlock(blocks.StructBlock):
    text = blocks.TextBlock(rows=3, max_length=800, label=_("Text"))

    class Meta:
        label = _("Self-care")
        icon = "rotate"
        group = _("Care")
        template = "content/blocks/self_care.html"
        description = _("How the reader looks after herself after hard content. Stands last.")
        preview_value = {
            "text": "Nếu bài học gợi lại chuyện không vui, anh/chị hãy nghỉ vài phút.",
        }
