"""What the law says, in force and past. Facts of a text live in ``LegalReference`` alone."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.snippets.blocks import SnippetChooserBlock

from content.blocks.reviewed import ReviewedBlock, reviewed


class CitationValue(blocks.StructValue):
    """A citation; some titles name the article already."""

    @property
    def heading(self) -> str:
        law, article = self["reference"], self["article"] or ""
        if law is None:
            return article
        title = f"{law.title} ({law.number})" if law.number else law.title
        if article and article.casefold() not in title.casefold():
            title = f"{title}, {article}"
        return title


class LegalCitationBlock(ReviewedBlock):
    reference = SnippetChooserBlock("content.LegalReference", label=_("Text of law"))
    article = blocks.CharBlock(required=False, max_length=120, label=_("Article"))
    text = blocks.TextBlock(
        rows=3,
        max_length=1200,
        label=_("Summary"),
        help_text=_("In our own words; the reader is sent to the text itself."),
    )

    def get_preview_value(self) -> Any:
        reference = apps.get_model("content", "LegalReference").objects.first()
        return self.normalize(
            {
                "reference": reference,
                "article": "Điều 3",
                "needs_review": False,
                "text": "Tôn trọng quyền của nạn nhân; giữ bí mật thông tin; không kỳ thị.",
            }
        )

    class Meta:
        label = _("Legal citation")
        icon = "doc-full"
        group = _("Law")
        template = "content/blocks/legal_citation.html"
        description = _("Where law is stated: the text, its article, its status and its days.")
        form_layout = reviewed("reference", "article", "text")
        value_class = CitationValue


class PastLawBlock(ReviewedBlock):
    text = blocks.TextBlock(rows=3, max_length=1200, label=_("Text"))

    class Meta:
        label = _("Past law")
        icon = "history"
        group = _("Law")
        template = "content/blocks/past_law.html"
        description = _("What applied earlier, for records of that time; not in force today.")
        form_layout = reviewed("text")
        preview_value = {"text": "Năm 2024: Luật 66/2011/QH12.", "needs_review": False}
