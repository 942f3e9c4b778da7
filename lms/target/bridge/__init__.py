"""Why a figure changed between two days: the parts add up exactly, each opens its people.

``bridge(unit, first, last)`` walks from what was figured for one day to what is figured for another
in legs of which each changes one thing only: what was corrected later, the map, the requirements,
the people (``docs/as-of.md`` 4). So the parts need not be made to add up; they do.
"""

from lms.target.bridge.legs import Side, WrongOrder
from lms.target.bridge.parts import Bridge, BridgeBroken, Part, PartCount, Step
from lms.target.bridge.people import Change, Changes, changes
from lms.target.bridge.walking import BookClosed, bridge

__all__ = [
    "BookClosed",
    "Bridge",
    "BridgeBroken",
    "Change",
    "Changes",
    "Part",
    "PartCount",
    "Side",
    "Step",
    "WrongOrder",
    "bridge",
    "changes",
]
