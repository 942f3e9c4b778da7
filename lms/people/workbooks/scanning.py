"""A sheet as a stream: each row with its cells, and what value readers do not show.

Formulas, hidden rows and columns, merged cells and the date system are read from the XML itself
(ECMA-376, part 1, chapter 18). A row is in memory only while somebody looks at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import dirname, normpath
from typing import Any

from lms.people.workbooks.containers import Container, feed, safe_parser
from lms.people.workbooks.refusals import FileRefused

# A cell is cut here: no entry of a list is longer, and one that is longer is refused by its column.
LONGEST_TEXT = 2_000
MOST_STRINGS = 600_000
MOST_LETTERS = 20_000_000
MOST_MERGES = 5_000
MOST_MERGED_ROWS = 100_000
MOST_SHEETS = 200
MOST_COLUMNS = 16_384
_REF = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
# Office programs write signs that XML cannot hold as "_x000D_".
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell: its text as stored, the kind of it (n, s, b, e, d), a formula or not.

    A number of Excel is text here; whoever knows the column decides whether it is a day.
    """

    value: str
    kind: str = "s"
    has_formula: bool = False


@dataclass(slots=True)
class SheetRow:
    """A row with at least one filled cell, by column number from 1."""

    number: int
    is_hidden: bool
    cells: dict[int, Cell]


@dataclass(frozen=True)
class SheetPart:
    name: str
    path: str
    is_hidden: bool


@dataclass
class SheetFacts:
    """What holds for a sheet as a whole."""

    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    # First column, first row, last column, last row.
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    row_count: int = 0

    def hides_column(self, column: int) -> bool:
        return any(low <= column <= high for low, high in self.hidden_columns)

    def merged_rows(self) -> dict[int, list[tuple[int, int]]]:
        """Return for each row with merged cells the columns they cover."""
        found: dict[int, list[tuple[int, int]]] = {}
        for left, top, right, bottom in self.merges:
            for row in range(top, bottom + 1):
                found.setdefault(row, []).append((left, right))
        return found


@dataclass
class Book:
    """The sheets of a workbook, its texts and its date system."""

    container: Container
    sheets: list[SheetPart]
    starts_1904: bool
    strings: list[str]


def local(name: str) -> str:
    return name.rpartition("}")[2]


def column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def place(ref: str) -> tuple[int, int]:
    """Return column and row of a reference like "AB12". Raises :class:`FileRefused`."""
    match = _REF.fullmatch(ref)
    if match is None:
        raise FileRefused("broken")
    return column_number(match[1]), int(match[2])


def read_book(container: Container) -> Book:
    """Read the list of sheets and the shared texts. Raises :class:`FileRefused`."""
    path = _target(container, "_rels/.rels", "", "/officeDocument") or "xl/workbook.xml"
    folder = dirname(path)
    relations = f"{folder}/_rels/{path.rpartition('/')[2]}.rels"
    targets = _relations(container, relations, folder)
    sheets: list[SheetPart] = []
    book = {"starts_1904": False}

    def start(name: str, attributes: dict[str, str]) -> None:
        match local(name):
            case "workbookPr":
                book["starts_1904"] = attributes.get("date1904", "0") in ("1", "true")
            case "sheet" if len(sheets) < MOST_SHEETS:
                key = next((v for k, v in attributes.items() if local(k) == "id"), "")
                kind, target = targets.get(key, ("", ""))
                if kind.endswith("/worksheet"):
                    is_hidden = attributes.get("state", "visible") != "visible"
                    sheets.append(SheetPart(attributes.get("name", ""), target, is_hidden))

    parser = safe_parser()
    parser.StartElementHandler = start
    feed(parser, container.parts_of(path))
    strings = next(
        (target for kind, target in targets.values() if kind.endswith("/sharedStrings")), ""
    )
    return Book(
        container,
        sheets,
        book["starts_1904"],
        _read_strings(container, strings) if strings in container.names else [],
    )


def _target(container: Container, relations: str, folder: str, ending: str) -> str:
    if relations not in container.names:
        return ""
    for kind, target in _relations(container, relations, folder).values():
        if kind.endswith(ending):
            return target
    return ""


def _relations(container: Container, path: str, folder: str) -> dict[str, tuple[str, str]]:
    """Return type and part of each relation by its id."""
    if path not in container.names:
        raise FileRefused("broken")
    found: dict[str, tuple[str, str]] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if local(name) != "Relationship" or attributes.get("TargetMode") == "External":
            return
        target = attributes.get("Target", "")
        target = target.lstrip("/") if target.startswith("/") else normpath(f"{folder}/{target}")
        found[attributes.get("Id", "")] = (attributes.get("Type", ""), target.lstrip("/"))

    parser = safe_parser()
    parser.StartElementHandler = start
    feed(parser, container.parts_of(path))
    return found


