"""The lines of the ledger as SQL: everybody with a posting in the unit, and why she counts or not.

Who counts, where and in which state is ``verdict`` of the one definition; only why somebody has no
row there is asked of the facts. The order of the reasons is that of ``lms.target.explanation``, and
random histories compare both with a recount by hand.
"""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from lms.people.days import BEFORE
from lms.people.models import UnitVersion
from lms.people.reorganising import map_units
from lms.target.figures import Basis, Question, is_root
from lms.target.figures.derived import person_ctes
from lms.target.figures.mapping import map_ctes, map_joins, map_params
from lms.target.figures.sql import UNPLACED, known_text, valid_text
from lms.target.ledger.kinds import Kind

COLUMNS = "person_id, kind, unit_id, group_id, state, in_year, is_new, is_placed, survivor_id"
NONE = "CAST(NULL AS bigint)"


@dataclass(frozen=True)
class Subject:
    """Whose ledger: a unit with all below it, a day, what was known when, and the map.

    ``unit`` is the version valid on ``map_day``, where that is given, else on ``day``.
    """

    unit: UnitVersion
    day: date
    known: date | None = None
    map_day: date | None = None

    @property
    def is_root(self) -> bool:
        return is_root(self.unit)

    @property
    def question(self) -> Question:
        """The question to the definition; on a later map everybody is asked for first."""
        question = Question(
            day=self.day, known=self.known, unit_id=self.unit.unit_id, is_root=self.is_root
        )
        return question if self.map_day is None else replace(question, unit_id=None, is_root=True)

    def params(self) -> dict[str, Any]:
        later = map_params(self.unit, self.map_day) if self.map_day else {}
        return self.question.params() | later


def line_ctes(subject: Subject, basis: Basis) -> str:
    """Return ``WITH RECURSIVE … line AS (…)``, a row for each line, to be followed by a SELECT.

    Six queries on a later map, else none.
    """
    question = subject.question
    return f"""{person_ctes(question, basis)},
    {counted_ctes(subject)},
    {here_cte(subject)},
    rest(person_id) AS (
        SELECT coalesce(w.survivor_id, h.record_id) FROM here h
        LEFT JOIN survivor w ON w.duplicate_id = h.record_id
        EXCEPT SELECT c.person_id FROM counted c
    ),
    {absent_ctes(question)},
    line AS (
        SELECT c.person_id,
            CASE WHEN c.on_leave = 1 THEN '{Kind.ON_LEAVE}' ELSE '{Kind.COUNTS}' END AS kind,
            c.unit_id, c.group_id, c.state, c.in_year, c.is_new, c.is_placed,
            {NONE} AS survivor_id
        FROM counted c
        UNION ALL
        SELECT h.record_id, '{Kind.MERGED}', {NONE}, {NONE}, '', 0, 0, 1, w.survivor_id
        FROM here h JOIN survivor w ON w.duplicate_id = h.record_id
        UNION ALL
        SELECT e.person_id,
            CASE WHEN g.unit_id IS NULL THEN '{Kind.ELSEWHERE}' ELSE '{Kind.UNIT_ENDED}' END,
            e.unit_id, e.group_id, CASE WHEN e.on_leave = 1 THEN 'leave' ELSE '' END, 0, 0, 1,
            {NONE}
        FROM elsewhere e LEFT JOIN gone g ON g.unit_id = e.unit_id
        UNION ALL
        SELECT a.person_id, {REASON}, {NONE}, {NONE}, '', 0, 0, 1, {NONE}
        FROM absent a JOIN people_staffmember s ON s.id = a.person_id
    )"""


# The first condition that fails of somebody without a home anywhere on the day.
REASON = f"""CASE
            WHEN s.erased_at IS NOT NULL THEN '{Kind.ERASED}'
            WHEN a.by_name = 1 THEN '{Kind.NOT_NAMED}'
            WHEN a.has_duty = 1 THEN '{Kind.EXTENDED}'
            WHEN a.is_posted = 1 AND a.duty_ended_on IS NOT NULL THEN '{Kind.DUTY_ENDED}'
            WHEN a.is_posted = 1 THEN '{Kind.NO_DUTY}'
            WHEN a.left_on IS NULL THEN '{Kind.NOT_BEGUN}'
            WHEN a.closed_on = a.left_on THEN '{Kind.UNIT_ENDED}'
            ELSE '{Kind.LEFT}'
        END"""


def counted_ctes(subject: Subject) -> str:
    """Return ``counted``: the unit's rows of the definition, people on leave among them."""
    columns = (
        "v.person_id, v.unit_id, v.group_id, v.state, v.in_year, v.is_new, v.on_leave,"
        " CASE WHEN {bucket} = {unplaced} THEN 0 ELSE 1 END AS is_placed"
    )
    if subject.map_day is None:
        columns = columns.format(bucket="v.bucket_id", unplaced=UNPLACED)
        return f"counted AS (SELECT {columns} FROM verdict v)"
    columns = columns.format(bucket=f"coalesce(b.bucket_id, {UNPLACED})", unplaced=UNPLACED)
    return f"""{map_ctes(subject.question, subject.map_day)},
    counted AS (SELECT {columns} FROM verdict v {map_joins(subject.is_root)})"""


