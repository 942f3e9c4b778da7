"""People, postings, leaves, names in the roster and accounts, set-based."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime

from django.contrib.auth.hashers import make_password

from lms.demo.careers import PersonPlan, PostingPlan
from lms.demo.people import Stage
from lms.demo.sets.tables import Table, Tables
from lms.people.days import FAR, day_after, end_from_form, local_day
from lms.people.models import Leave, Posting, StaffMember, User
from lms.people.text import clean, fold, person_sort_key
from lms.target.models import RosterEntry

KNOWN = (
    "logical_id", "recorded_at", "recorded_on", "recorded_by", "withdrawn_at", "withdrawn_on",
    "withdrawn_by",
)  # fmt: skip


class PeopleWriter:
    """Writes careers; afterwards :attr:`people` and :attr:`users` hold keys by plan number."""

    def __init__(self, stage: Stage, *, before: datetime) -> None:
        self.before = before
        self.groups = {code: group.pk for code, group in stage.groups.items()}
        self.manager_id = stage.manager.pk
        self.people = {number: person.pk for number, person in stage.people.items()}
        self.users = {number: user.pk for number, user in stage.users.items()}
        self.staff = Table(
            StaffMember, "key", "staff_code", "full_name", "folded_name", "sort_name",
            "work_email", "work_phone", "created_at",
        )  # fmt: skip
        self.postings = Table(
            Posting, *KNOWN, "valid_from", "valid_to", "person", "unit", "group",
            "position_title", "is_primary", "victim_support", "duty_began_on", "chain_id",
        )  # fmt: skip
        self.leaves = Table(Leave, *KNOWN, "valid_from", "valid_to", "person")
        self.named = Table(
            RosterEntry, *KNOWN, "valid_from", "valid_to", "person", "unit", "approved_by"
        )
        self.accounts = Table(
            User, "password", "last_login", "username", "email", "date_joined", "staff", "phone",
            "must_change_password", "informed_at",
        )  # fmt: skip
        self.tables = Tables(self.staff, self.postings, self.leaves, self.named, self.accounts)

    def write(self, plans: Iterable[PersonPlan], last_seen: dict[int, datetime]) -> dict[str, int]:
        """Write ``plans``; ``last_seen`` holds the last sign-in of who learnt, by plan number."""
        for plan in sorted(plans, key=lambda plan: (plan.told_at, plan.number)):
            if plan.told_at < self.before:
                self._write_one(plan, last_seen.get(plan.number))
                self.tables.flush_if_many()
        return self.tables.finish()

    def _write_one(self, plan: PersonPlan, last_seen: datetime | None) -> None:
        name = clean(plan.full_name)
        person = self.people[plan.number] = self.staff.add(
            uuid.uuid4(), plan.staff_code, name, fold(name), person_sort_key(name),
            plan.email, plan.phone, plan.told_at,
        )  # fmt: skip
        for posting in plan.postings:
            if posting.told_at < self.before:
                self._write_posting(person, posting)
        for leave in plan.leaves:
            if leave.told_at >= self.before:
                continue
            corrected = leave.corrected_at is not None and leave.corrected_at < self.before
            self._write_versions(
                self.leaves, leave.told_at, leave.corrected_at if corrected else None,
                leave.first_day, end_from_form(leave.last_day),
                day_after(leave.corrected_to) if corrected else FAR, (person,),
            )  # fmt: skip
        if plan.named_at is not None and plan.named_at < self.before:
            self._write_versions(
                self.named, plan.named_at, None, plan.primary.first_day, FAR, FAR,
                (person, plan.primary.unit.unit_id, self.manager_id),
            )  # fmt: skip
        if plan.account_at is not None and plan.account_at < self.before:
            informed_at = plan.first_sign_in_at
            if informed_at is not None and informed_at >= self.before:
                informed_at = None
            seen_at = max((at for at in (informed_at, last_seen) if at), default=None)
            self.users[plan.number] = self.accounts.add(
                make_password(None), seen_at, plan.staff_code.lower(), plan.email or None,
                plan.account_at, person, plan.phone or None, True, informed_at,
            )  # fmt: skip

    def _write_posting(self, person: int, posting: PostingPlan) -> None:
        ended = posting.end_told_at is not None and posting.end_told_at < self.before
        rest = (
            person, posting.unit.unit_id, self.groups[posting.group], posting.title,
            posting.is_primary, posting.victim_support, posting.first_day, uuid.uuid4(),
        )  # fmt: skip
        self._write_versions(
            self.postings, posting.told_at, posting.end_told_at if ended else None,
            posting.first_day, FAR, day_after(posting.last_day) if ended else FAR, rest,
        )  # fmt: skip
        if posting.moves_to is not None and ended:
            self._write_posting(person, posting.moves_to)

    def _write_versions(
        self,
        table: Table,
        told_at: datetime,
        changed_at: datetime | None,
        valid_from: date,
        valid_to: date,
        changed_to: date,
        rest: tuple,
    ) -> None:
        """Write the version of ``told_at`` and, if it was changed, its successor."""
        fact, by = uuid.uuid4(), self.manager_id
        told_on = local_day(told_at)
        if changed_at is None:
            table.add(fact, told_at, told_on, by, None, FAR, None, valid_from, valid_to, *rest)
            return
        changed_on = local_day(changed_at)
        table.add(
            fact, told_at, told_on, by, changed_at, changed_on, by, valid_from, valid_to, *rest
        )
        table.add(fact, changed_at, changed_on, by, None, FAR, None, valid_from, changed_to, *rest)
