"""The definition asked for counts: people who stand alike are put together before they are judged.

What somebody needs and whether she is trained hangs on the masks of her row alone, and a million
people have few thousand different rows. So the rows are folded first and the need is worked out for
the folds: for a country that is the difference between three seconds and half of one. On a day
counted in advance the province's counts are kept (:class:`~lms.target.models.FigureTop`).

It says what ``lms.target.figures.derived`` says for single people; random histories compare both
with the recount.
"""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

from django.db import connection

from lms.people.models import RuleSet
from lms.target.figures.derived import Basis, judged_cte
from lms.target.figures.sql import (
    DIALECT,
    UNPLACED,
    Question,
    bucket_cte,
    known_text,
    rename,
    valid_text,
)
from lms.target.models import EVERY_GROUP

# What a row of ``verdict`` adds to each count of :class:`Counts`, in its order.
COUNTED = "CASE WHEN on_leave = 0 AND {is_so} THEN {{people}} ELSE 0 END"
SUMS = {
    "denominator": COUNTED.format(is_so="1 = 1"),
    "numerator": COUNTED.format(is_so="have = need"),
    "in_year": COUNTED.format(is_so="in_year = 1"),
    "in_progress": COUNTED.format(is_so="state = 'progress'"),
    "not_started": COUNTED.format(is_so="state = 'not_started'"),
    "needs_retraining": COUNTED.format(is_so="state = 'retrain'"),
    "newly_assigned": COUNTED.format(is_so="is_new = 1"),
    "on_leave": "CASE WHEN on_leave = 1 THEN {people} ELSE 0 END",
}
COLUMNS = ", ".join(SUMS)
KEYS = "bucket_id, group_id, need, have"
MASKS = "groups, courses, year_courses, held_courses, is_started, on_leave, is_new"


def folded_ctes(
    question: Question, basis: Basis, *, keep: tuple[str, ...] = (), suffix: str = ""
) -> str:
    """Return ``WITH … verdict AS (…)``, to be followed by a SELECT; a row is ``people`` alike.

    ``keep`` names what is told apart beside the masks: ``bucket_id``, ``group_id``. For a question
    about one person there is nothing to fold: ask ``derived_ctes``.
    """
    rows = counted_rows if basis.source.has_counted(question) else standing_rows
    kept = "".join(f"{name}, " for name in keep)
    text = f"""
    WITH {rows(question, basis, kept)},
    status AS (
        SELECT s.*, s.held_courses AS once,
            {basis.needs.text(question.day, question.known)} & %(courses)s AS need
        FROM folded s
    ),
    {judged_cte(question.course_mask)}"""
    return rename(text, suffix)


def counted_cte(people: str, verdict: str = "verdict", keys: str = KEYS) -> str:
    """Return ``counted``: the sums of :class:`Counts` by row, group, need and what of it is held.

    ``people`` is how many people a row of ``verdict`` stands for.
    """
    sums = ", ".join(f"sum({text.format(people=people)}) AS {name}" for name, text in SUMS.items())
    return f"""counted AS (
        SELECT {keys}, {sums} FROM {verdict} GROUP BY {keys}
    )"""


def kept_ctes(question: Question, suffix: str = "", *, is_row: bool = False) -> str:
    """Return ``WITH counted AS (…)`` of the province on a day for which its counts are kept.

    With ``is_row`` only that row of it in which the unit asked for stands. Few rows since then
    cancel each other out: whoever reads them adds up.
    """
    text = f"""WITH counted AS (
        SELECT {KEYS}, {COLUMNS} FROM target_figuretop s
        WHERE s.day = %(day)s{" AND s.bucket_id = %(unit)s" if is_row else ""}{
        only_groups(question)
    }
    )"""
    return rename(text, suffix)


def standing_rows(question: Question, basis: Basis, kept: str) -> str:
    """Return the CTEs up to ``folded`` over the standings of single people."""
    words = DIALECT[connection.vendor]
    default = RuleSet._meta.get_field("new_duty_days").get_default()
    newly = words["days"].format(end="%(day)s", start="s.duty_began_on")
    when = f"{valid_text('s')} AND {known_text(question, 's', 'known_from', 'known_to')}"
    known = known_text(question, "x")
    bucket, join = row_of(question, kept)
    return f"""rules AS (
        SELECT coalesce(max(x.new_duty_days), {default:d}) AS new_duty_days
        FROM people_ruleset x
        WHERE x.scope_key = 'province' AND {valid_text("x")} AND {known}
    ),
    {bucket_cte(question)},
    folded AS (
        SELECT {kept}{MASKS}, count(*) AS people
        FROM (
            SELECT {bucket} AS bucket_id, s.group_id, s.groups, s.courses,
                s.year_courses, s.held_courses, s.is_started, s.on_leave,
                CASE WHEN {newly} <= (SELECT new_duty_days FROM rules) THEN 1 ELSE 0 END AS is_new
            FROM target_standing s{join}
            WHERE {when}{only_groups(question)}
        ) s GROUP BY {kept}{MASKS}
    )"""


def counted_rows(question: Question, basis: Basis, kept: str) -> str:
    """Return the CTEs up to ``folded`` over a day counted in advance."""
    bucket, join = row_of(question, kept)
    return f"""{bucket_cte(question)},
    folded AS (
        SELECT {kept}{MASKS}, sum(people) AS people
        FROM (
            SELECT s.*, {bucket} AS bucket_id FROM target_figure s{join}
            WHERE s.day = %(day)s{only_groups(question)}
        ) s GROUP BY {kept}{MASKS}
    )"""


def row_of(question: Question, kept: str) -> tuple[str, str]:
    """Return the row of the table in which a standing counts, and the join that finds it.

    The whole province needs no row: everybody counts.
    """
    if question.is_root and "bucket_id" not in kept:
        return f"{UNPLACED}", ""
    join = "LEFT JOIN" if question.is_root else "JOIN"
    return f"coalesce(b.bucket_id, {UNPLACED})", f" {join} bucket b ON b.unit_id = s.unit_id"


def only_groups(question: Question) -> str:
    """Return the condition on the groups of a row, of the home posting or of any duty."""
    one = "" if question.group_id is None else " AND s.group_id = %(group)s"
    return one if question.group_mask == EVERY_GROUP else f"{one} AND (s.groups & %(any_of)s) <> 0"
