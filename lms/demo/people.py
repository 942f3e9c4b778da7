"""Writing the invented people through the site's own functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.utils import timezone

from lms.demo.careers import LeavePlan, PersonPlan, PostingPlan
from lms.demo.diary import Diary
from lms.people import audit
from lms.people.accounts import accept_notice, create_account
from lms.people.facts import record
from lms.people.models import Leave, PositionGroup, Posting, StaffMember, Unit, User
from lms.people.staff import (
    end_leave,
    end_posting,
    open_posting,
    record_leave,
    register_person,
    transfer,
)
from lms.target.models import RosterEntry


@dataclass
class Stage:
    """What has been written so far, by the number of the person's plan."""

    groups: dict[str, PositionGroup] = field(default_factory=dict)
    units: dict[int, Unit] = field(default_factory=dict)
    people: dict[int, StaffMember] = field(default_factory=dict)
    users: dict[int, User] = field(default_factory=dict)
    last_sign_ins: dict[int, datetime] = field(default_factory=dict)
    # Keeps the staff records once her account exists; before that the portal acts itself.
    manager: User | None = None

    @classmethod
    def set(cls) -> Stage:
        return cls(
            groups={group.code: group for group in PositionGroup.objects.all()},
            units=Unit.objects.in_bulk(),
        )

    def signed_in(self, number: int, at: datetime) -> User | None:
        """Note that the person was seen at ``at``; return her account, if she has one."""
        user = self.users.get(number)
        if user is not None:
            self.last_sign_ins[user.pk] = max(at, self.last_sign_ins.get(user.pk, at))
        return user

    def save_last_sign_ins(self) -> None:
        users = User.objects.in_bulk(list(self.last_sign_ins))
        for user in users.values():
            user.last_login = self.last_sign_ins[user.pk]
        User.objects.bulk_update(users.values(), ["last_login"], batch_size=500)


def note_career(diary: Diary, plan: PersonPlan, stage: Stage) -> None:
    """Note every act of one person's career in the diary."""
    diary.note(plan.told_at, partial(_register, plan, stage))
    for posting in plan.postings:
        diary.note(posting.told_at, partial(_open, plan, posting, stage))
        last = posting
        while last.moves_to is not None:
            diary.note(last.end_told_at, partial(_move, plan, last.moves_to, stage))
            last = last.moves_to
        if last.last_day is not None:
            diary.note(last.end_told_at, partial(_end, plan, last, stage))
    if plan.named_at is not None:
        diary.note(plan.named_at, partial(_name_in_roster, plan, stage))
    for leave in plan.leaves:
        _note_leave(diary, plan, leave, stage)
    if plan.account_at is not None:
        diary.note(plan.account_at, partial(_make_account, plan, stage))
    if plan.first_sign_in_at is not None:
        diary.note(plan.first_sign_in_at, partial(_sign_in_first, plan, stage))


def _register(plan: PersonPlan, stage: Stage, at: datetime) -> None:
    stage.people[plan.number] = register_person(
        full_name=plan.full_name,
        staff_code=plan.staff_code,
        work_email=plan.email,
        work_phone=plan.phone,
        actor=stage.manager,
        at=at,
    )


def _open(plan: PersonPlan, posting: PostingPlan, stage: Stage, at: datetime) -> None:
    open_posting(
        stage.people[plan.number],
        unit=stage.units[posting.unit.unit_id],
        group=stage.groups[posting.group],
        position_title=posting.title,
        valid_from=posting.first_day,
        is_primary=posting.is_primary,
        victim_support=posting.victim_support,
        actor=stage.manager,
        at=at,
    )


def _move(plan: PersonPlan, posting: PostingPlan, stage: Stage, at: datetime) -> None:
    transfer(
        stage.people[plan.number],
        unit=stage.units[posting.unit.unit_id],
        group=stage.groups[posting.group],
        position_title=posting.title,
        on=posting.first_day,
        actor=stage.manager,
        at=at,
    )


def _end(plan: PersonPlan, posting: PostingPlan, stage: Stage, at: datetime) -> None:
    standing = (
        Posting.objects.current()
        .select_related("person", "unit")
        .get(
            person=stage.people[plan.number],
            unit=posting.unit.unit_id,
            valid_from=posting.first_day,
            is_primary=posting.is_primary,
        )
    )
    end_posting(standing, last_day=posting.last_day, actor=stage.manager, at=at)


def _name_in_roster(plan: PersonPlan, stage: Stage, at: datetime) -> None:
    """Name a person of a group that counts only if named, from the first day of her duty."""
    person = stage.people[plan.number]
    entry = record(
        RosterEntry,
        actor=stage.manager,
        at=at,
        person=person,
        unit=stage.units[plan.primary.unit.unit_id],
        approved_by=stage.manager,
        valid_from=plan.primary.first_day,
    )
    audit.log("roster.name", entry, actor=stage.manager, at=at, person=person, unit=entry.unit)


def _note_leave(diary: Diary, plan: PersonPlan, leave: LeavePlan, stage: Stage) -> None:
    written: list[Leave] = []

    def begin(at: datetime) -> None:
        written.append(
            record_leave(
                stage.people[plan.number],
                first_day=leave.first_day,
                last_day=leave.last_day,
                actor=stage.manager,
                at=at,
            )
        )

    def correct(at: datetime) -> None:
        end_leave(written[0], last_day=leave.corrected_to, actor=stage.manager, at=at)

    diary.note(leave.told_at, begin)
    if leave.corrected_at is not None:
        diary.note(leave.corrected_at, correct)


def _make_account(plan: PersonPlan, stage: Stage, at: datetime) -> None:
    stage.users[plan.number] = create_account(stage.people[plan.number], actor=stage.manager, at=at)


def _sign_in_first(plan: PersonPlan, stage: Stage, at: datetime) -> None:
    """She reads what the portal records and goes on; her password is nobody's business here."""
    accept_notice(stage.users[plan.number], at=at)
    stage.signed_in(plan.number, timezone.localtime(at))
