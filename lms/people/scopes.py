"""Which units and people a user may see on a day.

Scope follows today's roles and today's tree: a former unit is seen in frozen reports only
(``docs/decisions.md`` 13). Every list, detail, report and export starts here; outside it is 404.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from lms.people.days import FAR
from lms.people.models import Posting, RoleAssignment, StaffMember, UnitPath
from lms.people.models.accounts import Role

# Roles whose holders read other people's records, over their units and below.
PEOPLE_ROLES = frozenset(
    {Role.UNIT_FOCAL, Role.DISTRICT_FOCAL, Role.PROVINCE_MANAGER, Role.PROVINCE_LEADER}
)
# Roles that answer for the people of a unit and those below it.
FOCAL_ROLES = (Role.UNIT_FOCAL, Role.DISTRICT_FOCAL)
# Roles that enter and answer what concerns other people; the leader only reads.
ANSWERING_ROLES = (*FOCAL_ROLES, Role.PROVINCE_MANAGER)
# Roles that write or teach; they see classes and content, not other people's records.
TRAINER_ROLES = frozenset({Role.CONTENT_EDITOR, Role.LEGAL_REVIEWER, Role.INSTRUCTOR})
# Roles that may enter the Wagtail admin.
ADMIN_ROLES = TRAINER_ROLES | {Role.PROVINCE_MANAGER, Role.SYSADMIN}
# Roles with other people's data: a second factor is asked (``docs/decisions.md`` 13).
SECOND_FACTOR_ROLES = PEOPLE_ROLES | ADMIN_ROLES | {Role.PRIVACY_OFFICER}


@dataclass(frozen=True)
class Scope:
    """What one account may see on ``day``; built by :func:`scope_of`."""

    user_id: int | None
    person_id: int | None
    day: date
    assignments: tuple[tuple[str, int], ...] = ()

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(role for role, _unit in self.assignments)

    @property
    def is_learner(self) -> bool:
        return self.person_id is not None

    def has_role(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)

    @property
    def sees_people(self) -> bool:
        return self.has_role(*PEOPLE_ROLES)

    def top_unit_ids(self, *roles: str) -> tuple[int, ...]:
        """Units over which the asker holds one of ``roles`` (default: those that see people)."""
        wanted = frozenset(roles) or PEOPLE_ROLES
        return tuple(dict.fromkeys(unit for role, unit in self.assignments if role in wanted))

    def units(self, *roles: str) -> QuerySet:
        """Ids of the units the asker may see: hers and all below them on :attr:`day`; lazy."""
        return UnitPath.objects.filter(
            ancestor__in=self.top_unit_ids(*roles),
            valid_from__lte=self.day,
            valid_to__gt=self.day,
            known_to=FAR,
        ).values("unit_id")

    def people(self, queryset: QuerySet[StaffMember]) -> QuerySet[StaffMember]:
        """Narrow staff members to the asker herself and those posted today in her units.

        A person with no posting today is seen by those who hold a role over a unit she was, or will
        be, posted to: somebody must be able to answer for a record that ended or has yet to begin.
        """
        own = Q(pk=self.person_id) if self.person_id else Q(pk__in=[])
        if not self.sees_people:
            return queryset.filter(own)
        today = Posting.objects.current().valid_on(self.day)
        here = today.filter(unit__in=self.units()).values("person_id")
        # Province-wide managers see everybody, the unplaced included.
        if self.has_role(Role.PROVINCE_MANAGER, Role.PROVINCE_LEADER):
            return queryset
        absent = (
            Posting.objects.current()
            .filter(unit__in=self.units(), valid_from__lt=F("valid_to"))
            .exclude(person__in=today.values("person_id"))
            .values("person_id")
        )
        return queryset.filter(own | Q(pk__in=here) | Q(pk__in=absent))


def scope_of(user: Any, day: date | None = None) -> Scope:
    """Return the scope of ``user`` on ``day`` (default today in Asia/Ho_Chi_Minh).

    Kept on the user object for the rest of the request. No query for the account of a request,
    whose roles the sign-in backend has loaded; one for any other.
    """
    if not getattr(user, "is_authenticated", False):
        return Scope(None, None, day or timezone.localdate())
    today = day or timezone.localdate()
    cached = user.__dict__.get("_scope")
    if cached is not None and cached.day == today:
        return cached
    held = getattr(user, "held_roles", None)
    if held is None:
        held = RoleAssignment.objects.current().filter(user=user)
    assignments = tuple(
        sorted(
            (each.role, each.unit_id) for each in held if each.valid_from <= today < each.valid_to
        )
    )
    scope = Scope(user.pk, user.staff_id, today, assignments)
    user.__dict__["_scope"] = scope
    return scope
