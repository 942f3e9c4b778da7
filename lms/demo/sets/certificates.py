"""Certificates of the completions, set-based: numbers by year in the order of issue, facts frozen.

What is printed comes from ``certificates.printed``; only the unit's name is read from memory, where
that asks the database for each.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from certificates import printed
from certificates.codes import new_code
from certificates.models import Certificate, CertificateRegister
from certificates.register import register_no
from content.models.pages import CertificateMode
from courses.models import Completion, Enrolment
from lms.demo.journeys import Journey
from lms.demo.sets.learning import posting_on
from lms.demo.sets.tables import Table, Tables
from lms.people.days import last_day, local_day
from lms.people.models import StaffMember, UnitVersion
from lms.people.models.units import UnitLevel
from lms.people.office import office


def write_certificates(
    completed: list[tuple[datetime, Journey, UUID, date, date]],
    people: dict[int, int],
    *,
    day: date,
) -> int:
    """Write one certificate for each completion whose course certifies on completion."""
    keys = dict(StaffMember.objects.values_list("pk", "key"))
    units = unit_lines(day)
    owner = office()
    office_facts = {
        "parent_agency": owner.parent_agency,
        "owner_name": owner.owner_name,
        "signer_authority": owner.signer_authority,
        "signer_title": owner.signer_title,
        "signer_name": owner.signer_name,
        "place_name": owner.place_name,
        "reissue_number": 0,
        "decision_number": "",
        "decided_on": None,
        "verify_at": settings.SITE_URL.partition("://")[2] + reverse("verify_form"),
    }
    registers: dict[int, CertificateRegister] = {}
    numbers: Counter[int] = Counter()
    table = Table(
        Certificate, "person", "course", "completion_logical_id", "register", "number",
        "register_no", "facts", "facts_sha256", "issued_on", "issued_at", "valid_until",
        "verification_code",
    )  # fmt: skip
    tables = Tables(table, batch=20_000)
    for at, journey, fact, held_from, held_to in sorted(completed, key=lambda row: row[:1]):
        if journey.course.page.certificate_mode != CertificateMode.ON_COMPLETION:
            continue
        issued_on = local_day(at)
        year = issued_on.year
        if year not in registers:
            registers[year], _made = CertificateRegister.objects.get_or_create(year=year)
            numbers[year] = registers[year].last_number
        numbers[year] += 1
        person = people[journey.person.number]
        code = new_code()
        number_printed = register_no(numbers[year], year, owner.certificate_symbol)
        facts = (
            person_facts(journey, keys[person], units, held_from, held_to)
            | office_facts
            | {
                "issued_on": issued_on.isoformat(),
                "register_no": number_printed,
                "verification_code": code,
                "verify_url": settings.SITE_URL + reverse("verify_certificate", args=[code]),
            }
        )
        table.add(
            person, journey.course.page.pk, fact, registers[year].pk, numbers[year],
            number_printed, json.dumps(facts, ensure_ascii=False), printed.facts_sha256(facts),
            issued_on, at, last_day(held_to), code,
        )  # fmt: skip
        tables.flush_if_many()
    tables.finish()
    for year, register in registers.items():
        register.last_number = numbers[year]
        register.save(update_fields=["last_number"])
    return table.count


def person_facts(
    journey: Journey, key: UUID, units: dict[int, str], held_from: date, held_to: date
) -> dict[str, Any]:
    """Return what is printed of the person and her training."""
    posting = posting_on(journey.person, held_from)
    completion = Completion(
        person=StaffMember(key=key, full_name=journey.person.full_name),
        course=journey.course.page,
        enrolment=Enrolment(opened_on=local_day(journey.enrolled_at)),
        valid_from=held_from,
        valid_to=held_to,
    )
    facts = printed.printed_facts(completion)
    line = [posting.title, units.get(posting.unit.unit_id, "")] if posting else []
    return facts | {"position_line": ", ".join(filter(None, line))}


def unit_lines(day: date) -> dict[int, str]:
    """Return each unit as a certificate names it; a commune with its district."""
    versions = {version.unit_id: version for version in UnitVersion.objects.current().valid_on(day)}
    lines = {}
    for unit_id, version in versions.items():
        above = versions.get(version.parent_id) if version.level == UnitLevel.COMMUNE else None
        names = [version.full_name, above.full_name if above else ""]
        lines[unit_id] = ", ".join(filter(None, names))
    return lines
