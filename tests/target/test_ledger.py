"""The denominator ledger against figures and a plain walk, over random histories; and faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Max

from lms.people.days import FAR
from lms.people.models import Leave, Posting, StaffMember, Unit, UnitVersion
from lms.people.reorganising import apply, draft, read_data
from lms.people.units import find_root, rebuild_paths
from lms.target.explanation import explain
from lms.target.figures import figures, figures_on_map, is_root
from lms.target.ledger import (
    Kind,
    Line,
    Search,
    Subject,
    every_line,
    open_basis,
    page,
    sums,
)
from lms.target.ledger import lines as ledger_lines
from lms.target.ledger import reading as ledger_reading
from lms.target.ledger.kinds import STANDINGS
from lms.target.models import RosterEntry, Standing
from lms.target.standing.refreshing import rebuild, refresh
from tests import factories as f
from tests.numbers import at_length
from tests.target.histories import Base, History, make_base, moment, read_world
from tests.target.ledger_walk import LedgerWalk, Walked
from tests.target.test_maps import ASKED, DAYS, NOON, Chronicle
from tests.target.test_recount import ask
from tests.target.test_standing import Followed, open_book

pytestmark = pytest.mark.django_db
ERASED_AT = datetime(2025, 6, 1, 3, 0, tzinfo=UTC)
# Reasons whose days a line carries, and which of the two.
WITH_BOTH = {Kind.ON_LEAVE}
WITH_END = {Kind.NOT_NAMED, Kind.DUTY_ENDED, Kind.LEFT}


@pytest.fixture
def base() -> Base:
    return make_base()


def histories(base: Base, seeds: range) -> Iterator[tuple[int, History, frozenset[int]]]:
    """Yield histories with the standings made once they are drawn, and which records are erased."""
    for seed in seeds:
        with transaction.atomic():
            history = Followed(base, seed)
            erased = erase_some(history)
            end_a_unit(history)
            open_book()
            refresh([person.pk for person in history.people])
            yield seed, history, erased
            transaction.set_rollback(True)


def end_a_unit(history: History) -> None:
    """In some histories a unit ends on the day on which a posting in it ends, entered any day."""
    if history.random.random() < 0.5:
        return
    ended = [
        posting
        for posting in Posting.objects.current().filter(valid_to__lt=FAR).order_by("pk")
        if posting.unit != history.base.root
    ]
    if not ended:
        return
    posting = history.random.choice(ended)
    # The tree is written in the order of time.
    known = UnitVersion.objects.aggregate(last=Max("recorded_on"))["last"]
    entered = max(history.day(), known)
    versions = UnitVersion.objects.current().filter(
        unit=posting.unit, valid_from__lt=posting.valid_to, valid_to__gt=posting.valid_to
    )
    for version in versions:
        UnitVersion.objects.filter(pk=version.pk).update(
            withdrawn_at=moment(entered), withdrawn_on=entered
        )
        version.pk, version.valid_to = None, posting.valid_to
        version.recorded_at, version.recorded_on = moment(entered), entered
        version.save()
    rebuild_paths(known_from=entered)


def erase_some(history: History) -> frozenset[int]:
    """Erase a record in some histories."""
    if history.random.random() < 0.6:
        return frozenset()
    person = history.random.choice(history.people)
    StaffMember.objects.filter(pk=person.pk).update(full_name="", erased_at=ERASED_AT)
    return frozenset({person.pk})


def walked_of(line: Line) -> Walked:
    """Return a line of the portal in the walk's shape."""
    days: dict[str, Any] = {}
    if line.kind in WITH_BOTH:
        days = {"first_day": line.first_day, "end_day": line.end_day}
    elif line.kind in WITH_END or (line.kind is Kind.UNIT_ENDED and line.end_day):
        days = {"end_day": line.end_day}
    elif line.kind is Kind.NOT_BEGUN:
        days = {"first_day": line.first_day}
    at_home = line.kind in (Kind.COUNTS, Kind.ON_LEAVE, Kind.ELSEWHERE) or (
        line.kind is Kind.UNIT_ENDED and line.end_day is None
    )
    judged = line.kind in (Kind.COUNTS, Kind.ON_LEAVE)
    return Walked(
        kind=str(line.kind),
        state=line.state if judged else "",
        in_year=line.in_year,
        is_new=line.is_new,
        is_placed=line.is_placed,
        unit=line.unit_id if at_home else None,
        survivor=line.survivor_id,
        since=line.since,
        **days,
    )


