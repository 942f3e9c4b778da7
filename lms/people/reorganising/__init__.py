"""Units that merge, split, move and end, and what follows them (``docs/reorganisations.md``)."""

from lms.people.reorganising.applying import (
    AlreadyApplied,
    NotADraft,
    Result,
    apply,
    discard,
    draft,
)
from lms.people.reorganising.following import follow_person, follow_unit
from lms.people.reorganising.mapping import MapBeforeDay, UnitMap, map_units
from lms.people.reorganising.placing import place, waiting_postings
from lms.people.reorganising.planning import plan_of
from lms.people.reorganising.plans import Plan
from lms.people.reorganising.reading import read_data, read_text
from lms.people.reorganising.resolutions import Refusal, Refused, Resolution
from lms.people.reorganising.undoing import DependedOn, NotApplied, undo, what_depends

__all__ = [
    "AlreadyApplied",
    "DependedOn",
    "MapBeforeDay",
    "NotADraft",
    "NotApplied",
    "Plan",
    "Refusal",
    "Refused",
    "Resolution",
    "Result",
    "UnitMap",
    "apply",
    "discard",
    "draft",
    "follow_person",
    "follow_unit",
    "map_units",
    "place",
    "plan_of",
    "read_data",
    "read_text",
    "undo",
    "waiting_postings",
    "what_depends",
]
