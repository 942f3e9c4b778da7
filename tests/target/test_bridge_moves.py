"""Across reorganisations: what a decision did to somebody is a reorganisation, not her own move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from lms.people.models import Unit
from lms.people.units import find_root, get_unit_version
from lms.target.bridge import BridgeBroken, Part, PartCount, Side, bridge, changes
from lms.target.bridge import legs as bridge_legs
from lms.target.figures import is_root
from lms.target.standing.refreshing import rebuild
from tests.numbers import at_length
from tests.target.histories import read_world
from tests.target.recount import Recount
from tests.target.test_bridge import Asked, Seen, look, why
from tests.target.test_maps import ASKED, DAYS, NOON, Chronicle, decide

pytestmark = pytest.mark.django_db

Carried = Callable[[int, int], int | None]


def carried_by(chronicle: Chronicle, first: date, last: date) -> Carried:
    """Where the decisions after one day carry somebody until another, by the test's own book."""

    def carried(person: int, unit: int) -> int | None:
        at: int | None = unit
        for step in chronicle.steps:
            if first < step.day <= last and at is not None:
                named = step.people.get((person, at))
                at = named if named is not None else step.ended.get(at, at)
        return at

    return carried


def redraw(asked: Asked, seen: dict[int, Seen], then: Recount, end: Recount, to: Carried) -> dict:
    """The people of the first day in the places where decisions put them."""
    found = {}
    for person, one in seen.items():
        there = to(person, then.home(then.active(person)).unit)
        inside = asked.is_root or (there is not None and asked.unit.pk in end.chain(there))
        found[person] = replace(one, place=inside)
    return found


def walk(asked: Asked, world: Any, to: Carried) -> dict[Part, set[tuple]]:
    then = Recount(world, asked.first.day, asked.last.known)
    end = Recount(world, asked.last.day, asked.last.known)
    start = look(asked, then, then, then)
    sides = [
        start,
        redraw(asked, start, then, end, to),
        redraw(asked, look(asked, then, then, end), then, end, to),
        look(asked, end, end, end),
    ]
    found: dict[Part, set[tuple]] = {part: set() for part in Part}
    named = [Part.REORGANISED, Part.REQUIRED, None]
    for part, before, after in zip(named, sides, sides[1:], strict=False):
        for person in before.keys() | after.keys():
            one, two = before.get(person), after.get(person)
            change = (
                asked.counts(one), asked.counts(two), asked.is_trained(one), asked.is_trained(two),
            )  # fmt: skip
            if change[0] != change[1] or change[2] != change[3]:
                found[part or why(asked, one, two)].add((person, *change))
    return found


def disagreements(seed: int, met: Counter | None = None) -> list[str]:
    """A random province through four decisions: every part and every name of some bridges."""
    chronicle, wrong = Chronicle(seed), []
    for day in DAYS:
        chronicle.happen(day)
    chronicle.place_some()
    rebuild(at=NOON + timedelta(days=30))
    world = read_world()
    units = sorted({unit for _day, parents, _root in chronicle.trees for unit in parents})
    for _number in range(10):
        first, last = sorted(chronicle.random.sample(ASKED, 2))
        unit = Unit(pk=chronicle.random.choice(units))
        version = unit.versions.current().valid_on(last).first()
        if version is None:
            continue
        if is_root(version):
            version = find_root(last)
        asked = Asked(Side(first), Side(last), version.unit, is_root(version), None, None)
        expected = walk(asked, world, carried_by(chronicle, first, last))
        found = bridge(version, asked.first, asked.last)
        for step in found.steps:
            people = expected[step.part]
            counted = PartCount(
                sum(not one[1] and one[2] for one in people),
                sum(one[1] and not one[2] for one in people),
                sum(not one[3] and one[4] for one in people),
                sum(one[3] and not one[4] for one in people),
            )
            lines = {
                (line.person_id, line.was_counted, line.is_counted, line.was_trained,
                 line.is_trained)
                for line in changes(version, asked.first, asked.last, step.part, limit=None).lines
            }  # fmt: skip
            if step.count != counted or lines != people:
                wrong.append(f"{seed}: {step.part} of {asked}: {lines} for {people}")
            if met is not None and people:
                met[step.part] += 1
    return wrong


def test_every_part_over_random_reorganisations_equals_the_plain_walk():
    met: Counter[Part] = Counter()
    for seed in range(at_length(8, 300)):
        with transaction.atomic():
            assert disagreements(seed, met) == []
            transaction.set_rollback(True)
    assert {Part.REORGANISED, Part.TRAINED, Part.HIRED, Part.LEFT} <= set(met)


FAULTS = {
    "lists are not read": ("coalesce(q1.target_id, ", "coalesce("),
    "merged units lead nowhere": (" m1.target_id, s.unit_id)", " s.unit_id)"),
    "only lists": ("LEFT JOIN gone g ON", "LEFT JOIN gone g ON 1 = 0 AND"),
    "the first list alone": (
        "AND x.happened_on > w.happened_on\n        )\n        GROUP BY",
        "AND x.happened_on < w.happened_on\n        )\n        GROUP BY",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_in_the_moves_is_noticed(monkeypatch, name):
    old, new = FAULTS[name]
    sound, hits = bridge_legs.LegText.ctes, []

    def faulty(self: Any) -> str:
        text = sound(self)
        hits.extend([True] * (old in text))
        return text.replace(old, new)

    monkeypatch.setattr(bridge_legs.LegText, "ctes", faulty)
    for seed in range(at_length(25, 100)):
        with transaction.atomic():
            try:
                is_wrong = bool(disagreements(seed))
            except BridgeBroken:
                is_wrong = True
            transaction.set_rollback(True)
        if is_wrong:
            break
    else:
        pytest.fail(f"nobody noticed: {name}")
    assert hits, "a fault that changes nothing proves nothing"


def test_a_function_that_moves_with_its_people_is_a_reorganisation(province):
    stays, goes = province.person("51001"), province.person("51001")
    day = date(2025, 1, 1)
    decide(
        {
            "kind": "transfer_function", "unit": "51001", "into": "51101",
            "people": [{"person": goes.staff_code, "to": "51101"}],
        },
        day=day,
    )  # fmt: skip
    rebuild(at=NOON)
    sides = (Side(date(2024, 12, 31)), Side(day))
    for code, change in (("51001", -1), ("510", -1), ("51101", 1)):
        found = bridge(get_unit_version(code, day), *sides)
        assert [(step.part, step.count.denominator) for step in found.filled] == [
            (Part.REORGANISED, change)
        ], code
        names = changes(get_unit_version(code, day), *sides, Part.REORGANISED)
        assert [line.person_id for line in names.lines] == [goes.pk]
    assert bridge(find_root(day), *sides).filled == ()
    assert stays.pk != goes.pk
