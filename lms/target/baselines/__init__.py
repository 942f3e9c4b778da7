"""Figures from before the portal: entered from documents, shown as points of their own.

They are what somebody reported, not what the portal counted, and never enter a computed figure.
"""

from lms.target.baselines.reading import (
    MOST_SHOWN,
    Point,
    drawn_on,
    points_of,
)
from lms.target.baselines.writing import (
    AlreadyReported,
    Entry,
    Source,
    correct,
    enter,
    take_back,
)

__all__ = [
    "MOST_SHOWN",
    "AlreadyReported",
    "Entry",
    "Point",
    "Source",
    "correct",
    "drawn_on",
    "enter",
    "points_of",
    "take_back",
]
