"""Days and their open ends.

Every interval of the portal is half-open, ``[valid_from, valid_to)``, in whole days of
Asia/Ho_Chi_Minh (``docs/decisions.md`` 2). Rows that SQL reads directly never hold NULL: "before
our records" is :data:`BEFORE`, "not ended" is :data:`FAR`.
"""

from datetime import date, datetime, timedelta

from django.utils import timezone

BEFORE = date(1, 1, 1)
FAR = date(9999, 12, 31)


def local_day(at: datetime) -> date:
    """Return the day in Asia/Ho_Chi_Minh on which the aware moment ``at`` falls.

    Computed once, when a fact is written: SQL date functions differ between databases and SQLite
    knows no time zones.
    """
    return timezone.localdate(at)


def day_after(day: date) -> date:
    """Return the next day; the open end stays open (adding to 9999-12-31 would overflow)."""
    return FAR if day >= FAR else day + timedelta(days=1)


def last_day(valid_to: date) -> date | None:
    """Return the inclusive last day that a screen shows for an exclusive end, ``None`` if open."""
    return None if valid_to >= FAR else valid_to - timedelta(days=1)


def end_from_form(last: date | None) -> date:
    """Return the exclusive end for the inclusive last day typed into a form (empty = open)."""
    return FAR if last is None else day_after(last)
