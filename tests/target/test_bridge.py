"""Why a figure changed: every part and every name against a plain walk over random histories."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction

from lms.people import followers
from lms.people.facts import record, writing
from lms.people.models import Unit, UnitVersion
from lms.people.reorganising import apply, draft, read_data
from lms.people.staff import (
    end_posting,
    open_posting,
    record_leave,
    register_person,
    transfer,
)
from lms.target.bridge import (
    BookClosed,
    BridgeBroken,
    Part,
    PartCount,
    Side,
    WrongOrder,
    bridge,
    changes,
)
from lms.target.bridge import legs as bridge_legs
from lms.target.bridge.parts import steps_of
from lms.target.figures import EVERY_COURSE, Counts, figures, is_root
from lms.target.models import RosterEntry
from lms.target.standing.refreshing import rebuild
from tests import factories as f
from tests.numbers import at_length
from tests.target.histories import Base, History, make_base, read_world
from tests.target.recount import Recount
from tests.target.test_maps import ASKED, DAYS, NOON, Chronicle
from tests.target.test_recount import ask
from tests.target.test_standing import followed, open_book

pytestmark = pytest.mark.django_db


@pytest.fixture
def base() -> Base:
    return make_base()


# The plain walk ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """One person on one side of a leg, in the walk's own words."""

    place: bool
    group: int
    on_leave: bool
    need: frozenset[int]
    courses: frozenset[int]
    began: date


@dataclass(frozen=True)
class Asked:
    first: Side
    last: Side
    unit: Unit
    is_root: bool
    only_courses: frozenset[int] | None
    only_group: int | None

    def counts(self, seen: Seen | None) -> bool:
        if seen is None or not seen.place or seen.on_leave:
            return False
        if self.only_group is not None and seen.group != self.only_group:
            return False
        return self.only_courses is None or bool(self.needed(seen.need))

    def needed(self, need: frozenset[int]) -> frozenset[int]:
        return need if self.only_courses is None else need & self.only_courses

    def is_trained(self, seen: Seen | None) -> bool:
        return self.counts(seen) and self.needed(seen.need) <= seen.courses


def look(asked: Asked, facts: Recount, tree: Recount, needs: Recount) -> dict[int, Seen]:
    """Everybody with a duty by ``facts``, placed on ``tree``, needing what ``needs`` says."""
    found = {}
    for person in {facts.person_of(row) for row in facts.world.postings}:
        active = facts.active(person)
        if not active:
            continue
        home = facts.home(active)
        held = {
            course
            for course, spans in facts.holdings(person).items()
            if any(start <= facts.day < end for start, end in spans)
        }
        bucket = tree.bucket(home.unit, asked.unit.pk, asked_is_root=asked.is_root)
        found[person] = Seen(
            place=bucket is not None,
            group=home.group,
            on_leave=facts.is_on_leave(person),
            need=needs.need(active),
            courses=frozenset(held),
            began=home.duty_began_on,
        )
    return found


def why(asked: Asked, one: Seen | None, two: Seen | None) -> Part:
    """Name the change of a person between the two days, rule by rule."""
    if not asked.counts(one):
        if one is None:
            return Part.HIRED if two.began > asked.first.day else Part.NAMED
        if not one.place:
            return Part.MOVED_IN
        return Part.RETURNED if one.on_leave else Part.GROUP_CHANGED
    if not asked.counts(two):
        if two is None:
            return Part.LEFT
        if not two.place:
            return Part.MOVED_OUT
        return Part.ON_LEAVE if two.on_leave else Part.GROUP_CHANGED
    would_be = asked.needed(two.need) <= one.courses
    if asked.is_trained(one):
        return Part.EXPIRED if would_be else Part.GROUP_CHANGED
    return Part.GROUP_CHANGED if would_be else Part.TRAINED


