"""The province approves a confirmed list: what it says becomes facts that the figures count.

An approval is one batch: names begin or end, duties lose the mark, end, or pause for a leave. It is
taken back as one, and a figure as known in between still shows what was known then.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.db.models import F

from lms.people import audit, batches
from lms.people.batches import gather
from lms.people.days import FAR, day_after
from lms.people.facts import record_many, succeed, writing
from lms.people.models import Leave, StaffMember, User
from lms.people.staff import lock_person, record_leave
from lms.people.staffing.duties import NothingToEnd, end_duties, end_support
from lms.target.models import (
    Roster,
    RosterAct,
    RosterDecision,
    RosterEntry,
    RosterGround,
    RosterLine,
    RosterStatus,
    RosterStep,
)
from lms.target.rosters.deciding import NotConfirmed, add_step

# What the batches of approvals are called.
KIND = "roster"


@writing()
def approve(roster: Roster, *, actor: User | None, at: datetime) -> Roster:
    """Approve a confirmed list, write what it says, and return it.

    What holds already is left as it is. Raises :class:`NotConfirmed`, or what the writes raise:
    then nothing is approved.
    """
    roster = (
        Roster.objects.select_for_update(of=("self",))
        .select_related("period", "unit")
        .get(pk=roster.pk)
    )
    if roster.status != RosterStatus.CONFIRMED:
        raise NotConfirmed(roster.status)
    lines = list(
        roster.lines.filter(withdrawn_at=None).select_related("person").order_by("person_id")
    )
    with gather(KIND, actor=actor, at=at, reason=roster.period.name, people=len(lines)) as batch:
        named = [line for line in lines if line.decision == RosterDecision.NAMED]
        _name(named, roster, actor=actor, at=at)
        for line in lines:
            if line.decision == RosterDecision.EXCLUDED:
                _exclude(line, roster, actor=actor, at=at)
    roster.status, roster.approved_at, roster.approved_by = RosterStatus.APPROVED, at, actor
    roster.save(update_fields=["status", "approved_at", "approved_by"])
    add_step(roster, RosterAct.APPROVE, actor=actor, at=at, batch=batch, people=len(lines))
    return roster


@writing()
def reopen(roster: Roster, *, note: str, actor: User | None, at: datetime) -> Roster:
    """Take an approval back with all it wrote; the list stands confirmed again.

    Raises :class:`NotConfirmed` where nothing is approved, or ``DependedOn`` with what was entered
    since and rests on it.
    """
    roster = Roster.objects.select_for_update(of=("self",)).get(pk=roster.pk)
    if roster.status != RosterStatus.APPROVED:
        raise NotConfirmed(roster.status)
    step = last_approval(roster)
    batches.undo(step.batch, actor=actor, at=at)
    roster.status, roster.approved_at, roster.approved_by = RosterStatus.CONFIRMED, None, None
    roster.save(update_fields=["status", "approved_at", "approved_by"])
    add_step(roster, RosterAct.REOPEN, actor=actor, at=at, note=note)
    return roster


def last_approval(roster: Roster) -> RosterStep:
    return roster.steps.filter(act=RosterAct.APPROVE).select_related("batch").order_by("-pk")[0]


def _name(lines: list[RosterLine], roster: Roster, *, actor: User | None, at: datetime) -> None:
    """Let the people be named from the period's first day on, until a later list says otherwise.

    The names stand by themselves and not under the list: the list may be reopened, and what was
    known meanwhile must not change.
    """
    people = [line.person_id for line in lines]
    locked = StaffMember.objects.filter(pk__in=people).order_by("pk")
    list(locked.select_for_update(no_key=True).values_list("pk"))
    first_day = roster.period.first_day
    standing: dict[int, list[RosterEntry]] = defaultdict(list)
    for name in (
        RosterEntry.objects.current()
        .filter(person__in=people, roster=None, valid_to__gt=first_day)
        .filter(valid_from__lt=F("valid_to"))
        .order_by("valid_from", "pk")
    ):
        standing[name.person_id].append(name)
    rows = []
    for line in lines:
        start, end = gap_behind(standing[line.person_id], first_day)
        if start < end:
            rows.append(
                RosterEntry(
                    person=line.person,
                    unit=roster.unit,
                    approved_by=actor,
                    valid_from=start,
                    valid_to=end,
                    reason=roster.period.name,
                )
            )
    audit.log_many("roster.name", record_many(rows, actor=actor, at=at), actor=actor, at=at)


def gap_behind(names: list[RosterEntry], first_day: date) -> tuple[date, date]:
    """Return the days on which nobody is named yet, from ``first_day`` to the next name.

    ``names`` are one person's, in order, ending behind ``first_day``. Both days are FAR where a
    name goes on.
    """
    start = first_day
    for name in names:
        if name.valid_from > start:
            return start, name.valid_from
        start = max(start, name.valid_to)
    return start, FAR


def _exclude(line: RosterLine, roster: Roster, *, actor: User | None, at: datetime) -> None:
    write = {"actor": actor, "at": at}
    reason = line.reason or RosterGround(line.ground).label
    if line.ground == RosterGround.NOT_ASSIGNED:
        _end_names(line, line.first_day, reason=reason, **write)
    elif line.ground == RosterGround.LONG_LEAVE:
        _leave(line, **write)
    else:
        try:
            if line.ground == RosterGround.LEFT:
                last_day = line.first_day - timedelta(days=1)
                end_duties(line.person, last_day=last_day, reason=reason, **write)
            else:
                end_support(line.person, roster.unit, on=line.first_day, reason=reason, **write)
        except NothingToEnd:
            # Entered on the staff desk since the list was confirmed.
            return


def _end_names(
    line: RosterLine, day: date, *, reason: str, actor: User | None, at: datetime
) -> None:
    lock_person(line.person)
    names = RosterEntry.objects.current().filter(person=line.person, valid_to__gt=day)
    for name in names.order_by("valid_from", "pk"):
        if name.valid_from < name.valid_to:
            succeed(name, actor=actor, at=at, valid_to=max(name.valid_from, day), reason=reason)


def _leave(line: RosterLine, *, actor: User | None, at: datetime) -> None:
    """Record the leave unless one that stands covers its days."""
    end = day_after(line.last_day) if line.last_day else FAR
    covering = Leave.objects.current().filter(
        person=line.person, valid_from__lte=line.first_day, valid_to__gte=end
    )
    if not covering.exists():
        record_leave(
            line.person, first_day=line.first_day, last_day=line.last_day, actor=actor, at=at
        )