def _read_strings(container: Container, path: str) -> list[str]:
    """Return the shared texts; readings of characters (rPh) are no part of them."""
    found: list[str] = []
    state: dict[str, Any] = {"parts": [], "is_text": False, "skips": 0, "letters": 0}

    def start(name: str, _attributes: dict[str, str]) -> None:
        match local(name):
            case "si":
                state["parts"] = []
            case "rPh":
                state["skips"] += 1
            case "t":
                state["is_text"] = not state["skips"]

    def data(text: str) -> None:
        if state["is_text"]:
            state["parts"].append(text)

    def end(name: str) -> None:
        match local(name):
            case "t":
                state["is_text"] = False
            case "rPh":
                state["skips"] -= 1
            case "si":
                text = "".join(state["parts"])[:LONGEST_TEXT]
                state["letters"] += len(text)
                found.append(unescaped(text))
                if len(found) > MOST_STRINGS or state["letters"] > MOST_LETTERS:
                    raise FileRefused("too-much-text")

    parser = safe_parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = data
    feed(parser, container.parts_of(path))
    return found


def unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def scan_sheet(book: Book, sheet: SheetPart) -> SheetFacts:
    """Return what holds for the sheet as a whole. Raises :class:`FileRefused`."""
    if sheet.path not in book.container.names:
        raise FileRefused("broken")
    facts = SheetFacts()

    def start(name: str, attributes: dict[str, str]) -> None:
        match local(name):
            case "row":
                facts.row_count += 1
            case "col" if attributes.get("hidden", "0") in ("1", "true"):
                low, high = number_of(attributes.get("min")), number_of(attributes.get("max"))
                facts.hidden_columns.append((low, high))
            case "mergeCell":
                if len(facts.merges) >= MOST_MERGES:
                    raise FileRefused("too-many-merges")
                first, _colon, last = attributes.get("ref", "").partition(":")
                left, top = place(first)
                right, bottom = place(last or first)
                # A merge over whole columns marks rows that nobody filled in.
                bottom = min(bottom, top + MOST_MERGED_ROWS // 2)
                facts.merges.append((left, top, right, bottom))
                state["area"] += bottom - top + 1
                if state["area"] > MOST_MERGED_ROWS:
                    raise FileRefused("too-many-merges")

    state = {"area": 0}
    parser = safe_parser()
    parser.StartElementHandler = start
    feed(parser, book.container.parts_of(sheet.path))
    return facts


def number_of(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 8 else 0


class _RowReader:
    """Gathers rows as the parser comes upon them; :func:`rows_of` takes them away."""

    def __init__(self, strings: list[str]) -> None:
        self.strings = strings
        self.rows: list[SheetRow] = []
        self.row: SheetRow | None = None
        self.last_row = 0
        self.column = 0
        self.kind = ""
        self.parts: list[str] = []
        self.has_formula = False
        self.is_reading = False
        self.skips = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match local(name):
            case "c":
                ref = attributes.get("r", "")
                self.column = place(ref)[0] if ref else self.column + 1
                if self.column > MOST_COLUMNS:
                    raise FileRefused("broken")
                self.kind = attributes.get("t", "n")
                self.parts, self.has_formula = [], False
            case "v":
                self.is_reading = True
            case "t":
                self.is_reading = not self.skips
            case "rPh":
                self.skips += 1
            case "f":
                self.has_formula = True
            case "row":
                number = number_of(attributes.get("r")) or self.last_row + 1
                is_hidden = attributes.get("hidden", "0") in ("1", "true")
                self.row = SheetRow(number, is_hidden, {})
                self.last_row, self.column = number, 0

    def data(self, text: str) -> None:
        if self.is_reading:
            self.parts.append(text)

    def end(self, name: str) -> None:
        match local(name):
            case "v" | "t":
                self.is_reading = False
            case "rPh":
                self.skips -= 1
            case "c":
                self.keep()
            case "row":
                if self.row is not None and self.row.cells:
                    self.rows.append(self.row)
                self.row = None

    def keep(self) -> None:
        text = "".join(self.parts)[: LONGEST_TEXT + 1]
        kind = self.kind
        if kind == "s":
            index = number_of(text)
            if text and index >= len(self.strings):
                raise FileRefused("broken")
            text = self.strings[index] if text else ""
        elif kind in ("str", "inlineStr"):
            text, kind = unescaped(text), "s"
        if self.row is not None and (text.strip() or self.has_formula):
            self.row.cells[self.column] = Cell(text, kind, self.has_formula)


def rows_of(book: Book, sheet: SheetPart) -> Iterator[SheetRow]:
    """Yield the rows that hold anything, in the order of the file. Raises :class:`FileRefused`."""
    reader = _RowReader(book.strings)
    parser = safe_parser()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.data
    for chunk in book.container.parts_of(sheet.path):
        feed(parser, iter((chunk,)), is_last=False)
        if reader.rows:
            yield from reader.rows
            reader.rows.clear()
    feed(parser, iter(()))
    yield from reader.rows