def walk(asked: Asked, world: Any) -> dict[Part, set[tuple]]:
    """Return for each part its people: (person, counted before, after, trained before, after)."""
    start = Recount(world, asked.first.day, asked.first.known)
    then = Recount(world, asked.first.day, asked.last.known)
    end = Recount(world, asked.last.day, asked.last.known)
    sides = [
        look(asked, start, start, start),
        look(asked, then, then, then),
        look(asked, then, end, then),
        look(asked, then, end, end),
        look(asked, end, end, end),
    ]
    found: dict[Part, set[tuple]] = {part: set() for part in Part}
    named = [Part.CORRECTED, Part.REORGANISED, Part.REQUIRED, None]
    for part, before, after in zip(named, sides, sides[1:], strict=False):
        for person in before.keys() | after.keys():
            one, two = before.get(person), after.get(person)
            change = (
                asked.counts(one), asked.counts(two), asked.is_trained(one), asked.is_trained(two),
            )  # fmt: skip
            if change[0] != change[1] or change[2] != change[3]:
                found[part or why(asked, one, two)].add((person, *change))
    return found


def questions(history: History, count: int) -> list[Asked]:
    """Draw two days and two days of knowledge, a unit, sometimes a group or a course."""
    found = []
    random: Random = history.random
    for _number in range(count):
        days = sorted([history.day(), history.day()])
        known: list[date | None] = [None, None]
        if random.random() < 0.6:
            known = sorted(max(days[1], history.day()) for _side in days)
            if random.random() < 0.4:
                known[1] = None
        unit = random.choice([history.base.root, history.base.root, *history.base.units[1:6]])
        version = ask(days[1], known[1], unit)
        if version is None:
            continue
        courses = group = None
        if random.random() < 0.3:
            courses = frozenset({random.choice(history.base.courses).bit})
        if random.random() < 0.3:
            group = random.choice(history.base.groups).pk
        sides = [Side(day, when) for day, when in zip(days, known, strict=True)]
        found.append(Asked(*sides, unit, is_root(version), courses, group))
    return found


def disagreements(history: History, count: int, met: Counter | None = None) -> list[str]:
    """Return where bridge or lists differ from the plain walk; a break counts as one.

    ``met`` counts in how many questions a part had people.
    """
    world, wrong = read_world(), []
    for asked in questions(history, count):
        version = ask(asked.last.day, asked.last.known, asked.unit)
        courses = asked.only_courses
        narrowed = {
            "course_mask": EVERY_COURSE if courses is None else sum(1 << bit for bit in courses),
            "group_id": asked.only_group,
        }
        expected = walk(asked, world)
        if met is not None:
            met.update(part for part, people in expected.items() if people)
        try:
            found = bridge(version, asked.first, asked.last, **narrowed)
        except BridgeBroken as broken:
            wrong.append(f"{asked}: {broken}")
            continue
        for step in found.steps:
            people = expected[step.part]
            counted = PartCount(
                sum(not one[1] and one[2] for one in people),
                sum(one[1] and not one[2] for one in people),
                sum(not one[3] and one[4] for one in people),
                sum(one[3] and not one[4] for one in people),
            )
            if not people and step.count.is_empty:
                continue
            listed = changes(version, asked.first, asked.last, step.part, limit=None, **narrowed)
            lines = {
                (line.person_id, line.was_counted, line.is_counted, line.was_trained,
                 line.is_trained)
                for line in listed.lines
            }  # fmt: skip
            if step.count != counted or lines != people or listed.count != len(people):
                wrong.append(f"{step.part} of {asked}: {lines} for {people}")
    return wrong


def test_every_part_and_every_name_equal_the_plain_walk(base):
    met: Counter[Part] = Counter()
    for seed, history in followed(base, range(at_length(30, 500))):
        assert disagreements(history, 8, met) == [], f"history {seed}"
    assert set(met) == set(Part), "a part that no history ever filled is not tested"


