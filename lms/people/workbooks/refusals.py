"""Why a file or a row is refused, and what the reader takes with a word of notice.

A reason is kept as its code and its words, so that every page, file and command says it in the
language of its reader. ``cell`` names the cell as the spreadsheet does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

# Limits that the texts name and the code holds.
MOST_ROWS = 20_000
LARGEST_FILE = 10 * 1024 * 1024

FILE_TEXTS = {
    "empty": _("The file is empty."),
    "too-large": _("The file is larger than 10 MB. Divide the list into several files."),
    "password": _(
        "The file is protected by a password. Open it in Excel, take the password away "
        "(File, Info, Protect Workbook), save it and hand it in again."
    ),
    "old-xls": _(
        "This is a workbook of the old form (.xls), whatever its name says. Open it in Excel and "
        "save it as “Excel Workbook (*.xlsx)”."
    ),
    "text-file": _(
        "This is a text file (CSV or a web page), whatever its name says. Open it in Excel and "
        "save it as “Excel Workbook (*.xlsx)”."
    ),
    "not-workbook": _(
        "This is not an Excel workbook (.xlsx). Download the prefilled workbook and fill it in."
    ),
    "binary-workbook": _(
        "This is a binary workbook (.xlsb). Open it in Excel and save it as "
        "“Excel Workbook (*.xlsx)”."
    ),
    "open-document": _(
        "This is an OpenDocument sheet (.ods). Save it as “Excel Workbook (*.xlsx)”."
    ),
    "macro": _(
        "The file holds macros. For safety it is not read. Save it as “Excel Workbook (*.xlsx)” "
        "without macros."
    ),
    "external-links": _(
        "The file holds links to other files. Break them in Excel (Data, Edit Links, Break Link), "
        "save it and hand it in again."
    ),
    "broken": _(
        "The file is broken and cannot be read. Open it in Excel, save it anew and hand it in "
        "again."
    ),
    "bomb": _(
        "Unpacked, the file is too large to be read safely. Copy the list into the prefilled "
        "workbook and hand that in."
    ),
    "entities": _(
        "The file holds definitions that no spreadsheet writes. For safety it is not read. Copy "
        "the list into the prefilled workbook."
    ),
    "no-sheet": _("The file has no sheet with a list of staff."),
    "hidden-sheet": _("The sheet “%(sheet)s” is hidden. Show it, look at it and save the file."),
    "hidden-column": _("Column %(column)s (“%(title)s”) is hidden. Show it and look at it first."),
    "no-header": _(
        "No line with the titles of the columns was found in the first 10 rows of the sheet "
        "“%(sheet)s”. It must hold at least: %(titles)s."
    ),
    "missing-columns": _("Row %(row)s, the titles: these are missing: %(titles)s."),
    "unknown-column": _(
        "Cell %(cell)s: the workbook knows no column “%(title)s”. Take the column out or give it "
        "the title of the prefilled workbook."
    ),
    "double-column": _("Cell %(cell)s: the column “%(title)s” stands there twice."),
    "merged-header": _("Cell %(cell)s: titles are in merged cells. Unmerge them."),
    "too-many-rows": _(
        "The file holds more than %(most)s rows. Divide the list into files of at most %(most)s "
        "rows."
    ),
    "too-much-text": _("The file holds too much text to be a list of staff."),
    "too-many-merges": _("The sheet has too many merged cells. Unmerge them."),
    "no-rows": _("Below the titles there is no row with a person."),
    "crashed": _("The reading stopped through a fault of the portal. Please begin it again."),
}

ROW_TEXTS = {
    "formula": _("is a formula; paste its value instead (Paste Special, Values)"),
    "error-value": _("holds an error of the spreadsheet (%(value)s)"),
    "merged": _("is part of merged cells; unmerge them and fill in each row"),
    "hidden-row": _("the row is hidden; show it and look at it, or take it out"),
    "too-long": _("is longer than %(longest)s characters"),
    "legacy": _("is typed in an old font (TCVN3 or VNI); type it in Unicode: “%(value)s”"),
    "missing": _("must not be empty"),
    "bad-day": _("is no day in the form dd/mm/yyyy: “%(value)s”"),
    "day-out-of-range": _("is a day that cannot be meant: %(value)s"),
    "bad-email": _("is no e-mail address: “%(value)s”"),
    "bad-phone": _("is no telephone number: “%(value)s”"),
    "bad-yes-no": _("must be “Có” or “Không”: “%(value)s”"),
    "bad-name": _("is no name of a person: “%(value)s”"),
    "not-clearable": _("cannot be emptied with “-”"),
    "number-code": _(
        "is a number, and zeros in front may be lost; set the column to “Text” and type the code "
        "again: “%(value)s”"
    ),
    "unknown-code": _(
        "no person of your units has the code “%(value)s”; leave the cell empty for a new person"
    ),
    "bad-code": _("cannot be a staff code: “%(value)s”"),
    "merged-person": _("this record was merged into %(value)s; use that code"),
    "other-person": _(
        "the code %(value)s belongs to somebody with another name and another day of birth"
    ),
    "unknown-unit": _("no unit of yours is called “%(value)s” on %(day)s"),
    "several-units": _("several units are called “%(value)s”: %(units)s; choose from the list"),
    "unknown-group": _("there is no position group “%(value)s”; choose from the list"),
    "ends-before": _("is a day before the first day"),
    "leave-without-start": _("the leave has a last day but no first day"),
    "repeated": _("the same duty of the same person stands in row %(row)s already"),
    "same-new-person": _(
        "the same new person stands in row %(row)s already; a further duty is entered once she has "
        "a code"
    ),
    "differs-from-row": _("says something else about the same person than row %(row)s"),
    "needs-own-day": _(
        "unit or group differ from the duty that began on this day; give the day of the change "
        "in “Từ ngày”"
    ),
    "start-differs": _(
        "the duty began on %(day)s; to correct its first day, use the record of the person"
    ),
    "primary-differs": _(
        "whether a duty is the main one is changed in the record of the person, not here"
    ),
    "one-change": _(
        "row %(row)s changes the same duty already; hand the later change in once that one is "
        "applied"
    ),
    "overlaps": _("the person has a main duty at that time already (from %(day)s)"),
    "not-managed": _(
        "the record is changed by whoever answers for her main duty, and nobody changes her own"
    ),
    "foreign-duty": _("this duty belongs to a unit that is not yours"),
    "leave-overlaps": _(
        "overlaps a leave entered already (from %(day)s); correct it in the record of the person"
    ),
    "duplicate": _("likely the same person as %(people)s; decide below"),
    "set-aside": _("set aside: %(people)s"),
}

NOTICE_TEXTS = {
    "zero-added": _("the zero in front was lost and has been put back: %(value)s"),
    "undo-corrected": _(
        "%(count)s people were corrected since; their names and contacts stay as they are."
    ),
    "undo-stayed": _("%(count)s new people stay, because something rests on them: %(people)s."),
    "other-sheets": _("Only the sheet “%(sheet)s” was read. Not read: %(others)s."),
}


@dataclass(frozen=True)
class Reason:
    """One reason: a code of the tables above, the cell it is about, and the words of its text."""

    code: str
    cell: str = ""
    words: tuple[tuple[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "cell": self.cell, "words": dict(self.words)}


def reason(code: str, cell: str = "", **words: Any) -> Reason:
    return Reason(code, cell, tuple(sorted(words.items())))


class FileRefused(ValueError):
    """The file as a whole cannot be taken; nothing of it is kept."""

    def __init__(self, code: str, **words: Any) -> None:
        super().__init__(code)
        self.reason = reason(code, **words)

    def __str__(self) -> str:
        return text_of(self.reason.as_json())


def text_of(kept: dict[str, Any]) -> str:
    """Return a kept reason in the language of the reader, the cell in front."""
    code, words = kept["code"], kept.get("words", {})
    if code in FILE_TEXTS:
        return str(FILE_TEXTS[code]) % (words | {"cell": kept.get("cell", "")})
    text = ROW_TEXTS.get(code) or NOTICE_TEXTS[code]
    said = str(text) % words if words else str(text)
    cell = kept.get("cell", "")
    return f"{cell}: {said}" if cell else said[:1].upper() + said[1:]