def read_lines(subject: Subject) -> dict[int, Walked | None]:
    """Return all lines by person; two lines of one person are no line."""
    found: dict[int, Walked | None] = {}
    for batch in every_line(subject):
        for line in batch:
            found[line.person_id] = None if line.person_id in found else walked_of(line)
    return found


def counts_of(lines: dict[int, Any]) -> dict[str, int]:
    """Add up walked lines in the names of a figure."""
    table: Counter[str] = Counter()
    for line in lines.values():
        if line.kind == "on_leave":
            table["on_leave"] += 1
        if line.kind != "counts":
            continue
        table["denominator"] += 1
        table["numerator"] += line.state == "trained"
        table["needs_retraining"] += line.state == "retrain"
        table["in_progress"] += line.state == "progress"
        table["not_started"] += line.state == "not_started"
        table["in_year"] += line.in_year
        table["newly_assigned"] += line.is_new
    return {name: count for name, count in table.items() if count}


def disagreements(
    history: History, erased: frozenset[int], count: int, met: Counter[str] | None = None
) -> list[str]:
    """Return where lines, sums, figures and the walk differ."""
    world, wrong = read_world(), []
    for day, known, unit in history.questions(count):
        version = ask(day, known, unit)
        if version is None:
            continue
        subject = Subject(version, day, known)
        walk = LedgerWalk(world, day, known, erased)
        expected = walk.lines(unit.pk, asked_is_root=is_root(version))
        where = f"D={day}, K={known}, unit {version.code}"
        found = read_lines(subject)
        for person in found.keys() | expected.keys():
            if found.get(person) != expected.get(person):
                wrong.append(f"{where}: {found.get(person)} for {expected.get(person)}")
        added, figured = sums(subject), figures(version, day, known)
        if added.counts != figured.total or added.unplaced != figured.unplaced.denominator:
            wrong.append(f"{where}: {added} for {figured.total}")
        if {name: value for name, value in vars(added.counts).items() if value} != counts_of(
            expected
        ):
            wrong.append(f"{where}: {added} for {counts_of(expected)}")
        kinds = Counter(line.kind for line in expected.values())
        if {str(kind): people for kind, people in added.reasons.items() if people} != {
            kind: people for kind, people in kinds.items() if kind != "counts"
        }:
            wrong.append(f"{where}: {added.reasons} for {kinds}")
        if added.everybody != len(expected):
            wrong.append(f"{where}: {added.everybody} lines for {len(expected)}")
        if met is not None:
            met.update(kinds)
    return wrong


def test_every_line_and_every_sum_equals_figures_and_the_plain_walk(base):
    met: Counter[str] = Counter()
    for seed, history, erased in histories(base, range(at_length(50, 500))):
        wrong = disagreements(history, erased, 3, met)
        assert not wrong, f"history {seed}: {wrong[0]}"
    assert set(met) == {str(kind) for kind in Kind}, f"some reason never occurred: {met}"