def replaced(name: str, change: Any) -> Any:
    """Return a fault: the text of a method of ``LegText`` with something exchanged."""
    sound = getattr(bridge_legs.LegText, name)

    def faulty(self: Any, *args: Any) -> Any:
        return change(sound(self, *args))

    return name, faulty


FAULTS = {
    "day_after_the_end": replaced("on", lambda text: text.replace("valid_to >", "valid_to >=")),
    "known_is_not_asked": replaced(
        "on", lambda text: text.split(" AND s.known_from")[0].split(" AND s.known_to")[0]
    ),
    "moved_in_looks_hired": replaced(
        "apart", lambda text: text.replace("AND s.person_id IN (SELECT person_id FROM candidate)",
            "AND s.unit_id IN (SELECT unit_id FROM inside2)"),
    ),
    "leave_counts": replaced("judged", lambda text: text.replace("leave2 = 0", "1 = 1")),
    "need_of_the_other_side": replaced(
        "judged", lambda text: text.replace("courses2 & need2) =", "courses2 & need1) =")
    ),
    "group_and_course_are_one": replaced(
        "judged", lambda text: text.replace("AND (courses1 & need2) = need2 THEN", "THEN")
    ),
    "tree_of_now": replaced(
        "inside", lambda text: text.replace("valid_to > %(tree_day1)s", "valid_to > '9999-01-01'")
    ),
    "changed_needs_are_passed_over": (
        "unless_same", lambda self, number: f" AND {self.only_here(number)}"
    ),
    "ends_on_the_day": replaced(
        "only_here", lambda text: text.replace("valid_to <= ", "valid_to < ")
    ),
    "known_since_that_day": replaced(
        "only_here", lambda text: text.replace("s.known_from > ", "s.known_from >= ")
    ),
    "filter_is_not_asked": replaced("judged", lambda text: text.replace("fits1 = 1", "1 = 1")),
}  # fmt: skip


# A history in which a requirement was entered between the two days of knowledge, for people who did
# not change themselves, and a question sees it; the long run begins at the first.
RARE = {"changed_needs_are_passed_over": 26}


@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_is_noticed(base, monkeypatch, name):
    method, faulty = FAULTS[name]
    monkeypatch.setattr(bridge_legs.LegText, method, faulty)
    first = at_length(RARE.get(name, 0), 0)
    for _seed, history in followed(base, range(first, first + 60)):
        if disagreements(history, 6):
            return
    pytest.fail(f"nobody noticed: {name}")


# Cases -------------------------------------------------------------------------------------------


def test_steps_add_up_in_people_and_in_points():
    counts = {
        Part.LEFT: PartCount(0, 1, 0, 1),
        Part.HIRED: PartCount(3, 0, 0, 0),
        Part.TRAINED: PartCount(0, 0, 2, 0),
    }
    found = steps_of(Counts(10, 6), Counts(12, 7), counts)
    assert [step.part for step in found.filled] == [Part.LEFT, Part.HIRED, Part.TRAINED]
    assert [str(step.change) for step in found.filled] == ["-4.5", "-13.9", "16.7"]
    assert sum(step.change for step in found.filled) == found.change
    assert found.last.rate - found.first.rate == found.change


def test_parts_that_do_not_meet_the_figure_are_refused():
    with pytest.raises(BridgeBroken, match="6/10 reached, 7/10 figured"):
        steps_of(Counts(10, 6), Counts(10, 7), {})


def test_no_rate_no_points():
    found = steps_of(Counts(0, 0), Counts(2, 1), {Part.HIRED: PartCount(2, 0, 1, 0)})
    assert found.change is None
    assert [step.change for step in found.filled] == [None]


def test_wrong_order_is_refused(base):
    open_book()
    version = ask(date(2025, 1, 1), None, base.root)
    with pytest.raises(WrongOrder):
        bridge(version, Side(date(2025, 1, 2)), Side(date(2025, 1, 1)))
    with pytest.raises(WrongOrder):
        bridge(version, Side(date(2024, 1, 1)), Side(date(2024, 6, 1), date(2024, 7, 1)))


