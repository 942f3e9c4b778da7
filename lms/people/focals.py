"""Who answers for a unit: the focal persons nearest to it, going up the tree.

Nobody answers for herself: she is never named as her own contact, and what concerns her goes to the
other focal persons of the unit, else to those above.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from lms.people.days import FAR
from lms.people.models import RoleAssignment, StaffMember, UnitPath, User
from lms.people.scopes import FOCAL_ROLES
from lms.people.staff import primary_posting


@dataclass(frozen=True)
class Focals:
    """Holders by unit, and each unit's ancestors from the nearest up."""

    holders: dict[int, list[User]]
    ancestors: dict[int, list[int]]

    def nearest(self, unit_id: int, *, besides: int | None = None) -> list[User]:
        """Return the focal persons of the nearest unit that has any other than ``besides``.

        ``besides`` is the key of a person.
        """
        for ancestor in self.ancestors.get(unit_id, []):
            found = [
                user
                for user in self.holders.get(ancestor, [])
                if besides is None or user.staff_id != besides
            ]
            if found:
                return found
        return []


def focals_of(unit_ids: Iterable[int], day: date, roles: Sequence[str] = FOCAL_ROLES) -> Focals:
    """Return who holds one of ``roles`` over the units or above them on ``day``; two queries."""
    ancestors: dict[int, list[int]] = defaultdict(list)
    paths = UnitPath.objects.filter(
        unit__in=list(unit_ids), valid_from__lte=day, valid_to__gt=day, known_to=FAR
    )
    for unit_id, ancestor in paths.order_by("depth").values_list("unit_id", "ancestor_id"):
        ancestors[unit_id].append(ancestor)
    holders: dict[int, list[User]] = defaultdict(list)
    assignments = (
        RoleAssignment.objects.current()
        .valid_on(day)
        .filter(role__in=roles, unit__in={each for above in ancestors.values() for each in above})
        .filter(user__is_active=True)
        .select_related("user__staff")
        .order_by("user_id")
    )
    for assignment in assignments:
        if assignment.user not in holders[assignment.unit_id]:
            holders[assignment.unit_id].append(assignment.user)
    return Focals(dict(holders), dict(ancestors))


def find_focals(person: StaffMember, day: date) -> list[User]:
    """Return the focal persons nearest to ``person``'s unit on ``day``; three queries at most."""
    posting = primary_posting(person, day)
    if posting is None:
        return []
    return focals_of([posting.unit_id], day).nearest(posting.unit_id, besides=person.pk)
