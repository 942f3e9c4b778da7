"""Tags of pages: a block with its anchor, and the address of a page without a query."""

from __future__ import annotations

from django import template
from django.template import Context
from wagtail.blocks.stream_block import StreamValue
from wagtail.models import Page

from content.models.pages import block_anchor
from content.outline import address_of

register = template.Library()


@register.simple_tag(takes_context=True)
def block_with_anchor(context: Context, block: StreamValue.StreamChild) -> str:
    """Render a block of a body; inside, ``anchor`` is an id that no other block has.

    Blocks get this one name and nothing else of the page: they know no learner.
    """
    return block.render({"anchor": block_anchor(block.id), "request": context.get("request")})


@register.simple_tag
def page_address(page: Page) -> str:
    """Return the address of ``page`` below the site's home."""
    return address_of(page.url_path)
