"""What stands in a line beside the verdict: since when, by which posting, or which end or leave.

Read for the people of one page or batch at a time, by a fixed number of statements.
"""

# ruff: noqa: S608 (the text is put together from constants and whole numbers)

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from lms.people.days import BEFORE
from lms.people.models import Leave, PositionGroup, Posting, UnitVersion
from lms.people.rules import tiers_on
from lms.target.figures.sql import Question, end_of_day, known_text, survivor_ctes
from lms.target.ledger.kinds import Kind
from lms.target.ledger.sql import Subject
from lms.target.models import RosterEntry, RosterStatus, Standing
from lms.target.standing.computing import Span, spells

# The two times of a fact, in the order of a span.
DAYS = ("valid_from", "valid_to", "recorded_on", "withdrawn_on")


class Row(NamedTuple):
    """A line as the statement gives it."""

    person_id: int
    kind: str
    unit_id: int | None
    group_id: int | None
    state: str
    in_year: int
    is_new: int
    is_placed: int
    survivor_id: int | None
    full_name: str
    staff_code: str
    is_erased: bool
    survivor_code: str | None


@dataclass(frozen=True)
class Line:
    """One person of the ledger.

    ``since`` is the first day of the unbroken time over which she has counted, wherever. The
    posting is the one she counts by, else the one that explains why she does not: it holds, was
    the last, or lies ahead. ``first_day`` and ``end_day`` bound the reason (half-open): a leave, a
    naming that ended, a posting, a duty. A day before the records is ``BEFORE``, no end ``FAR``.
    """

    person_id: int
    full_name: str
    staff_code: str
    kind: Kind
    state: str
    is_new: bool
    is_placed: bool
    is_erased: bool
    in_year: bool = False
    survivor_id: int | None = None
    survivor_code: str = ""
    unit_id: int | None = None
    unit_name: str = ""
    group_id: int | None = None
    group_name: str = ""
    tier: str = ""
    title: str = ""
    posted_from: date | None = None
    duty_began_on: date | None = None
    since: date | None = None
    first_day: date | None = None
    end_day: date | None = None

    @property
    def counts(self) -> bool:
        return self.kind is Kind.COUNTS


def lines_of(rows: Collection[Row], subject: Subject) -> list[Line]:
    """Return the lines of ``rows`` in their order; eight statements at most."""
    if not rows:
        return []
    question = subject.question
    of_kind: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        of_kind[row.kind].add(row.person_id)
    owners = owners_of([row.person_id for row in rows if row.kind != Kind.MERGED], question)
    postings = postings_of(owners, of_kind[Kind.MERGED], question)
    since = since_of(of_kind[Kind.COUNTS], question)
    leaves = leaves_of(narrowed(owners, of_kind[Kind.ON_LEAVE]), question)
    namings = namings_of(narrowed(owners, of_kind[Kind.NOT_NAMED]), question)
    found = []
    for row in rows:
        line = Line(
            person_id=row.person_id,
            full_name=row.full_name,
            staff_code=row.staff_code,
            kind=Kind(row.kind),
            state=row.state,
            is_new=bool(row.is_new),
            is_placed=bool(row.is_placed),
            is_erased=bool(row.is_erased),
            in_year=bool(row.in_year),
            survivor_id=row.survivor_id,
            survivor_code=row.survivor_code or "",
            since=since.get(row.person_id),
        )
        line = with_posting(line, row, postings.get(row.person_id, []), question.day)
        if line.kind is Kind.ON_LEAVE:
            line = replace(line, **bounds(leaves.get(row.person_id)))
        elif line.kind is Kind.NOT_NAMED:
            line = replace(line, first_day=None, end_day=namings.get(row.person_id))
        found.append(line)
    return with_names(found, question)


def narrowed(owners: dict[int, int], people: set[int]) -> dict[int, int]:
    return {part: owner for part, owner in owners.items() if owner in people}


def bounds(spell: tuple[date, date] | None) -> dict[str, date | None]:
    first_day, end_day = spell or (None, None)
    return {"first_day": first_day, "end_day": end_day}


def owners_of(person_ids: Collection[int], question: Question) -> dict[int, int]:
    """Return whose each record is, for these people and what is merged into them; one statement."""
    owners = {person: person for person in person_ids}
    if not owners:
        return owners
    keys = ", ".join(str(int(person)) for person in owners)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE {survivor_ctes(known_text(question, 'x'))}"
            " SELECT w.duplicate_id, w.survivor_id FROM survivor w"
            f" WHERE w.survivor_id IN ({keys})",
            question.params(),
        )
        return owners | dict(cursor.fetchall())


def postings_of(
    owners: dict[int, int], merged: set[int], question: Question
) -> dict[int, list[Posting]]:
    """Return the postings of each person that ever held, in the order in which a home is chosen.

    A merged record keeps its own beside those of the person it belongs to. One statement.
    """
    rows = (
        Posting.objects.known_on(question.known)
        .filter(person__in={*owners, *merged})
        .only(
            *("person_id", "unit_id", "group_id", "position_title", "is_primary"),
            *(
                "victim_support",
                "duty_began_on",
                "chain_id",
                "logical_id",
                "valid_from",
                "valid_to",
            ),
        )
    )
    found: dict[int, list[Posting]] = defaultdict(list)
    for row in rows:
        if row.valid_from >= row.valid_to:
            continue
        if row.person_id in owners:
            found[owners[row.person_id]].append(row)
        if row.person_id in merged:
            found[row.person_id].append(row)
    for own in found.values():
        own.sort(
            key=lambda row: (
                not row.is_primary,
                row.duty_began_on,
                row.chain_id.hex,
                row.logical_id.hex,
            )
        )
    return found


