"""The definition asked of ``Standing`` instead of the facts.

The same ``verdict`` as ``lms.target.figures.sql`` makes, a row for each person. What a person
needs is not stored: it is put together from the requirements of the day, as a sum of cases over
the few groups, so that one text serves both databases.
"""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from lms.people.days import FAR
from lms.people.models import RuleSet, UnitVersion
from lms.target.figures.sql import (
    DIALECT,
    EVERY_COURSE,
    UNPLACED,
    Question,
    bucket_cte,
    known_text,
    survivor_ctes,
    valid_text,
    verdict_ctes,
)
from lms.target.models import EVERY_GROUP, FigureDay, Requirement, StandingBook


@dataclass(frozen=True)
class Needs:
    """All versions of the requirements: a few hundred rows, read once for any number of days."""

    rows: tuple[tuple[int, int, date, date, date, date], ...]

    @classmethod
    def read(cls) -> Needs:
        rows = Requirement.objects.values_list(
            "group__bit",
            "course__bit",
            "valid_from",
            "valid_to",
            "recorded_on",
            "withdrawn_on",
        )
        return cls(tuple(rows))

    def on(self, day: date, known: date | None) -> dict[int, int]:
        """Return the mask of needed courses for the bit of each group that needs any."""
        masks: dict[int, int] = defaultdict(int)
        for group, course, valid_from, valid_to, recorded_on, withdrawn_on in self.rows:
            if not valid_from <= day < valid_to:
                continue
            if known is None and withdrawn_on != FAR:
                continue
            if known is not None and not recorded_on <= known < withdrawn_on:
                continue
            masks[group] |= 1 << course
        return dict(masks)

    def text(self, day: date, known: date | None) -> str:
        """Return the SQL for the courses that the groups of row ``s`` need."""
        return need_text(self.on(day, known))


def need_text(masks: Mapping[int, int]) -> str:
    """Return the SQL for the courses that the groups of row ``s`` need by :meth:`Needs.on`."""
    cases = [
        f"CASE WHEN (s.groups & {1 << group}) <> 0 THEN {mask} ELSE 0 END"
        for group, mask in sorted(masks.items())
    ]
    return f"({' | '.join(cases)})" if cases else "0"


def spell_needs(masks: Mapping[int, int]) -> str:
    """Return ``masks`` as a text that is equal for equal needs: ``0:15 2:3``."""
    return " ".join(f"{group}:{mask}" for group, mask in sorted(masks.items()))


def read_needs(text: str) -> dict[int, int]:
    """Return what :func:`spell_needs` spelled."""
    pairs = (pair.split(":") for pair in text.split())
    return {int(group): int(mask) for group, mask in pairs}


