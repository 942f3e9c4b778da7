"""Freezing a period: the report as it stands, kept with its hash; corrected by a new version.

Reading and writing are two steps. The first reads everything at one moment without holding a lock
(``lms.target.figures.snapshot``), so a reorganisation or an import beside it is in the report
wholly or not at all; the second is short and writes. Of two who freeze the same report at once one
is refused.
"""

from __future__ import annotations

from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from lms.people import audit
from lms.people.days import local_day
from lms.people.models import UnitVersion
from lms.target.figures import is_root, snapshot
from lms.target.models import ReportingPeriod, ReportSnapshot, SnapshotErasure, SnapshotPart
from lms.target.reports.calendar import keep_period
from lms.target.reports.canonical import canonical, digest
from lms.target.reports.differences import DIFFERENCE_COLUMNS, Differences
from lms.target.reports.gathering import gather
from lms.target.reports.reading import read_part, read_rows
from lms.target.reports.spool import PEOPLE_A_PART, Spool

FORMAT = 1
LONGEST_REASON = 500
PARTS_AT_ONCE = 20


class FreezeRefused(Exception):
    """The report cannot be frozen as asked; the subclasses say why."""


class DayOutsidePeriod(FreezeRefused):
    """The day of the figures does not lie in the period."""


class DayNotOver(FreezeRefused):
    """The day is still to come: its figures would be a forecast."""


class AlreadyFrozen(FreezeRefused):
    """This report was frozen meanwhile; what is wanted now is a correction."""


class NotTheNewest(FreezeRefused):
    """A later version stands; the correction begins there."""


class UnitGone(FreezeRefused):
    """By what is known now the unit did not exist on the day: its successors are reported."""


class NoReason(FreezeRefused):
    """A correction says why it is made."""


class AlreadyErased(FreezeRefused):
    """There is nothing left to erase."""


def freeze(
    period: ReportingPeriod, *, unit: UnitVersion, day: date, actor: Any, at: datetime
) -> ReportSnapshot:
    """Freeze the report of ``unit`` (its version on ``day``) for ``period`` as version 1.

    A period that is not saved yet is kept with it; freezing the province closes the period. Raises
    a :class:`FreezeRefused`, or ``FiguresDisagree`` when the books do not add up.
    """
    if not period.first_day <= day <= period.last_day:
        raise DayOutsidePeriod(day)
    if day > local_day(at):
        raise DayNotOver(day)
    if period.pk and ReportSnapshot.objects.filter(period=period, unit=unit.unit_id).exists():
        raise AlreadyFrozen(period.pk)
    with Spool() as spool:
        with snapshot():
            gather(period, unit, day, spool)
        return _write(period, unit, day, spool, previous=None, reason="", actor=actor, at=at)


def correct(earlier: ReportSnapshot, *, reason: str, actor: Any, at: datetime) -> ReportSnapshot:
    """Freeze the same period, unit and day again as the next version, with what changed and why.

    Raises :class:`NoReason`, :class:`NotTheNewest`, :class:`UnitGone`, or ``FiguresDisagree``.
    """
    reason = reason.strip()
    if not reason:
        raise NoReason(earlier.pk)
    if ReportSnapshot.objects.filter(previous=earlier).exists():
        raise NotTheNewest(earlier.pk)
    with Spool() as spool:
        with snapshot():
            unit = unit_of(earlier)
            if unit is None:
                raise UnitGone(earlier.unit_id)
            gather(earlier.period, unit, earlier.day, spool)
            if not SnapshotErasure.objects.filter(snapshot=earlier).exists():
                _add_differences(earlier, spool)
        return _write(
            earlier.period,
            unit,
            earlier.day,
            spool,
            previous=earlier,
            reason=reason,
            actor=actor,
            at=at,
        )


def unit_of(earlier: ReportSnapshot) -> UnitVersion | None:
    """Return the report's unit on its day as known now; ``None`` if it had ended by then."""
    versions = UnitVersion.objects.current().valid_on(earlier.day)
    return versions.filter(unit=earlier.unit_id).first()


