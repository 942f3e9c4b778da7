"""The people behind a figure, by name: who is missing, who is new, everybody of a unit.

The same definition as the counts, so a list is as long as its figure. Pages go by key: the order is
total and a page costs the same wherever it lies.
"""

from lms.target.lists.almost import Plans
from lms.target.lists.counting import Tallies, tallies
from lms.target.lists.kinds import ALMOST, WINDOWS, Who
from lms.target.lists.reading import PAGE_SIZE, Line, Order, People, people, people_by_name
from lms.target.lists.sources import owed_cte

__all__ = [
    "ALMOST",
    "PAGE_SIZE",
    "WINDOWS",
    "Line",
    "Order",
    "People",
    "Plans",
    "Tallies",
    "Who",
    "owed_cte",
    "people",
    "people_by_name",
    "tallies",
]
