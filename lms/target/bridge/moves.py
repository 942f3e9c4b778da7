"""Whom a decision named, followed from decision to decision, also out of a unit that goes on.

Whole units are mapped as everywhere (``lms.people.reorganising.mapping``). A part of a unit's
people, or a function with its people, goes by a list while the unit stays: what a list did to
somebody is a reorganisation and no move of her own.
"""

# ruff: noqa: S608 (whole numbers and days only, no typed text)

from __future__ import annotations

from lms.people.days import FAR
from lms.people.reorganising.mapping import UnitMap
from lms.target.figures.sql import survivor_ctes


def unit_map_cte(unit_map: UnitMap) -> str:
    """Return ``unit_map(unit_id, target_id)``: ended units whose people all went one way."""
    rows = ", ".join(f"({int(one)}, {int(two)})" for one, two in sorted(unit_map.targets.items()))
    return f"""
    unit_map(unit_id, target_id) AS (
        {f"VALUES {rows}" if rows else "SELECT 0, 0 WHERE 1 = 0"}
    )"""


def placed_ctes(unit_map: UnitMap, is_known: str) -> str:
    """Return ``placed(person_id, unit_id, target_id)`` for those whom a list names.

    ``unit_id`` is the home unit of the first day (parameter ``facts_day1``). The next decision on
    the unit where somebody stands is the earliest one that names her or that took the whole unit;
    of one day it is the list. A list may name a record that was merged into another since:
    ``is_known`` says which merges ``x`` were known.
    """
    keys = ", ".join(str(int(event)) for event in unit_map.lists)
    known = (unit_map.known or FAR).isoformat()
    return f"""
    {survivor_ctes(is_known)},
    named(person_id, from_id, to_id, happened_on) AS (
        SELECT coalesce(v.survivor_id, l.person_id), p.from_unit_id, min(l.to_unit_id),
               e.happened_on
        FROM people_uniteventperson l
        JOIN people_unitevent e ON e.id = l.event_id
        JOIN (SELECT DISTINCT event_id, from_unit_id FROM people_uniteventpart) p
          ON p.event_id = l.event_id
        LEFT JOIN survivor v ON v.duplicate_id = l.person_id
        WHERE l.event_id IN ({keys}) AND l.recorded_on <= '{known}'
        GROUP BY coalesce(v.survivor_id, l.person_id), p.from_unit_id, e.happened_on
    ),
    gone(from_id, to_id, happened_on) AS (
        SELECT p.from_unit_id, p.to_unit_id, e.happened_on
        FROM people_uniteventpart p JOIN people_unitevent e ON e.id = p.event_id
        WHERE e.id IN ({", ".join(str(int(each)) for each in unit_map.endings) or "0"})
          AND NOT p.by_list AND p.to_unit_id <> p.from_unit_id
    ),
    -- From a row that began on the first day or before, all decisions lie ahead.
    walked(person_id, unit_id, at_id, happened_on) AS (
        SELECT s.person_id, s.unit_id, s.unit_id, s.valid_from
        FROM target_standing s JOIN named n ON n.person_id = s.person_id
        WHERE s.valid_from <= %(facts_day1)s AND s.valid_to > %(facts_day1)s
        UNION
        SELECT w.person_id, w.unit_id,
            CASE WHEN g.from_id IS NULL OR n.happened_on <= g.happened_on
                 THEN n.to_id ELSE g.to_id END,
            CASE WHEN g.from_id IS NULL OR n.happened_on <= g.happened_on
                 THEN n.happened_on ELSE g.happened_on END
        FROM walked w
        LEFT JOIN named n ON n.person_id = w.person_id AND n.from_id = w.at_id
          AND n.happened_on > w.happened_on
        LEFT JOIN gone g ON g.from_id = w.at_id AND g.happened_on > w.happened_on
        WHERE (n.person_id IS NOT NULL OR g.from_id IS NOT NULL)
          AND NOT EXISTS (
            SELECT 1 FROM named x WHERE x.person_id = w.person_id AND x.from_id = w.at_id
              AND x.happened_on > w.happened_on AND x.happened_on < n.happened_on
        ) AND NOT EXISTS (
            SELECT 1 FROM gone x WHERE x.from_id = w.at_id
              AND x.happened_on > w.happened_on AND x.happened_on < g.happened_on
        )
    ),
    placed(person_id, unit_id, target_id) AS (
        SELECT w.person_id, w.unit_id, min(w.at_id) FROM walked w
        WHERE w.happened_on > %(facts_day1)s AND NOT EXISTS (
            SELECT 1 FROM walked x WHERE x.person_id = w.person_id AND x.unit_id = w.unit_id
              AND x.happened_on > w.happened_on
        )
        GROUP BY w.person_id, w.unit_id
    )"""
