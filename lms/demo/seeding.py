"""The seed: invent the plan, write it, and leave a note that it was done.

History runs from 1 January 2024 to the morning of the last day; the next classes lie ahead of it.
The generator is the seed's own, so the same seed and last day give the same data but for codes,
salts and documents (``docs/decisions.md`` 41).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime

from django.db import transaction

from lms.demo.accounts import refuse_real_site
from lms.demo.careers import invent_people
from lms.demo.cast import CAST
from lms.demo.diary import Diary
from lms.demo.people import Stage, note_career
from lms.demo.places import read_units, share_out
from lms.demo.players import cast_plans, note_cast
from lms.demo.working_days import moment
from lms.people import audit
from lms.people.models import AuditEntry, StaffMember, Unit
from lms.people.units import find_root
from lms.target.requirements import load_requirements

MIN_STAFF = 60
EARLIEST_END = date(2024, 6, 30)
BEGUN, DONE = "demo.seed_begin", "demo.seed"


class TooFewStaff(ValueError):
    """Fewer people than the cast and a class need."""


class EndsTooEarly(ValueError):
    """The history would end before the cast's own stories fit into it."""


class NotEmpty(RuntimeError):
    """There are people already: the seed writes into an empty portal only."""


def seed(
    *,
    staff_count: int,
    seed: int,
    until: date,
    at: datetime,
    tell: Callable[[str], object] = lambda line: None,
) -> dict[str, int] | None:
    """Invent and write ``staff_count`` people and their history; return what was counted.

    ``None`` if it was done before: nothing is changed then. Raises ``accounts.NotADemo``,
    :class:`TooFewStaff`, :class:`EndsTooEarly`, or :class:`NotEmpty`.
    """
    refuse_real_site()
    if AuditEntry.objects.filter(action=DONE).exists():
        return None
    if staff_count < MIN_STAFF:
        raise TooFewStaff(staff_count)
    if until < EARLIEST_END:
        raise EndsTooEarly(until)
    if StaffMember.objects.exists():
        raise NotEmpty
    _leave_note(BEGUN, at=at, staff_count=staff_count, seed=seed, until=until.isoformat())
    load_requirements(at=at)
    rng = random.Random(f"portal {seed} {staff_count} {until}")  # noqa: S311 (repeatable, not secret)
    units = read_units(until)
    stage = Stage.set()
    diary = Diary()
    cast = cast_plans(units, until=until)
    places = share_out(units, staff_count - len(CAST), rng)
    people = invent_people(places, first_number=len(cast) + 1, until=until, rng=rng)
    note_cast(diary, cast, stage, units)
    for plan in people:
        note_career(diary, plan, stage)
    for year, month, count in diary.write(before=moment(until, 6)):
        tell(f"{month:02}/{year}: {count}")
    stage.save_last_sign_ins()
    counts = {"staff": StaffMember.objects.count()}
    _leave_note(DONE, at=at, **counts)
    return counts


def _leave_note(action: str, *, at: datetime, **data: object) -> None:
    root = find_root(EARLIEST_END)
    subject = root.unit if root is not None else Unit.objects.order_by("pk").first()
    with transaction.atomic():
        audit.log(action, subject, actor=None, at=at, **data)
