"""How many people are overdue on a day, under the numbers that stand or under others."""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

from django.db import connection

from lms.target.figures.assumed import Assumed
from lms.target.figures.sql import Question, verdict_ctes
from lms.target.lists.sources import owed_cte


def overdue_count(question: Question, assumed: Assumed) -> int:
    """Count who counts, is not trained and was to be before the day; one statement.

    Straight over the facts, by the arithmetic of the lists.
    """
    text = f"""{verdict_ctes(question, assumed=assumed)}
    {owed_cte(question)}
    SELECT count(DISTINCT o.person_id) FROM owed o
    JOIN verdict v ON v.person_id = o.person_id
    WHERE v.on_leave = 0 AND o.due_on < %(day)s"""
    with connection.cursor() as cursor:
        cursor.execute(text, question.params())
        return int(cursor.fetchone()[0])
