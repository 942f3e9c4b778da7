"""The reports that the department of the demo froze: each half-year and year, ten days after it.

Each is corrected a month later, when what was entered late has come in, so that the demo shows a
second version with real differences.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial

from lms.demo.careers import BEGINNING
from lms.demo.diary import Diary
from lms.demo.people import Stage
from lms.demo.working_days import moment, working_day_from
from lms.people.units import find_root
from lms.target.models import ReportingPeriod, ReportSnapshot
from lms.target.reports.calendar import Span, spans_of
from lms.target.reports.freezing import correct, freeze

FROZEN_AFTER_DAYS, CORRECTED_AFTER_DAYS = 10, 42
REASON = "Nhập bổ sung kết quả và phân công gửi về sau ngày chốt."


def spans_until(until: date) -> Iterator[Span]:
    """Yield the first half and the whole of each year since the beginning, up to ``until``."""
    for year in range(BEGINNING.year, until.year + 1):
        for span in spans_of(year):
            if span.first_day == date(year, 1, 1) and span.last_day.month in {6, 12}:
                yield span


def note_reports(diary: Diary, *, until: date, stage: Stage) -> None:
    for span in spans_until(until):
        on = working_day_from(span.last_day + timedelta(days=FROZEN_AFTER_DAYS))
        diary.note(moment(on, 9), partial(freeze_span, span, stage))
        on = working_day_from(span.last_day + timedelta(days=CORRECTED_AFTER_DAYS))
        diary.note(moment(on, 14), partial(correct_span, span.last_day, stage))


def freeze_span(span: Span, stage: Stage, at: datetime) -> None:
    period = ReportingPeriod(
        kind=span.kind, name=span.name, first_day=span.first_day, last_day=span.last_day
    )
    last = span.last_day
    freeze(period, unit=find_root(last), day=last, actor=stage.manager, at=at)


def correct_span(last: date, stage: Stage, at: datetime) -> None:
    frozen = ReportSnapshot.objects.get(day=last, version=1)
    correct(frozen, reason=REASON, actor=stage.manager, at=at)
