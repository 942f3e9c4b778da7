"""Moments at which an office records something, and days on which classes meet."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta

from django.utils import timezone

# Lunar new year and the fixed holidays; enough for a history that looks lived in.
NEW_YEAR_WEEKS = (
    (date(2024, 2, 8), date(2024, 2, 14)),
    (date(2025, 1, 25), date(2025, 2, 2)),
    (date(2026, 2, 14), date(2026, 2, 22)),
    (date(2027, 2, 4), date(2027, 2, 10)),
)
FIXED_HOLIDAYS = frozenset({(1, 1), (4, 30), (5, 1), (9, 2)})


def is_working_day(day: date) -> bool:
    if day.weekday() >= 5 or (day.month, day.day) in FIXED_HOLIDAYS:
        return False
    return not any(first <= day <= last for first, last in NEW_YEAR_WEEKS)


def working_day_from(day: date) -> date:
    """Return ``day``, or the next working day if the office is closed."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """Return the aware moment of a local time."""
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def office_moment(rng: random.Random, day: date) -> datetime:
    """Return a moment in office hours of ``day`` or of the next working day."""
    return moment(working_day_from(day), rng.randint(8, 16), rng.randrange(60))


def study_moment(rng: random.Random, day: date) -> datetime:
    """Return a moment at which somebody learns on line: evenings and Sundays too."""
    hour = rng.choices((7, 9, 10, 12, 14, 15, 19, 20, 21), (4, 12, 10, 14, 10, 10, 14, 16, 10))[0]
    return moment(day, hour, rng.randrange(60))


def random_day(rng: random.Random, first: date, last: date) -> date:
    """Return a day from ``first`` to ``last``, both included; ``first`` if they are in reverse."""
    return first + timedelta(days=rng.randint(0, max((last - first).days, 0)))