# Faults planted into the SQL: name -> (text that must be there, what stands in its place).
SQL_FAULTS = {
    "day_after_the_end_is_no_end": ("p.valid_to <= %(day)s", "p.valid_to < %(day)s"),
    "empty_posting_is_a_line": ("AND p.valid_from < p.valid_to", "AND 1 = 1"),
    "named_tier_is_the_extended_one": ("t.tier = 'N'", "t.tier = 'E'"),
    "every_support_is_by_name": ("AND t.tier = 'N'", ""),
    "home_elsewhere_is_not_looked_for": (
        "JOIN target_standing s ON s.person_id = r.person_id WHERE",
        "JOIN target_standing s ON s.person_id = r.person_id WHERE 1 = 0 AND",
    ),
    "merged_record_is_a_person": (
        "LEFT JOIN survivor w ON w.duplicate_id = h.record_id",
        "LEFT JOIN survivor w ON w.duplicate_id = h.record_id AND 1 = 0",
    ),
    "merged_record_has_no_line": (
        "FROM here h JOIN survivor w ON w.duplicate_id = h.record_id",
        "FROM here h JOIN survivor w ON w.duplicate_id = h.record_id AND 1 = 0",
    ),
    "postings_of_the_merged_are_lost": (
        "SELECT w.survivor_id, w.duplicate_id FROM survivor w\n            JOIN rest",
        "SELECT w.survivor_id, w.survivor_id FROM survivor w\n            JOIN rest",
    ),
    "withdrawn_posting_is_a_line": (
        "p.withdrawn_on = '9999-12-31' AND p.valid_from",
        "1 = 1 AND p.valid_from",
    ),
    "posting_known_later_is_a_line": (
        "p.recorded_on <= %(known)s AND p.withdrawn_on > %(known)s AND p.valid_from",
        "1 = 1 AND p.valid_from",
    ),
    "any_posting_ended_a_duty": (
        "p.valid_to <= %(day)s AND p.victim_support THEN",
        "p.valid_to <= %(day)s THEN",
    ),
    "end_of_the_unit_is_no_reason": ("a.closed_on = a.left_on", "1 = 0"),
    "leave_counts": ("c.on_leave = 1", "c.on_leave = 2"),
    "never_there_on_a_common_day": (
        "p.valid_from < t.valid_to AND p.valid_to > t.valid_from",
        "1 = 1",
    ),
    "posting_ahead_is_forgotten": ("p.valid_from > %(day)s AND t.valid_to", "1 = 0 AND t.valid_to"),
    "erased_is_not_said": ("s.erased_at IS NOT NULL", "1 = 0"),
    "unit_that_ended_is_elsewhere": ("CASE WHEN g.unit_id IS NULL THEN", "CASE WHEN 1 = 1 THEN"),
}


def test_every_planted_fault_in_the_sql_is_caught(base, monkeypatch):
    sound = ledger_reading.line_ctes
    alive, touched = set(SQL_FAULTS), set()
    for _seed, history, erased in histories(base, range(1000, 1000 + at_length(60, 200))):
        world = read_world()
        for day, known, unit in history.questions(6):
            version = ask(day, known, unit)
            if version is None:
                continue
            subject = Subject(version, day, known)
            walk = LedgerWalk(world, day, known, erased)
            expected = {
                person: line.kind
                for person, line in walk.lines(unit.pk, asked_is_root=is_root(version)).items()
            }
            text = sound(subject, open_basis())
            for name in sorted(alive):
                faulty = text.replace(*SQL_FAULTS[name])
                if faulty == text:
                    continue
                touched.add(name)
                monkeypatch.setattr(ledger_reading, "line_ctes", lambda *_args, t=faulty: t)
                if kinds_of(subject) != expected:
                    alive.discard(name)
            monkeypatch.setattr(ledger_reading, "line_ctes", sound)
        if not alive:
            break
    assert touched == set(SQL_FAULTS), "a fault that changes nothing proves nothing"
    assert not alive, f"nobody noticed: {alive}"


def kinds_of(subject: Subject) -> dict[int, str]:
    """Return kinds alone; a person with two lines has none."""
    text, params = ledger_reading.listed(subject, Search(), open_basis())
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        rows = cursor.fetchall()
    found: dict[int, str] = {}
    for person, kind, *_rest in rows:
        found[person] = "" if person in found else kind
    return found


def never_interrupted(person_ids, question):
    """Since the first standing, whatever lay between."""
    rows = Standing.objects.filter(person__in=person_ids, known_to=FAR, on_leave=0)
    return {
        row.person_id: row.valid_from
        for row in rows.filter(valid_from__lte=question.day).order_by("-valid_from")
    }


def leave_as_it_was_recorded(owners, question):
    """The one leave that covers the day, not joined with its neighbours."""
    rows = Leave.objects.known_on(question.known).valid_on(question.day).filter(person__in=owners)
    return {owners[row.person_id]: (row.valid_from, row.valid_to) for row in rows}


def naming_that_began(owners, question):
    """The day on which the naming began, not the one on which it ended."""
    rows = RosterEntry.objects.known_on(question.known).filter(
        person__in=owners, valid_to__lte=question.day
    )
    return {owners[row.person_id]: row.valid_from for row in rows}