def test_without_the_table_behind_the_figures_there_is_no_bridge(base):
    version = ask(date(2025, 1, 1), None, base.root)
    for asked in (bridge, lambda *args: changes(*args, Part.HIRED)):
        with pytest.raises(BookClosed):
            asked(version, Side(date(2024, 1, 1)), Side(date(2025, 1, 1)))


def test_a_story_is_told_part_by_part(base):
    """One person for each part that an office meets, seen by the commune and by the province."""
    open_book()
    commune, neighbour = base.units[2], base.units[3]
    group, at = base.groups[0], f.AT
    f.make_requirement(group, base.courses[0])

    def person(since: date, *, trained: date | None = None, unit: Unit = commune) -> Any:
        one = register_person(full_name="Nguyễn Thị Hà", actor=None, at=at)
        open_posting(one, unit=unit, group=group, valid_from=since, actor=None, at=at)
        if trained:
            with writing():
                f.make_completion(one, base.courses[0], valid_from=trained)
            followers.touch([one.pk])
        return one

    begin, day = date(2024, 1, 1), date(2024, 6, 1)
    learnt = person(date(2023, 5, 1), trained=date(2024, 3, 1))
    left = person(date(2023, 5, 1), trained=date(2023, 6, 1))
    away = person(date(2023, 5, 1))
    moved = person(date(2023, 5, 1))
    person(date(2024, 2, 1))
    stayed = person(date(2023, 5, 1), trained=date(2023, 6, 1))
    end_posting(left.postings.get(), last_day=date(2024, 2, 29), actor=None, at=at)
    record_leave(away, first_day=date(2024, 5, 1), actor=None, at=at)
    transfer(moved, unit=neighbour, group=group, on=date(2024, 4, 1), actor=None, at=at)

    def told(unit: Unit) -> dict[str, tuple[int, int]]:
        found = bridge(ask(day, None, unit), Side(begin), Side(day))
        assert (found.first.denominator, found.first.numerator) == (5, 2)
        return {step.part: (step.count.denominator, step.count.numerator) for step in found.filled}

    always = {"left": (-1, -1), "on_leave": (-1, 0), "hired": (1, 0), "trained": (0, 1)}
    assert told(base.root) == always
    assert told(commune) == always | {"moved_out": (-1, 0)}
    entered = bridge(ask(day, None, neighbour), Side(begin), Side(day))
    assert [(step.part, step.count.denominator) for step in entered.filled] == [("moved_in", 1)]
    names = changes(ask(day, None, commune), Side(begin), Side(day), Part.TRAINED)
    assert [line.person_id for line in names.lines] == [learnt.pk]
    assert stayed.pk not in {
        line.person_id
        for part in Part
        for line in changes(ask(day, None, commune), Side(begin), Side(day), part).lines
    }
    assert figures(ask(day, None, commune), day).total.denominator == 3


def test_lists_go_on_by_key(base):
    open_book()
    for number in range(7):
        one = register_person(full_name=f"Nguyễn Văn {'ABCDEFG'[number]}", actor=None, at=f.AT)
        open_posting(
            one, unit=base.units[2], group=base.groups[0], valid_from=date(2024, 2, 1), actor=None,
            at=f.AT,
        )  # fmt: skip
    asked = (ask(date(2024, 6, 1), None, base.root), Side(date(2024, 1, 1)), Side(date(2024, 6, 1)))
    names, key = [], None
    while True:
        page = changes(*asked, Part.HIRED, after=key, limit=3)
        assert page.count == (7 if key is None else page.count)
        names += [line.full_name[-1] for line in page.lines]
        key = page.next_key
        if key is None:
            break
    assert names == list("ABCDEFG")


@pytest.mark.parametrize("days", (1, 200))
def test_number_of_statements_is_bounded(base, django_assert_max_num_queries, days):
    open_book()
    version = ask(date(2024, 6, 1), None, base.units[1])
    first = Side(date(2024, 6, 1) - timedelta(days=days), date(2024, 6, 5))
    with django_assert_max_num_queries(11):
        bridge(version, first, Side(date(2024, 6, 1), date(2024, 7, 1)))


