"""Who reads which frozen report.

The department reads all. A focal person reads what was reported of her units: those she holds today
and, unlike anywhere else in the portal, those over which she held a role on the day of the report
(``docs/decisions.md`` 13). She has to be a focal person today: a right that ended is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate

from lms.people.days import FAR
from lms.people.models import RoleAssignment, UnitPath, UnitVersion
from lms.people.models.accounts import Role
from lms.people.scopes import FOCAL_ROLES, Scope
from lms.target.models import ReportSnapshot

DEPARTMENT_ROLES = (Role.PROVINCE_MANAGER, Role.PROVINCE_LEADER)


def is_department(scope: Scope) -> bool:
    return scope.has_role(*DEPARTMENT_ROLES)


def may_freeze(scope: Scope) -> bool:
    return scope.has_role(Role.PROVINCE_MANAGER)


def readable(scope: Scope) -> QuerySet[ReportSnapshot]:
    """Return the frozen reports of which the asker may read at least a unit; lazy."""
    everything = ReportSnapshot.objects.all()
    if is_department(scope):
        return everything
    tops = scope.top_unit_ids(*FOCAL_ROLES)
    if not tops:
        return everything.none()
    # The moment cut to a local day: facts know days.
    everything = everything.annotate(known=TruncDate("frozen_at"))
    held_then = roles_known(OuterRef(OuterRef("known"))).filter(
        user=scope.user_id,
        role__in=FOCAL_ROLES,
        valid_from__lte=OuterRef(OuterRef("day")),
        valid_to__gt=OuterRef(OuterRef("day")),
    )
    held_then = held_then.values("unit_id")
    on_the_day = UnitPath.objects.filter(
        valid_from__lte=OuterRef("day"),
        valid_to__gt=OuterRef("day"),
        known_from__lte=OuterRef("known"),
        known_to__gt=OuterRef("known"),
    )
    # Her unit lies in the reported subtree, or the reported unit lies below hers.
    below = on_the_day.filter(ancestor=OuterRef("unit")).filter(
        Q(unit__in=tops) | Q(unit__in=held_then)
    )
    above = on_the_day.filter(unit=OuterRef("unit")).filter(
        Q(ancestor__in=tops) | Q(ancestor__in=held_then)
    )
    return everything.filter(Exists(below) | Exists(above))


def roles_known(day: Any) -> QuerySet[RoleAssignment]:
    """Return the roles known now, and those that were known on ``day``.

    A reorganisation entered later ends a role as of its own day; the report was made before.
    """
    then = Q(recorded_on__lte=day, withdrawn_on__gt=day)
    return RoleAssignment.objects.filter(Q(withdrawn_on=FAR) | then)


@dataclass(frozen=True)
class Reach:
    """What of one frozen report the asker reads: all of it, or some units and what is below them.

    ``codes`` are those of the units on the report's day; ``tops`` the widest of them.
    """

    is_whole: bool
    codes: frozenset[str] = frozenset()
    tops: tuple[str, ...] = ()

    def has(self, code: str) -> bool:
        return self.is_whole or code in self.codes


def reach_of(snapshot: ReportSnapshot, scope: Scope) -> Reach:
    """Return what of ``snapshot`` the asker reads; nothing at all is an empty reach."""
    if is_department(scope):
        return Reach(is_whole=True)
    day = snapshot.day
    held = set(scope.top_unit_ids(*FOCAL_ROLES))
    if not held:
        return Reach(is_whole=False)
    known = snapshot.frozen_on
    held |= set(
        roles_known(known)
        .valid_on(day)
        .filter(user=scope.user_id, role__in=FOCAL_ROLES)
        .values_list("unit_id", flat=True)
    )
    paths = UnitPath.objects.filter(
        valid_from__lte=day, valid_to__gt=day, known_from__lte=known, known_to__gt=known
    )
    if paths.filter(unit=snapshot.unit_id, ancestor__in=held).exists():
        return Reach(is_whole=True)
    reported = paths.filter(ancestor=snapshot.unit_id).values("unit_id")
    below = paths.filter(ancestor__in=held, unit__in=reported)
    versions = UnitVersion.objects.known_on(known).valid_on(day)
    codes = frozenset(
        versions.filter(unit__in=below.values("unit_id")).values_list("code", flat=True)
    )
    tops = versions.filter(unit__in=held & set(reported.values_list("unit_id", flat=True)))
    return Reach(False, codes, tuple(tops.in_code_order().values_list("code", flat=True)))
