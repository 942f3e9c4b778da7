"""What a list rests on: the definition, and for its few people the facts that no table keeps.

With the derived tables built, the definition is asked of ``Standing``; duties with their due dates
and completions with their ends are read from the facts, of the people in the list alone.
"""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

from django.db import connection

from lms.target.figures.derived import Basis
from lms.target.figures.sql import (
    DIALECT,
    FAR_SQL,
    ONE,
    Question,
    known_text,
    valid_text,
)
from lms.target.lists.kinds import WINDOWS, Who

LAST_WINDOW = max(last for _first, last in WINDOWS.values())


def picked_ctes(question: Question, basis: Basis, condition: str, people: str = "verdict") -> str:
    """Return ``picked``: the people of the list, with ``identity`` and ``duty`` for them."""
    picked = f"""
    , picked AS (SELECT v.* FROM {people} v WHERE {condition})"""
    if not basis.source.is_built:
        return picked
    return f"""{picked}
    , identity(person_id, part_id) AS (
        SELECT v.person_id, v.person_id FROM picked v
        UNION ALL
        SELECT w.survivor_id, w.duplicate_id FROM survivor w
        JOIN picked v ON v.person_id = w.survivor_id
    )
    -- A group counts for a person or does not: all her postings in it are alike.
    , duty AS (
        SELECT i.person_id, p.group_id, p.duty_began_on
        FROM picked v JOIN identity i ON i.person_id = v.person_id
        JOIN people_posting p ON p.person_id = i.part_id
        JOIN people_positiongroup g ON g.id = p.group_id
        WHERE p.victim_support AND {valid_text("p")} AND {known_text(question, "p")}
          AND (v.groups & ({ONE} << g.bit)) <> 0
    )"""


def owed_cte(question: Question, people: str = "verdict") -> str:
    """Return the CTE ``owed(person_id, bit, due_on)``: each missing course and its due date.

    The arithmetic is that of ``lms.target.due``; a test runs both over the same cases.
    """
    words = DIALECT[connection.vendor]
    began = words["latest"].format(a="d.began", b="r.valid_from")
    own = f"coalesce(n.due_on, {words['year_end'].format(day='n.began')})"
    grace = words["later"].format(day="n.began", count="rules.due_grace_days")
    return f"""
    , owed(person_id, bit, due_on) AS (
        SELECT q.person_id, q.bit, q.due_on FROM (
            SELECT n.person_id, n.bit, min({words["latest"].format(a=own, b=grace)}) AS due_on
            FROM (
                SELECT d.person_id, c.bit, r.due_on, {began} AS began
                FROM (
                    SELECT person_id, group_id, min(duty_began_on) AS began
                    FROM duty GROUP BY person_id, group_id
                ) d
                JOIN target_requirement r ON r.group_id = d.group_id
                JOIN content_coursepage c ON c.page_ptr_id = r.course_id
                WHERE {valid_text("r")} AND {known_text(question, "r")}
            ) n CROSS JOIN rules GROUP BY n.person_id, n.bit
        ) q
        JOIN {people} v ON v.person_id = q.person_id
        WHERE (((v.need - v.have) >> q.bit) & 1) = 1
    )"""


def due_cte(question: Question) -> str:
    """Return the CTE ``due(person_id, due_on)``: the nearest due date of a missing course."""
    return f"""{owed_cte(question, "picked")}
    , due(person_id, due_on) AS (
        SELECT person_id, min(due_on) FROM owed GROUP BY person_id
    )"""


def ending_cte(question: Question) -> str:
    """Return ``ending(person_id, bit, ends)``: what somebody held and what ends in the windows.

    Few completions end in a few months: those are found first, then all of their people's. Below
    the province they are looked for among the people of ``verdict`` alone.
    """
    later = DIALECT[connection.vendor]["later"]
    end = later.format(day="%(day)s", count=LAST_WINDOW)
    known = known_text(question, "x")
    owner, among = "coalesce(w.survivor_id, x.person_id)", ""
    source = "courses_completion x LEFT JOIN survivor w ON w.duplicate_id = x.person_id"
    if not question.is_root:
        owner, source = "b.person_id", "body b JOIN courses_completion x ON x.person_id = b.part_id"
        among = """
    , body(person_id, part_id) AS (
        SELECT v.person_id, v.person_id FROM verdict v
        UNION ALL
        SELECT w.survivor_id, w.duplicate_id FROM survivor w
        JOIN verdict v ON v.person_id = w.survivor_id
    )"""
    return f"""{among}
    , soon(person_id, course_id) AS (
        SELECT DISTINCT {owner}, x.course_id FROM {source}
        WHERE x.valid_from <= %(day)s AND x.valid_to > %(day)s AND x.valid_to <= {end} AND {known}
          AND x.valid_to < {FAR_SQL}
    )
    , part(person_id, part_id, course_id) AS (
        SELECT n.person_id, n.person_id, n.course_id FROM soon n
        UNION ALL
        SELECT n.person_id, w.duplicate_id, n.course_id FROM soon n
        JOIN survivor w ON w.survivor_id = n.person_id
    )
    , ending(person_id, bit, ends) AS (
        SELECT n.person_id, c.bit, max(x.valid_to) FROM part n
        JOIN courses_completion x ON x.person_id = n.part_id AND x.course_id = n.course_id
        JOIN content_coursepage c ON c.page_ptr_id = x.course_id
        WHERE x.valid_from <= %(day)s AND x.valid_from < x.valid_to AND {known}
        GROUP BY n.person_id, c.bit HAVING max(x.valid_to) < {FAR_SQL}
    )"""


def window_text(first: int, last: int) -> str:
    """Return the condition that ``h`` of ``ending`` is needed by ``v`` and ends in the window."""
    later = DIALECT[connection.vendor]["later"]
    begin, end = (later.format(day="%(day)s", count=count) for count in (first, last))
    return f"((v.need >> h.bit) & 1) = 1 AND h.ends > {begin} AND h.ends <= {end}"


def window_cte(question: Question, who: Who) -> str:
    """Return ``due`` for a list of what ends soon: its courses and the first day without one."""
    return f"""{ending_cte(question)}
    , due(person_id, due_on, courses) AS (
        SELECT v.person_id, min(h.ends), CAST(sum({ONE} << h.bit) AS bigint)
        FROM picked v JOIN ending h ON h.person_id = v.person_id
        WHERE {window_text(*WINDOWS[who])} GROUP BY v.person_id
    )"""
