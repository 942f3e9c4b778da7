"""The completion rate on a day, as known on a day: ``figures(unit, day, known)`` and its kin.

Callers use what is named here and nothing below it: where the derived tables are built they answer,
else the definition straight over the facts (``docs/as-of.md``).
"""

from lms.target.figures.counts import Counts, CourseCounts, cut_rate
from lms.target.figures.derived import Basis
from lms.target.figures.mapping import figures_on_map
from lms.target.figures.reading import (
    Figures,
    TrendPoint,
    bits_of,
    figures,
    is_root,
    totals,
    trend,
    trend_days,
)
from lms.target.figures.snapshot import snapshot
from lms.target.figures.sql import EVERY_COURSE, KnownBeforeDay, Question

__all__ = [
    "EVERY_COURSE",
    "Basis",
    "Counts",
    "CourseCounts",
    "Figures",
    "KnownBeforeDay",
    "Question",
    "TrendPoint",
    "bits_of",
    "cut_rate",
    "figures",
    "figures_on_map",
    "is_root",
    "snapshot",
    "totals",
    "trend",
    "trend_days",
]
