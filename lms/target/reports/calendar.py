"""The spans offices report by themselves: month, quarter, half, nine months, year.

They are offered beside the periods that the department keeps; one of them becomes a period when it
is first frozen. Names are data, in Vietnamese like the reports.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lms.people import audit
from lms.target.models import ReportingPeriod
from lms.target.models.periods import PeriodKind

YEARS = 2
QUARTERS = ("I", "II", "III", "IV")
# (kind, name, first month, last month)
LONG_SPANS = (
    (PeriodKind.YEAR, "Năm {year}", 1, 12),
    (PeriodKind.NINE_MONTHS, "9 tháng đầu năm {year}", 1, 9),
    (PeriodKind.HALF, "6 tháng đầu năm {year}", 1, 6),
    (PeriodKind.HALF, "6 tháng cuối năm {year}", 7, 12),
)


@dataclass(frozen=True)
class Span:
    """A span of the calendar by the name that offices give it; days are inclusive."""

    kind: PeriodKind
    name: str
    first_day: date
    last_day: date


def spans_of(year: int, closing_day: int | None = None) -> Iterator[Span]:
    """Yield each span of ``year``, the longest first.

    ``closing_day`` is the day of the month on which spans end, and after which the next begins:
    offices that report to their superiors by the end of a month close before it. ``None`` = the
    last day of the month.
    """
    for kind, name, first, last in LONG_SPANS:
        yield Span(kind, name.format(year=year), *days_of(year, first, last, closing_day))
    for place, roman in enumerate(QUARTERS):
        days = days_of(year, 3 * place + 1, 3 * place + 3, closing_day)
        yield Span(PeriodKind.QUARTER, f"Quý {roman}/{year}", *days)
    for month in range(1, 13):
        days = days_of(year, month, month, closing_day)
        yield Span(PeriodKind.MONTH, f"Tháng {month}/{year}", *days)


def days_of(year: int, first: int, last: int, closing_day: int | None = None) -> tuple[date, date]:
    """Return the days of the months ``first`` to ``last``; see :func:`spans_of`."""
    if closing_day is None:
        return date(year, first, 1), date(year, last, monthrange(year, last)[1])
    before_year, before_month = (year - 1, 12) if first == 1 else (year, first - 1)
    return date(before_year, before_month, closing_day + 1), date(year, last, closing_day)


def offered(today: date) -> list[ReportingPeriod]:
    """Return the kept periods that have begun, then unsaved spans of this year and the last.

    A span that is kept already, under whatever name, is not offered a second time. One query.
    """
    every = list(ReportingPeriod.objects.order_by("-last_day", "first_day"))
    kept = [period for period in every if period.first_day <= today]
    days = {(period.first_day, period.last_day) for period in kept}
    names = {period.name for period in kept}
    for year in range(today.year, today.year - YEARS, -1):
        kept += [
            ReportingPeriod(
                kind=span.kind, name=span.name, first_day=span.first_day, last_day=span.last_day
            )
            for span in spans_of(year)
            if span.first_day <= today
            and (span.first_day, span.last_day) not in days
            and span.name not in names
            and not any(share_days(span, period) for period in every)
        ]
    return kept


def share_days(span: Span, period: ReportingPeriod) -> bool:
    """Tell whether a kept period of the same kind already has days of ``span``."""
    return (
        period.kind == span.kind
        and period.first_day <= span.last_day
        and span.first_day <= period.last_day
    )


def key_of(period: ReportingPeriod) -> str:
    """Return what stands for ``period`` in an address: its number, or its days while unsaved."""
    if period.pk is not None:
        return str(period.pk)
    return days_key(period)


def days_key(period: ReportingPeriod) -> str:
    """Return the days of a period as they stand in an address."""
    return f"{period.first_day:%Y%m%d}-{period.last_day:%Y%m%d}"


def keep_period(period: ReportingPeriod, *, actor: Any, at: datetime) -> ReportingPeriod:
    """Return the period's row, locked; a span of the calendar becomes one now.

    The caller holds the transaction.
    """
    if period.pk is None:
        period, is_new = ReportingPeriod.objects.get_or_create(
            name=period.name,
            defaults={
                "kind": period.kind,
                "first_day": period.first_day,
                "last_day": period.last_day,
            },
        )
        if is_new:
            audit.log("period.open", period, actor=actor, at=at, name=period.name)
    return ReportingPeriod.objects.select_for_update().get(pk=period.pk)
