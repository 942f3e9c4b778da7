"""The documents that can be made of a frozen report, by the words of their addresses."""

from __future__ import annotations

from collections.abc import Callable

from lms.target.reports.content import Words
from lms.target.reports.frozen import Frozen
from lms.target.reports.printing import write_pdf

Maker = Callable[[Frozen], bytes]


def report_docx(frozen: Frozen) -> bytes:
    # The library of Word files is heavy: only who asks for one pays for it.
    from lms.target.reports.word import write_docx  # noqa: PLC0415 (heavy)

    return write_docx(Words(frozen).report(), frozen)


def letter_docx(frozen: Frozen) -> bytes:
    # The library of Word files is heavy: only who asks for one pays for it.
    from lms.target.reports.word import write_docx  # noqa: PLC0415 (heavy)

    return write_docx(Words(frozen).letter(), frozen)


def report_pdf(frozen: Frozen) -> bytes:
    return write_pdf(Words(frozen).report())


def letter_pdf(frozen: Frozen) -> bytes:
    return write_pdf(Words(frozen).letter())


DOCUMENTS: dict[str, dict[str, Maker]] = {
    "bao-cao": {"docx": report_docx, "pdf": report_pdf},
    "cong-van": {"docx": letter_docx, "pdf": letter_pdf},
}
