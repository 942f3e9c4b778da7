"""Reorganisations and figures: nobody lost, nobody twice, both maps with one total.

Random decisions over a random province are followed here by plain lists and dictionaries that
share nothing with ``lms.people.reorganising``: who is where on a day, where a unit of then is now.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from lms.people.days import FAR
from lms.people.models import Posting, StaffMember, Unit, UnitEvent, UnitVersion
from lms.people.models.units import UnitEventKind
from lms.people.reorganising import (
    MapBeforeDay,
    apply,
    draft,
    map_units,
    place,
    read_data,
    undo,
    waiting_postings,
)
from lms.people.units import find_root, get_unit_version
from lms.target.figures import Figures, figures, figures_on_map, snapshot
from tests import factories as f
from tests.numbers import at_length
from tests.races import at_once

DAYS = [date(2024, 2, 1), date(2024, 6, 1), date(2025, 1, 1), date(2025, 7, 1)]
ASKED = [date(2024, 1, 15), *(day - timedelta(days=1) for day in DAYS[1:]), *DAYS]
NOON = datetime(2025, 9, 1, 5, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@dataclass
class Step:
    """What one decision did, in the test's words; ended to None = by ``people`` or nowhere."""

    day: date
    ended: dict[int, int | None] = field(default_factory=dict)
    # Who goes where out of which unit, whether it ended or goes on.
    people: dict[tuple[int, int], int] = field(default_factory=dict)


@dataclass
class Duty:
    person: int
    unit: int
    first: date
    end: date
    is_primary: bool
    chain: Any


