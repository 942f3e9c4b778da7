"""The one definition of who counts, who is trained and who is not: SQL straight over the facts.

The meaning is that of ``docs/as-of.md`` 1, the states those of ``docs/decisions.md`` 29 and 30. One
text serves PostgreSQL and SQLite but for the few words in :data:`DIALECT`, which the two databases
do not share. No row it reads has an open end that is NULL.

A question is a day D (:attr:`Question.day`), a day K on which things were known
(:attr:`Question.known`, ``None`` = now) and whom it is about. ``verdict`` holds one row for each
person with a home on D: where she is counted, what she needs, what she holds, her state. Counts,
lists, trend and explanation all read ``verdict``; a table derived from the facts may later stand
in its place without a change in them.
"""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from lms.people.days import FAR
from lms.people.models import RuleSet
from lms.target.figures.assumed import AS_IT_STANDS, Assumed
from lms.target.models import EVERY_GROUP

FAR_SQL = f"'{FAR.isoformat()}'"
# A course mask with every bit set: all required courses.
EVERY_COURSE = -1
# The bucket of people whose home unit has no path to the root on D.
UNPLACED = 0
ONE = "CAST(1 AS bigint)"
PARAMETER = re.compile(r"%\((\w+)\)s")

# What the two databases spell differently: days between two days, a later day, the year's last day.
DIALECT = {
    "postgresql": {
        "days": "({end} - {start})",
        "later": "({day} + {count})",
        "year_end": "CAST(to_char({day}, 'YYYY') || '-12-31' AS date)",
        "latest": "greatest({a}, {b})",
        # Sort keys are made for the order of bytes, whatever the locale of the database.
        "bytewise": '{text} COLLATE "C"',
    },
    "sqlite": {
        "days": "CAST(julianday({end}) - julianday({start}) AS integer)",
        "later": "date({day}, '+' || {count} || ' days')",
        "year_end": "strftime('%%Y-12-31', {day})",
        "latest": "max({a}, {b})",
        "bytewise": "{text}",
    },
}


class KnownBeforeDay(ValueError):
    """What was known on a past day about a later one is not answered: it was a forecast."""


@dataclass(frozen=True)
class Question:
    """Whom a figure is about, when, and as known when.

    ``unit_id`` with ``is_root`` asks for a subtree; ``person_id`` asks for one person wherever she
    is. ``course_mask`` narrows the need to some courses (people who need none of them fall out).
    ``group_id`` narrows to the group of the home posting, ``group_mask`` to those of any duty.
    """

    day: date
    known: date | None = None
    unit_id: int | None = None
    is_root: bool = False
    person_id: int | None = None
    course_mask: int = EVERY_COURSE
    group_id: int | None = None
    group_mask: int = EVERY_GROUP

    def __post_init__(self) -> None:
        if self.known is not None and self.day > self.known:
            raise KnownBeforeDay(f"{self.day} lies after {self.known}")

    def params(self, suffix: str = "") -> dict[str, Any]:
        """Return the parameters of :func:`verdict_ctes`, their names ending in ``suffix``."""
        adapt_day, adapt_moment = (
            connection.ops.adapt_datefield_value,
            connection.ops.adapt_datetimefield_value,
        )
        values = {
            "day": adapt_day(self.day),
            "day_ends": adapt_moment(end_of_day(self.day)),
            "year_begins": adapt_day(date(self.day.year, 1, 1)),
            "known": adapt_day(self.known or self.day),
            "known_ends": adapt_moment(end_of_day(self.known or self.day)),
            "unit": self.unit_id,
            "person": self.person_id,
            "courses": self.course_mask,
            "group": self.group_id,
            "any_of": self.group_mask,
        }
        return {name + suffix: value for name, value in values.items()}


