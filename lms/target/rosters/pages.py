"""What the pages of the lists show: which units answered, and one list as a page of people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from lms.people.models import GroupTier, Posting, UnitVersion
from lms.people.models.accounts import Role
from lms.people.models.rules import Tier
from lms.people.models.units import UnitLevel
from lms.people.scopes import FOCAL_ROLES, Scope
from lms.people.units import UNPLACED_KEY
from lms.target.filters import DEPARTMENT_ROLES
from lms.target.models import ReportingPeriod, Roster, RosterStatus
from lms.target.reports.calendar import days_key, key_of
from lms.target.rosters.proposing import Candidate

UNITS_A_PAGE = 50
PEOPLE_A_PAGE = 100


@dataclass(frozen=True)
class Answers:
    """How many units of the asker have people, and where their lists stand; they add up."""

    units: int
    approved: int
    confirmed: int

    @property
    def waiting(self) -> int:
        return self.units - self.approved - self.confirmed


def period_of(key: str, periods: list[ReportingPeriod]) -> ReportingPeriod | None:
    """Return the one of ``periods`` an address names; an address by days outlives the keeping."""
    return next((each for each in periods if key in (key_of(each), days_key(each))), None)


def period_now(periods: list[ReportingPeriod], today: date) -> ReportingPeriod:
    """Return the period whose lists are asked for today: the longest that covers it, the year.

    Offices that close before the end of a month may have a day between two years: the last one.
    """
    spans = [each for each in periods if each.first_day <= today <= each.last_day]
    spans = spans or sorted(periods, key=lambda each: each.last_day)[-1:]
    return max(spans, key=lambda each: (each.last_day - each.first_day, each.pk or 0))


def units_with_people(day: date) -> QuerySet[UnitVersion]:
    """Return the units whose list has somebody on ``day``; lazy.

    Groups of tier E are reported apart: a unit that has only those is not asked for a list.
    """
    listed = GroupTier.objects.current().valid_on(day).exclude(tier=Tier.EXTENDED)
    people = (
        Posting.objects.current()
        .valid_on(day)
        .filter(victim_support=True, group__in=listed.values("group_id"))
    )
    units = UnitVersion.objects.current().valid_on(day).exclude(unit__own_key=UNPLACED_KEY)
    return units.filter(Exists(people.filter(unit=OuterRef("unit_id"))))


def units_asked(scope: Scope, day: date) -> QuerySet[UnitVersion]:
    """Return the units of the asker that are asked for a list on ``day``; lazy."""
    units = units_with_people(day)
    if not scope.has_role(*DEPARTMENT_ROLES):
        units = units.filter(unit__in=scope.units(*FOCAL_ROLES))
    return units


def with_status(units: QuerySet[UnitVersion], period: ReportingPeriod) -> QuerySet[UnitVersion]:
    """Add ``status`` and ``changed_at`` of the list of each unit; lazy."""
    lists = Roster.objects.filter(period=period.pk or 0, unit=OuterRef("unit_id"))
    return units.annotate(
        status=Subquery(lists.values("status")[:1]),
        confirmed_at=Subquery(lists.values("confirmed_at")[:1]),
        approved_at=Subquery(lists.values("approved_at")[:1]),
    )


def narrowed(units: QuerySet[UnitVersion], status: str) -> QuerySet[UnitVersion]:
    """Leave the units whose list stands at ``status``; "waiting" = not confirmed yet."""
    if status == "waiting":
        return units.filter(Q(status=None) | Q(status=RosterStatus.PROPOSED))
    if status in (RosterStatus.CONFIRMED, RosterStatus.APPROVED):
        return units.filter(status=status)
    return units


def behind(units: QuerySet[UnitVersion], last: UnitVersion) -> QuerySet[UnitVersion]:
    """Leave those behind ``last`` in the order of reports: province bodies, then by code."""
    if last.level == UnitLevel.AGENCY:
        return units.filter(
            Q(level=UnitLevel.AGENCY, code__gt=last.code) | ~Q(level=UnitLevel.AGENCY)
        )
    return units.exclude(level=UnitLevel.AGENCY).filter(code__gt=last.code)


def answers(units: QuerySet[UnitVersion]) -> Answers:
    """Count units with their status; one query."""
    counted = units.aggregate(
        units=Count("pk"),
        approved=Count("pk", filter=Q(status=RosterStatus.APPROVED)),
        confirmed=Count("pk", filter=Q(status=RosterStatus.CONFIRMED)),
    )
    return Answers(**counted)


def may_answer(scope: Scope, unit_id: int) -> bool:
    """Tell whether the asker answers for the unit's list; one query for a focal person."""
    if scope.has_role(Role.PROVINCE_MANAGER):
        return True
    return scope.units(*FOCAL_ROLES).filter(unit=unit_id).exists()


def may_look(scope: Scope, unit_id: int) -> bool:
    return scope.has_role(Role.PROVINCE_LEADER) or may_answer(scope, unit_id)


def page_of(listed: list[Candidate], after: int | None) -> tuple[list[Candidate], int | None]:
    """Return the people behind the one with key ``after`` and the key of the next page."""
    keys = [each.person.pk for each in listed]
    start = keys.index(after) + 1 if after in keys else 0
    shown = listed[start : start + PEOPLE_A_PAGE]
    more = len(listed) > start + PEOPLE_A_PAGE
    return shown, shown[-1].person.pk if more else None
