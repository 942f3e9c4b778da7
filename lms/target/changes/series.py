"""A new version of a dated row from a day on: what stood before the day stays as it was.

It holds until the next change that is already planned, or as long as what it replaces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lms.people.days import FAR
from lms.people.facts import DatedFact, record, succeed
from lms.people.models import User


class NothingChanged(ValueError):
    """What is asked for already holds on the day."""


class ChangedMeanwhile(Exception):
    """Somebody changed what stands after the impact was shown."""


@dataclass(frozen=True)
class Place:
    """Where a change from a day falls among the rows of one series that stand.

    ``held`` is the version that holds on the day, if any; ``until`` the first day on which the
    change no longer holds.
    """

    held: Any = None
    until: date = FAR


def place_on(rows: Iterable[DatedFact], day: date) -> Place:
    """Return the place of ``day`` among ``rows``, which belong to one series and stand."""
    rows = list(rows)
    held = next((row for row in rows if row.valid_from <= day < row.valid_to), None)
    if held is not None:
        return Place(held, held.valid_to)
    return Place(None, min((row.valid_from for row in rows if row.valid_from > day), default=FAR))


def print_of(rows: Iterable[DatedFact]) -> str:
    """Return a fingerprint of the versions that stand: it changes with any write among them."""
    text = ",".join(str(key) for key in sorted(row.pk for row in rows))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def write(
    model: type[DatedFact],
    place: Place,
    day: date,
    *,
    reason: str,
    actor: User | None,
    at: datetime,
    **fields: Any,
) -> DatedFact:
    """Let ``fields`` hold from ``day`` in ``place``; the caller holds the transaction.

    A version that began on the very day is corrected: there is nothing before it to keep.
    """
    if place.held is not None and place.held.valid_from == day:
        return succeed(place.held, actor=actor, at=at, reason=reason, **fields)
    if place.held is not None:
        # Ended first: no two rows of a series may share a day.
        succeed(place.held, actor=actor, at=at, valid_to=day)
    return record(
        model,
        actor=actor,
        at=at,
        valid_from=day,
        valid_to=place.until,
        reason=reason,
        **fields,
    )


def measured_on(day: date, until: date, today: date) -> date:
    """Return the day on which the impact is shown.

    Of a change from today or later its first day; of an earlier one today, or its last day where a
    later change has replaced it since.
    """
    if day >= today:
        return day
    return min(today, date.fromordinal(until.toordinal() - 1))
