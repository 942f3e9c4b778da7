"""Reading the facts of many people at once for :func:`~lms.target.standing.computing.standing`.

A fixed number of statements for any number of people, and few: each costs a person's change as much
as what it reads. Everything is read in all its versions: what was withdrawn is what an earlier
known day saw.
"""

# ruff: noqa: S608 (the text is put together from constants and whole numbers)

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from courses.models import AttendanceMark
from courses.models.classes import AttendanceStatus
from lms.people.days import BEFORE, FAR, local_day
from lms.people.models import PersonMerge, RuleSet
from lms.target.models import Roster, RosterStatus
from lms.target.standing.computing import (
    Begun,
    Duty,
    Facts,
    Held,
    Merged,
    Rules,
    Setting,
    Span,
)

CAME = frozenset({AttendanceStatus.PRESENT, AttendanceStatus.LATE})
TIMES = "x.valid_from, x.valid_to, x.recorded_on, x.withdrawn_on"
RULES = f"""
    SELECT 'tier', x.group_id, x.tier, {TIMES} FROM people_grouptier x
    UNION ALL
    SELECT 'leave', 0, CAST(x.min_leave_days AS varchar(9)), {TIMES}
    FROM people_ruleset x WHERE x.scope_key = 'province'
    UNION ALL
    SELECT 'new', 0, CAST(x.new_duty_days AS varchar(9)), {TIMES}
    FROM people_ruleset x WHERE x.scope_key = 'province'
    UNION ALL
    SELECT 'bit', x.id, CAST(x.bit AS varchar(9)), NULL, NULL, NULL, NULL
    FROM people_positiongroup x"""
# Kind, record, four days, three numbers, a day and two keys; what a kind lacks is filled up.
FACTS = f"""
    SELECT 'duty', x.person_id, {TIMES}, x.unit_id, x.group_id,
        CASE WHEN x.is_primary THEN 1 ELSE 0 END, x.duty_began_on, x.chain_id, x.logical_id
    FROM people_posting x WHERE x.victim_support AND x.person_id IN ({{parts}})
    UNION ALL
    SELECT 'leave', x.person_id, {TIMES}, 0, 0, 0, x.valid_from, NULL, NULL
    FROM people_leave x WHERE x.person_id IN ({{parts}})
    UNION ALL
    SELECT 'held', x.person_id, {TIMES}, c.bit, 0, 0, x.valid_from, NULL, NULL
    FROM courses_completion x JOIN content_coursepage c ON c.page_ptr_id = x.course_id
    WHERE x.person_id IN ({{parts}})
    UNION ALL
    SELECT 'named', x.person_id, {TIMES}, coalesce(x.roster_id, 0), 0, 0, x.valid_from, NULL, NULL
    FROM target_rosterentry x WHERE x.person_id IN ({{parts}})
    UNION ALL
    SELECT 'lesson', x.person_id, x.done_on, x.done_on, x.recorded_on, x.recorded_on, 0, 0, 0,
        x.done_on, NULL, NULL
    FROM (
        SELECT DISTINCT e.person_id, l.done_on, l.recorded_on
        FROM courses_enrolment e JOIN courses_lessonprogress l ON l.enrolment_id = e.id
        WHERE e.person_id IN ({{parts}})
    ) x
    UNION ALL
    SELECT 'quiz', x.person_id, x.first, x.first, x.first, x.first, 0, 0, 0, x.first, NULL, NULL
    FROM (
        SELECT e.person_id, min(a.started_on) AS first
        FROM courses_enrolment e JOIN courses_attempt a ON a.enrolment_id = e.id
        WHERE e.person_id IN ({{parts}}) GROUP BY e.person_id
    ) x
    UNION ALL
    SELECT 'mark', x.person_id, x.first, x.first, x.first, x.first, 0, 0, 0, x.first, NULL, NULL
    FROM (
        SELECT e.person_id, min(m.recorded_on) AS first
        FROM courses_enrolment e JOIN courses_attendancemark m ON m.enrolment_id = e.id
        WHERE e.person_id IN ({{parts}}) GROUP BY e.person_id
    ) x"""


def as_day(value: date | str) -> date:
    """Return a day of a row; SQLite gives text where it does not know a column for a day."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def as_key(value: UUID | str) -> str:
    """Return a key of a row as SQLite holds it."""
    return value if isinstance(value, str) else value.hex


def read_rules() -> Rules:
    """Return tiers, lengths of leaves and of new duties, bits of groups; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(RULES)
        rows = cursor.fetchall()
    rules = Rules(
        tiers=defaultdict(list),
        leave_days=[],
        new_days=[],
        group_bits={},
        default_leave_days=RuleSet._meta.get_field("min_leave_days").get_default(),
        default_new_days=RuleSet._meta.get_field("new_duty_days").get_default(),
    )
    for kind, group_id, value, *times in rows:
        if kind == "bit":
            rules.group_bits[group_id] = int(value)
        elif kind == "tier":
            rules.tiers[group_id].append(Setting(value, *map(as_day, times)))
        else:
            settings = rules.leave_days if kind == "leave" else rules.new_days
            settings.append(Setting(int(value), *map(as_day, times)))
    return rules


