"""Opening a handed-in file: what kind it is, and whether its parts may be unpacked.

Decided by content, never by the name. Limits hold for what a part declares and for what really
comes out of it, so that a small file cannot fill the memory.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO
from xml.parsers import expat

from lms.people.workbooks.refusals import LARGEST_FILE, FileRefused

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The name of the stream in which an encrypted workbook lies, as OLE directories write it.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
ZIP = b"PK\x03\x04"
MOST_ENTRIES = 500
LARGEST_PART = 120 * 1024 * 1024
LARGEST_WHOLE = 200 * 1024 * 1024
# Office programs reach about 1:20; a sheet of empty formatted rows 1:100.
HIGHEST_RATIO = 300
STEP = 64 * 1024
MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
MOST_SEEN = 4096


class Container:
    """The parts of a workbook, by name; read as streams of bytes with a limit."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.names = {info.filename for info in archive.infolist()}

    def parts_of(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a part. Raises :class:`FileRefused`."""
        total = 0
        try:
            with self._archive.open(name) as stream:
                while chunk := stream.read(STEP):
                    total += len(chunk)
                    if total > LARGEST_PART:
                        raise FileRefused("bomb")
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError) as error:
            raise FileRefused("broken") from error
        except (NotImplementedError, RuntimeError) as error:
            raise FileRefused("password") from error

    def text_of(self, name: str) -> bytes:
        """Return a small part whole."""
        return b"".join(self.parts_of(name))


@contextmanager
def open_container(file: IO[bytes]) -> Iterator[Container]:
    """Open ``file`` if it is an Excel workbook without macros. Raises :class:`FileRefused`."""
    check_kind(file)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise FileRefused("broken") from error
    with archive:
        check_entries(archive.infolist())
        container = Container(archive)
        check_workbook(container)
        yield container


def check_kind(file: IO[bytes]) -> None:
    """Tell by the first bytes what this is, if it is no zip archive."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    head = file.read(MOST_SEEN)
    if not head:
        raise FileRefused("empty")
    if size > LARGEST_FILE:
        raise FileRefused("too-large")
    if head.startswith(OLE):
        file.seek(0)
        raise FileRefused("password" if ENCRYPTED in file.read() else "old-xls")
    if not head.startswith(ZIP):
        raise FileRefused("text-file" if is_text(head) else "not-workbook")
    file.seek(0)


def is_text(head: bytes) -> bool:
    """Tell whether the bytes read as text in one of the encodings of CSV files."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if b"\x00" in head:
        return False
    printable = sum(byte >= 32 or byte in b"\t\r\n" for byte in head)
    return printable == len(head)


def check_entries(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse what declares too much, is encrypted, is packed oddly or points outside."""
    if len(entries) > MOST_ENTRIES:
        raise FileRefused("bomb")
    whole = 0
    seen = set()
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise FileRefused("password")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileRefused("broken")
        if entry.filename in seen or ".." in PurePosixPath(entry.filename).parts:
            raise FileRefused("broken")
        seen.add(entry.filename)
        whole += entry.file_size
        packed = max(entry.compress_size, 1)
        is_large = entry.file_size > 1024 * 1024
        if entry.file_size > LARGEST_PART or (
            is_large and entry.file_size // packed > HIGHEST_RATIO
        ):
            raise FileRefused("bomb")
    if whole > LARGEST_WHOLE:
        raise FileRefused("bomb")


def check_workbook(container: Container) -> None:
    """Refuse archives that are no workbook, macros and links to other files."""
    names = container.names
    if "mimetype" in names and "content.xml" in names:
        raise FileRefused("open-document")
    if any(name.endswith("vbaProject.bin") for name in names):
        raise FileRefused("macro")
    if "[Content_Types].xml" not in names:
        raise FileRefused("not-workbook")
    types = content_types(container)
    if any("macroEnabled" in each or "vbaProject" in each for each in types):
        raise FileRefused("macro")
    if any("sheet.binary" in each for each in types):
        raise FileRefused("binary-workbook")
    if MAIN not in types:
        raise FileRefused("not-workbook")
    if any(name.startswith("xl/externalLinks/") for name in names):
        raise FileRefused("external-links")


def content_types(container: Container) -> set[str]:
    found: set[str] = set()

    def start(_name: str, attributes: dict[str, str]) -> None:
        if "ContentType" in attributes:
            found.add(attributes["ContentType"])

    parser = safe_parser()
    parser.StartElementHandler = start
    feed(parser, container.parts_of("[Content_Types].xml"))
    return found


def safe_parser() -> expat.XMLParserType:
    """Return a parser that stops at the first word of a document type: no entity is defined."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True

    def refuse(*_args: object) -> None:
        raise FileRefused("entities")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    return parser


def feed(parser: expat.XMLParserType, chunks: Iterator[bytes], *, is_last: bool = True) -> None:
    """Send a part, or a piece of one, through ``parser``. Raises :class:`FileRefused`."""
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        if is_last:
            parser.Parse(b"", True)
    except FileRefused:
        raise
    except (expat.ExpatError, LookupError, ValueError) as error:  # also an unknown encoding
        raise FileRefused("broken") from error
