"""Whether the days of a leave are taken already: entered twice it would be ended only once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db.models import F

from lms.people.models import Leave


def leaves_of(person_ids: Iterable[int]) -> dict[int, list[Leave]]:
    """Return the standing leaves of each person, by their first day; one query."""
    found: dict[int, list[Leave]] = defaultdict(list)
    standing = Leave.objects.current().filter(
        person__in=list(person_ids), valid_from__lt=F("valid_to")
    )
    for leave in standing.order_by("valid_from", "pk"):
        found[leave.person_id].append(leave)
    return found


def covering(leaves: Iterable[Leave], start: date, end: date) -> list[Leave]:
    """Return the leaves, given by their first day, that cover all of ``[start, end)`` between them.

    Empty where a day of it is free: leaves may overlap and adjoin, since those that do are one.
    """
    used, free_from = [], start
    for leave in leaves:
        if leave.valid_from > free_from:
            break
        if leave.valid_to > free_from:
            used.append(leave)
            free_from = leave.valid_to
        if free_from >= end:
            return used
    return []
