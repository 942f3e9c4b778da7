"""The legs of a bridge as SQL: who counts before and after, with one thing changed.

A leg compares two sides of the derived table. ``pairs`` holds a row for each person who may differ:
whether she stands on either side, whether in the unit asked for, what she needs and holds. Whoever
is the same on both sides is left out early: over a month that is nearly everybody.
"""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import connection

from lms.people.reorganising.mapping import UnitMap
from lms.target.bridge.moves import placed_ctes, unit_map_cte
from lms.target.bridge.parts import Part
from lms.target.figures import EVERY_COURSE, KnownBeforeDay, Question
from lms.target.figures.sql import FAR_SQL


class WrongOrder(ValueError):
    """The last side lies before the first, in days or in what was known."""


@dataclass(frozen=True)
class Side:
    """A day and what was known of it at the end of another day (``None`` = now)."""

    day: date
    known: date | None = None

    def __post_init__(self) -> None:
        if self.known is not None and self.day > self.known:
            raise KnownBeforeDay(f"{self.day} lies after {self.known}")


@dataclass(frozen=True)
class Whom:
    """Whose figure is explained: a unit and what lies below it, perhaps a group and a course."""

    unit_id: int
    is_root: bool
    course_mask: int = EVERY_COURSE
    group_id: int | None = None

    def asked(self, side: Side) -> Question:
        """Return the question of the figure on one side."""
        return Question(
            day=side.day,
            known=side.known,
            unit_id=self.unit_id,
            is_root=self.is_root,
            course_mask=self.course_mask,
            group_id=self.group_id,
        )


@dataclass(frozen=True)
class View:
    """One side of a leg: whose standings, on which tree, with which needs, mapped or not."""

    facts: Side
    tree: Side
    needs: Mapping[int, int]
    is_mapped: bool = False


@dataclass(frozen=True)
class Leg:
    """Two views that differ in one thing; ``part`` is ``None`` for the leg of the people."""

    part: Part | None
    before: View
    after: View

    @property
    def has_same_facts(self) -> bool:
        return self.before.facts == self.after.facts

    @property
    def changes_nothing(self) -> bool:
        return self.before == self.after


def legs_between(first: Side, last: Side, needs_on: Callable[[Side], Mapping]) -> list[Leg]:
    """Return the legs in their order; ``needs_on`` gives the needed courses of each group.

    Raises :class:`WrongOrder`.
    """
    if last.day < first.day or (
        last.known is not None and (first.known is None or first.known > last.known)
    ):
        raise WrongOrder(f"{first} to {last}")
    then = Side(first.day, last.known)
    start = View(first, first, needs_on(first))
    corrected = View(then, then, needs_on(then))
    mapped = replace(corrected, tree=last, is_mapped=True)
    required = replace(mapped, needs=needs_on(last))
    end = View(last, last, needs_on(last))
    return [
        Leg(Part.CORRECTED, start, corrected),
        Leg(Part.REORGANISED, corrected, mapped),
        Leg(Part.REQUIRED, mapped, required),
        Leg(None, required, end),
    ]


