"""Addresses in Vietnamese without diacritics, the same in the browser and on the server.

Wagtail knows two ways: with diacritics ("đạo-đức"), or by code points ("djo-djc"). Ours folds every
accented letter to its base letter, đ included.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict

from anyascii import anyascii
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.admin.widgets.slug import SlugInput

# Latin letters with marks of Vietnamese and of the languages spoken in the highlands.
LATIN = [
    chr(point) for start, end in ((0x00C0, 0x0250), (0x1E00, 0x1F00)) for point in range(start, end)
]


def ascii_slug(title: str) -> str:
    """Return the address made of ``title``: "Đạo đức" gives "dao-duc"; empty if nothing is left."""
    return slugify(anyascii(title))[:255]


def accented_letters() -> list[tuple[str, str]]:
    """Return pairs of a class of accented letters and their base letter, for the slug field."""
    classes: defaultdict[str, list[str]] = defaultdict(list)
    for letter in LATIN:
        base = unicodedata.normalize("NFD", letter)[0]
        base = {"đ": "d", "Đ": "D"}.get(base, base)
        if base.isascii() and base != letter:
            classes[base].append(letter)
    # Marks typed apart from their letter (NFD) are dropped.
    return [(f"[{''.join(letters)}]", base) for base, letters in sorted(classes.items())] + [
        ("[\u0300-\u036f]", "")
    ]


def slug_field_panel() -> FieldPanel:
    return FieldPanel("slug", heading=_("Address"), widget=SlugInput(formatters=accented_letters()))
