"""What the pages of a reorganisation print: event by event, before and after it is applied."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, Q, When

from lms.people.models import (
    Posting,
    Reorganisation,
    ReorganisedRow,
    RoleAssignment,
    Unit,
    UnitVersion,
)
from lms.people.models.accounts import Role
from lms.people.models.units import UnitEventKind
from lms.people.reorganising.people import PAGE_SIZE, MovingPerson, page_of, summary_of
from lms.people.reorganising.planning import plan_of
from lms.people.reorganising.plans import Plan
from lms.people.reorganising.reading import read_data
from lms.people.reorganising.resolutions import Refusal, Refused
from lms.people.reorganising.roles import RoleMove, role_moves
from lms.people.units import UNPLACED_KEY

# Kinds that change a unit which goes on.
STAYING = (UnitEventKind.RENAME, UnitEventKind.RETYPE, UnitEventKind.MOVE, UnitEventKind.SPLIT)
EVENTS_SHOWN = 50
ROLES_SHOWN = 50


@dataclass(frozen=True)
class EventLine:
    """One event: which units, where to, how many people move and how many of them wait."""

    number: int
    label: str
    units: list[str]
    into: list[str]
    people: int = 0
    waiting: int = 0
    # Units below that go on under the successor, not named one by one.
    followed: int = 0


@dataclass(frozen=True)
class RoleLine:
    """What becomes of one role."""

    holder: str
    role: str
    unit: str
    into: str
    is_held: bool = False


@dataclass
class Preview:
    """A dry run: what applying would do, or why it cannot be applied."""

    refusals: list[Refusal] = field(default_factory=list)
    events: list[EventLine] = field(default_factory=list)
    next_event: int | None = None
    event_count: int = 0
    roles: list[RoleLine] = field(default_factory=list)
    # The role assignment behind which the next page of roles begins.
    next_role: int | None = None
    counts: dict[str, int] = field(default_factory=dict)


def preview_of(reorganisation: Reorganisation, *, after: int = 0, after_role: int = 0) -> Preview:
    """Return the dry run of a draft: its events behind number ``after``, its roles behind the
    assignment ``after_role``; a dozen queries."""
    try:
        plan = plan_of(read_data(reorganisation.body))
    except Refused as refused:  # stored by an older release
        return Preview(refusals=list(refused.refusals))
    if plan.refusals:
        return Preview(refusals=plan.refusals)
    people = summary_of(plan)
    labels = _Labels(plan)
    moved: dict[int, int] = {}
    waiting: dict[int, int] = {}
    for move in people.moves:
        moved[move.event] = moved.get(move.event, 0) + move.people
        if move.to == 0:
            waiting[move.event] = waiting.get(move.event, 0) + move.people
    followers: dict[int, int] = {}
    for above in plan.followed.values():
        followers[plan.ended[above]] = followers.get(plan.ended[above], 0) + 1
    shown = [event for event in plan.resolution.events if event.number > after]
    page = shown[:EVENTS_SHOWN]
    roles = role_moves(plan)
    role_page, next_role = _role_page(roles, after_role)
    return Preview(
        events=[
            EventLine(
                number=event.number,
                label=UnitEventKind(event.kind).label,
                units=[labels.old(code) for code in event.units],
                into=labels.into(event.number, event.kind),
                followed=followers.get(event.number, 0),
                people=moved.get(event.number, 0),
                waiting=waiting.get(event.number, 0),
            )
            for event in page
        ],
        next_event=page[-1].number if len(shown) > len(page) else None,
        event_count=len(plan.resolution.events),
        roles=[
            RoleLine(
                holder=each.assignment.user.display_name,
                role=Role(each.assignment.role).label,
                unit=plan.before[each.assignment.unit_id].full_name,
                into=plan.after[each.to].full_name if each.to else "",
                is_held=each.is_held,
            )
            for each in role_page
        ],
        next_role=next_role,
        counts={
            "ended": len(plan.ended),
            "opened": len(plan.opened),
            "changed": len(plan.changed),
            "people": people.people_count,
            "waiting": people.waiting_count,
            "since": people.since_count,
            "roles": sum(each.to != 0 for each in roles),
            "roles_ended": sum(each.to == 0 for each in roles),
        },
    )


def _role_page(roles: list[RoleMove], after: int) -> tuple[list[RoleMove], int | None]:
    """Return a page of what becomes of the roles, and the assignment at its end if others follow.

    Those that end come first: somebody has to be appointed there. An ``after`` that is none of
    them leads to the first page.
    """
    ordered = sorted(roles, key=lambda each: each.to != 0)
    keys = [each.assignment.pk for each in ordered]
    start = keys.index(after) + 1 if after in keys else 0
    page = ordered[start : start + ROLES_SHOWN]
    return page, keys[start + ROLES_SHOWN - 1] if len(keys) > start + ROLES_SHOWN else None


class _Labels:
    """Names of units on both maps of a plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.codes = {version.code: version for version in plan.before.values()}
        self.targets: dict[int, list[tuple[int, int | None]]] = {}
        for part in plan.parts:
            self.targets.setdefault(part.event, []).append((part.from_unit, part.to))

    def old(self, code: str) -> str:
        version = self.codes[code]
        return f"{version.full_name} ({version.code})"

    def into(self, event: int, kind: str) -> list[str]:
        refs = dict.fromkeys(
            to
            for unit, to in self.targets.get(event, ())
            if to is not None and (kind in STAYING or unit not in self.plan.followed)
        )
        return [self.plan.after[ref].label for ref in refs]


