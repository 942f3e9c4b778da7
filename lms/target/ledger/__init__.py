"""The denominator ledger: everybody of a unit with one line, since when she counts or why not.

It defends a figure: its sums are those of the one definition, and every line says by which posting
somebody counts, or names the one condition that keeps her out.
"""

from lms.target.ledger.kinds import LABELS, PART_LABELS, PARTS, REASONS, Kind
from lms.target.ledger.lines import Line
from lms.target.ledger.reading import Page, Search, Sums, every_line, open_basis, page, sums
from lms.target.ledger.sql import Subject

__all__ = [
    "LABELS",
    "PARTS",
    "PART_LABELS",
    "REASONS",
    "Kind",
    "Line",
    "Page",
    "Search",
    "Subject",
    "Sums",
    "every_line",
    "open_basis",
    "page",
    "sums",
]
