"""Duties and days in the words of the staff desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from lms.people.days import last_day
from lms.people.models import Leave, Posting, UnitVersion


def describe(unit: UnitVersion | None, group: Any, title: str = "") -> str:
    """Return a duty in words: unit, group and title."""
    place = unit.full_name if unit else "—"
    parts = [f"{place} ({unit.code})" if unit else place, group.label, title]
    return " – ".join(part for part in parts if part)


def days_text(start: date, end: date) -> str:
    """Return the days of ``[start, end)`` in words."""
    last = last_day(end)
    if last is None:
        return _("from %(first)s, no end set") % {"first": f"{start:%d/%m/%Y}"}
    return _("from %(first)s to the end of %(last)s") % {
        "first": f"{start:%d/%m/%Y}",
        "last": f"{last:%d/%m/%Y}",
    }


def covered_text(taken: Iterable[Leave]) -> str:
    """Say that a leave is entered already, and for which days."""
    days = "; ".join(days_text(each.valid_from, each.valid_to) for each in taken)
    return _("On leave on these days already: %(days)s.") % {"days": days}


def duty_text(posting: Posting, unit: UnitVersion | None) -> str:
    return describe(unit, posting.group, posting.position_title)