def with_posting(line: Line, row: Row, postings: list[Posting], day: date) -> Line:
    """Return ``line`` with the posting by which she counts, or which says why she does not."""
    posting = explaining(line.kind, row, postings, day)
    if posting is None:
        return line
    end_day: date | None = posting.valid_to
    if line.kind is Kind.UNIT_ENDED and row.unit_id is not None:
        # The unit ended and the posting goes on.
        end_day = None
    elif line.kind is Kind.DUTY_ENDED:
        end_day = max(each.valid_to for each in postings if has_ended(each, day, with_duty=True))
    return replace(
        line,
        unit_id=posting.unit_id,
        group_id=posting.group_id,
        title=posting.position_title,
        posted_from=posting.valid_from,
        duty_began_on=posting.duty_began_on,
        first_day=posting.valid_from,
        end_day=end_day,
    )


def explaining(kind: Kind, row: Row, postings: list[Posting], day: date) -> Posting | None:
    """Return the posting that the line names."""
    on = [each for each in postings if each.valid_from <= day < each.valid_to]
    if row.unit_id is not None:
        # Her home, as the definition chose it.
        home = (row.unit_id, row.group_id)
        mine = [each for each in on if each.victim_support]
        return next((each for each in mine if (each.unit_id, each.group_id) == home), None)
    if kind in (Kind.NOT_NAMED, Kind.EXTENDED):
        on = [each for each in on if each.victim_support]
    if on:
        return on[0]
    ended = [each for each in postings if has_ended(each, day)]
    if ended:
        return max(ended, key=lambda each: (each.valid_to, each.valid_from))
    return min(postings, key=lambda each: each.valid_from, default=None)


def has_ended(posting: Posting, day: date, *, with_duty: bool = False) -> bool:
    return posting.valid_to <= day and (posting.victim_support or not with_duty)


def since_of(person_ids: Collection[int], question: Question) -> dict[int, date]:
    """Return since which day each has counted without a break up to the day; one statement."""
    if not person_ids:
        return {}
    seen = (
        Q(known_to=Standing._meta.get_field("known_to").get_default())
        if question.known is None
        else Q(known_from__lte=question.known, known_to__gt=question.known)
    )
    rows = (
        Standing.objects.filter(seen, person__in=person_ids, valid_from__lte=question.day)
        .filter(on_leave=0)
        .order_by("person_id", "valid_from")
        .values_list("person_id", "valid_from", "valid_to")
    )
    found: dict[int, tuple[date, date]] = {}
    for person, start, end in rows:
        before = found.get(person)
        joins = before is not None and before[1] == start
        found[person] = (before[0] if joins and before else start, end)
    return {person: start for person, (start, end) in found.items() if end > question.day}


def leaves_of(owners: dict[int, int], question: Question) -> dict[int, tuple[date, date]]:
    """Return the leave on which each is on the day, joined with those that adjoin it."""
    by_person: dict[int, list[Span]] = defaultdict(list)
    if owners:
        rows = Leave.objects.known_on(question.known).filter(person__in=owners)
        for row in rows.values_list(*DAYS, "person_id"):
            by_person[owners[row[4]]].append(Span(*row))
    found = {}
    for person, leaves in by_person.items():
        # Two leaves of a person never share a day once they are joined.
        for begins, ends in spells(leaves):
            if begins <= question.day < ends:
                found[person] = (begins, ends)
    return found


def namings_of(owners: dict[int, int], question: Question) -> dict[int, date]:
    """Return for each the first day without her name, of those who were named before the day."""
    if not owners:
        return {}
    approved = Q(roster=None) | Q(roster__status=RosterStatus.APPROVED)
    if question.known is not None:
        approved &= Q(roster=None) | Q(roster__approved_at__lt=end_of_day(question.known))
    rows = (
        RosterEntry.objects.known_on(question.known)
        .filter(approved, person__in=owners, valid_to__lte=question.day)
        .values_list("person_id", "valid_from", "valid_to")
    )
    found: dict[int, date] = {}
    for part, start, end in rows:
        if start < end:
            found[owners[part]] = max(found.get(owners[part], BEFORE), end)
    return found


def with_names(lines: list[Line], question: Question) -> list[Line]:
    """Return the lines with units, groups and tiers in words; three statements."""
    units = unit_names({line.unit_id for line in lines if line.unit_id is not None}, question)
    groups = {group.pk: group.label for group in PositionGroup.objects.all()}
    tiers = tiers_on(question.day, question.known)
    return [
        replace(
            line,
            unit_name=units.get(line.unit_id or 0, ""),
            group_name=groups.get(line.group_id or 0, ""),
            tier=tiers.get(line.group_id or 0, ""),
        )
        for line in lines
    ]


def unit_names(unit_ids: Collection[int], question: Question) -> dict[int, str]:
    """Return the names on the day; of a unit that has ended or not begun, the nearest one."""
    versions = (
        UnitVersion.objects.known_on(question.known)
        .filter(unit__in=unit_ids)
        .order_by("unit_id", "valid_from")
    )
    found: dict[int, str] = {}
    for version in versions:
        if version.valid_from >= version.valid_to:
            continue
        if version.unit_id not in found or version.valid_from <= question.day:
            found[version.unit_id] = version.full_name
    return found
