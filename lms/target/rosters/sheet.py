"""One unit's list as a table of plain values: who counts, who does not, on which ground."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from lms.target.models import RosterDecision
from lms.target.rosters.proposing import Candidate
from lms.target.sheets import Sheet

WIDTHS = [8, 14, 28, 30, 24, 26, 34, 14, 14, 40]


def columns() -> list[str]:
    return [
        _("No."),
        _("Staff code"),
        _("Full name"),
        _("Position group"),
        _("Position title"),
        _("In the list"),
        _("Ground"),
        _("From"),
        _("To"),
        _("Reason"),
    ]


def decision_text(candidate: Candidate) -> str:
    match candidate.decision:
        case RosterDecision.EXCLUDED:
            return _("Does not count")
        case RosterDecision.NAMED:
            return _("Counts by name")
        case RosterDecision.COUNTS:
            return _("Counts by the group")
        case _:
            return _("Waits for an answer")


def cells(number: int, candidate: Candidate, visible: Collection[int]) -> list[Any]:
    """Return a row; of somebody whom the reader may not see no more than the page shows."""
    line = candidate.line if candidate.decision == RosterDecision.EXCLUDED else None
    return [
        number,
        candidate.person.staff_code if candidate.person.pk in visible else None,
        candidate.person.full_name,
        candidate.group.label,
        candidate.posting.position_title or None,
        decision_text(candidate),
        line.get_ground_display() if line else None,
        line.first_day if line else None,
        line.last_day if line else None,
        line.reason if line else None,
    ]


def roster_sheet(listed: list[Candidate], visible: Collection[int], about: str) -> Sheet:
    """Return the whole list in its order; one unit's people, so it is held in memory."""
    rows = [cells(number, each, visible) for number, each in enumerate(listed, start=1)]
    return Sheet("danh-sach", _("List of who counts"), about, columns(), rows, WIDTHS)
