"""Questions inside a lesson: the self-check, and the case scenario with its decisions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from string import ascii_lowercase

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from content.blocks.reviewed import ReviewedBlock, reviewed


class SelfCheckOptionBlock(blocks.StructBlock):
    text = blocks.CharBlock(max_length=300, label=_("Answer"))
    is_correct = blocks.BooleanBlock(required=False, label=_("Correct"))
    feedback = blocks.TextBlock(rows=2, max_length=600, label=_("Feedback"))

    class Meta:
        label = _("Answer")
        icon = "radio-full"


class SelfCheckBlock(ReviewedBlock):
    """A question that is not scored; each answer unfolds its feedback, without JavaScript."""

    question = blocks.TextBlock(rows=2, max_length=600, label=_("Question"))
    options = blocks.ListBlock(SelfCheckOptionBlock(), label=_("Answers"), min_num=2, max_num=6)

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        if not any(option["is_correct"] for option in cleaned["options"]):
            raise StructBlockValidationError(
                {"options": ValidationError(gettext("Mark at least one answer as correct."))}
            )
        return cleaned

    class Meta:
        label = _("Self-check")
        icon = "help"
        group = _("Practice")
        template = "content/blocks/self_check.html"
        description = _("A question for oneself with feedback to each answer; not scored.")
        form_layout = reviewed("question", "options")
        preview_value = {
            "question": "Nạn nhân kể không theo thứ tự thời gian. Điều đó thường cho thấy gì?",
            "options": [
                {"text": "Họ đang giấu sự thật", "is_correct": False, "feedback": "Chưa đúng."},
                {
                    "text": "Trí nhớ chịu ảnh hưởng của căng thẳng",
                    "is_correct": True,
                    "feedback": "Đúng. Đó là phản ứng bình thường của cơ thể.",
                },
            ],
            "needs_review": False,
        }


class DecisionOptionBlock(blocks.StructBlock):
    key = blocks.CharBlock(
        required=False, max_length=8, label=_("Letter"), help_text=_("Given by the portal.")
    )
    text = blocks.CharBlock(max_length=300, label=_("What one could do"))
    is_correct = blocks.BooleanBlock(required=False, label=_("A good choice"))
    feedback = blocks.TextBlock(rows=2, max_length=800, label=_("Feedback"))

    class Meta:
        label = _("Choice")
        icon = "radio-full"


class DecisionBlock(blocks.StructBlock):
    key = blocks.CharBlock(
        required=False, max_length=20, label=_("Key"), help_text=_("Given by the portal.")
    )
    question = blocks.TextBlock(rows=2, max_length=600, label=_("Question"))
    options = blocks.ListBlock(DecisionOptionBlock(), label=_("Choices"), min_num=2, max_num=6)

    class Meta:
        label = _("Decision")
        icon = "order"


class CaseScenarioBlock(blocks.StructBlock):
    """A story with decisions. The feedback to a choice is not in the page before it is chosen.

    Answers are stored by decision and option key (``courses.progress``), so that moving or
    rewording a decision keeps them; keys are given when the block is saved, and a copied decision
    gets a new one.
    """

    title = blocks.CharBlock(max_length=160, label=_("Title"))
    story = blocks.TextBlock(rows=6, label=_("Story"))
    decisions = blocks.ListBlock(DecisionBlock(), label=_("Decisions"), min_num=1, max_num=12)
    needs_review = blocks.BooleanBlock(
        required=False,
        label=_("Needs review"),
        help_text=_("Shown with a mark until a reviewer has read it."),
    )

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        decisions = cleaned["decisions"]
        give_keys(decisions, (f"d{number}" for number in count(1)))
        for number, decision in enumerate(decisions, 1):
            give_keys(decision["options"], iter(ascii_lowercase))
            if not any(option["is_correct"] for option in decision["options"]):
                message = gettext("Decision %(number)s has no good choice.") % {"number": number}
                raise StructBlockValidationError({"decisions": ValidationError(message)})
        return cleaned

    class Meta:
        label = _("Case scenario")
        icon = "comment"
        group = _("Practice")
        template = "content/blocks/case_scenario.html"
        description = _("A fictional case to decide step by step; one in a lesson of this kind.")
        preview_value = {
            "title": "Chị H. trở về sau hai năm",
            "story": "Chị H., 24 tuổi, đến trụ sở xã lúc chiều muộn. Nhân vật là hư cấu.",
            "decisions": [
                {
                    "key": "d1",
                    "question": "Anh/chị làm gì trước?",
                    "options": [
                        {
                            "key": "a",
                            "text": "Hỏi chị H. cần gì lúc này",
                            "is_correct": True,
                            "feedback": "Phù hợp.",
                        },
                        {
                            "key": "b",
                            "text": "Gọi gia đình chị H. đến ngay",
                            "is_correct": False,
                            "feedback": "Chưa nên.",
                        },
                    ],
                }
            ],
            "needs_review": False,
        }


def give_keys(values: Iterable[blocks.StructValue], fresh: Iterable[str]) -> None:
    """Give each value without a key, or with one that stands before it, the next free one."""
    values = list(values)
    taken = {value["key"] for value in values if value["key"]}
    free = (key for key in fresh if key not in taken)
    seen: set[str] = set()
    for value in values:
        if not value["key"] or value["key"] in seen:
            value["key"] = next(free)
        seen.add(value["key"])
