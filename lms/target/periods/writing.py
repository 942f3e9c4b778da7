"""Setting up the periods of a year, adding one, changing one, taking one away."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import IntegrityError, transaction

from lms.people import audit
from lms.people.models import User
from lms.target.models import ReportingPeriod, ReportSnapshot, Roster
from lms.target.models.periods import PeriodKind
from lms.target.reports.calendar import share_days, spans_of


class PeriodRefused(ValueError):
    """The period is not written."""


class PeriodsOverlap(PeriodRefused):
    """Another period of the same kind has some of these days."""


class NameTaken(PeriodRefused):
    """Another period has this name."""


class PeriodInUse(PeriodRefused):
    """The period is closed, reported or has a roster: what rests on it would lose its days."""


@transaction.atomic
def set_up_year(
    year: int,
    kinds: Collection[str],
    *,
    closing_day: int | None = None,
    actor: User | None,
    at: datetime,
) -> list[ReportingPeriod]:
    """Add the periods of ``kinds`` in ``year`` that are not there yet, and return them.

    A span whose name is taken, or that shares days with a kept period of its kind, is left out: it
    is there already, perhaps with days of the office's own. Safe to repeat. Raises
    :class:`PeriodsOverlap` if somebody else sets up the same year at this moment.
    """
    kept = list(ReportingPeriod.objects.select_for_update())
    names = {period.name for period in kept}
    wanted = [
        ReportingPeriod(
            kind=span.kind, name=span.name, first_day=span.first_day, last_day=span.last_day
        )
        for span in spans_of(year, closing_day)
        if span.kind in kinds
        and span.name not in names
        and not any(share_days(span, period) for period in kept)
    ]
    for period in wanted:
        _write(period, "period.open", actor=actor, at=at)
    return wanted


@transaction.atomic
def add_period(
    *,
    name: str,
    kind: str,
    first_day: date,
    last_day: date,
    actor: User | None,
    at: datetime,
) -> ReportingPeriod:
    """Add one period. Raises :class:`NameTaken` or :class:`PeriodsOverlap`."""
    period = ReportingPeriod(name=name, kind=kind, first_day=first_day, last_day=last_day)
    _write(period, "period.open", actor=actor, at=at)
    return period


@transaction.atomic
def change_period(
    period: ReportingPeriod,
    *,
    name: str,
    kind: str,
    first_day: date,
    last_day: date,
    actor: User | None,
    at: datetime,
) -> None:
    """Give ``period`` another name, kind or days.

    Raises :class:`PeriodInUse`, :class:`NameTaken` or :class:`PeriodsOverlap`.
    """
    kept = _free_or_refused(period)
    kept.name, kept.kind, kept.first_day, kept.last_day = name, kind, first_day, last_day
    _write(kept, "period.change", actor=actor, at=at)


@transaction.atomic
def remove_period(period: ReportingPeriod, *, actor: User | None, at: datetime) -> None:
    """Take ``period`` away, which nothing rests on yet. Raises :class:`PeriodInUse`."""
    kept = _free_or_refused(period)
    audit.log("period.remove", kept, actor=actor, at=at, name=kept.name)
    kept.delete()


def is_in_use(period: ReportingPeriod) -> bool:
    """Tell whether something rests on the period; two queries at most."""
    return (
        period.closed_at is not None
        or ReportSnapshot.objects.filter(period=period).exists()
        or Roster.objects.filter(period=period).exists()
    )


def _free_or_refused(period: ReportingPeriod) -> ReportingPeriod:
    kept = ReportingPeriod.objects.select_for_update().get(pk=period.pk)
    if is_in_use(kept):
        raise PeriodInUse(kept.pk)
    return kept


def _write(period: ReportingPeriod, action: str, *, actor: User | None, at: datetime) -> None:
    others = ReportingPeriod.objects.exclude(pk=period.pk)
    if others.filter(name=period.name).exists():
        raise NameTaken(period.name)
    overlapping = others.filter(
        kind=period.kind, first_day__lte=period.last_day, last_day__gte=period.first_day
    )
    if period.kind != PeriodKind.OTHER and overlapping.exists():
        raise PeriodsOverlap(period.name)
    try:
        with transaction.atomic():
            period.save()
    except IntegrityError as race:
        # The checks above passed: somebody else wrote the same days or name meanwhile.
        raise PeriodsOverlap(period.name) from race
    audit.log(
        action,
        period,
        actor=actor,
        at=at,
        name=period.name,
        kind=period.kind,
        first_day=period.first_day.isoformat(),
        last_day=period.last_day.isoformat(),
    )