def _add_differences(earlier: ReportSnapshot, spool: Spool) -> None:
    """Add the list of differences to the version ``earlier`` and its sums."""
    with Spool() as rows:
        found = Differences(
            read_rows(earlier, "people"), spool.rows_of("people"), since=earlier.frozen_at
        )
        rows.add_rows("differences", found.rows(), columns=DIFFERENCE_COLUMNS, size=PEOPLE_A_PART)
        for part in rows:
            spool.take(part)
    before, after = read_part(earlier, "figures"), spool.value_of("figures")
    spool.add("changes", found.summary(before["total"], after["total"]))


@transaction.atomic
def _write(
    period: ReportingPeriod,
    unit: UnitVersion,
    day: date,
    spool: Spool,
    *,
    previous: ReportSnapshot | None,
    reason: str,
    actor: Any,
    at: datetime,
) -> ReportSnapshot:
    """Write row and parts; a version that came first meanwhile is a refusal, not a second row."""
    period = keep_period(period, actor=actor, at=at)
    versions = ReportSnapshot.objects.filter(period=period, unit=unit.unit_id)
    latest = versions.aggregate(latest=Max("version"))["latest"] or 0
    if latest != (previous.version if previous else 0):
        raise NotTheNewest(previous.pk) if previous else AlreadyFrozen(period.pk)
    spool.add("reason", {"reason": reason})
    head = canonical(
        {
            "format": FORMAT,
            "period": {
                "name": period.name,
                "first_day": period.first_day,
                "last_day": period.last_day,
            },
            "unit": {"code": unit.code, "name": unit.full_name},
            "day": day,
            "version": latest + 1,
            "frozen_at": at,
            "previous": previous.sha256 if previous else None,
            "parts": spool.hashes(),
        }
    )
    try:
        with transaction.atomic():
            frozen = ReportSnapshot.objects.create(
                period=period,
                unit_id=unit.unit_id,
                version=latest + 1,
                day=day,
                previous=previous,
                frozen_at=at,
                frozen_by=actor,
                head=head,
                sha256=digest(head),
            )
    except IntegrityError as error:
        # SQLite takes no row locks: the constraint has the last word.
        raise AlreadyFrozen(period.pk) from error
    parts = (SnapshotPart(snapshot=frozen, **part._asdict()) for part in spool)
    # bulk_create would make a list of all of them first.
    while batch := list(islice(parts, PARTS_AT_ONCE)):
        SnapshotPart.objects.bulk_create(batch)
    closes = is_root(unit) and period.closed_at is None
    if closes:
        period.closed_at, period.closed_by = at, actor
        period.save(update_fields=["closed_at", "closed_by"])
    audit.log(
        "report.freeze" if previous is None else "report.correct",
        frozen,
        actor=actor,
        at=at,
        unit=frozen.unit,
        period=period.pk,
        version=frozen.version,
        as_of=day.isoformat(),
        sha256=frozen.sha256,
        closes=closes,
    )
    return frozen


@transaction.atomic
def erase(frozen: ReportSnapshot, *, ground: str, actor: Any, at: datetime) -> SnapshotErasure:
    """Erase all a frozen report says; its row, its head of hashes and its place in the chain stay.

    ``ground`` names the rule or the request and no person. Raises :class:`AlreadyErased`, or
    :class:`NoReason` without a ground.
    """
    if not ground.strip():
        raise NoReason(frozen.pk)
    ReportSnapshot.objects.select_for_update().get(pk=frozen.pk)
    if SnapshotErasure.objects.filter(snapshot=frozen).exists():
        raise AlreadyErased(frozen.pk)
    erasure = SnapshotErasure.objects.create(
        snapshot=frozen, ground=ground.strip(), erased_at=at, erased_by=actor
    )
    SnapshotPart.objects.filter(snapshot=frozen).delete()
    audit.log("report.erase", frozen, actor=actor, at=at, unit=frozen.unit, sha256=frozen.sha256)
    return erasure