def test_who_began_on_the_first_day_was_not_hired_since(base):
    """Named later, she enters the count by her name; a duty begun a day later is a new one."""
    open_book()
    named_group, at = base.groups[2], f.AT
    assert named_group.tiers.get().tier == "N"
    begin, day = date(2024, 1, 1), date(2024, 6, 1)
    for since in (begin, begin + timedelta(days=1)):
        one = register_person(full_name="Nguyễn Thị Hà", actor=None, at=at)
        open_posting(
            one, unit=base.units[2], group=named_group, valid_from=since, actor=None, at=at
        )
        record(
            RosterEntry, actor=None, at=at, person=one, unit=base.units[2],
            valid_from=date(2024, 2, 1),
        )  # fmt: skip
    found = bridge(ask(day, None, base.root), Side(begin), Side(day))
    assert {step.part: step.count.denominator for step in found.filled} == {
        Part.HIRED: 1,
        Part.NAMED: 1,
    }


# Across reorganisations --------------------------------------------------------------------------


def test_a_merger_moves_and_hires_nobody():
    chronicle = Chronicle(7)
    root, day = chronicle.root, date(2025, 1, 1)
    one, two, into = chronicle.leaves()[:3]
    for number, unit in enumerate((one, two, into)):
        person = f.make_person()
        f.make_posting(
            person, unit=Unit(pk=unit), group=chronicle.group, valid_from=date(2023, 5, 1)
        )
        if number < 2:
            f.make_completion(person, chronicle.course, valid_from=date(2024, 1, 5))
    before = {unit: count_on(unit, day - timedelta(days=1)) for unit in (one, two, into, root)}
    data = {
        "title": "Sáp nhập", "decision_number": "1", "effective_on": day.isoformat(),
        "events": [
            {"kind": "merge", "units": [chronicle.code_of(one), chronicle.code_of(two)],
             "into": chronicle.code_of(into)}
        ],
    }  # fmt: skip
    apply(draft(read_data(data), actor=None, at=NOON), actor=None, at=NOON)
    rebuild(at=NOON)
    # Chronicle's own people may begin or end on the day: two days apart with no duty between them.
    sides = Side(day - timedelta(days=1)), Side(day)
    assert bridge(ask(day, None, Unit(pk=root)), *sides).filled == ()
    found = bridge(ask(day, None, Unit(pk=into)), *sides)
    joined = [before[one][place] + before[two][place] for place in (0, 1)]
    assert [(step.part, step.count.denominator, step.count.numerator) for step in found.filled] == [
        (Part.REORGANISED, *joined)
    ]
    names = changes(ask(day, None, Unit(pk=into)), *sides, Part.REORGANISED)
    assert names.count == joined[0]


def count_on(unit: int, day: date) -> tuple[int, int]:
    total = figures(ask(day, None, Unit(pk=unit)), day).total
    return total.denominator, total.numerator


def test_bridges_over_random_reorganisations_meet_their_figures():
    """Every unit of the last day, whatever became of it; a break would raise."""
    for seed in range(at_length(3, 40)):
        with transaction.atomic():
            chronicle = Chronicle(seed)
            for day in DAYS:
                chronicle.happen(day)
            chronicle.place_some()
            rebuild(at=NOON + timedelta(days=30))
            walked = 0
            for first, last in itertools.pairwise(sorted(ASKED)):
                for unit in UnitVersion.objects.current().valid_on(last):
                    found = bridge(unit, Side(first), Side(last))
                    walked += len(found.filled)
                    if is_root(unit):
                        assert Part.REORGANISED not in {step.part for step in found.filled}
                        assert Part.MOVED_IN not in {step.part for step in found.filled}
            assert walked > 0, seed
            transaction.set_rollback(True)
