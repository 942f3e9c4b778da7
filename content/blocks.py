"""The blocks of lessons. First cut: enough for the page models to stand."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks


class LessonBlock(blocks.StreamBlock):
    heading = blocks.CharBlock(label=_("Heading"))


class HomeBlock(blocks.StreamBlock):
    paragraph = blocks.RichTextBlock(label=_("Text"))


class AimsBlock(blocks.StreamBlock):
    aim = blocks.CharBlock(label=_("Aim"))


class ClassPlanBlock(blocks.StreamBlock):
    step = blocks.CharBlock(label=_("Step"))
