"""Whose duties a plan touches: counts and pages for the dry run, rows for the apply."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from lms.people.models import Posting, StaffMember
from lms.people.reorganising.plans import Plan

PAGE_SIZE = 50


@dataclass(frozen=True)
class MoveCount:
    """So many people go from one unit to another by one event; ``to`` is 0 where they wait."""

    event: int
    from_unit: int
    to: int
    people: int


@dataclass(frozen=True)
class PeopleSummary:
    """What happens to people: by event and unit, and as a whole (each person once)."""

    moves: tuple[MoveCount, ...]
    people_count: int
    waiting_count: int
    # Duties that begin on the day or later: entered since, so they are pointed to the new unit.
    since_count: int


@dataclass(frozen=True)
class MovingPerson:
    """One line of the dry run's list."""

    posting: Posting
    person: StaffMember
    from_unit: int
    to: int


def duties_of(plan: Plan) -> QuerySet[Posting]:
    """Return the duties that move: as known now, and held on the day or later; lazy."""
    standing = Posting.objects.current().filter(valid_to__gt=plan.day, valid_from__lt=F("valid_to"))
    return standing.filter(_moving(plan))


def _moving(plan: Plan) -> Q:
    """Return the condition of rows of people who move, whichever table they stand in."""
    whole = [unit for unit, moves in plan.moves.items() if any(m.takes_rest for m in moves)]
    some = Q(unit__in=whole)
    for unit_id, moves in plan.moves.items():
        if unit_id in whole:
            continue
        for move in moves:
            going = [person for person, to in move.people.items() if to != unit_id]
            if going:
                some |= Q(unit=unit_id, person__in=going)
            if move.groups:
                some |= Q(unit=unit_id, group__in=move.groups)
    return some


def summary_of(plan: Plan) -> PeopleSummary:
    """Count who moves where; three queries, and the rows of units with a list or with groups."""
    duties = duties_of(plan)
    with_list = {
        unit for unit, moves in plan.moves.items() if len(moves) > 1 or not _is_plain(moves)
    }
    people: dict[tuple[int, int, int], set[int]] = defaultdict(set)
    waiting: set[int] = set()
    for unit_id, person_id, group_id in duties.filter(unit__in=with_list).values_list(
        "unit_id", "person_id", "group_id"
    ):
        found = plan.target_of(unit_id, person_id, group_id)
        if found is None:
            continue
        move, to = found
        people[move.event, unit_id, to].add(person_id)
        if to == 0:
            waiting.add(person_id)
    counts = [MoveCount(*key, len(who)) for key, who in people.items()]
    plain_waits = []
    for unit_id, count in (
        duties.exclude(unit__in=with_list)
        .values_list("unit_id")
        .annotate(people=Count("person", distinct=True))
        .order_by("unit_id")
    ):
        move = plan.moves[unit_id][0]
        counts.append(MoveCount(move.event, unit_id, move.to or 0, count))
        if not move.to:
            plain_waits.append(unit_id)
    if plain_waits:
        waiting.update(
            duties.filter(unit__in=plain_waits).values_list("person_id", flat=True).distinct()
        )
    whole = duties.aggregate(
        people=Count("person", distinct=True),
        since=Count("pk", filter=Q(valid_from__gte=plan.day)),
    )
    return PeopleSummary(
        moves=tuple(sorted(counts, key=lambda each: (each.event, each.from_unit, each.to))),
        people_count=whole["people"],
        waiting_count=len(waiting),
        since_count=whole["since"],
    )


def _is_plain(moves: list) -> bool:
    """Tell whether the one move of a unit takes everybody to one place."""
    return bool(moves) and moves[0].takes_rest and not moves[0].people and not moves[0].groups


def page_of(plan: Plan, after: int | None, *, only_waiting: bool = False) -> list[MovingPerson]:
    """Return a page of those who move, by name, one more than a page where others follow.

    ``after`` is the posting at the end of the page before.
    """
    duties = duties_of(plan).select_related("person")
    if only_waiting:
        waits = [
            u for u, moves in plan.moves.items() if any(m.takes_rest and not m.to for m in moves)
        ]
        listed = {person for unit in waits for m in plan.moves[unit] for person in m.people}
        duties = duties.filter(unit__in=waits).exclude(person__in=listed)
    last = duties.filter(pk=after).first() if after else None
    if last is not None:
        name = last.person.sort_name
        same = Q(person__sort_name=name)
        duties = duties.filter(
            Q(person__sort_name__gt=name)
            | same & Q(person__gt=last.person_id)
            | same & Q(person=last.person_id, pk__gt=last.pk)
        )
    rows = duties.order_by("person__sort_name", "person_id", "pk")[: PAGE_SIZE + 1]
    lines = []
    for posting in rows:
        found = plan.target_of(posting.unit_id, posting.person_id, posting.group_id)
        lines.append(
            MovingPerson(posting, posting.person, posting.unit_id, found[1] if found else 0)
        )
    return lines
