"""What blocks of prose share: the mark that a reviewer must still read them, and their ground.

Every passage rests on named bullets of the curriculum (``docs/content-sources.md``). Some of these
are general professional knowledge or were read second-hand; until a reviewer has read such a
passage it carries a visible mark (``docs/decisions.md`` 22).
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import BlockGroup

RICH_FEATURES = ["bold", "italic", "ol", "ul", "link", "document-link"]


def reviewed(*fields: str) -> BlockGroup:
    """Return the layout of a reviewed block: its fields, and the review in the settings below."""
    return BlockGroup(children=list(fields), settings=["needs_review", "basis"])


class ReviewedBlock(blocks.StructBlock):
    """A passage that may wait for its reviewer."""

    needs_review = blocks.BooleanBlock(
        required=False,
        label=_("Needs review"),
        help_text=_("Shown with a mark until a reviewer has read it."),
    )
    basis = blocks.CharBlock(
        required=False,
        max_length=200,
        label=_("Rests on"),
        help_text=_("Bullets of the curriculum or another source; learners do not see this."),
    )
