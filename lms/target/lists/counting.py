"""How long the lists are whose lengths are no figure of the table: one statement for all."""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection

from lms.target.figures.derived import Basis, person_ctes
from lms.target.figures.sql import Question
from lms.target.lists.almost import Plans, almost_ctes, lacks_only
from lms.target.lists.kinds import ALMOST, CONDITIONS, WINDOWS, Who
from lms.target.lists.sources import ending_cte, window_text

# Up to so many people lessons, tests and marks are looked through for a mere number.
MOST_LOOKED_THROUGH = 5_000


@dataclass(frozen=True)
class Tallies:
    """People in each list; of the lists of what ends also how many courses end.

    ``None`` where the number is not counted: the list itself still is.
    """

    people: dict[Who, int | None] = field(default_factory=dict)
    courses: dict[Who, int] = field(default_factory=dict)


def tallies(question: Question, *, people: int, basis: Basis, plans: Plans | None) -> Tallies:
    """Count the lists that no figure counts; one statement.

    ``people`` is how many the question concerns: among very many, those who lack one thing are
    not counted, and neither are they without ``plans``.
    """
    is_few = plans is not None and people <= MOST_LOOKED_THROUGH
    sums = [f"(SELECT count(*) FROM verdict v WHERE {CONDITIONS[Who.NEVER_SIGNED_IN]})"]
    windows = []
    for place, window in enumerate(WINDOWS.values()):
        ends = f"h.ends IS NOT NULL AND {window_text(*window)}"
        windows += [
            f"count(DISTINCT CASE WHEN {ends} THEN v.person_id END) AS people_{place}",
            f"count(CASE WHEN {ends} THEN 1 END) AS courses_{place}",
        ]
        sums += [f"w.people_{place}", f"w.courses_{place}"]
    almost = ""
    if is_few and plans is not None:
        almost = f"""
    , untrained AS (SELECT v.* FROM verdict v WHERE {CONDITIONS[Who.ONLY_CLASS]})
    {almost_ctes(question, "untrained", plans)}"""
        sums += [
            f"(SELECT count(*) FROM untrained v JOIN almost a ON a.person_id = v.person_id"
            f" WHERE {lacks_only(mask)})"
            for mask in ALMOST.values()
        ]
    # An outer join, though only who holds something is counted: the planner takes what ends for
    # next to nothing and would go through all people once for each of its rows.
    text = f"""{person_ctes(question, basis)}{ending_cte(question)}{almost}
    , windows AS (
        SELECT {", ".join(windows)} FROM verdict v
        LEFT JOIN ending h ON h.person_id = v.person_id WHERE v.on_leave = 0
    )
    SELECT {", ".join(sums)} FROM windows w"""
    with connection.cursor() as cursor:
        cursor.execute(text, question.params())
        row = [int(value) for value in cursor.fetchone()]
    found: dict[Who, int | None] = {Who.NEVER_SIGNED_IN: row[0]}
    courses = {}
    for place, who in enumerate(WINDOWS):
        found[who], courses[who] = row[1 + 2 * place], row[2 + 2 * place]
    for place, who in enumerate(ALMOST):
        found[who] = row[1 + 2 * len(WINDOWS) + place] if is_few else None
    return Tallies(found, courses)