@pytest.mark.parametrize(
    ("name", "faulty"),
    (
        ("since_of", never_interrupted),
        ("leaves_of", leave_as_it_was_recorded),
        ("namings_of", naming_that_began),
        ("owners_of", lambda person_ids, question: {person: person for person in person_ids}),
    ),
)
def test_fault_in_the_particulars_is_noticed(base, monkeypatch, name, faulty):
    monkeypatch.setattr(ledger_lines, name, faulty)
    for _seed, history, erased in histories(base, range(3000, 3060)):
        if disagreements(history, erased, 4):
            return
    pytest.fail(f"nobody noticed: {name}")


def test_reason_is_that_of_the_explanation_for_one_person(base):
    """Wherever the ledger says why not, the record of the person says the same."""
    asked = 0
    for seed, history, _erased in histories(base, range(5000, 5000 + at_length(8, 100))):
        for day, known, _unit in history.questions(2):
            subject = Subject(ask(day, known, base.root), day, known)
            for line in (line for batch in every_line(subject) for line in batch):
                found = explain(StaffMember(pk=line.person_id), day, known)
                assert found.counts == line.counts, f"{seed}: {line}"
                if line.kind in STANDINGS:
                    assert found.standing == STANDINGS[line.kind], f"{seed}: {line}"
                    asked += 1
                elif line.counts:
                    assert found.standing == line.state
                    assert found.unit_id == line.unit_id
    assert asked > 10


def test_pages_put_together_are_the_whole_ledger(base):
    for _seed, history, _erased in histories(base, range(7000, 7005)):
        for day, known, unit in history.questions(2):
            version = ask(day, known, unit)
            if version is None:
                continue
            subject, after, seen = Subject(version, day, known), None, []
            while True:
                found = page(subject, after=after, limit=2)
                seen += found.lines
                after = found.next_key
                if after is None:
                    break
            assert seen == [line for batch in every_line(subject) for line in batch]


# The map of a later day --------------------------------------------------------------------------


def test_ledgers_on_a_later_map_add_up_to_its_figures():
    """On both maps the province has the same lines; every unit's sums are those of its figure."""
    for seed in range(at_length(1, 30)):
        with transaction.atomic():
            chronicle = Chronicle(seed)
            for day in DAYS:
                chronicle.happen(day)
            chronicle.place_some()
            rebuild(at=NOON + timedelta(days=30))
            map_day = max(ASKED)
            for day in sorted(ASKED)[::3]:
                for unit in UnitVersion.objects.current().valid_on(map_day):
                    subject = Subject(unit, day, None, map_day)
                    added = sums(subject)
                    figured = figures_on_map(unit, day, map_day)
                    assert added.counts == figured.total, f"{seed}: {unit.code} on {day}"
                    assert added.unplaced == figured.unplaced.denominator
                    lines = [line for batch in every_line(subject) for line in batch]
                    assert len(lines) == added.everybody == len({one.person_id for one in lines})
                    if is_root(unit):
                        # A reorganisation may have put another unit at the top.
                        on_the_day = Subject(find_root(day), day)
                        assert sums(on_the_day).everybody == added.everybody
                        assert sums(on_the_day).counts.denominator == added.counts.denominator
            transaction.set_rollback(True)


def test_after_a_merger_the_map_of_now_gathers_those_who_had_left_before():
    chronicle = Chronicle(7)
    one, into = chronicle.leaves()[:2]
    group, day = chronicle.group, DAYS[2]
    gone = f.make_person(full_name="Lê Văn Rời")
    f.make_posting(
        gone, unit=Unit(pk=one), group=group, valid_from=date(2023, 1, 1), valid_to=date(2023, 6, 1)
    )
    data = {
        "title": "Sáp nhập", "decision_number": "1", "effective_on": day.isoformat(),
        "events": [
            {"kind": "merge", "units": [chronicle.code_of(one)], "into": chronicle.code_of(into)}
        ],
    }  # fmt: skip
    apply(draft(read_data(data), actor=None, at=NOON), actor=None, at=NOON)
    rebuild(at=NOON)
    before = day - timedelta(days=30)
    then = Subject(ask(before, None, Unit(pk=into)), before)
    now = Subject(ask(day, None, Unit(pk=into)), before, None, day)
    assert gone.pk not in {line.person_id for batch in every_line(then) for line in batch}
    line = next(line for batch in every_line(now) for line in batch if line.person_id == gone.pk)
    assert (line.kind, line.end_day) == (Kind.LEFT, date(2023, 6, 1))