class Chronicle:
    """A random province, its people and what happened to its units."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        f.make_rules()
        self.group = f.make_group(code="xa")
        self.course = f.make_course()
        f.make_requirement(self.group, self.course)
        root = f.make_unit(code="49", name="Mẫu", kind="Tỉnh", level="province")
        self.waiting = f.make_unit(
            code="CHUA-XEP", name="Chưa xếp", kind="", level="agency", own_key="chua-xep-don-vi"
        )
        self.codes: dict[str, int] = {"49": root.pk}
        self.parents: dict[int, int | None] = {root.pk: None}
        self.root = root.pk
        for number in range(3):
            district = self.add(f"5{number}", root, "district")
            for below in range(self.random.randint(2, 3)):
                self.add(f"5{number}{below}", district, "commune")
        self.trees = [(date(1, 1, 1), dict(self.parents), self.root)]
        self.steps: list[Step] = []
        self.done: list[Any] = []
        self.duties = [duty for _number in range(14) for duty in self.hire()]
        self.fresh = 100

    def add(self, code: str, parent: Unit, level: str) -> Unit:
        unit = f.make_unit(code=code, name=f"Đơn vị {code}", parent=parent, level=level)
        self.codes[code] = unit.pk
        self.parents[unit.pk] = parent.pk
        return unit

    def hire(self) -> list[Duty]:
        """One person: a primary duty for a while, sometimes a second one, sometimes trained."""
        person = f.make_person()
        if self.random.random() < 0.6:
            f.make_completion(
                person,
                self.course,
                valid_from=date(2024, 1, 5) + timedelta(self.random.randint(0, 600)),
            )
        spans = [(date(2023, 5, 1), self.random.choice([FAR, FAR, date(2024, 9, 1)]), True)]
        if spans[0][1] < FAR:
            spans.append((self.random.choice([spans[0][1], date(2025, 3, 1)]), FAR, True))
        if self.random.random() < 0.4:
            spans.append((self.random.choice([date(2023, 9, 1), date(2024, 8, 1)]), FAR, False))
        duties = []
        for first, end, is_primary in spans:
            unit = self.random.choice(list(self.codes.values()))
            posting = f.make_posting(
                person, unit=Unit(pk=unit), group=self.group, valid_from=first, valid_to=end,
                is_primary=is_primary,
            )  # fmt: skip
            duties.append(Duty(person.pk, unit, first, end, is_primary, posting.chain_id))
        return duties

    # What happens -------------------------------------------------------------------------------
    def code_of(self, unit: int) -> str:
        return next(code for code, each in self.codes.items() if each == unit)

    def leaves(self) -> list[int]:
        above = set(self.parents.values())
        return [unit for unit in self.parents if unit not in above and unit != self.root]

    def new_unit(self, parent: int, level: str = "commune") -> dict[str, str]:
        self.fresh += 1
        return {
            "code": f"M{self.fresh}", "name": f"Mới {self.fresh}", "type": "Xã", "level": level,
            "parent": self.code_of(parent),
        }  # fmt: skip

    def happen(self, day: date) -> None:
        """Draw one decision of one to three events, apply it, and write down what it means."""
        step, events, new_units, later = Step(day), [], [], []
        used: set[int] = set()
        for _number in range(self.random.randint(1, 3)):
            free = [unit for unit in self.leaves() if unit not in used]
            if len(free) < 3:
                break
            kind = self.random.choice(
                ["merge", "new", "split", "part", "dissolve", "move", "rename", "transfer", "up"]
            )
            unit, other, third = self.random.sample(free, 3)
            getattr(self, f"do_{kind}")(step, events, new_units, later, unit, other, third)
            used |= {unit, other, third}
            if kind == "up":
                break
        if not events:
            return
        data = {
            "title": f"Ngày {day}", "decision_number": f"{day}", "effective_on": day.isoformat(),
            "new_units": new_units, "events": events,
        }  # fmt: skip
        at = NOON + timedelta(days=len(self.steps))
        self.done.append(apply(draft(read_data(data), actor=None, at=at), actor=None, at=at))
        for row in new_units:
            self.codes[row["code"]] = get_unit_version(row["code"], day).unit_id
        for act in later:
            act()
        for unit in step.ended:
            self.codes = {code: each for code, each in self.codes.items() if each != unit}
            self.parents.pop(unit, None)
        self.trees.append((day, dict(self.parents), self.root))
        self.steps.append(step)

    def do_merge(self, step, events, new_units, later, unit, other, third) -> None:
        events.append(
            {"kind": "merge", "units": [self.code_of(unit), self.code_of(other)],
             "into": self.code_of(third)}
        )  # fmt: skip
        step.ended |= {unit: third, other: third}

    def do_new(self, step, events, new_units, later, unit, other, third) -> None:
        row = self.new_unit(self.parents[third])
        row["code"] = self.code_of(unit)  # the code lives on
        new_units.append(row)
        events.append(
            {"kind": "merge", "units": [self.code_of(unit), self.code_of(other)],
             "into": row["code"]}
        )  # fmt: skip
        parent = self.parents[third]

        def write() -> None:
            fresh = self.codes[row["code"]]
            step.ended.update({unit: fresh, other: fresh})
            self.parents[fresh] = parent

        later.append(write)

    def listed(self, unit: int, day: date) -> list[tuple[int, str]]:
        """Some of those who have a duty in the unit on the day or later."""
        found = (
            Posting.objects.current()
            .filter(unit=unit, valid_to__gt=day)
            .order_by("person_id")
            .values_list("person_id", "person__staff_code")
            .distinct()
        )
        return [each for each in found if self.random.random() < 0.6]

    def do_split(self, step, events, new_units, later, unit, other, third) -> None:
        parent = self.parents[unit]
        rows = [self.new_unit(parent), self.new_unit(parent)]
        new_units += rows
        self.by_list(step, events, later, "split", unit, [row["code"] for row in rows])

        def write() -> None:
            step.ended[unit] = None
            for row in rows:
                self.parents[self.codes[row["code"]]] = parent

        later.append(write)

    def by_list(self, step, events, later, kind: str, unit: int, into: list[str]) -> None:
        going = [
            (person, code, self.random.choice(into)) for person, code in self.listed(unit, step.day)
        ]
        event = {"kind": kind, "unit": self.code_of(unit), "into": into}
        if kind == "dissolve":
            event = {"kind": kind, "units": [self.code_of(unit)]}
        event["people"] = [{"person": code, "to": to} for _person, code, to in going]
        events.append(event)

        def write() -> None:
            for person, _code, to in going:
                step.people[person, unit] = self.codes[to]

        later.append(write)

    def do_part(self, step, events, new_units, later, unit, other, third) -> None:
        """A unit is split and goes on."""
        parent = self.parents[unit]
        row = self.new_unit(parent)
        new_units.append(row)
        into = [self.code_of(unit), row["code"]]
        self.by_list(step, events, later, "split", unit, into)
        later.append(lambda: self.parents.update({self.codes[row["code"]]: parent}))

    def do_dissolve(self, step, events, new_units, later, unit, other, third) -> None:
        self.by_list(step, events, later, "dissolve", unit, [self.code_of(other)])
        later.append(lambda: step.ended.update({unit: None}))

    def do_move(self, step, events, new_units, later, unit, other, third) -> None:
        parent = self.parents[other]
        if parent is None:
            return
        events.append(
            {"kind": "move", "units": [self.code_of(unit)], "parent": self.code_of(parent)}
        )
        later.append(lambda: self.parents.update({unit: parent}))

    def do_rename(self, step, events, new_units, later, unit, other, third) -> None:
        self.fresh += 1
        old, new = self.code_of(unit), f"M{self.fresh}"
        events.append({"kind": "rename", "unit": old, "name": f"Tên {new}", "code": new})

        def write() -> None:
            del self.codes[old]
            self.codes[new] = unit

        later.append(write)

    def do_transfer(self, step, events, new_units, later, unit, other, third) -> None:
        if self.listed(unit, step.day):
            going = self.listed(unit, step.day)
            if going:
                events.append(
                    {"kind": "transfer_function", "unit": self.code_of(unit),
                     "into": self.code_of(other),
                     "people": [{"person": c, "to": self.code_of(other)} for _p, c in going]}
                )  # fmt: skip
                later.append(
                    lambda: step.people.update({(person, unit): other for person, _c in going})
                )

    def do_up(self, step, events, new_units, later, unit, other, third) -> None:
        """The province is merged into a new one; what is below it follows."""
        if new_units or events:
            return
        root, fresh = self.root, self.new_unit(self.root, "province") | {"parent": ""}
        new_units.append(fresh)
        events.append({"kind": "merge", "units": [self.code_of(root)], "into": fresh["code"]})

        def write() -> None:
            top = self.codes[fresh["code"]]
            step.ended[root] = top
            for each, parent in list(self.parents.items()):
                if parent == root:
                    self.parents[each] = top
            self.parents[top] = None
            self.root = top

        later.append(write)

    def place_some(self) -> None:
        """A list for some of those who wait, long after.

        It says where they went out of the units in which the decision met them, and of no other.
        """
        for done, step in zip(self.done, self.steps, strict=True):
            rows = []
            found = waiting_postings(done.reorganisation).select_related("person").order_by("pk")
            waiting = list(found)
            left = dict(
                done.reorganisation.rows.filter(
                    model="people.posting", after_id__in=[posting.pk for posting in waiting]
                ).values_list("after_id", "from_unit_id")
            )
            for posting in waiting:
                if self.random.random() < 0.5 and posting.person_id not in {r[0] for r in rows}:
                    rows.append((posting.person_id, posting.person.staff_code))
            lasting = [
                code for code, unit in self.codes.items()
                if unit in self.parents
                and UnitVersion.objects.current().valid_on(step.day).filter(
                    unit=unit, code=code, valid_to=FAR
                ).exists()
            ]  # fmt: skip
            if not rows or not lasting:
                continue
            code = self.random.choice(lasting)
            place(
                done.reorganisation,
                [{"person": staff_code, "to": code} for _person, staff_code in rows],
                actor=None,
                at=NOON + timedelta(days=20),
            )
            placed = {person for person, _code in rows}
            for posting in waiting:
                if posting.person_id in placed:
                    step.people.setdefault((posting.person_id, left[posting.pk]), self.codes[code])

    # Where somebody is, by the test's own reckoning ---------------------------------------------
    def follow(self, person: int, unit: int, after: date, until: date) -> int | None:
        """Where a unit that somebody stood in on ``after`` leads by ``until``: ended units only."""
        for step in self.steps:
            if after < step.day <= until and unit in step.ended:
                target = step.ended[unit]
                unit = step.people.get((person, unit)) if target is None else target
                if unit is None:
                    return None
        return unit

    def unit_on(self, duty: Duty, day: date) -> int | None:
        """Where a duty is on a day on which it holds: its first unit and all events until then."""
        unit: int | None = duty.unit
        for step in self.steps:
            if step.day > day or unit is None:
                continue
            named = step.people.get((duty.person, unit))
            if named is not None:
                unit = named
            elif unit in step.ended:
                unit = step.ended[unit]
        return unit

    def homes(self, day: date) -> dict[int, int | None]:
        held: dict[int, list[Duty]] = {}
        for duty in self.duties:
            if duty.first <= day < duty.end:
                held.setdefault(duty.person, []).append(duty)
        return {
            person: self.unit_on(
                min(duties, key=lambda each: (not each.is_primary, each.first, str(each.chain))),
                day,
            )
            for person, duties in held.items()
        }

    def row(self, unit: int | None, map_day: date) -> int:
        """The row of the province's table: the unit below the root, 0 for nobody's."""
        if unit is None:
            return 0
        _day, parents, root = [each for each in self.trees if each[0] <= map_day][-1]
        while unit != root and parents.get(unit) != root:
            unit = parents[unit]
        return unit

    def rows(self, day: date, map_day: date) -> dict[int, int]:
        counted: Counter[int] = Counter()
        for person, unit in self.homes(day).items():
            there = None if unit is None else self.follow(person, unit, day, map_day)
            counted[self.row(there, map_day)] += 1
        return dict(counted)


def rows_of(result: Figures) -> dict[int, int]:
    rows = {unit: counts.denominator for unit, counts in result.children.items()}
    rows |= {result.unit_id: result.own_staff.denominator, 0: result.unplaced.denominator}
    return {unit: count for unit, count in rows.items() if count}


def province_on(day: date, known: date | None = None) -> Figures:
    return figures(find_root(day, known), day, known)


def standing(day: date) -> set[tuple]:
    """Every duty of a day with what a merger must not change, but for the waiting."""
    return set(
        Posting.objects.current()
        .valid_on(day)
        .values_list("person_id", "unit_id", "chain_id", "duty_began_on", "is_primary")
    )


def test_random_reorganisations_lose_nobody_and_count_nobody_twice():
    kinds: Counter[str] = Counter()
    for seed in range(at_length(6, 300)):
        with transaction.atomic():
            kinds.update(check_history(seed))
            transaction.set_rollback(True)
    # Every kind of decision took place, and people waited.
    assert set(kinds) == {*UnitEventKind.values, "waited"} - {"retype"}


def check_history(seed: int) -> list[str]:
    """Check one history and return the kinds of events in it."""
    chronicle = Chronicle(seed)
    before = {day: province_on(day).total for day in ASKED}
    rows_before = {day: rows_of(province_on(day)) for day in ASKED}
    duties_before = {day: standing(day) for day in ASKED}
    for day in DAYS:
        chronicle.happen(day)
    chronicle.place_some()
    for day in ASKED:
        where = f"history {seed}, {day}"
        now = province_on(day)
        assert now.total == before[day], where
        assert rows_of(now) == chronicle.rows(day, day), where
        assert {row[2:] for row in standing(day)} == {row[2:] for row in duties_before[day]}, where
        maps = sorted(each for each in ASKED if each >= day)
        for map_day in {maps[-1], chronicle.random.choice(maps)}:
            redrawn = figures_on_map(find_root(map_day), day, map_day)
            assert redrawn.total == now.total, f"{where} on {map_day}"
            assert rows_of(redrawn) == chronicle.rows(day, map_day), f"{where} on {map_day}"
        # As known before the first decision was entered the old map is still there.
        known = NOON.date() - timedelta(days=1)
        assert rows_of(province_on(day, known)) == rows_before[day], where
    for number, done in enumerate(reversed(chronicle.done)):
        undo(done.reorganisation, actor=None, at=NOON + timedelta(days=30 + number))
    for day in ASKED:
        assert standing(day) == duties_before[day], f"history {seed} undone, {day}"
        assert rows_of(province_on(day)) == rows_before[day], f"history {seed} undone, {day}"
    kinds = list(UnitEvent.objects.values_list("kind", flat=True))
    return kinds + ["waited"] * sum(done.counts["waiting"] for done in chronicle.done)


# One by one ------------------------------------------------------------------------------------
@dataclass
class Small:
    root: Unit
    one: Unit
    a: Unit
    b: Unit
    people: list[StaffMember]


def make_small() -> Small:
    f.make_rules()
    group, course = f.make_group(), f.make_course()
    f.make_requirement(group, course)
    root = f.make_unit(code="49", name="Mẫu", kind="Tỉnh", level="province")
    f.make_unit(code="CHUA-XEP", name="Chờ", kind="", level="agency", own_key="chua-xep-don-vi")
    one = f.make_unit(code="501", level="district", parent=root)
    a, b = (f.make_unit(code=code, parent=one) for code in ("20001", "20002"))
    people = [f.make_person(staff_code=f"CB00000{number}") for number in range(3)]
    for person, unit in zip(people, (a, a, b), strict=True):
        f.make_posting(person, unit=unit, group=group)
    f.make_completion(people[0], course, valid_from=date(2024, 3, 1))
    return Small(root, one, a, b, people)


@pytest.fixture
def small() -> Small:
    return make_small()


def decide(*events: dict[str, Any], day: date = DAYS[2], new: tuple = ()) -> Any:
    data = {
        "title": "Thử", "decision_number": "1", "effective_on": day.isoformat(),
        "new_units": list(new), "events": list(events),
    }  # fmt: skip
    return apply(draft(read_data(data), actor=None, at=NOON), actor=None, at=NOON).reorganisation


LAST = DAYS[2] - timedelta(days=1)


def test_a_table_of_then_in_the_rows_of_now(small):
    decide({"kind": "merge", "units": ["20001"], "into": "20002"})
    district = get_unit_version("501", LAST)
    then, now = figures(district, LAST), figures_on_map(district, LAST, DAYS[2])
    assert {unit: (c.denominator, c.numerator) for unit, c in then.children.items()} == {
        small.a.pk: (2, 1),
        small.b.pk: (1, 0),
    }
    assert {unit: (c.denominator, c.numerator) for unit, c in now.children.items()} == {
        small.b.pk: (3, 1)
    }
    assert (now.total, now.courses, now.groups) == (then.total, then.courses, then.groups)


def test_the_command_draws_a_past_figure_on_a_later_map(small, capsys):
    decide({"kind": "merge", "units": ["20001"], "into": "20002"})

    def ask(**options: str) -> dict[str, Any]:
        call_command("completion_rate", as_of=f"{LAST}", unit="501", format="json", **options)
        return json.loads(capsys.readouterr().out)

    then, now = ask(), ask(map_on=f"{DAYS[2]}")
    assert "map_on" not in then
    assert now["map_on"] == DAYS[2].isoformat()
    assert [(row["unit"]["code"], row["denominator"]) for row in then["children"][1:]] == [
        ("20001", 2),
        ("20002", 1),
    ]
    assert [(row["unit"]["code"], row["denominator"]) for row in now["children"][1:]] == [
        ("20002", 3)
    ]
    assert (now["denominator"], now["rate"]) == (then["denominator"], then["rate"])
    with pytest.raises(CommandError, match="cũ hơn"):
        ask(map_on="2024-01-01")
    with pytest.raises(CommandError):
        ask(map_on="31/02/2025")


def test_a_split_reads_the_list_and_nobody_else_is_guessed(small):
    new = {"name": "Mới", "type": "Xã", "level": "commune", "parent": "501"}
    decide(
        {
            "kind": "split", "unit": "20001", "into": ["20003", "20004"],
            "people": [{"person": "CB000000", "to": "20004"}],
        },
        new=({"code": "20003"} | new, {"code": "20004"} | new),
    )  # fmt: skip
    found = map_units(LAST, DAYS[2])
    target = get_unit_version("20004", DAYS[2]).unit_id
    assert found.unit(small.a.pk) is None
    assert found.person(small.people[0].pk, small.a.pk) == target
    assert found.person(small.people[1].pk, small.a.pk) is None
    assert found.unit(small.b.pk) == small.b.pk
    redrawn = figures_on_map(find_root(DAYS[2]), LAST, DAYS[2])
    assert (redrawn.total.denominator, redrawn.unplaced.denominator) == (3, 1)


def test_a_list_that_came_later_was_not_known_before(small):
    done = decide({"kind": "dissolve", "units": ["20001"]})
    later = NOON + timedelta(days=10)
    place(done, [{"person": "CB000000", "to": "20002"}], actor=None, at=later)
    person = small.people[0].pk
    assert map_units(LAST, DAYS[2]).person(person, small.a.pk) == small.b.pk
    assert map_units(LAST, DAYS[2], later.date()).person(person, small.a.pk) == small.b.pk
    assert map_units(LAST, DAYS[2], NOON.date()).person(person, small.a.pk) is None
    unplaced = [
        figures_on_map(find_root(DAYS[2]), LAST, DAYS[2], known).unplaced.denominator
        for known in (None, later.date(), NOON.date())
    ]
    assert unplaced == [1, 1, 2]


def test_a_merged_record_keeps_the_place_of_its_duplicate(small):
    from lms.people.facts import record  # noqa: PLC0415 (only here)
    from lms.people.models import PersonMerge  # noqa: PLC0415 (only here)

    done = decide({"kind": "dissolve", "units": ["20001"]})
    place(done, [{"person": "CB000001", "to": "20002"}], actor=None, at=NOON)
    survivor = f.make_person()
    record(PersonMerge, actor=None, at=NOON, duplicate=small.people[1], survivor=survivor)
    redrawn = figures_on_map(find_root(DAYS[2]), LAST, DAYS[2])
    assert redrawn.unplaced.denominator == 1
    assert redrawn.total.denominator == 3


def test_an_undone_event_leads_nowhere(small):
    done = decide({"kind": "merge", "units": ["20001"], "into": "20002"})
    assert map_units(LAST, DAYS[2]).unit(small.a.pk) == small.b.pk
    undo(done, actor=None, at=NOON)
    assert map_units(LAST, DAYS[2]).unit(small.a.pk) == small.a.pk


def test_a_map_older_than_the_day_is_refused(small):
    with pytest.raises(MapBeforeDay):
        map_units(DAYS[2], LAST)


@pytest.mark.django_db(transaction=True)
def test_a_report_stands_wholly_before_or_wholly_after_a_reorganisation():
    """One reads a report in parts, slowly, while the other applies; both take the same moments."""
    small = make_small()
    kept = draft(
        read_data(
            {
                "title": "Thử", "decision_number": "1", "effective_on": DAYS[2].isoformat(),
                "events": [{"kind": "merge", "units": ["20001"], "into": "20002"}],
            }
        ),
        actor=None, at=NOON,
    )  # fmt: skip
    old = {small.a.pk: 2, small.b.pk: 1}
    new = {small.b.pk: 3}
    seen: list[tuple] = []

    def report() -> None:
        for _round in range(15):
            with snapshot():
                district = get_unit_version("501", DAYS[2])
                units = set(
                    UnitVersion.objects.current()
                    .valid_on(DAYS[2])
                    .filter(parent=small.one)
                    .values_list("unit_id", flat=True)
                )
                rows = rows_of(figures(district, DAYS[2]))
                again = rows_of(figures(district, DAYS[2]))
                seen.append((units, rows, again))

    def act() -> None:
        for number in range(4):
            done = apply(kept_or_new(kept, number), actor=None, at=NOON).reorganisation
            undo(done, actor=None, at=NOON)

    failures = [each for each in at_once(report, act) if isinstance(each, Exception)]
    assert failures == []
    assert len(seen) == 15
    for units, rows, again in seen:
        assert (units, rows, again) in ((set(old), old, old), (set(new), new, new))
    with transaction.atomic():
        assert rows_of(figures(get_unit_version("501", DAYS[2]), DAYS[2])) == old


def kept_or_new(kept: Any, number: int) -> Any:
    """The draft, and after its undo the same file handed in anew."""
    return kept if number == 0 else draft(read_data(kept.body), actor=None, at=NOON)