def here_cte(subject: Subject) -> str:
    """Return ``here``: records with a posting in the unit on a day up to the day, or ahead of it.

    An empty posting never held. A unit that stood below at that time will do; on a later map, a
    unit that has come to stand below by then.
    """
    question = subject.question
    held = f"{known_text(question, 'p')} AND p.valid_from < p.valid_to"
    if subject.is_root:
        return (
            f"here(record_id) AS (SELECT DISTINCT p.person_id FROM people_posting p WHERE {held})"
        )
    seen = known_text(question, "t", "known_from", "known_to")
    if subject.map_day is None:
        return f"""here(record_id) AS (
        SELECT DISTINCT p.person_id FROM people_unitpath t
        JOIN people_posting p ON p.unit_id = t.unit_id
        WHERE t.ancestor_id = %(unit)s AND t.valid_from <= %(day)s AND {seen} AND {held}
          AND ((p.valid_from <= %(day)s AND p.valid_from < t.valid_to AND p.valid_to > t.valid_from)
               OR (p.valid_from > %(day)s AND t.valid_to > %(day)s))
    )"""
    went = map_units(BEFORE, subject.map_day, subject.known).targets
    return f"""went(unit_id, target_id) AS ({pairs(went.items())}),
    below(unit_id) AS (
        SELECT t.unit_id FROM people_unitpath t
        WHERE t.ancestor_id = %(map_unit)s AND {seen}
          AND t.valid_from <= %(map_day)s AND t.valid_to > %(map_day)s
    ),
    here(record_id) AS (
        SELECT DISTINCT p.person_id FROM (
            SELECT b.unit_id FROM below b
            UNION SELECT w.unit_id FROM went w JOIN below b ON b.unit_id = w.target_id
        ) u JOIN people_posting p ON p.unit_id = u.unit_id WHERE {held}
    )"""


def pairs(rows: Iterable[tuple[int, int]]) -> str:
    """Return the rows as a VALUES list; one of zeros, which match nothing, keeps it from empty."""
    return "VALUES " + ", ".join(f"({int(one)}, {int(two)})" for one, two in [(0, 0), *rows])


def absent_ctes(question: Question) -> str:
    """Return ``elsewhere`` with those of ``rest`` whose home is another unit's, ``absent`` with the
    others, and ``gone``, the units that ended."""

    def on(alias: str) -> str:
        return f"{valid_text(alias)} AND {known_text(question, alias)}"

    standing = f"{valid_text('s')} AND {known_text(question, 's', 'known_from', 'known_to')}"
    ended = "p.valid_to <= %(day)s"
    return f"""elsewhere AS (
        SELECT r.person_id, s.unit_id, s.group_id, s.on_leave FROM rest r
        JOIN target_standing s ON s.person_id = r.person_id WHERE {standing}
    ),
    gone(unit_id, ended_on) AS (
        SELECT x.unit_id, max(x.valid_to) FROM people_unitversion x
        WHERE {known_text(question, "x")} AND x.valid_from < x.valid_to
          AND x.valid_from <= %(day)s
        GROUP BY x.unit_id HAVING max(x.valid_to) <= %(day)s
    ),
    absent AS (
        SELECT i.person_id,
            max(CASE WHEN {valid_text("p")} THEN 1 ELSE 0 END) AS is_posted,
            max(CASE WHEN {valid_text("p")} AND p.victim_support THEN 1 ELSE 0 END) AS has_duty,
            max(CASE WHEN {valid_text("p")} AND p.victim_support AND t.tier = 'N'
                THEN 1 ELSE 0 END) AS by_name,
            max(CASE WHEN {ended} THEN p.valid_to END) AS left_on,
            max(CASE WHEN {ended} AND p.victim_support THEN p.valid_to END) AS duty_ended_on,
            max(CASE WHEN {ended} AND g.ended_on = p.valid_to THEN p.valid_to END) AS closed_on
        FROM (
            SELECT r.person_id, r.person_id AS part_id FROM rest r
            UNION ALL
            SELECT w.survivor_id, w.duplicate_id FROM survivor w
            JOIN rest r ON r.person_id = w.survivor_id
        ) i
        JOIN people_posting p ON p.person_id = i.part_id
          AND {known_text(question, "p")} AND p.valid_from < p.valid_to
        LEFT JOIN people_grouptier t ON t.group_id = p.group_id AND {on("t")}
        LEFT JOIN gone g ON g.unit_id = p.unit_id
        WHERE i.person_id NOT IN (SELECT e.person_id FROM elsewhere e)
        GROUP BY i.person_id
    )"""
