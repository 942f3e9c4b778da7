"""The periods of a year as a page shows them: by kind, with what became of each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from lms.people.models import UnitVersion
from lms.target.models import ReportingPeriod, ReportSnapshot
from lms.target.models.periods import PeriodKind


@dataclass(frozen=True)
class PeriodLine:
    """One period; ``report`` is the newest of the province, ``report_count`` of all units."""

    period: ReportingPeriod
    today: date
    report: ReportSnapshot | None
    report_count: int

    @property
    def is_closed(self) -> bool:
        return self.period.closed_at is not None

    @property
    def has_begun(self) -> bool:
        return self.period.first_day <= self.today

    @property
    def is_over(self) -> bool:
        return self.period.last_day < self.today

    @property
    def is_free(self) -> bool:
        """Whether it may still be changed, as far as reports go."""
        return not self.is_closed and not self.report_count


@dataclass(frozen=True)
class KindOfPeriods:
    label: str
    lines: list[PeriodLine]


def periods_of(year: int, root: UnitVersion | None, today: date) -> list[KindOfPeriods]:
    """Return the periods that end in ``year``, by kind and day; two queries.

    ``root`` is the province: its reports close periods.
    """
    periods = list(
        ReportingPeriod.objects.filter(
            last_day__range=(date(year, 1, 1), date(year, 12, 31))
        ).order_by("first_day", "last_day")
    )
    reports: dict[int, list[ReportSnapshot]] = defaultdict(list)
    for report in ReportSnapshot.objects.filter(period__in=periods, succeeded_by=None).order_by(
        "pk"
    ):
        reports[report.period_id].append(report)
    lines: dict[str, list[PeriodLine]] = defaultdict(list)
    for period in periods:
        own = reports[period.pk]
        of_root = [each for each in own if root is not None and each.unit_id == root.unit_id]
        lines[period.kind].append(
            PeriodLine(period, today, of_root[-1] if of_root else None, len(own))
        )
    return [
        KindOfPeriods(str(PeriodKind(kind).label), lines[kind])
        for kind in PeriodKind.values
        if kind in lines
    ]
