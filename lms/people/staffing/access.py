"""Whose records, duties and leaves the asker may change.

A focal person acts on the people whose main duty lies in her units, and may send them anywhere; she
fetches nobody from elsewhere. The province manager acts on everybody, nobody on herself.
"""

from __future__ import annotations

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from lms.people.models import Batch, Posting, StaffMember
from lms.people.models.accounts import Role
from lms.people.scopes import ANSWERING_ROLES, FOCAL_ROLES, Scope


def may_act(scope: Scope) -> bool:
    """Tell whether the asker has a staff desk at all."""
    return scope.has_role(*ANSWERING_ROLES)


def people_managed(scope: Scope) -> QuerySet[StaffMember]:
    """Return the people on whom the asker may act; lazy.

    The main duty of today decides; without one any duty of today, and without any the unit where
    the last one lay or will lie.
    """
    people = StaffMember.objects.filter(erased_at=None).exclude(pk=scope.person_id)
    if scope.has_role(Role.PROVINCE_MANAGER):
        return people
    if not scope.has_role(*FOCAL_ROLES):
        return people.none()
    units = scope.units(*FOCAL_ROLES)
    standing = Posting.objects.current().filter(valid_from__lt=F("valid_to"))
    today = standing.valid_on(scope.day)
    primary = today.filter(is_primary=True)
    last = standing.filter(person=OuterRef("person")).order_by(
        "-valid_to", "-is_primary", "-valid_from", "pk"
    )
    home = primary.filter(unit__in=units).values("person_id")
    beside = (
        today.filter(unit__in=units)
        .exclude(person__in=primary.values("person_id"))
        .values("person_id")
    )
    absent = (
        standing.filter(unit__in=units)
        .exclude(person__in=today.values("person_id"))
        .annotate(last_unit=Subquery(last.values("unit_id")[:1]))
        .filter(unit=F("last_unit"))
        .values("person_id")
    )
    return people.filter(Q(pk__in=home) | Q(pk__in=beside) | Q(pk__in=absent))


def may_post_to(scope: Scope, unit_id: int) -> bool:
    """Tell whether the asker may post somebody new to the unit; one query for a focal person."""
    if scope.has_role(Role.PROVINCE_MANAGER):
        return True
    return scope.units(*FOCAL_ROLES).filter(unit=unit_id).exists()


def manages(scope: Scope, person: StaffMember) -> bool:
    """Tell whether :func:`people_managed` holds ``person``; one query at most."""
    return may_act(scope) and people_managed(scope).filter(pk=person.pk).exists()


def may_undo(scope: Scope, batch: Batch) -> bool:
    """Tell whether the asker may take ``batch`` back; three queries at most.

    The department always; a focal person her own, while she still looks after everybody in it or
    after the units in which they stood before it.
    """
    if scope.has_role(Role.PROVINCE_MANAGER):
        return True
    if batch.actor_id != scope.user_id or not may_act(scope):
        return False
    people = set(batch.facts.values_list("person_id", flat=True))
    people -= set(people_managed(scope).filter(pk__in=people).values_list("pk", flat=True))
    if not people:
        return True
    before = batch.facts.filter(person__in=people, model=Posting._meta.label_lower)
    own = Posting.objects.filter(
        pk__in=before.exclude(before_id=None).values("before_id"),
        unit__in=scope.units(*FOCAL_ROLES),
    )
    return people <= set(own.values_list("person_id", flat=True))
