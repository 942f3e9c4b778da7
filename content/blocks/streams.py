"""Which blocks a page takes."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from content.blocks import law, lists, media, practice, prose
from content.blocks.reviewed import RICH_FEATURES


class LessonBlock(blocks.StreamBlock):
    """The body of a lesson or of a scenario."""

    content_warning = prose.ContentWarningBlock()
    heading = prose.HeadingBlock(max_length=160)
    paragraph = prose.ParagraphBlock()
    key_point = prose.KeyPointBlock()
    definition = prose.DefinitionBlock()
    table = lists.TableBlock()
    legal_citation = law.LegalCitationBlock()
    past_law = law.PastLawBlock()
    checklist = lists.ChecklistBlock()
    dos_and_donts = lists.DosAndDontsBlock()
    fictional_example = prose.FictionalExampleBlock()
    case_scenario = practice.CaseScenarioBlock()
    self_check = practice.SelfCheckBlock()
    image = media.ImageBlock()
    video = media.VideoBlock()
    document = media.DocumentBlock()
    self_care = prose.SelfCareBlock()

    class Meta:
        block_counts = {"case_scenario": {"max_num": 1}}


class StepBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=120, label=_("Title"))
    text = blocks.TextBlock(rows=2, max_length=400, label=_("Text"))

    class Meta:
        label = _("Step")
        icon = "order"


class StepsBlock(blocks.StructBlock):
    """How it works, in a few steps side by side."""

    title = blocks.CharBlock(max_length=120, label=_("Title"))
    steps = blocks.ListBlock(StepBlock(), label=_("Steps"), min_num=2, max_num=3)

    class Meta:
        label = _("Steps")
        icon = "list-ol"
        template = "content/blocks/steps.html"
        description = _("Two or three steps side by side: how learning goes.")
        preview_value = {
            "title": "Học như thế nào",
            "steps": [
                {"title": "Học từng bài ngắn", "text": "Mỗi bài 10 đến 20 phút."},
                {"title": "Nhận giấy chứng nhận", "text": "Giấy có mã kiểm tra."},
            ],
        }


class HomeTextBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=120, label=_("Title"))
    text = blocks.RichTextBlock(features=RICH_FEATURES, label=_("Text"))

    class Meta:
        label = _("Text")
        icon = "pilcrow"
        template = "content/blocks/home_text.html"
        description = _("A section of text with its heading.")
        preview_value = {"title": "Ai cần học", "text": "<p>Cán bộ từ tỉnh đến cơ sở.</p>"}


class HomeBlock(blocks.StreamBlock):
    """Sections of the home page below the courses."""

    steps = StepsBlock()
    text = HomeTextBlock()


class AimBlock(blocks.CharBlock):
    class Meta:
        label = _("Aim")
        icon = "pick"
        template = "content/blocks/aim.html"
        description = _("What one can do after the course; begins with a verb.")
        preview_value = "Nhận ra dấu hiệu mà không gán nhãn"


class AimsBlock(blocks.StreamBlock):
    aim = AimBlock(max_length=300)


class ClassStepBlock(blocks.StructBlock):
    """A step of the class; ``period`` is the class period (from 1) in which it falls."""

    minutes = blocks.IntegerBlock(min_value=1, max_value=240, label=_("Minutes"))
    text = blocks.CharBlock(max_length=300, label=_("What is done"))
    period = blocks.IntegerBlock(min_value=1, max_value=40, label=_("Class period"))

    class Meta:
        label = _("Step of the class")
        icon = "time"
        template = "content/blocks/class_step.html"
        description = _("Minutes, what is done, and in which period of the class.")
        preview_value = {"minutes": 15, "text": "Mở lớp, thống nhất quy tắc an toàn", "period": 1}


class ClassPlanBlock(blocks.StreamBlock):
    step = ClassStepBlock()
