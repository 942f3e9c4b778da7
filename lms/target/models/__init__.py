"""Who must be trained in what, who counts, and the target itself; each noun in its own module."""

from lms.target.models.baselines import BaselineFigure
from lms.target.models.integrity import IntegrityRun
from lms.target.models.periods import ReportingPeriod
from lms.target.models.reminders import Reminder, ReminderCopy, ReminderHandover, ReminderKind
from lms.target.models.requirements import Requirement
from lms.target.models.rosters import (
    Roster,
    RosterAct,
    RosterDecision,
    RosterEntry,
    RosterGround,
    RosterLine,
    RosterStatus,
    RosterStep,
)
from lms.target.models.snapshots import ReportSnapshot, SnapshotErasure, SnapshotPart
from lms.target.models.standing import (
    Dirty,
    Figure,
    FigureDay,
    FigureTop,
    Standing,
    StandingBook,
)
from lms.target.models.targets import (
    EVERY_GROUP,
    Headline,
    TargetMilestone,
    TargetTerms,
    TrainingTarget,
)

__all__ = [
    "EVERY_GROUP",
    "BaselineFigure",
    "Dirty",
    "Figure",
    "FigureDay",
    "FigureTop",
    "Headline",
    "IntegrityRun",
    "Reminder",
    "ReminderCopy",
    "ReminderHandover",
    "ReminderKind",
    "ReportSnapshot",
    "ReportingPeriod",
    "Requirement",
    "Roster",
    "RosterAct",
    "RosterDecision",
    "RosterEntry",
    "RosterGround",
    "RosterLine",
    "RosterStatus",
    "RosterStep",
    "SnapshotErasure",
    "SnapshotPart",
    "Standing",
    "StandingBook",
    "TargetMilestone",
    "TargetTerms",
    "TrainingTarget",
]