def end_of_day(day: date) -> datetime:
    """Return the moment at which ``day`` is over in Asia/Ho_Chi_Minh."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def valid_text(alias: str, of: str = "") -> str:
    """Return the condition that a row of ``alias`` holds on the day (parameter ``day``)."""
    return f"{alias}.valid_from <= %({of}day)s AND {alias}.valid_to > %({of}day)s"


def known_text(
    question: Question, alias: str, begins: str = "recorded_on", ends: str = "withdrawn_on"
) -> str:
    """Return the condition that a row of ``alias`` was known."""
    if question.known is None:
        return f"{alias}.{ends} = {FAR_SQL}"
    return f"{alias}.{begins} <= %(known)s AND {alias}.{ends} > %(known)s"


def bucket_cte(question: Question, name: str = "bucket", *, of: str = "") -> str:
    """Return ``bucket(unit_id, bucket_id)``: in which row of the unit's table a unit stands.

    The unit and the day are the parameters ``unit`` and ``day``, their names beginning with ``of``.
    """

    def path_on(alias: str) -> str:
        known = known_text(question, alias, "known_from", "known_to")
        return f"{valid_text(alias, of)} AND {known}"

    return f"""{name}(unit_id, bucket_id) AS (
        SELECT low.unit_id, child.unit_id FROM people_unitpath child
        JOIN people_unitpath low ON low.ancestor_id = child.unit_id
        WHERE child.ancestor_id = %({of}unit)s AND child.depth = 1
          AND {path_on("child")} AND {path_on("low")}
        UNION ALL
        SELECT own.unit_id, own.unit_id FROM people_unitpath own
        WHERE own.unit_id = %({of}unit)s AND own.depth = 0 AND {path_on("own")}
    )"""


def survivor_ctes(is_known: str) -> str:
    """Return ``merged, survivor(duplicate_id, survivor_id)``: merges followed to their end.

    ``is_known`` says which rows ``x`` of the merges were known. In a ring nobody is merged.
    """
    return f"""merged(duplicate_id, survivor_id) AS (
        SELECT x.duplicate_id, x.survivor_id FROM people_personmerge x WHERE {is_known}
        UNION
        SELECT m.duplicate_id, x.survivor_id FROM merged m
        JOIN people_personmerge x ON x.duplicate_id = m.survivor_id WHERE {is_known}
    ),
    survivor(duplicate_id, survivor_id) AS (
        SELECT m.duplicate_id, m.survivor_id FROM merged m WHERE NOT EXISTS (
            SELECT 1 FROM people_personmerge x
            WHERE x.duplicate_id = m.survivor_id AND {is_known})
    )"""


def verdict_ctes(
    question: Question, suffix: str = "", *, assumed: Assumed = AS_IT_STANDS, among: str = ""
) -> str:
    """Return ``WITH RECURSIVE … verdict AS (…)``, to be followed by a SELECT.

    ``suffix`` is added to the names of parameters, so that several questions fit one statement.
    ``among`` narrows whom a question about a unit looks at, by a condition upon one duty ``p``;
    all other duties of these people are judged too.
    """
    words = DIALECT[connection.vendor]

    def known(alias: str) -> str:
        return known_text(question, alias)

    def on(alias: str) -> str:
        return f"{valid_text(alias)} AND {known(alias)}"

    def days(end: str, start: str) -> str:
        return words["days"].format(end=end, start=start)

    def rule(field: str) -> str:
        if assumed.numbers is not None:
            return f"{assumed.numbers[field]:d} AS {field}"
        default = RuleSet._meta.get_field(field).get_default()
        return f"coalesce(max(x.{field}), {default:d}) AS {field}"

    rules_from = f"FROM people_ruleset x WHERE x.scope_key = 'province' AND {on('x')}"
    if assumed.numbers is not None:
        rules_from = ""
    tiers, tier_holds = "people_grouptier", f"AND {on('t')}"
    if assumed.tiers is not None:
        tiers, tier_holds = f"({assumed.tiers_text()})", ""

    # Whose postings are looked at: a home is chosen among all duties of a person, so a subtree
    # first finds the people with any duty in it and then reads their duties everywhere.
    person = "coalesce(v.survivor_id, p.person_id)"
    whoever = f"""
        SELECT DISTINCT {person} FROM people_posting p
        LEFT JOIN survivor v ON v.duplicate_id = p.person_id
        {{place}} WHERE p.victim_support AND {on("p")} {among}"""
    if question.person_id is not None:
        candidates = """
        SELECT coalesce((SELECT v.survivor_id FROM survivor v
                         WHERE v.duplicate_id = %(person)s), %(person)s)"""
        join_bucket = "LEFT JOIN bucket b"
    elif question.is_root:
        candidates = whoever.format(place="")
        join_bucket = "LEFT JOIN bucket b"
    else:
        candidates = whoever.format(place="JOIN bucket b ON b.unit_id = p.unit_id")
        join_bucket = "JOIN bucket b"
    only_group = "" if question.group_id is None else "AND h.group_id = %(group)s"
    in_any = "" if question.group_mask == EVERY_GROUP else "WHERE (g.mask & %(any_of)s) <> 0"
    needs_any = "" if question.course_mask == EVERY_COURSE else "WHERE s.need <> 0"
    # Approval is a moment on the roster, not a version of it.
    approved_by_then = "" if question.known is None else "AND o.approved_at < %(known_ends)s"
    seen = "" if question.known is None else "AND {alias}.recorded_on <= %(known)s"

    text = f"""
    WITH RECURSIVE {survivor_ctes(known("x"))},
    rules AS (
        SELECT {rule("min_leave_days")}, {rule("new_duty_days")}, {rule("due_grace_days")}
        {rules_from}
    ),
    {bucket_cte(question)},
    candidate(person_id) AS ({candidates}
    ),
    identity(person_id, part_id) AS (
        SELECT c.person_id, c.person_id FROM candidate c
        UNION ALL
        SELECT v.survivor_id, v.duplicate_id FROM survivor v
        JOIN candidate c ON c.person_id = v.survivor_id
    ),
    named(person_id) AS (
        SELECT DISTINCT i.person_id FROM identity i
        JOIN target_rosterentry r ON r.person_id = i.part_id
        LEFT JOIN target_roster o ON o.id = r.roster_id
        WHERE {on("r")}
          AND (r.roster_id IS NULL OR (o.status = 'approved' {approved_by_then}))
    ),
    duty AS (
        SELECT i.person_id, p.unit_id, p.group_id, p.is_primary, p.duty_began_on, p.chain_id,
               p.logical_id
        FROM identity i
        JOIN people_posting p ON p.person_id = i.part_id
        JOIN {tiers} t ON t.group_id = p.group_id
        LEFT JOIN named n ON n.person_id = i.person_id
        WHERE p.victim_support AND {on("p")} {tier_holds}
          AND (t.tier = 'C' OR (t.tier = 'N' AND n.person_id IS NOT NULL))
    ),
    home AS (
        SELECT h.person_id, h.unit_id, h.group_id, h.duty_began_on,
               coalesce(b.bucket_id, {UNPLACED}) AS bucket_id
        FROM (
            SELECT d.*, row_number() OVER (
                PARTITION BY d.person_id
                ORDER BY CASE WHEN d.is_primary THEN 0 ELSE 1 END, d.duty_began_on, d.chain_id,
                         d.logical_id
            ) AS place FROM duty d
        ) h
        {join_bucket} ON b.unit_id = h.unit_id
        WHERE h.place = 1 {only_group}
    ),
    membership(person_id, mask) AS (
        SELECT d.person_id, CAST(sum(DISTINCT {ONE} << g.bit) AS bigint) FROM duty d
        JOIN people_positiongroup g ON g.id = d.group_id GROUP BY d.person_id
    ),
    need(mask, need) AS (
        SELECT m.mask, CAST(sum(DISTINCT {ONE} << c.bit) AS bigint)
        FROM (SELECT DISTINCT mask FROM membership) m
        JOIN people_positiongroup g ON (m.mask & ({ONE} << g.bit)) <> 0
        JOIN target_requirement r ON r.group_id = g.id
        JOIN content_coursepage c ON c.page_ptr_id = r.course_id
        WHERE {on("r")} GROUP BY m.mask
    ),
    held AS (
        SELECT i.person_id, c.bit, x.valid_from, x.valid_to, max(x.valid_to) OVER (
            PARTITION BY i.person_id, c.bit ORDER BY x.valid_from, x.valid_to
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS reached
        FROM identity i
        JOIN courses_completion x ON x.person_id = i.part_id
        JOIN content_coursepage c ON c.page_ptr_id = x.course_id
        WHERE x.valid_from <= %(day)s AND x.valid_from < x.valid_to AND {known("x")}
    ),
    holding(person_id, bit, ends, unbroken_from) AS (
        SELECT person_id, bit, max(valid_to),
               max(CASE WHEN reached IS NULL OR reached < valid_from THEN valid_from END)
        FROM held GROUP BY person_id, bit
    ),
    learnt(person_id, courses, year_courses, once) AS (
        SELECT person_id,
            CAST(sum(CASE WHEN ends > %(day)s THEN {ONE} << bit ELSE 0 END) AS bigint),
            CAST(sum(CASE WHEN ends > %(day)s AND unbroken_from >= %(year_begins)s
                     THEN {ONE} << bit ELSE 0 END) AS bigint),
            CAST(sum({ONE} << bit) AS bigint)
        FROM holding GROUP BY person_id
    ),
    absence AS (
        SELECT i.person_id, x.valid_from, x.valid_to, max(x.valid_to) OVER (
            PARTITION BY i.person_id ORDER BY x.valid_from, x.valid_to
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS reached
        FROM identity i JOIN people_leave x ON x.person_id = i.part_id
        WHERE x.valid_from < x.valid_to AND {known("x")}
    ),
    absence_part AS (
        SELECT person_id, valid_from, valid_to, sum(
            CASE WHEN reached IS NULL OR reached < valid_from THEN 1 ELSE 0 END
        ) OVER (
            PARTITION BY person_id ORDER BY valid_from, valid_to
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS part FROM absence
    ),
    -- An open-ended leave ends on FAR, so it is long from its first day.
    away(person_id) AS (
        SELECT DISTINCT l.person_id FROM (
            SELECT person_id, min(valid_from) AS begins, max(valid_to) AS ends
            FROM absence_part GROUP BY person_id, part
        ) l CROSS JOIN rules
        WHERE l.begins <= %(day)s AND l.ends > %(day)s
          AND {days("l.ends", "l.begins")} >= rules.min_leave_days
    ),
    status AS (
        SELECT h.person_id, h.unit_id, h.group_id, h.bucket_id, h.duty_began_on,
            coalesce(n.need, 0) & %(courses)s AS need,
            coalesce(k.courses, 0) AS courses,
            coalesce(k.year_courses, 0) AS year_courses,
            coalesce(k.once, 0) AS once,
            CASE WHEN a.person_id IS NULL THEN 0 ELSE 1 END AS on_leave,
            CASE WHEN {days("%(day)s", "h.duty_began_on")} <= rules.new_duty_days
                 THEN 1 ELSE 0 END AS is_new
        FROM home h CROSS JOIN rules
        LEFT JOIN membership g ON g.person_id = h.person_id
        LEFT JOIN need n ON n.mask = g.mask
        LEFT JOIN learnt k ON k.person_id = h.person_id
        LEFT JOIN away a ON a.person_id = h.person_id {in_any}
    ),
    verdict AS (
        SELECT s.*,
            s.courses & s.need AS have,
            CASE
                WHEN (s.courses & s.need) = s.need THEN 'trained'
                WHEN (s.need & (s.once - s.courses)) <> 0 THEN 'retrain'
                WHEN (s.courses & s.need) <> 0 THEN 'progress'
                WHEN EXISTS (
                    SELECT 1 FROM (
                        SELECT s.person_id AS part_id
                        UNION ALL
                        SELECT v.duplicate_id FROM survivor v WHERE v.survivor_id = s.person_id
                    ) q JOIN courses_enrolment e ON e.person_id = q.part_id
                    WHERE EXISTS (
                        SELECT 1 FROM courses_lessonprogress l
                        WHERE l.enrolment_id = e.id AND l.done_on <= %(day)s
                          {seen.format(alias="l")}
                    ) OR EXISTS (
                        SELECT 1 FROM courses_attempt t
                        WHERE t.enrolment_id = e.id AND t.started_on <= %(day)s
                    ) OR EXISTS (
                        SELECT 1 FROM courses_attendancemark m
                        JOIN courses_classsession z ON z.id = m.session_id
                        WHERE m.enrolment_id = e.id AND m.status IN ('present', 'late')
                          AND z.starts_at < %(day_ends)s {seen.format(alias="m")}
                          AND NOT EXISTS (
                              SELECT 1 FROM courses_attendancemark u
                              WHERE u.session_id = m.session_id AND u.person_id = m.person_id
                                AND (u.recorded_at > m.recorded_at
                                     OR (u.recorded_at = m.recorded_at AND u.id > m.id))
                                {seen.format(alias="u")})
                    )
                ) THEN 'progress'
                ELSE 'not_started'
            END AS state,
            CASE WHEN (s.courses & s.need) = s.need AND (s.year_courses & s.need) <> 0
                 THEN 1 ELSE 0 END AS in_year
        FROM status s {needs_any}
    )"""
    return rename(text, suffix)


def rename(text: str, suffix: str) -> str:
    """Return ``text`` with ``suffix`` added to the name of every parameter."""
    return PARAMETER.sub(rf"%(\g<1>{suffix})s", text) if suffix else text
