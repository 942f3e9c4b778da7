"""Enter, correct and take back the figures of a past day, each with the document it stands in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction

from lms.people import audit
from lms.people.facts import record_many, succeed, withdraw
from lms.people.models import Unit
from lms.target.baselines.reading import forget
from lms.target.models import BaselineFigure


class AlreadyReported(ValueError):
    """A figure of the unit for this day and plan stands already: it is corrected, not doubled."""

    def __init__(self, units: set[int]) -> None:
        self.units = units
        super().__init__(sorted(units))


@dataclass(frozen=True)
class Source:
    """What the figures of one document share: day, plan, number and date, a note."""

    day: date
    plan: str
    document_number: str
    document_on: date
    note: str = ""


@dataclass(frozen=True)
class Entry:
    """The figure of one unit."""

    unit: Unit
    counted: int
    trained: int


@transaction.atomic
def enter(
    entries: Iterable[Entry], source: Source, *, actor: Any, at: datetime
) -> list[BaselineFigure]:
    """Write the figures of one document, all or none; return them.

    Raises :class:`AlreadyReported`.
    """
    entries = list(entries)
    taken = BaselineFigure.objects.current().filter(
        unit__in=[entry.unit for entry in entries], day=source.day, plan=source.plan
    )
    if found := set(taken.values_list("unit_id", flat=True)):
        raise AlreadyReported(found)
    written = record_many(
        [
            BaselineFigure(
                unit=entry.unit, counted=entry.counted, trained=entry.trained, **source.__dict__
            )
            for entry in entries
        ],
        actor=actor,
        at=at,
    )
    for figure in written:
        _log("baseline.enter", figure, actor=actor, at=at)
    return written


@transaction.atomic
def correct(
    standing: BaselineFigure,
    *,
    counted: int,
    trained: int,
    document_number: str,
    document_on: date,
    note: str,
    reason: str,
    actor: Any,
    at: datetime,
) -> BaselineFigure:
    """Write the next version of a figure. Raises ``FactWithdrawn`` if it no longer stands.

    Day, unit and plan say which figure it is, so they stay: one of another day is another figure.
    """
    written = succeed(
        standing,
        counted=counted,
        trained=trained,
        document_number=document_number,
        document_on=document_on,
        note=note,
        reason=reason,
        actor=actor,
        at=at,
    )
    _log("baseline.correct", written, actor=actor, at=at)
    return written


@transaction.atomic
def take_back(standing: BaselineFigure, *, reason: str, actor: Any, at: datetime) -> None:
    """Withdraw a figure that was never reported so. Raises ``FactWithdrawn``."""
    withdraw(standing, actor=actor, at=at)
    _log("baseline.take_back", standing, actor=actor, at=at, reason=reason)


def _log(action: str, figure: BaselineFigure, *, actor: Any, at: datetime, **data: Any) -> None:
    audit.log(
        action, figure, actor=actor, at=at, unit=figure.unit, figure=str(figure.logical_id), **data
    )
    transaction.on_commit(partial(forget, figure.unit_id))
