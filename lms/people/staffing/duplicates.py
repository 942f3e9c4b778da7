"""Records that may be one person, and joining them by a fact that can be withdrawn.

Likely are the same folded name with the same date of birth, and the same work contact. Nothing is
ever merged silently; no key of any row is rewritten (``docs/decisions.md`` 6).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from lms.people import audit
from lms.people.facts import record, withdraw, writing
from lms.people.finding import versions_of
from lms.people.identifiers import fold_email, fold_phone
from lms.people.models import PersonMerge, Posting, StaffMember, UnitVersion, User
from lms.people.scopes import Scope
from lms.people.staff import lock_person
from lms.people.text import clean, fold

MOST_ALIKE = 10


class AlreadyMerged(ValueError):
    """One of the two is a duplicate of another record already."""


@dataclass(frozen=True)
class Alike:
    """A record that may be the same person; ``person`` is ``None`` outside the asker's scope."""

    person: StaffMember | None
    unit: UnitVersion | None


def likely_duplicates(
    *,
    full_name: str,
    birth_date: date | None = None,
    work_email: str = "",
    work_phone: str = "",
    besides: StaffMember | None = None,
) -> list[StaffMember]:
    """Return at most ten records that may be this person; one query."""
    alike = Q(pk__in=[])
    if birth_date is not None:
        alike |= Q(folded_name=fold(full_name), birth_date=birth_date)
    if email := fold_email(work_email):
        alike |= Q(work_email=email)
    if phone := fold_phone(work_phone):
        alike |= Q(work_phone=phone)
    found = StaffMember.objects.filter(alike, erased_at=None)
    if besides is not None:
        found = found.exclude(pk=besides.pk)
    return list(found.in_name_order()[:MOST_ALIKE])


def shown_to(scope: Scope, people: list[StaffMember]) -> list[Alike]:
    """Return what the asker may see of ``people``: elsewhere only the unit; three queries."""
    if not people:
        return []
    keys = [person.pk for person in people]
    visible = set(
        StaffMember.objects.visible_to(scope).filter(pk__in=keys).values_list("pk", flat=True)
    )
    places: dict[int, int] = {}
    postings = Posting.objects.current().filter(person__in=keys).order_by("valid_to", "is_primary")
    for person_id, unit_id in postings.values_list("person_id", "unit_id"):
        places[person_id] = unit_id
    units = versions_of(list(places.values()), scope.day)
    return [
        Alike(person if person.pk in visible else None, units.get(places.get(person.pk, 0)))
        for person in people
    ]


def merge_of(person: StaffMember) -> PersonMerge | None:
    """Return the standing merge that makes ``person`` a duplicate; one query."""
    return PersonMerge.objects.current().filter(duplicate=person).select_related("survivor").first()


def records_of(person: StaffMember) -> list[int]:
    """Return the keys of the records that count as ``person``: hers, and those merged into it.

    One query.
    """
    merged = PersonMerge.objects.current().filter(survivor=person).order_by("duplicate_id")
    return [person.pk, *merged.values_list("duplicate_id", flat=True)]


@writing()
def merge(
    duplicate: StaffMember,
    survivor: StaffMember,
    *,
    reason: str,
    actor: User | None,
    at: datetime,
) -> PersonMerge:
    """Say that ``duplicate`` is ``survivor`` and return the fact.

    Duties, courses and certificates of both count as the survivor's from now on, for any day.
    Raises :class:`AlreadyMerged` where the duplicate is merged already, or the survivor is herself
    a duplicate: the chain would hide which record counts.
    """
    for person in sorted((duplicate, survivor), key=lambda each: each.pk):
        lock_person(person)
    standing = PersonMerge.objects.current().filter(duplicate__in=(duplicate, survivor))
    if duplicate.pk == survivor.pk or standing.exists():
        raise AlreadyMerged(duplicate.pk)
    fact = record(
        PersonMerge,
        actor=actor,
        at=at,
        duplicate=duplicate,
        survivor=survivor,
        reason=clean(reason),
    )
    audit.log(
        "person.merge", fact, actor=actor, at=at, person=duplicate, survivor=str(survivor.key)
    )
    return fact


@writing()
def unmerge(fact: PersonMerge, *, actor: User | None, at: datetime) -> None:
    """Withdraw a merge: both records count for themselves again. Raises ``FactWithdrawn``."""
    for person in sorted((fact.duplicate, fact.survivor), key=lambda each: each.pk):
        lock_person(person)
    withdraw(fact, actor=actor, at=at)
    audit.log("person.unmerge", fact, actor=actor, at=at, person=fact.duplicate)
