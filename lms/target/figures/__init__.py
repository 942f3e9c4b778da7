"""The completion rate on a day, as known on a day: ``figures(unit, day, known)`` and its kin.

Callers use what is named here and nothing below it: the definition reads the facts directly today,
and a derived table may answer the same questions later (``docs/as-of.md``).
"""

from lms.target.figures.counts import Counts, CourseCounts, cut_rate
from lms.target.figures.reading import (
    Figures,
    TrendPoint,
    bits_of,
    figures,
    is_root,
    trend,
    trend_days,
)
from lms.target.figures.snapshot import snapshot
from lms.target.figures.sql import EVERY_COURSE, KnownBeforeDay, Question

__all__ = [
    "EVERY_COURSE",
    "Counts",
    "CourseCounts",
    "Figures",
    "KnownBeforeDay",
    "Question",
    "TrendPoint",
    "bits_of",
    "cut_rate",
    "figures",
    "is_root",
    "snapshot",
    "trend",
    "trend_days",
]
