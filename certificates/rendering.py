"""From frozen facts to the bytes of the document; the only importer of xhtml2pdf.

``docs/decisions.md`` 35: one embedded face under one name, and nothing but that face and the QR
picture may be read. The library prints a box for a letter its font lacks, and only warns when it
falls back to another font or refuses a picture, so every letter is looked up beforehand and any
warning refuses the document: better none than a certificate with a wrong name.

One document is made at a time in a process (the library holds a lock), in about 0.1 s.
"""

from __future__ import annotations

import base64
import io
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import segno
from django.template.loader import render_to_string
from pypdf import PdfReader
from reportlab.pdfbase.ttfonts import TTFontFile
from xhtml2pdf import pisa
from xhtml2pdf.config.resources import ResourceAccessPolicy

FONT_FOLDER = Path(__file__).resolve().parent / "fonts"
FONTS = ("NotoSerif-Regular.ttf", "NotoSerif-Bold.ttf", "NotoSerif-Italic.ttf")
PICTURE_PREFIX = "data:image/png;base64,"
MAX_DOCUMENT_BYTES = 200_000
MAX_SECONDS = 30
# A report with a table of some hundred units.
MAX_REPORT_BYTES, MAX_REPORT_SECONDS = 5_000_000, 120
# Above so many letters a name is set smaller, so that it still fits its line or two.
LONG_NAME, VERY_LONG_NAME = 30, 48
# Set in large type; no word of Vietnamese has a third of so many letters.
LARGE = ("full_name", "course_title", "owner_name")
LONGEST_WORD = 30
# The inner frame ends 10 mm and both borders above the edge of the page.
FRAME_BOTTOM_POINTS = 42


class DocumentRefused(Exception):
    """The document would not be faithful; the message says why, without any name."""


def render_document(facts: Mapping[str, Any]) -> bytes:
    """Return the PDF of a certificate with ``facts``: one page, A4 landscape.

    Raises :class:`DocumentRefused` for a letter that the face lacks, for any warning of the
    library, and if the text does not fit the page.
    """
    html = render_to_string(
        "certificates/pdf/certificate.html",
        {
            "facts": facts,
            "qr": qr_picture(facts["verify_url"]),
            "name_class": _name_class(facts["full_name"]),
        },
    )
    pdf = html_to_pdf(html)
    _read_back(pdf, facts)
    return pdf


def report_to_pdf(html: str) -> bytes:
    """Return a document of many pages as a PDF, in our face and without a file of anybody else's.

    Raises :class:`DocumentRefused` for a letter that the face lacks and for any warning.
    """
    return html_to_pdf(html, max_bytes=MAX_REPORT_BYTES, max_seconds=MAX_REPORT_SECONDS)


def html_to_pdf(
    html: str, *, max_bytes: int = MAX_DOCUMENT_BYTES, max_seconds: int = MAX_SECONDS
) -> bytes:
    """Return ``html`` as a PDF under the rules of this module."""
    missing = letters_without_glyph(html)
    if missing:
        names = ", ".join(f"U+{ord(letter):04X}" for letter in missing)
        raise DocumentRefused(f"no glyph for {names}")
    out = io.BytesIO()
    with _collected_warnings() as warnings:
        status = pisa.CreatePDF(
            html,
            dest=out,
            encoding="utf-8",
            link_callback=allowed_resource,
            resource_policy=ResourceAccessPolicy(
                allow_remote=False,
                base_dir=FONT_FOLDER,
                max_document_bytes=max_bytes,
                max_render_seconds=max_seconds,
            ),
        )
    if status.err or status.warn or warnings:
        raise DocumentRefused("; ".join(warnings) or f"{status.err} errors, {status.warn} warnings")
    return out.getvalue()


def allowed_resource(uri: str, relative_to: str) -> str:
    """Return what the library may read for ``uri``: our own fonts and pictures in the document."""
    if uri.startswith(PICTURE_PREFIX):
        return uri
    if uri in FONTS:
        return str(FONT_FOLDER / uri)
    raise DocumentRefused("the document asks for a file of its own")


def qr_picture(text: str) -> str:
    """Return a QR code of ``text`` as the address of a PNG, four empty modules around it."""
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="png", scale=6, border=4)
    return PICTURE_PREFIX + base64.b64encode(out.getvalue()).decode("ascii")


def letters_without_glyph(html: str) -> list[str]:
    """Return the letters of the text of ``html`` that one of the three faces cannot draw."""
    text = unescape(re.sub(r"<style.*?</style>|<[^>]+>", "", html, flags=re.DOTALL))
    known = _known_letters()
    return sorted({letter for letter in text if not letter.isspace()} - known)


@cache
def _known_letters() -> frozenset[str]:
    """Read the faces' own tables once per process, 0.1 s."""
    known = [
        {chr(code) for code in TTFontFile(str(FONT_FOLDER / name)).charToGlyph} for name in FONTS
    ]
    return frozenset(set.intersection(*known))


def _read_back(pdf: bytes, facts: Mapping[str, Any]) -> None:
    """Refuse a page whose text cannot be read again or runs over its frame."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    if len(pages) != 1:
        raise DocumentRefused(f"the text takes {len(pages)} pages")
    heights: list[float] = []

    def note_height(text: str, page: list, line: list, _font: Any, _size: float) -> None:
        if text.strip():
            heights.append(line[5] * page[3] + page[5])

    read = _without_spaces(pages[0].extract_text(visitor_text=note_height))
    for name in ("full_name", "course_title", "register_no"):
        if _without_spaces(facts[name]) not in read:
            raise DocumentRefused(f"{name} cannot be read back from the page")
    if min(heights) < FRAME_BOTTOM_POINTS:
        raise DocumentRefused("the text runs over the frame")
    longest = max(len(word) for name in LARGE for word in facts[name].split())
    if longest > LONGEST_WORD:
        raise DocumentRefused(f"a word of {longest} letters does not fit a line")


def _without_spaces(text: str) -> str:
    return "".join(text.split())


def _name_class(name: str) -> str:
    if len(name) > VERY_LONG_NAME:
        return "rat-dai"
    return "dai" if len(name) > LONG_NAME else ""


@contextmanager
def _collected_warnings() -> Iterator[list[str]]:
    """Collect what the library would only log; its text may quote the document, so cut it."""
    found: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage()[:120])

    collector = Collector(level=logging.WARNING)
    logger = logging.getLogger("xhtml2pdf")
    logger.addHandler(collector)
    try:
        yield found
    finally:
        logger.removeHandler(collector)
