"""How far the lists of a subtree are, for a page and for a report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet

from lms.people.days import FAR
from lms.people.models import UnitPath, UnitVersion
from lms.target.models import ReportingPeriod, Roster, RosterStatus
from lms.target.rosters.pages import Answers, answers, units_with_people, with_status

# Below the sentence the report names the units that have not answered, up to so many.
MOST_NAMED = 20


@dataclass(frozen=True)
class Moved:
    """How many lists of a period are approved, and how many confirmed and not yet approved."""

    period_name: str
    approved: int
    confirmed: int


def moved_lists(unit: UnitVersion, day: date) -> Moved | None:
    """Return how many lists of ``unit`` and below it are answered, of the period with most.

    One query, and none of the postings: it stands on the dashboard. ``None`` = no list is answered.
    """
    row = (
        Roster.objects.filter(period__first_day__lte=day, period__last_day__gte=day)
        .filter(unit__in=_below(unit, day))
        .exclude(status=RosterStatus.PROPOSED)
        .values("period_id", "period__name")
        .annotate(
            approved=Count("pk", filter=Q(status=RosterStatus.APPROVED)),
            confirmed=Count("pk", filter=Q(status=RosterStatus.CONFIRMED)),
        )
        .order_by(-(F("approved") + F("confirmed")), "period_id")
        .first()
    )
    return row and Moved(row["period__name"], row["approved"], row["confirmed"])


@dataclass(frozen=True)
class Lists:
    """The period whose lists are meant, how many units answered, and the first that did not."""

    period: ReportingPeriod
    answers: Answers
    waiting: list[UnitVersion]


def lists_of(
    unit: UnitVersion, day: date, *, period: ReportingPeriod | None = None, names: bool = False
) -> Lists | None:
    """Return where the lists of ``unit`` and all below it stand for a figure of ``day``.

    Of the periods that cover the day the one asked for is meant if any list of it was confirmed,
    else the one with most lists. ``None`` = nobody has confirmed a list: the figure follows the
    duties alone. Two queries, one more with ``names``.
    """
    moved = Count("rosters", filter=~Q(rosters__status=RosterStatus.PROPOSED))
    periods = list(
        ReportingPeriod.objects.filter(first_day__lte=day, last_day__gte=day)
        .filter(pk__in=Roster.objects.values("period"))
        .annotate(moved=moved)
        .filter(moved__gt=0)
        .order_by("-moved", "-last_day", "pk")
    )
    if not periods:
        return None
    asked = period.pk if period is not None else None
    meant = next((each for each in periods if each.pk == asked), periods[0])
    units = with_status(units_with_people(day).filter(unit__in=_below(unit, day)), meant)
    waiting = []
    if names:
        open_lists = units.filter(Q(status=None) | Q(status=RosterStatus.PROPOSED))
        waiting = list(open_lists.in_code_order()[:MOST_NAMED])
    return Lists(meant, answers(units), waiting)


def _below(unit: UnitVersion, day: date) -> QuerySet:
    """Return the ids of the unit and all below it on ``day``; lazy."""
    paths = UnitPath.objects.filter(
        ancestor=unit.unit_id, valid_from__lte=day, valid_to__gt=day, known_to=FAR
    )
    return paths.values("unit_id")
