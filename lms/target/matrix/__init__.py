"""The grid of required courses: what a change of it would do, saving it, its history."""

from lms.target.matrix.impact import GroupImpact, Impact, impact_of, turned_by
from lms.target.matrix.planning import (
    ChangedMeanwhile,
    Edit,
    EditKind,
    NothingChanged,
    Plan,
    plan,
    save,
)

__all__ = [
    "ChangedMeanwhile",
    "Edit",
    "EditKind",
    "GroupImpact",
    "Impact",
    "NothingChanged",
    "Plan",
    "impact_of",
    "plan",
    "save",
    "turned_by",
]
