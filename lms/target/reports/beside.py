"""What a frozen report says beside its figures: target, earlier figures, lists and ledger."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from lms.people.days import BEFORE
from lms.people.models import UnitVersion
from lms.target.bridge import BookClosed
from lms.target.figures import Counts, Figures, figures
from lms.target.goals import find_target
from lms.target.ledger import Subject, sums
from lms.target.models import BaselineFigure, ReportingPeriod, ReportSnapshot
from lms.target.rosters.counting import lists_of


class FiguresDisagree(Exception):
    """The figures and the list of people do not add up to the same: the books must be mended."""


def counts_row(counts: Counts) -> dict[str, Any]:
    return asdict(counts) | {"rate": counts.rate, "in_year_rate": counts.in_year_rate}


def target_part(unit: UnitVersion, day: date) -> dict[str, Any] | None:
    leading = find_target(day, unit)
    if leading is None:
        return None
    terms = leading.terms
    return {
        "name": terms.name,
        "plan_number": terms.plan_number,
        "level_percent": terms.level_percent,
        "headline": terms.headline,
        "last_day": terms.last_day,
        "milestones": [
            {"day": each.day.isoformat(), "percent": each.percent} for each in leading.milestones
        ],
    }


def before_part(period: ReportingPeriod, unit: UnitVersion) -> dict[str, Any] | None:
    """Return the total of the period before: as frozen, else as it is known today.

    Of several versions the newest counts, and of an erased one only its hash would be left.
    """
    earlier = (
        ReportSnapshot.objects.filter(
            unit=unit.unit_id, period__last_day__lt=period.first_day, erasure__isnull=True
        )
        .select_related("period")
        .order_by("-period__last_day", "-day", "-version")
        .first()
    )
    if earlier is not None:
        # Reading what stands frozen; that module knows this one's columns.
        from lms.target.reports.reading import read_part  # noqa: PLC0415 (a cycle)

        total = read_part(earlier, "figures")["total"]
        return {
            "name": earlier.period.name,
            "day": earlier.day,
            "sha256": earlier.sha256,
            "total": total,
        }
    if period.first_day <= BEFORE:
        return None
    day = period.first_day - timedelta(days=1)
    then = UnitVersion.objects.current().valid_on(day).filter(unit=unit.unit_id).first()
    if then is None:
        return None
    total = figures(then, day).total
    return {"name": None, "day": day, "sha256": None, "total": counts_row(total)}


def lists_part(period: ReportingPeriod, unit: UnitVersion, day: date) -> dict[str, Any] | None:
    """Return how many units have confirmed who counts, and the first that have not."""
    lists = lists_of(unit, day, period=period, names=True)
    if lists is None:
        return None
    return {
        "period": lists.period.name,
        "units": lists.answers.units,
        "approved": lists.answers.approved,
        "confirmed": lists.answers.confirmed,
        "waiting": [{"code": each.code, "name": each.full_name} for each in lists.waiting],
    }


def ledger_part(unit: UnitVersion, day: date, found: Figures) -> dict[str, Any] | None:
    """Return the sums of the denominator ledger: everybody the unit's books know, by reason.

    ``None`` while the derived tables are made. Raises :class:`FiguresDisagree` where the ledger
    counts other people than the figures.
    """
    try:
        summed = sums(Subject(unit, day))
    except BookClosed:
        return None
    if summed.counts != found.total:
        raise FiguresDisagree(f"{summed.counts} is not {found.total}")
    return {
        "everybody": summed.everybody,
        "reasons": {kind.value: count for kind, count in summed.reasons.items() if count},
    }


def reported_before_part(unit: UnitVersion, day: date) -> list[dict[str, Any]]:
    """Return what was reported of the unit before the portal, up to ``day``, with its source."""
    rows = BaselineFigure.objects.current().filter(unit=unit.unit_id, day__lte=day)
    names = "day plan counted trained document_number document_on".split()
    return list(rows.order_by("day", "plan").values(*names))