def people_page(
    reorganisation: Reorganisation, after: int | None, *, only_waiting: bool
) -> tuple[list[dict[str, Any]], int | None]:
    """Return a page of those who move, or moved, and the key of the next one."""
    if reorganisation.is_draft:
        return _planned_page(reorganisation, after, only_waiting=only_waiting)
    rows = ReorganisedRow.objects.filter(
        reorganisation=reorganisation, model=Posting._meta.label_lower
    ).select_related("person")
    if only_waiting:
        rows = rows.filter(to_unit__own_key=UNPLACED_KEY)
    last = rows.filter(pk=after).first() if after else None
    if last is not None:
        same = Q(person__sort_name=last.person.sort_name)
        rows = rows.filter(
            Q(person__sort_name__gt=last.person.sort_name) | same & Q(pk__gt=last.pk)
        )
    found = list(rows.order_by("person__sort_name", "pk")[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    day = reorganisation.happened_on
    old = _names([row.from_unit_id for row in shown], day, before=True)
    new = _names([row.to_unit_id for row in shown], day)
    lines = [
        {
            "person": row.person,
            "unit": old.get(row.from_unit_id, ""),
            "into": new.get(row.to_unit_id, ""),
        }
        for row in shown
    ]
    return lines, shown[-1].pk if len(found) > len(shown) else None


def _planned_page(
    reorganisation: Reorganisation, after: int | None, *, only_waiting: bool
) -> tuple[list[dict[str, Any]], int | None]:
    plan = plan_of(read_data(reorganisation.body))
    if plan.refusals:
        return [], None
    found: list[MovingPerson] = page_of(plan, after, only_waiting=only_waiting)
    shown = found[:PAGE_SIZE]
    lines = [
        {
            "person": line.person,
            "unit": plan.before[line.from_unit].full_name,
            "into": plan.after[line.to].full_name if line.to else "",
        }
        for line in shown
    ]
    return lines, shown[-1].posting.pk if len(found) > len(shown) else None


def applied_events(
    reorganisation: Reorganisation, *, after: int = 0
) -> tuple[list[EventLine], int | None]:
    """Return the events of an applied reorganisation behind place ``after``; five queries."""
    events = list(reorganisation.events.order_by("pk"))
    numbered = [(number, event) for number, event in enumerate(events, 1) if number > after]
    page = numbered[:EVENTS_SHOWN]
    keys = [event.pk for _number, event in page]
    parts: dict[int, list[tuple[int, int | None]]] = {}
    for event_id, from_unit, to_unit in (
        reorganisation.events.filter(pk__in=keys)
        .order_by("pk", "parts__pk")
        .values_list("pk", "parts__from_unit_id", "parts__to_unit_id")
    ):
        parts.setdefault(event_id, []).append((from_unit, to_unit))
    day = reorganisation.happened_on
    old = _names([one for each in parts.values() for one, _two in each], day, before=True)
    new = _names([two for each in parts.values() for _one, two in each if two], day)
    waits = Unit.objects.filter(own_key=UNPLACED_KEY).values("pk")
    moved = {
        row["event_id"]: row
        for row in reorganisation.rows.filter(model=Posting._meta.label_lower, event__in=keys)
        .values("event_id")
        .annotate(
            people=Count("person", distinct=True),
            waiting=Count("person", distinct=True, filter=Q(to_unit__in=waits)),
        )
        .order_by("event_id")
    }
    lines = []
    for number, event in page:
        edges = parts.get(event.pk, [])
        own = [edge for edge in edges if event.kind in STAYING or edge[0] != edge[1]]
        counts = moved.get(event.pk, {})
        lines.append(
            EventLine(
                number=number,
                label=UnitEventKind(event.kind).label,
                units=list(dict.fromkeys(old.get(one, "") for one, _two in own)),
                into=list(dict.fromkeys(new.get(two, "") for _one, two in own if two)),
                people=counts.get("people", 0),
                waiting=counts.get("waiting", 0),
                followed=len(edges) - len(own),
            )
        )
    return lines, page[-1][0] if len(numbered) > len(page) else None


def applied_roles(
    reorganisation: Reorganisation, *, after: int = 0
) -> tuple[list[RoleLine], int | None]:
    """Return a page of what became of the roles, those that ended first, and the key of its last
    row if others follow; five queries."""
    found = reorganisation.rows.filter(model=RoleAssignment._meta.label_lower).annotate(
        goes_on=Case(When(to_unit=None, then=0), default=1)
    )
    last = found.filter(pk=after).first() if after else None
    if last is not None:
        later = Q(goes_on__gt=last.goes_on) | Q(goes_on=last.goes_on, pk__gt=last.pk)
        found = found.filter(later)
    rows = list(found.order_by("goes_on", "pk")[: ROLES_SHOWN + 1])
    has_more, rows = len(rows) > ROLES_SHOWN, rows[:ROLES_SHOWN]
    before = RoleAssignment.objects.select_related("user__staff").in_bulk(
        [row.before_id for row in rows]
    )
    day = reorganisation.happened_on
    old = _names([row.from_unit_id for row in rows], day, before=True)
    new = _names([row.to_unit_id for row in rows if row.to_unit_id], day)
    lines = [
        RoleLine(
            holder=before[row.before_id].user.display_name,
            role=Role(before[row.before_id].role).label,
            unit=old.get(row.from_unit_id, ""),
            into=new.get(row.to_unit_id, ""),
            is_held=row.to_unit_id is not None and row.after_id is None,
        )
        for row in rows
    ]
    return lines, rows[-1].pk if has_more else None


def _names(unit_ids: list[int], day: Any, *, before: bool = False) -> dict[int, str]:
    """Return the names of units on the day, or on the day before, as the apply left them."""
    versions = UnitVersion.objects.filter(unit__in=set(unit_ids))
    versions = (
        versions.filter(valid_from__lt=day, valid_to__gte=day)
        if before
        else versions.filter(valid_from__lte=day, valid_to__gt=day)
    )
    # Of an undone reorganisation the withdrawn versions are what is left to be named.
    return {version.unit_id: version.full_name for version in versions.order_by("pk")}