class LegText:
    """The SQL of one leg: :meth:`ctes` ends in ``parts(person_id, in1, in2, t1, t2, part)``."""

    def __init__(self, leg: Leg, whom: Whom, unit_map: UnitMap) -> None:
        self.leg, self.whom, self.unit_map = leg, whom, unit_map
        self.has_list = bool(unit_map.lists)
        self.has_map = bool(unit_map.targets or unit_map.events) or self.has_list

    def params(self) -> dict[str, Any]:
        adapt = connection.ops.adapt_datefield_value
        found: dict[str, Any] = {
            "unit": self.whom.unit_id,
            "courses": self.whom.course_mask,
            "group": self.whom.group_id,
        }
        for number, view in ((1, self.leg.before), (2, self.leg.after)):
            for name, side in (("facts", view.facts), ("tree", view.tree)):
                found[f"{name}_day{number}"] = adapt(side.day)
                found[f"{name}_known{number}"] = adapt(side.known or side.day)
        return found

    def ctes(self) -> str:
        """Return ``WITH RECURSIVE … parts AS (…)``, to be followed by a SELECT."""
        parts = []
        if self.has_map:
            parts.append(unit_map_cte(self.unit_map))
            if self.has_list:
                parts.append(placed_ctes(self.unit_map, self.known_of_merges()))
        if not self.whom.is_root:
            parts += [self.inside(1), self.inside(2)]
        parts.append(self.same() if self.leg.has_same_facts else self.apart())
        parts.append(self.judged())
        return "WITH RECURSIVE " + ",".join(parts)

    def view(self, number: int) -> View:
        return self.leg.before if number == 1 else self.leg.after

    def known_of_merges(self) -> str:
        known = self.leg.after.facts.known
        if known is None:
            return f"x.withdrawn_on = {FAR_SQL}"
        return "x.recorded_on <= %(facts_known2)s AND x.withdrawn_on > %(facts_known2)s"

    def on(self, number: int, alias: str = "s") -> str:
        """Return the condition that a standing answers for side ``number``."""
        valid = (
            f"{alias}.valid_from <= %(facts_day{number})s"
            f" AND {alias}.valid_to > %(facts_day{number})s"
        )
        if self.view(number).facts.known is None:
            return f"{valid} AND {alias}.known_to = {FAR_SQL}"
        return (
            f"{valid} AND {alias}.known_from <= %(facts_known{number})s"
            f" AND {alias}.known_to > %(facts_known{number})s"
        )

    def inside(self, number: int) -> str:
        known = f"known_to = {FAR_SQL}"
        if self.view(number).tree.known is not None:
            known = f"known_from <= %(tree_known{number})s AND known_to > %(tree_known{number})s"
        return f"""
    inside{number}(unit_id) AS MATERIALIZED (
        SELECT unit_id FROM people_unitpath
        WHERE ancestor_id = %(unit)s AND valid_from <= %(tree_day{number})s
          AND valid_to > %(tree_day{number})s AND {known}
    )"""

    def place(self, number: int) -> tuple[str, str]:
        """Return joins and the flag that the standing's unit lies in the unit asked for."""
        unit, joins = "s.unit_id", ""
        if self.view(number).is_mapped and self.has_map:
            joins = f" LEFT JOIN unit_map m{number} ON m{number}.unit_id = s.unit_id"
            unit = f"coalesce(m{number}.target_id, s.unit_id)"
            if self.has_list:
                joins += (
                    f" LEFT JOIN placed q{number} ON q{number}.person_id = s.person_id"
                    f" AND q{number}.unit_id = s.unit_id"
                )
                unit = f"coalesce(q{number}.target_id, m{number}.target_id, s.unit_id)"
        if self.whom.is_root:
            return joins, "1"
        joins += f" LEFT JOIN inside{number} i{number} ON i{number}.unit_id = {unit}"
        return joins, f"CASE WHEN i{number}.unit_id IS NULL THEN 0 ELSE 1 END"

    def need(self, number: int) -> str:
        """Return the mask of the courses that the groups of ``s`` need, as far as asked for."""
        cases = [
            f"CASE WHEN (s.groups & {1 << group}) <> 0 THEN {mask} ELSE 0 END"
            for group, mask in sorted(self.view(number).needs.items())
        ]
        return f"(({' | '.join(cases)}) & %(courses)s)" if cases else "0"

    def fits(self) -> str:
        """Return the flag that the standing is of the group asked for."""
        if self.whom.group_id is None:
            return "1"
        return "CASE WHEN s.group_id = %(group)s THEN 1 ELSE 0 END"

    def same(self) -> str:
        """Both sides are the same standings: one walk over those that may differ."""
        (joins1, place1), (joins2, place2) = self.place(1), self.place(2)
        need1, need2 = self.need(1), self.need(2)
        differs = []
        near, only = "", ""
        if not self.whom.is_root:
            differs.append(f"{place1} <> {place2}")
            near, only = self.near(), " AND s.unit_id IN (SELECT unit_id FROM near)"
        if self.leg.before.needs != self.leg.after.needs:
            differs.append(f"{need1} <> {need2}")
        return f"""{near}
    pairs AS (
        SELECT s.person_id, 1 AS has1, {place1} AS place1, {self.fits()} AS fits1,
            s.on_leave AS leave1, {need1} AS need1, s.courses AS courses1,
            1 AS has2, {place2} AS place2, {self.fits()} AS fits2, s.on_leave AS leave2,
            {need2} AS need2, s.courses AS courses2, s.duty_began_on AS began2
        FROM target_standing s{joins1}{joins2}
        WHERE {self.on(1)}{only} AND ({" OR ".join(differs) or "1 = 0"})
    )"""

    def near(self) -> str:
        """Return ``near``: units whose people may count otherwise where the standings are the same.

        Where only the map changes these are the units that it hangs elsewhere or that a decision
        touched, mostly none; else all of the unit asked for. Without it a district is looked for
        among the whole province.
        """
        either = "SELECT unit_id FROM inside1 UNION ALL SELECT unit_id FROM inside2"
        once = ""
        if self.leg.before.needs == self.leg.after.needs:
            once = " HAVING count(*) = 1"
        units = ", ".join(f"({unit})" for unit in self.moved_units())
        moved = f" UNION SELECT m.column1 FROM (VALUES {units}) m" if units else ""
        return f"""
    near(unit_id) AS (
        SELECT e.unit_id FROM ({either}) e GROUP BY e.unit_id{once}{moved}
    ),"""

    def moved_units(self) -> list[int]:
        """Return the units that a decision between the two days touched."""
        units = {*self.unit_map.targets, *self.unit_map.events, *self.unit_map.listing}
        return sorted(int(unit) for unit in units)

    def apart(self) -> str:
        """The sides are different standings: rows of both, put together by person."""
        columns = "person_id, side, place, fits, on_leave, need, courses, began"
        candidate, only = "", ""
        if not self.whom.is_root:
            halves = [
                f"""SELECT s.person_id FROM target_standing s{self.place(number)[0]}
            WHERE i{number}.unit_id IS NOT NULL AND {self.on(number)}{self.unless_same(number)}"""
                for number in (1, 2)
            ]
            candidate = f"""
    candidate(person_id) AS MATERIALIZED (
            {" UNION ".join(halves)}
    ),"""
            # Where she stands on the other side is asked without the unit: else somebody who moved
            # in would look like somebody new.
            only = " AND s.person_id IN (SELECT person_id FROM candidate)"
        sides = []
        for number in (1, 2):
            joins, place = self.place(number)
            sides.append(
                f"""SELECT s.person_id, {number} AS side, {place} AS place, {self.fits()} AS fits,
                s.on_leave, {self.need(number)} AS need, s.courses, s.duty_began_on AS began
            FROM target_standing s{joins}
            WHERE {self.on(number)}{self.unless_same(number)}{only}"""
            )
        own = ", ".join(
            f"max(CASE WHEN side = {number} THEN {value} END) AS {name}{number}"
            for number in (1, 2)
            for name, value in (
                ("has", "1"),
                ("place", "place"),
                ("fits", "fits"),
                ("leave", "on_leave"),
                ("need", "need"),
                ("courses", "courses"),
                ("began", "began"),
            )
        )
        return f"""{candidate}
    sides({columns}) AS (
        {" UNION ALL ".join(sides)}
    ),
    pairs AS (SELECT person_id, {own} FROM sides GROUP BY person_id)"""

    def unless_same(self, number: int) -> str:
        """Return the condition that leaves out standings that answer for both sides alike."""
        before, after = self.leg.before, self.leg.after
        if before.needs != after.needs:
            return ""
        if self.whom.is_root:
            return f" AND {self.only_here(number)}"
        if before.tree != after.tree:
            return ""
        moved = self.moved_units()
        if before.is_mapped and moved:
            units = ", ".join(map(str, moved))
            return f" AND ({self.only_here(number)} OR s.unit_id IN ({units}))"
        return f" AND {self.only_here(number)}"

    def only_here(self, number: int) -> str:
        """Return the condition that a standing of side ``number`` is none of the other side.

        Said of one column, so that an index finds the few: of two sides that differ in the day the
        earlier's ends by the later, of two that differ in what was known it is no longer believed.
        """
        before, after = self.leg.before.facts, self.leg.after.facts
        if before.known == after.known:
            if number == 1:
                return "s.valid_to <= %(facts_day2)s"
            return "s.valid_from > %(facts_day1)s"
        if before.day == after.day:
            if number == 2:
                return "s.known_from > %(facts_known1)s"
            if after.known is None:
                return f"s.known_to < {FAR_SQL}"
            return "s.known_to <= %(facts_known2)s"
        return f"NOT ({self.on(3 - number)})"

    def judged(self) -> str:
        """Return ``judged`` and ``parts``: counted and trained on either side, and why it differs.

        Somebody who changed her group counts as trained by it only if what she holds did not
        change the answer.
        """
        every = "1 = 1" if self.whom.course_mask == EVERY_COURSE else "{need} <> 0"

        def counted(number: int) -> str:
            needs = every.format(need=f"need{number}")
            return (
                f"CASE WHEN has{number} = 1 AND place{number} = 1 AND fits{number} = 1"
                f" AND leave{number} = 0 AND {needs} THEN 1 ELSE 0 END"
            )

        if self.leg.part is not None:
            part = f"'{self.leg.part}'"
        else:
            part = f"""CASE
                WHEN in1 = 0 AND has1 IS NULL AND began2 > %(facts_day1)s THEN '{Part.HIRED}'
                WHEN in1 = 0 AND has1 IS NULL THEN '{Part.NAMED}'
                WHEN in1 = 0 AND place1 = 0 THEN '{Part.MOVED_IN}'
                WHEN in1 = 0 AND leave1 = 1 THEN '{Part.RETURNED}'
                WHEN in2 = 0 AND has2 IS NULL THEN '{Part.LEFT}'
                WHEN in2 = 0 AND place2 = 0 THEN '{Part.MOVED_OUT}'
                WHEN in2 = 0 AND leave2 = 1 THEN '{Part.ON_LEAVE}'
                WHEN in1 = 0 OR in2 = 0 THEN '{Part.GROUP_CHANGED}'
                WHEN t1 = 1 AND (courses1 & need2) = need2 THEN '{Part.EXPIRED}'
                WHEN t1 = 0 AND (courses1 & need2) <> need2 THEN '{Part.TRAINED}'
                ELSE '{Part.GROUP_CHANGED}' END"""
        return f"""
    counted AS (
        SELECT p.*, {counted(1)} AS in1, {counted(2)} AS in2 FROM pairs p
    ),
    judged AS (
        SELECT c.*, CASE WHEN in1 = 1 AND (courses1 & need1) = need1 THEN 1 ELSE 0 END AS t1,
            CASE WHEN in2 = 1 AND (courses2 & need2) = need2 THEN 1 ELSE 0 END AS t2
        FROM counted c
    ),
    parts(person_id, in1, in2, t1, t2, part) AS (
        SELECT person_id, in1, in2, t1, t2, {part} FROM judged WHERE in1 <> in2 OR t1 <> t2
    )"""
