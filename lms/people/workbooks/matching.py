"""Who a row is about: by staff code, else by name with day of birth or work contact.

Only people the scope may change are ever looked at, so a row never tells whether somebody is on
the list of another unit. A row without a code that resembles a person is her only when nothing in
it would change her record; else somebody has to decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet

from lms.people.models import Leave, PersonMerge, Posting, StaffMember
from lms.people.scopes import Scope
from lms.people.staffing.access import people_managed
from lms.people.text import fold
from lms.people.workbooks.columns import CLEAR
from lms.people.workbooks.reading import TypedRow

# Values of one statement.
CHUNK = 500


class Duty(NamedTuple):
    """A standing posting."""

    pk: int
    unit_id: int
    group_id: int
    position_title: str
    valid_from: date
    valid_to: date
    is_primary: bool
    victim_support: bool


class Away(NamedTuple):
    """A standing leave."""

    pk: int
    valid_from: date
    valid_to: date


@dataclass(slots=True)
class Known:
    """A person as the portal knows her now."""

    pk: int
    staff_code: str
    full_name: str
    folded_name: str
    work_email: str
    work_phone: str
    birth_date: date | None
    merged_into: str = ""
    # Whether the asker may change the record: her main duty lies in the asker's units.
    is_managed: bool = True
    duties: list[Duty] = field(default_factory=list)
    leaves: list[Away] = field(default_factory=list)


PERSON_FIELDS = (
    *("pk", "staff_code", "full_name", "folded_name"),
    *("work_email", "work_phone", "birth_date"),
)


@dataclass
class People:
    """Those the rows may be about, and who resembles a row without a code."""

    by_pk: dict[int, Known] = field(default_factory=dict)
    by_code: dict[str, int] = field(default_factory=dict)
    alike: dict[int, list[int]] = field(default_factory=dict)


def find_people(rows: list[TypedRow], scope: Scope, *, decided: Iterable[int] = ()) -> People:
    """Return the people of the scope that ``rows`` may be about, with their duties and leaves.

    ``decided`` are keys of people somebody chose for a row. Queries grow with the rows, 500 a
    statement, never with the staff.
    """
    within = scope.people(StaffMember.objects.filter(erased_at=None))
    people = People()
    codes = {row.values["staff_code"] for row in rows if "staff_code" in row.values}
    for part in parts_of(codes):
        keep(people, within.filter(staff_code__in=part))
    for part in parts_of(set(decided)):
        keep(people, within.filter(pk__in=part))
    without = [row for row in rows if row.values.get("staff_code") not in people.by_code]
    find_alike(people, without, within, day=scope.day)
    managed = people_managed(scope)
    for part in parts_of(people.by_pk):
        add_facts(people, part)
        mine = set(managed.filter(pk__in=part).values_list("pk", flat=True))
        for pk in part:
            people.by_pk[pk].is_managed = pk in mine
    return people


def parts_of(values: Iterable[Any]) -> Iterator[list[Any]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def keep(people: People, found: QuerySet[StaffMember]) -> None:
    for values in found.values_list(*PERSON_FIELDS):
        person = Known(*values)
        people.by_pk.setdefault(person.pk, person)
        people.by_code[person.staff_code] = person.pk


def find_alike(
    people: People, rows: list[TypedRow], within: QuerySet[StaffMember], *, day: date
) -> None:
    """Note for each row without a known code who resembles it."""
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        by_name: dict[str, list[TypedRow]] = defaultdict(list)
        by_contact: dict[str, list[TypedRow]] = defaultdict(list)
        for row in part:
            by_name[fold(row.values.get("full_name", ""))].append(row)
            for key in ("work_email", "work_phone"):
                if row.values.get(key, CLEAR) != CLEAR:
                    by_contact[row.values[key]].append(row)
        by_name.pop("", None)
        wanted = Q(folded_name__in=by_name)
        if by_contact:
            wanted |= Q(work_email__in=by_contact) | Q(work_phone__in=by_contact)
        for values in within.filter(wanted).values_list(*PERSON_FIELDS).iterator():
            person = Known(*values)
            named = by_name.get(person.folded_name, [])
            reached = [
                row
                for contact in {person.work_email, person.work_phone} - {""}
                for row in by_contact.get(contact, [])
            ]
            for row in {id(row): row for row in (*named, *reached)}.values():
                if is_alike(row, person, has_contact=any(row is each for each in reached)):
                    people.by_pk.setdefault(person.pk, person)
                    people.alike.setdefault(row.number, []).append(person.pk)


def is_alike(row: TypedRow, person: Known, *, has_contact: bool) -> bool:
    """Tell whether the row is likely about the person.

    A contact in common is enough. The same name is, unless both days of birth are known and differ,
    or both contacts are and differ: then two people share a name.
    """
    if has_contact:
        return True
    values = row.values
    if values.get("birth_date", CLEAR) != CLEAR and person.birth_date:
        return values["birth_date"] == person.birth_date.isoformat()
    for key in ("work_email", "work_phone"):
        if values.get(key, CLEAR) != CLEAR and getattr(person, key):
            return False  # the same one would have been a contact in common
    return True


def add_facts(people: People, part: list[int]) -> None:
    """Read duties, leaves and merges of some people; three queries."""
    standing = Posting.objects.current().filter(person__in=part, valid_from__lt=F("valid_to"))
    for person, *values in standing.order_by("valid_from", "pk").values_list(
        "person_id", *Duty._fields
    ):
        people.by_pk[person].duties.append(Duty(*values))
    leaves = Leave.objects.current().filter(person__in=part, valid_from__lt=F("valid_to"))
    for person, *values in leaves.order_by("valid_from", "pk").values_list(
        "person_id", *Away._fields
    ):
        people.by_pk[person].leaves.append(Away(*values))
    merges = PersonMerge.objects.current().filter(duplicate__in=part)
    for person, code in merges.values_list("duplicate_id", "survivor__staff_code"):
        people.by_pk[person].merged_into = code
