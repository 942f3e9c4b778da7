"""The figures of one day drawn on the map of a later day: the same people, other rows.

Who counts and who is trained is asked of the one definition for the day; only the row in which a
person stands is that of the later map (``lms.people.reorganising.mapping``). So the totals of both
maps are equal, and a table of last year can stand beside this year's, unit by unit.
"""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection

from lms.people.models import UnitVersion
from lms.people.reorganising import map_units
from lms.target.figures.derived import Basis, person_ctes
from lms.target.figures.folded import counted_cte
from lms.target.figures.reading import SPLIT, Figures, fold, is_root
from lms.target.figures.sql import EVERY_COURSE, UNPLACED, Question, bucket_cte


def figures_on_map(
    unit: UnitVersion,
    day: date,
    map_day: date,
    known: date | None = None,
    *,
    course_mask: int = EVERY_COURSE,
    group_id: int | None = None,
    basis: Basis | None = None,
) -> Figures:
    """Return the figures of ``day`` in the rows of ``unit`` as the map of ``map_day`` draws them.

    ``unit`` is the version valid on ``map_day``; ``children`` are keyed by the units below it then.
    Whoever has no unit on that map stands in ``unplaced`` of the root. Four queries, six without
    ``basis``. Raises
    ``MapBeforeDay`` or ``KnownBeforeDay``.
    """
    root = is_root(unit)
    # Everybody is asked for: who belongs to the unit is only known after the mapping.
    question = Question(
        day=day, known=known, is_root=True, course_mask=course_mask, group_id=group_id
    )
    text = f"""{person_ctes(question, basis or Basis.read())},
    {map_ctes(question, map_day)},
    drawn AS (
        SELECT coalesce(b.bucket_id, {UNPLACED}) AS bucket_id, v.group_id, v.need, v.have, v.state,
               v.in_year, v.is_new, v.on_leave
        FROM verdict v {map_joins(root)}
    ),
    {counted_cte("1", "drawn")}{SPLIT}"""
    params = question.params() | map_params(unit, map_day)
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        rows = cursor.fetchall()
    return fold(rows, Figures(unit.unit_id, day, known, root))


def map_ctes(question: Question, map_day: date) -> str:
    """Return the CTEs behind :func:`map_joins`; they need ``survivor``. Three queries."""
    return f"""{map_units(question.day, map_day, question.known).ctes()},
    -- A list may name the record that was merged into the survivor since.
    placed(person_id, unit_id, target_id) AS (
        SELECT coalesce(w.survivor_id, p.person_id), p.unit_id, min(p.target_id)
        FROM person_map p LEFT JOIN survivor w ON w.duplicate_id = p.person_id
        GROUP BY coalesce(w.survivor_id, p.person_id), p.unit_id
    ),
    {bucket_cte(question, "map_bucket", of="map_")}"""


def map_joins(is_root: bool) -> str:
    """Return the joins that lead a person ``v`` to her row ``b`` of ``map_bucket``.

    Below the root only people with such a row are left.
    """
    return f"""
    LEFT JOIN unit_map m ON m.unit_id = v.unit_id
    LEFT JOIN placed p ON p.person_id = v.person_id
      AND p.unit_id = coalesce(m.target_id, v.unit_id)
    {"LEFT JOIN" if is_root else "JOIN"} map_bucket b
      ON b.unit_id = coalesce(p.target_id, m.target_id, v.unit_id)"""


def map_params(unit: UnitVersion, map_day: date) -> dict[str, Any]:
    """Return the parameters of :func:`map_ctes`."""
    return {
        "map_day": connection.ops.adapt_datefield_value(map_day),
        "map_unit": unit.unit_id,
    }
