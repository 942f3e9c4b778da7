"""What a certificate says, frozen at the moment of issue (``docs/decisions.md`` 28).

Title and unit are those of the day of completion, owner and signer those of the day of issue: a
later rename, edit or reorganisation changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from courses.models import Completion
from lms.people.days import last_day
from lms.people.models import UnitVersion
from lms.people.models.units import UnitLevel
from lms.people.units import names_on


def facts_sha256(facts: dict[str, Any]) -> str:
    """Return the SHA-256 over the canonical JSON of ``facts``."""
    canonical = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def printed_facts(completion: Completion) -> dict[str, Any]:
    """Return what the document says of the person and her training."""
    course, person = completion.course, completion.person
    began_on = completion.enrolment.opened_on if completion.enrolment else completion.valid_from
    parts = {"trực tuyến": course.online_periods, "trên lớp": course.class_periods}
    held = {how: count for how, count in parts.items() if count}
    valid_until = last_day(completion.valid_to)
    return {
        "person": str(person.key),
        "full_name": person.full_name,
        "birth_date": person.birth_date.isoformat() if person.birth_date else None,
        "position_line": ", ".join(
            filter(None, [completion.position_title, *_unit_names(completion)])
        ),
        "course_title": course.title,
        "from": min(began_on, completion.valid_from).isoformat(),
        "to": completion.valid_from.isoformat(),
        "periods": sum(parts.values()),
        "mode": {
            frozenset(["trực tuyến"]): "trực tuyến",
            frozenset(["trên lớp"]): "trực tiếp",
        }.get(frozenset(held), "kết hợp trực tuyến và trực tiếp"),
        "mode_detail": ", ".join(f"{count} tiết {how}" for how, count in held.items())
        if len(held) > 1
        else "",
        "result": "Đạt",
        "valid_until": valid_until.isoformat() if valid_until else None,
    }


def _unit_names(completion: Completion) -> list[str]:
    """Return the unit's name on the day of completion; a commune's with that of its parent.

    Communes of one name lie in several districts.
    """
    if completion.unit_id is None:
        return []
    day = completion.valid_from
    version = names_on([completion.unit_id], day).get(completion.unit_id)
    if version is None:
        return []
    names = [version.full_name]
    if version.level == UnitLevel.COMMUNE and version.parent_id:
        parent: UnitVersion | None = names_on([version.parent_id], day).get(version.parent_id)
        names += [parent.full_name] if parent else []
    return names
