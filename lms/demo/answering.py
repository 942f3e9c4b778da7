"""The lists of who counts that units of the demo have answered: some approved, some confirmed.

Only lists without an open question are confirmed, so no figure of the demo rests on them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from lms.people.days import local_day
from lms.people.models import User
from lms.people.scopes import scope_of
from lms.target.reports.calendar import offered
from lms.target.rosters.approving import approve
from lms.target.rosters.deciding import StillUndecided, confirm
from lms.target.rosters.pages import period_now, units_asked

ASKED, CONFIRMED_BEFORE_DAYS, APPROVED_BEFORE_DAYS = 30, 9, 4


def answer_lists(before: datetime, *, manager: User) -> None:
    """Confirm the lists of the first units for the year, and approve every second of them."""
    at = before - timedelta(days=CONFIRMED_BEFORE_DAYS)
    day = local_day(at)
    period = period_now(offered(day), day)
    units = units_asked(scope_of(manager, day), day).in_code_order().select_related("unit")
    confirmed = []
    for version in islice(units, ASKED):
        try:
            confirmed.append(confirm(period, version.unit, actor=manager, at=at))
        except StillUndecided:
            continue
    for roster in confirmed[::2]:
        approve(roster, actor=manager, at=before - timedelta(days=APPROVED_BEFORE_DAYS))
