"""What a paper's file must be before it is kept: a plain PDF, or a picture drawn anew.

The kind is told by the content, never by the name or the browser's word. A picture is decoded and
written again, which drops where and with what it was taken and anything hidden behind it. A PDF is
kept byte for byte, because a signature in it would not survive a rewriting, and is refused if it is
locked or could do something when opened.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from courses.models.recognition import EvidenceKind

LARGEST_BYTES = 10 * 1024 * 1024
# As much as telephones take. A picture is decoded in memory, at four bytes a dot; a large JPEG can
# be decoded at a half or a quarter, a PNG cannot.
MOST_DOTS = {"JPEG": 50_000_000, "PNG": 12_000_000}
# A4 at 300 dots an inch.
LONGEST_SIDE = 3508
JPEG_QUALITY = 85
MOST_PDF_OBJECTS = 20_000
MOST_PDF_DEPTH = 60

MAGIC = {
    b"%PDF-": EvidenceKind.PDF,
    b"\xff\xd8\xff": EvidenceKind.JPEG,
    b"\x89PNG\r\n\x1a\n": EvidenceKind.PNG,
}
PICTURE_FORMATS = {EvidenceKind.JPEG: "JPEG", EvidenceKind.PNG: "PNG"}
# Names in a PDF that run something, open something else or carry another file.
ACTIVE_NAMES = frozenset(
    "/JS /JavaScript /Launch /EmbeddedFile /EmbeddedFiles /EF /RichMedia /XFA /SubmitForm "
    "/ImportData /GoToR /GoToE /Rendition /Movie /Sound".split()
)
# Looked for in the bytes too, so that no second table of objects hides them.
ACTIVE_BYTES = (b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/RichMedia", b"/Encrypt")

EMPTY, TOO_LARGE, UNKNOWN, BROKEN = "empty", "too large", "unknown", "broken"
TOO_MANY_DOTS, LOCKED, ACTIVE = "too many dots", "locked", "active"
REASONS = {
    EMPTY: _("The file is empty."),
    TOO_LARGE: _("The file is larger than 10 MB."),
    UNKNOWN: _("This is not a PDF, JPG or PNG file."),
    BROKEN: _("The file is damaged and cannot be read. Scan or photograph the paper again."),
    TOO_MANY_DOTS: _("The picture is too large. Photograph the paper with an ordinary camera."),
    LOCKED: _("The PDF is locked by a password. Hand in one that is not locked."),
    ACTIVE: _(
        "The PDF holds scripts, forms or other files inside. Print it to a new PDF, or photograph "
        "the paper."
    ),
}


class EvidenceRefused(ValueError):
    """The file is not kept; ``reason`` is a key of :data:`REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def text(self) -> str:
        return str(REASONS[self.reason])


@dataclass(frozen=True)
class Evidence:
    """A file as it will be stored."""

    kind: EvidenceKind
    content: bytes

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


def read_evidence(content: bytes) -> Evidence:
    """Return the file as it may be kept. Raises :class:`EvidenceRefused`."""
    if not content:
        raise EvidenceRefused(EMPTY)
    if len(content) > LARGEST_BYTES:
        raise EvidenceRefused(TOO_LARGE)
    kind = next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), None)
    if kind is None:
        raise EvidenceRefused(UNKNOWN)
    if kind == EvidenceKind.PDF:
        check_pdf(content)
        return Evidence(kind, content)
    return Evidence(kind, redraw(content, PICTURE_FORMATS[kind]))


# Pictures ---------------------------------------------------------------------------------------
def redraw(content: bytes, form: str) -> bytes:
    """Return the picture drawn anew, upright, without anything but its dots."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=[form])
            if picture.width * picture.height > MOST_DOTS[form]:
                raise EvidenceRefused(TOO_MANY_DOTS)
            picture.draft("RGB", (LONGEST_SIDE // 2, LONGEST_SIDE // 2))
            picture.load()
    except Image.DecompressionBombError as bomb:
        raise EvidenceRefused(TOO_MANY_DOTS) from bomb
    except EvidenceRefused:
        raise
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as failure:
        raise EvidenceRefused(BROKEN) from failure
    wanted = "RGBA" if has_alpha(picture) else "RGB"
    if picture.mode != wanted:
        picture = picture.convert(wanted)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(picture)
    flat = Image.new("RGB", upright.size, "white")
    flat.paste(upright, mask=upright.getchannel("A") if wanted == "RGBA" else None)
    written = io.BytesIO()
    flat.save(written, form, **({"quality": JPEG_QUALITY} if form == "JPEG" else {}))
    return written.getvalue()


def has_alpha(picture: Image.Image) -> bool:
    return picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info


# PDF --------------------------------------------------------------------------------------------
def check_pdf(content: bytes) -> None:
    """Refuse a PDF that is locked, cannot be read, or holds more than pages."""
    # Only who hands in a PDF pays for the reader.
    from pypdf import PdfReader  # noqa: PLC0415 (heavy)

    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            raise EvidenceRefused(LOCKED)
        if not len(reader.pages):
            raise EvidenceRefused(BROKEN)
        is_active = any(name in ACTIVE_NAMES for name in names_in(reader))
    except EvidenceRefused:
        raise
    # The reader meets whatever a stranger wrote, and tells it by many kinds of error.
    except Exception as failure:
        raise EvidenceRefused(BROKEN) from failure
    if b"/Encrypt" in content:
        raise EvidenceRefused(LOCKED)
    if is_active or any(word in content for word in ACTIVE_BYTES):
        raise EvidenceRefused(ACTIVE)


def names_in(reader: Any) -> Iterator[str]:
    """Yield each key and each name of every object, those in compressed objects too."""
    keys = [(number, generation) for generation, table in reader.xref.items() for number in table]
    keys += [(number, 0) for number in reader.xref_objStm]
    if len(keys) > MOST_PDF_OBJECTS:
        raise EvidenceRefused(BROKEN)
    yield from names_of(reader.trailer, 0)
    for number, generation in keys:
        found = object_of(reader, number, generation)
        if found is not None:
            yield from names_of(found, 0)


def object_of(reader: Any, number: int, generation: int) -> Any:
    from pypdf.generic import IndirectObject  # noqa: PLC0415 (heavy)

    return reader.get_object(IndirectObject(number, generation, reader))


def names_of(value: Any, depth: int) -> Iterator[str]:
    """Yield the names inside ``value`` itself; what it points to has a turn of its own."""
    from pypdf.generic import ArrayObject, DictionaryObject, NameObject  # noqa: PLC0415 (heavy)

    if depth > MOST_PDF_DEPTH:
        raise EvidenceRefused(BROKEN)
    if isinstance(value, NameObject):
        yield str(value)
    elif isinstance(value, DictionaryObject):
        for key in value:
            yield str(key)
            yield from names_of(value.raw_get(key), depth + 1)
    elif isinstance(value, ArrayObject):
        for each in list.__iter__(value):
            yield from names_of(each, depth + 1)
