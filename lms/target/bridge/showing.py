"""What a page prints of a bridge: its steps with their words, bars and addresses."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from lms.people.scopes import Scope
from lms.target.bridge.forms import year_before
from lms.target.bridge.legs import Side
from lms.target.bridge.parts import Bridge
from lms.target.bridge.walking import bridge
from lms.target.bridge.waterfall import draw
from lms.target.bridge.wording import MEANINGS, NAMES
from lms.target.filters import Asked
from lms.target.small_units import least_shown


def steps_shown(
    walked: Bridge, first: Side, last: Side, scope: Scope, query: dict[str, str]
) -> dict[str, Any]:
    """Return what the table of steps prints; ``query`` leads from a step to its people."""
    smallest = min(walked.first.denominator, walked.last.denominator)
    show_rate = smallest >= least_shown(scope)
    address = reverse("target:bridge")
    return {
        "first": first,
        "last": last,
        "bridge": walked,
        "show_rate": show_rate,
        "bars": draw(walked) if show_rate else [],
        "steps": [
            {
                "step": step,
                "name": NAMES[step.part],
                "meaning": MEANINGS[step.part],
                "url": f"{address}?{urlencode(query | {'phan': step.part})}#nguoi",
            }
            for step in walked.filled
        ],
    }


def steps_of_year(asked: Asked, scope: Scope, query: dict[str, str]) -> dict[str, Any]:
    """Return the steps from the eve of the year to the day asked, for the dashboard.

    Eleven statements at most, besides those of the page, and only where they are asked for. Call it
    inside ``snapshot()``. Raises ``BookClosed``.
    """
    first = Side(year_before(asked.day), asked.known)
    last = Side(asked.day, asked.known)
    walked = bridge(asked.unit, first, last, course_mask=asked.course_mask, group_id=asked.group_id)
    return steps_shown(walked, first, last, scope, query)
