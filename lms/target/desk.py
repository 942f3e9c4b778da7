"""``/ban-lam-viec/``: what the department has to look at today, and who answers for the units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from courses.models import CompletionReview, ExternalTraining
from lms.people.corrections import requests_for
from lms.people.focals import Focals, focals_of
from lms.people.models import Posting, RoleAssignment, UnitVersion, User
from lms.people.scopes import FOCAL_ROLES, Scope
from lms.people.units import UNPLACED_KEY
from lms.target.models import IntegrityRun, ReportingPeriod, ReportSnapshot
from lms.target.models.periods import PeriodKind
from lms.target.reports.calendar import key_of, offered
from lms.target.rosters.pages import Answers, answers, period_now, units_asked, with_status
from lms.target.rosters.proposing import day_of

# What is reported by itself; a period of another kind has its place among the periods only.
REPORTED = [kind for kind in PeriodKind if kind != PeriodKind.OTHER]


@dataclass(frozen=True)
class Span:
    """One span of the reporting calendar; ``report`` is its newest frozen version, if any."""

    period: ReportingPeriod
    key: str
    is_over: bool
    report: ReportSnapshot | None


@dataclass(frozen=True)
class Waiting:
    """How much waits for the department; each number is a list of its own page."""

    papers: int
    corrections: int
    reviews: int
    unplaced: int
    findings: int
    examined: IntegrityRun | None


def calendar(today: date) -> list[Span]:
    """Return of each kind the span that runs and the last that ended, the next due first.

    Two queries. A span counts as reported when the province's report of it is frozen.
    """
    chosen: list[ReportingPeriod] = []
    spans = offered(today)
    for kind in REPORTED:
        of_kind = [each for each in spans if each.kind == kind]
        running = [each for each in of_kind if each.last_day >= today]
        over = [each for each in of_kind if each.last_day < today]
        chosen += sorted(running, key=lambda each: each.last_day)[:1]
        chosen += sorted(over, key=lambda each: each.last_day, reverse=True)[:1]
    tops = UnitVersion.objects.current().roots().values("unit_id")
    kept = [each.pk for each in chosen if each.pk]
    frozen = ReportSnapshot.objects.filter(period__in=kept, unit__in=tops)
    reports = {each.period_id: each for each in frozen.order_by("version", "pk")}
    return [
        Span(each, key_of(each), each.last_day < today, reports.get(each.pk))
        for each in sorted(chosen, key=lambda each: (each.last_day, each.first_day))
    ]


def waiting(scope: Scope) -> Waiting:
    """Count what waits for the department on the asker's day; five queries."""
    unplaced = (
        Posting.objects.current()
        .valid_on(scope.day)
        .filter(unit__own_key=UNPLACED_KEY)
        .values("person_id")
        .distinct()
    )
    examined = IntegrityRun.objects.order_by("-pk").first()
    return Waiting(
        papers=ExternalTraining.objects.looked_after(scope).open().count(),
        corrections=requests_for(scope).filter(closed_at=None).count(),
        reviews=CompletionReview.objects.filter(closed_at=None).count(),
        unplaced=unplaced.count(),
        findings=sum(each["count"] for each in examined.results) if examined else 0,
        examined=examined,
    )


def lists_now(scope: Scope) -> tuple[ReportingPeriod, str, Answers]:
    """Return the period whose lists are asked for, its key, and how many units answered."""
    periods = offered(scope.day)
    period = period_now(periods, scope.day)
    units = with_status(units_asked(scope, day_of(period, scope.day)), period)
    return period, key_of(period), answers(units)


def with_focals(units: QuerySet[UnitVersion], day: date) -> QuerySet[UnitVersion]:
    """Add ``has_focal``: somebody with an account holds the role over the unit itself; lazy."""
    held = (
        RoleAssignment.objects.current()
        .valid_on(day)
        .filter(role__in=FOCAL_ROLES, unit=OuterRef("unit_id"), user__is_active=True)
    )
    return units.annotate(has_focal=Exists(held))


@dataclass(frozen=True)
class UnitLine:
    """One unit with those who answer for it; ``is_own`` = they hold the role over it itself."""

    unit: UnitVersion
    focals: list[User]
    is_own: bool


def focal_lines(units: list[UnitVersion], day: date) -> list[UnitLine]:
    """Return the units with their own focal persons, else with the nearest above; two queries."""
    found: Focals = focals_of([each.unit_id for each in units], day)
    lines = []
    for unit in units:
        own = found.holders.get(unit.unit_id, [])
        lines.append(UnitLine(unit, own or found.nearest(unit.unit_id), bool(own)))
    return lines
