"""Roles follow their units: what becomes of a role over a unit that ends.

A role over a unit that is merged goes on over the successor, as a whole: whoever answered for an
absorbed commune answers for the people of the new one together with its own focal person, and the
province's managers, whose unit is merged into the city, see the people who came with it – they are
all the people the portal knows there. Where a unit is split, the role goes where its holder goes by
the list; without a place on a list, and where a unit is dissolved, the role ends and is named in
the dry run, so that somebody is appointed (``docs/decisions.md``, *Roles follow their units*).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from lms.people.models import RoleAssignment
from lms.people.reorganising.plans import Plan


@dataclass(frozen=True)
class RoleMove:
    """One role over a unit that ends; ``to`` is 0 where it ends with the unit.

    ``is_held`` says that the holder has the same role over the successor already, for as long.
    """

    assignment: RoleAssignment
    event: int
    to: int
    is_held: bool = False


def role_moves(plan: Plan) -> list[RoleMove]:
    """Return what becomes of each role over a unit that ends; two queries."""
    touched = list(
        RoleAssignment.objects.current()
        .filter(unit__in=list(plan.ended), valid_to__gt=plan.day, valid_from__lt=F("valid_to"))
        .select_related("user__staff")
        .order_by("unit_id", "role", "user_id", "pk")
    )
    successors = plan.successors()
    targets = {each.pk: successors[each.unit_id] or _by_list(plan, each) for each in touched}
    held: dict[tuple[int, str, int], list[tuple]] = {}
    for user_id, role, unit_id, begins, ends in (
        RoleAssignment.objects.current()
        .filter(
            user__in={each.user_id for each in touched},
            unit__in={to for to in targets.values() if to > 0},
            valid_to__gt=plan.day,
        )
        .values_list("user_id", "role", "unit_id", "valid_from", "valid_to")
    ):
        held.setdefault((user_id, role, unit_id), []).append((begins, ends))
    moves = []
    for each in touched:
        to = targets[each.pk]
        begins, ends = max(each.valid_from, plan.day), each.valid_to
        same = held.setdefault((each.user_id, each.role, to), [])
        is_held = to != 0 and any(first <= begins and last >= ends for first, last in same)
        if to and not is_held:
            same.append((begins, ends))
        moves.append(RoleMove(each, plan.ended[each.unit_id], to, is_held))
    return moves


def _by_list(plan: Plan, assignment: RoleAssignment) -> int:
    person_id = assignment.user.staff_id
    if person_id is None:
        return 0
    for move in plan.moves.get(assignment.unit_id, ()):
        if person_id in move.people:
            return move.people[person_id]
    return 0