def read_merges(person_ids: Collection[int]) -> list[Merged]:
    """Return every merge that ever joined a record to one of these, however far."""
    found: dict[int, Merged] = {}
    asked: set[int] = set()
    wanted = set(person_ids)
    while wanted:
        asked |= wanted
        rows = PersonMerge.objects.filter(
            Q(duplicate__in=wanted) | Q(survivor__in=wanted)
        ).values_list("pk", "duplicate_id", "survivor_id", "recorded_on", "withdrawn_on")
        for pk, *row in rows:
            found[pk] = Merged(*row)
        wanted = {
            each for row in found.values() for each in (row.duplicate_id, row.survivor_id)
        } - asked
    return list(found.values())


def read_facts(person_ids: Collection[int], merges: list[Merged]) -> dict[int, Facts]:
    """Return the facts of each person; three statements at most. ``merges`` are those of all."""
    kin = kin_of(merges)
    parts = {part for person in person_ids for part in kin.get(person, (person,))}
    own: dict[int, Facts] = defaultdict(Facts)
    with connection.cursor() as cursor:
        cursor.execute(FACTS.format(parts=", ".join(str(int(part)) for part in sorted(parts))))
        rows = cursor.fetchall()
    lessons: list[tuple[int, date, date]] = []
    listed: list[tuple[Span, int]] = []
    marked: list[int] = []
    for kind, part, *rest in rows:
        times = [as_day(value) for value in rest[:4]]
        if kind == "duty":
            unit, group, is_primary, began, chain, logical = rest[4:]
            own[part].duties.append(
                Duty(
                    *times, part, unit, group, bool(is_primary),
                    as_day(began), as_key(chain), as_key(logical),
                )
            )  # fmt: skip
        elif kind == "held":
            own[part].held.append(Held(*times, part, rest[4]))
        elif kind == "leave":
            own[part].leaves.append(Span(*times, part))
        elif kind == "named":
            listed.append((Span(*times, part), rest[4]))
        elif kind == "lesson":
            lessons.append((part, times[0], times[2]))
        elif kind == "quiz":
            # It has been known since it began.
            own[part].begun.append(Begun(times[0], BEFORE, FAR, part))
        else:
            marked.append(part)
    for span in named(listed):
        own[span.part_id].named.append(span)
    for begun in (*earliest(lessons), *(read_marks(marked) if marked else ())):
        own[begun.part_id].begun.append(begun)
    return {person: joined(person, own, kin, merges) for person in person_ids}


def kin_of(merges: Iterable[Merged]) -> dict[int, frozenset[int]]:
    """Return for each record that was ever merged all records it ever was one with."""
    kin: dict[int, set[int]] = {}
    for row in merges:
        together = kin.get(row.duplicate_id, {row.duplicate_id}) | kin.get(
            row.survivor_id, {row.survivor_id}
        )
        for each in together:
            kin[each] = together
    return {person: frozenset(together) for person, together in kin.items()}


def joined(
    person: int,
    own: dict[int, Facts],
    kin: dict[int, frozenset[int]],
    merges: list[Merged],
) -> Facts:
    """Return the facts of a person and of every record that was ever hers."""
    if person not in kin:
        return own[person]
    facts = Facts(merges=[row for row in merges if row.duplicate_id in kin[person]])
    for part in sorted(kin[person]):
        for name in ("duties", "leaves", "held", "named", "begun"):
            getattr(facts, name).extend(getattr(own[part], name))
    return facts


def named(listed: Collection[tuple[Span, int]]) -> list[Span]:
    """Return the entries that name a person; an entry of a list is known from its approval on.

    ``listed`` are entries with their list, 0 for none; one statement where there is a list.
    """
    rosters = {roster for _span, roster in listed if roster}
    approved = {}
    if rosters:
        found = Roster.objects.filter(pk__in=rosters, status=RosterStatus.APPROVED)
        approved = {
            roster: local_day(approved_at)
            for roster, approved_at in found.values_list("pk", "approved_at")
        }
    spans = []
    for span, roster in listed:
        if roster and roster not in approved:
            continue
        known_from = max(span.known_from, approved.get(roster, BEFORE))
        if known_from < span.known_to:
            spans.append(span._replace(known_from=known_from))
    return spans


def earliest(lessons: Iterable[tuple[int, date, date]]) -> list[Begun]:
    """Return the lessons done (record, day, known from) but those known no sooner than a former."""
    begun: list[Begun] = []
    for part_id, day, known_from in sorted(lessons):
        if begun and begun[-1].part_id == part_id and begun[-1].known_from <= known_from:
            continue
        begun.append(Begun(day, known_from, FAR, part_id))
    return begun


def read_marks(parts: Collection[int]) -> list[Begun]:
    """Return the classes attended: a mark stands until the next one of its session and person."""
    rows = (
        AttendanceMark.objects.filter(enrolment__person__in=parts)
        .values_list(
            "session_id",
            "person_id",
            "enrolment__person_id",
            "status",
            "recorded_on",
            "session__starts_at",
        )
        .order_by("session_id", "person_id", "recorded_at", "pk")
    )
    begun = []
    marks: list[tuple[Any, ...]] = list(rows)
    for place, (session, person, part_id, status, known_from, starts_at) in enumerate(marks):
        after = marks[place + 1] if place + 1 < len(marks) else None
        known_to: date = after[4] if after and after[:2] == (session, person) else FAR
        if status in CAME and known_from < known_to:
            begun.append(Begun(local_day(starts_at), known_from, known_to, part_id))
    return begun
