"""What a document of the office is made of, before any layout."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Paragraph:
    text: str


@dataclass(frozen=True)
class Item:
    """A line of a list, led by a dash."""

    text: str


@dataclass(frozen=True)
class Table:
    """``widths`` are shares of the line; the first ``left`` columns are text, the rest numbers."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    widths: list[int]
    left: int = 2
    # The last row is the total.
    has_total: bool = True
    # Further columns of text, by place.
    text_columns: tuple[int, ...] = ()
    # A line below the title.
    note: str = ""

    def is_text(self, place: int) -> bool:
        return 0 < place < self.left or place in self.text_columns

    @property
    def heads(self) -> list[tuple[str, int]]:
        """Each column's name with its share of the line in percent."""
        return list(zip(self.columns, self.widths, strict=True))

    @property
    def lines(self) -> list[list[tuple[str, str, bool]]]:
        """Each cell with the word for its side ("c", "r" or none) and whether it is bold."""
        return [
            [
                (
                    "" if self.is_text(place) else "r" if place else "c",
                    text,
                    self.has_total and number == len(self.rows),
                )
                for place, text in enumerate(row)
            ]
            for number, row in enumerate(self.rows, start=1)
        ]


Block = Heading | Paragraph | Item | Table


@dataclass
class Paper:
    """A document of the office: its head, what it says, its foot and its annexes."""

    kind: str
    abstract: list[str]
    parent_agency: str
    owner_name: str
    number_line: str
    place_and_day: str
    blocks: list[Block] = field(default_factory=list)
    addressees: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    signer: list[str] = field(default_factory=list)
    signer_name: str = ""
    # On pages of their own, landscape: title and table.
    annexes: list[Table] = field(default_factory=list)

    @property
    def title(self) -> str:
        return " ".join([self.kind, *self.abstract]).strip()
