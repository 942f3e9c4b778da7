"""People in bulk: the twins of ``staff.register_person`` and ``staff.correct_person``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import connection

from lms.people import watching
from lms.people.models import AuditEntry, StaffMember, User
from lms.people.staff import STAFF_CODE_PREFIX
from lms.people.text import fold, person_sort_key

BATCH = 500


def register_many(rows: list[dict[str, Any]], *, at: datetime) -> list[StaffMember]:
    """Add people from cleaned values and return them with their codes, in the order given.

    The caller holds the transaction and writes the audit. Raises ``IntegrityError`` if a code that
    was given is taken meanwhile.
    """
    people = []
    for row in rows:
        person = StaffMember(created_at=at, **fields_of(row))
        person.staff_code = row.get("staff_code") or person.key.hex[:20]
        people.append(person)
    people = StaffMember.objects.bulk_create(people, batch_size=BATCH)
    if not all(person.pk for person in people):  # a database that gives no keys back
        keys = dict(
            StaffMember.objects.filter(key__in=[each.key for each in people]).values_list(
                "key", "pk"
            )
        )
        for person in people:
            person.pk = keys[person.key]
    numbered = [p for p, row in zip(people, rows, strict=True) if not row.get("staff_code")]
    give_codes(numbered)
    for person in people:
        watching.registered(person.pk)
    return people


def give_codes(people: list[StaffMember]) -> None:
    """Give each person the code of the portal: its sign and the row's number."""
    for start in range(0, len(people), BATCH):
        part = people[start : start + BATCH]
        for person in part:
            person.staff_code = f"{STAFF_CODE_PREFIX}{person.pk:06}"
        taken = StaffMember.objects.filter(staff_code__in=[p.staff_code for p in part])
        for code in set(taken.values_list("staff_code", flat=True)):
            person = next(each for each in part if each.staff_code == code)
            while StaffMember.objects.filter(staff_code=person.staff_code).exists():
                person.staff_code += "A"  # somebody typed that code by hand
        StaffMember.objects.bulk_update(part, ["staff_code"])


def correct_many(changes: dict[int, dict[str, Any]]) -> None:
    """Set cleaned personal values of people by key; the caller writes the audit."""
    keys = sorted(changes)
    for start in range(0, len(keys), BATCH):
        part = StaffMember.objects.in_bulk(keys[start : start + BATCH])
        for pk, person in part.items():
            watching.corrected(pk, {name: getattr(person, name) for name in changes[pk]})
            for name, value in fields_of(changes[pk]).items():
                setattr(person, name, value)
        StaffMember.objects.bulk_update(
            part.values(),
            ["full_name", "folded_name", "sort_name", "work_email", "work_phone", "birth_date"],
        )


def fields_of(values: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a person for the values of a row."""
    fields: dict[str, Any] = {}
    for name in ("work_email", "work_phone"):
        if name in values:
            fields[name] = values[name] or ""
    if "birth_date" in values:
        born = values["birth_date"]
        fields["birth_date"] = date.fromisoformat(born) if born else None
    if "full_name" in values:
        name = values["full_name"]
        fields |= {
            "full_name": name,
            "folded_name": fold(name),
            "sort_name": person_sort_key(name),
        }
    return fields


def log_many(
    entries: Iterable[tuple[str, Any, int, int | None, dict[str, Any]]],
    *,
    actor: User | None,
    at: datetime,
) -> None:
    """Write an audit entry for each (action, subject, person, unit, data); see ``audit.log``."""
    if not connection.in_atomic_block:
        raise RuntimeError("An audit entry belongs to a transaction.")
    AuditEntry.objects.bulk_create(
        (
            AuditEntry(
                at=at,
                actor=actor,
                action=action,
                object_type=subject._meta.label_lower,
                object_id=str(subject.pk),
                person_id=person,
                unit_id=unit,
                data=data,
            )
            for action, subject, person, unit, data in entries
        ),
        batch_size=BATCH,
    )
