"""What whoever enters a fact of a past day is told: a frozen report does not follow."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from lms.target.models import ReportingPeriod, ReportSnapshot


def frozen_warning(first_day: date) -> str:
    """Return a sentence where a report that covers ``first_day`` is frozen, else ""; one query."""
    last = (
        ReportSnapshot.objects.filter(day__gte=first_day)
        .order_by("-day")
        .values_list("day", flat=True)
        .first()
    )
    if last is None:
        return ""
    return _(
        "A report as of %(day)s is frozen: it stays as it is and changes only by a new version "
        "with its reason."
    ) % {"day": f"{last:%d/%m/%Y}"}


def closed_from(day: date) -> list[ReportingPeriod]:
    """Return the closed periods whose figures a change from ``day`` touches; one query."""
    closed = ReportingPeriod.objects.filter(closed_at__isnull=False, last_day__gte=day)
    return list(closed.order_by("-last_day", "first_day"))
