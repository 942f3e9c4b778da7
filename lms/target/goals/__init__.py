"""Targets: what is to be reached by when, for whom, and how far it is.

``drafts`` what a target may say, ``writing`` the acts, ``reading`` what stands, ``places`` where
its unit is on a day, ``figures`` how far it is.
"""

from lms.target.goals.drafts import (
    Draft,
    Milestone,
    MilestoneOutside,
    MilestoneTwice,
    NameTaken,
    PeriodReversed,
    TargetOverlaps,
    TargetRefused,
)
from lms.target.goals.figures import (
    Led,
    TargetFigure,
    TargetUnknown,
    figures_of,
    passed_milestones,
    target_figures,
    union_figures,
)
from lms.target.goals.reading import find_target, milestones_by_target, next_milestone, print_of
from lms.target.goals.writing import (
    KIND,
    EndOutside,
    NothingChanged,
    TargetChanged,
    TargetGone,
    change,
    give_up,
    load,
    set_up,
)

__all__ = [
    "KIND",
    "Draft",
    "EndOutside",
    "Led",
    "Milestone",
    "MilestoneOutside",
    "MilestoneTwice",
    "NameTaken",
    "NothingChanged",
    "PeriodReversed",
    "TargetChanged",
    "TargetFigure",
    "TargetGone",
    "TargetOverlaps",
    "TargetRefused",
    "TargetUnknown",
    "change",
    "figures_of",
    "find_target",
    "give_up",
    "load",
    "milestones_by_target",
    "next_milestone",
    "passed_milestones",
    "print_of",
    "set_up",
    "target_figures",
    "union_figures",
]