@dataclass(frozen=True)
class Source:
    """What can answer without the facts: whether the table is built, and the days counted.

    ``tops`` holds the root by whose rows a counted day is folded too, and by which needs.
    """

    is_built: bool
    days: frozenset[date]
    tops: Mapping[date, tuple[int, str]] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Source:
        """One query: the book, and the days if it may be trusted."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT d.day, d.top_unit_id, d.top_needs FROM {StandingBook._meta.db_table} b"
                f" LEFT JOIN {FigureDay._meta.db_table} d ON 1 = 1"
                f" WHERE b.id = 1 AND b.built_at IS NOT NULL"
            )
            rows = cursor.fetchall()
        days = {
            date.fromisoformat(day) if isinstance(day, str) else day: top
            for day, *top in rows
            if day is not None
        }
        return cls(
            bool(rows),
            frozenset(days),
            {day: (unit, needs) for day, (unit, needs) in days.items() if unit is not None},
        )

    def has_counted(self, question: Question) -> bool:
        return question.known is None and question.day in self.days and question.person_id is None


@dataclass(frozen=True)
class Basis:
    """What the figures of one page rest on, read once for all of them; two queries."""

    source: Source
    needs: Needs

    @classmethod
    def read(cls) -> Basis:
        source = Source.read()
        return cls(source, Needs.read() if source.is_built else Needs(()))

    def has_folded(self, question: Question) -> bool:
        """Tell whether the counts of the province are kept for the question, by the needs of now.

        They know all courses together, and of groups only that of the home posting.
        """
        return question.unit_id is not None and self._folded_root(question) == question.unit_id

    def has_row(self, question: Question, unit: UnitVersion) -> bool:
        """Tell whether ``unit`` is a row of the province's kept counts on the day asked for.

        ``unit`` is a standing version of the unit asked for: it hangs right below the root while it
        is valid.
        """
        root = self._folded_root(question)
        return (
            root is not None
            and unit.parent_id == root
            and unit.valid_from <= question.day < unit.valid_to
        )

    def _folded_root(self, question: Question) -> int | None:
        """Return the root by whose rows the day is folded, if that answers such a question."""
        is_whole = (question.course_mask, question.group_mask) == (EVERY_COURSE, EVERY_GROUP)
        if not (is_whole and self.source.has_counted(question)):
            return None
        root, needs = self.source.tops.get(question.day, (None, ""))
        return root if needs == spell_needs(self.needs.on(question.day, None)) else None


def judged_cte(course_mask: int = EVERY_COURSE) -> str:
    """Return ``verdict``: the rows of ``status`` with ``have``, ``state`` and ``in_year``.

    Asked for some courses alone, whoever needs none of them falls out.
    """
    needs_any = "" if course_mask == EVERY_COURSE else "WHERE x.need <> 0"
    return f"""verdict AS (
        SELECT x.*, x.courses & x.need AS have,
            CASE
                WHEN (x.courses & x.need) = x.need THEN 'trained'
                WHEN (x.need & (x.once - x.courses)) <> 0 THEN 'retrain'
                WHEN (x.courses & x.need) <> 0 OR x.is_started = 1 THEN 'progress'
                ELSE 'not_started'
            END AS state,
            CASE WHEN (x.courses & x.need) = x.need AND (x.year_courses & x.need) <> 0
                 THEN 1 ELSE 0 END AS in_year
        FROM status x {needs_any}
    )"""


def derived_ctes(question: Question, basis: Basis) -> str:
    """Return ``WITH … verdict AS (…)`` over ``Standing``, to be followed by a SELECT."""
    words = DIALECT[connection.vendor]

    def known(alias: str) -> str:
        return known_text(question, alias)

    def rule(field: str) -> str:
        default = RuleSet._meta.get_field(field).get_default()
        return f"coalesce(max(x.{field}), {default:d}) AS {field}"

    when = f"{valid_text('s')} AND {known_text(question, 's', 'known_from', 'known_to')}"
    newly = words["days"].format(end="%(day)s", start="s.duty_began_on")
    join = "LEFT JOIN" if question.is_root or question.person_id is not None else "JOIN"
    if question.person_id is not None:
        when += " AND s.person_id = %(person)s"
    if question.group_id is not None:
        when += " AND s.group_id = %(group)s"
    if question.group_mask != EVERY_GROUP:
        when += " AND (s.groups & %(any_of)s) <> 0"
    return f"""
    WITH RECURSIVE rules AS (
        SELECT {rule("new_duty_days")}, {rule("due_grace_days")}
        FROM people_ruleset x
        WHERE x.scope_key = 'province' AND {valid_text("x")} AND {known("x")}
    ),
    {bucket_cte(question)},
    status AS (
        SELECT s.person_id, s.unit_id, s.group_id, s.duty_began_on,
            coalesce(b.bucket_id, {UNPLACED}) AS bucket_id,
            {basis.needs.text(question.day, question.known)} & %(courses)s AS need,
            s.groups, s.courses, s.year_courses, s.held_courses AS once, s.is_started, s.on_leave,
            CASE WHEN {newly} <= rules.new_duty_days THEN 1 ELSE 0 END AS is_new
        FROM target_standing s CROSS JOIN rules {join} bucket b ON b.unit_id = s.unit_id
        WHERE {when}
    ),
    {judged_cte(question.course_mask)}"""


def person_ctes(question: Question, basis: Basis) -> str:
    """Return ``WITH RECURSIVE … survivor … verdict``, a row for each person, built or not."""
    if not basis.source.is_built:
        return verdict_ctes(question)
    return f"{derived_ctes(question, basis)}, {survivor_ctes(known_text(question, 'x'))}"
