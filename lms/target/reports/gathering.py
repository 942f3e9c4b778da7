"""What a frozen report holds: figures, lists by person key, units, definitions, requirements.

Everything is read inside one ``snapshot()``. The list of people comes straight from the facts and
is counted here; the figures come from ``figures()``, which may answer from a derived table: a
report is frozen only when both agree to the last person.
"""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from content.models import CoursePage
from lms.people.days import FAR
from lms.people.models import PositionGroup, UnitPath, UnitVersion
from lms.people.office import office
from lms.people.rules import rules_on, tiers_on
from lms.target.figures import Counts, CourseCounts, Figures, Question, figures, is_root, trend
from lms.target.figures.counts import counts_of
from lms.target.figures.reading import bits_of
from lms.target.figures.sql import verdict_ctes
from lms.target.models import ReportingPeriod
from lms.target.reports.beside import (
    FiguresDisagree,
    before_part,
    counts_row,
    ledger_part,
    lists_part,
    reported_before_part,
    target_part,
)
from lms.target.reports.spool import PEOPLE_A_PART, UNITS_A_PART, Spool
from lms.target.reports.wording import DEFINITIONS
from lms.target.requirements import needs_on
from lms.target.tables import unit_table

COUNT_NAMES = tuple(Counts.__dataclass_fields__)
PEOPLE_COLUMNS = "person unit group need have state in_year is_new on_leave duty_began_on".split()
UNIT_COLUMNS = "code name level parent own whole".split()
OFFICE_FIELDS = (
    "province_name parent_agency owner_name owner_short_name signer_authority signer_title "
    "signer_name place_name"
).split()
RULE_FIELDS = (
    "min_leave_days new_duty_days due_grace_days pass_mark_percent attempt_starts "
    "attempt_window_hours attendance_percent late_minutes recognition_percent validity_months "
    "small_unit_below"
).split()


@dataclass
class Counted:
    """The people counted one by one, split as the figures are."""

    units: dict[int, Counts] = field(default_factory=lambda: defaultdict(Counts))
    groups: dict[int, Counts] = field(default_factory=lambda: defaultdict(Counts))
    courses: dict[int, CourseCounts] = field(default_factory=lambda: defaultdict(CourseCounts))

    def add(self, unit_id: int, group_id: int, counts: Counts, need: int, have: int) -> None:
        self.units[unit_id].add(counts)
        self.groups[group_id].add(counts)
        if counts.denominator:
            for bit in bits_of(need):
                self.courses[bit].need += 1
                self.courses[bit].have += have >> bit & 1


def gather(period: ReportingPeriod, unit: UnitVersion, day: date, spool: Spool) -> None:
    """Put every part but the reason and the differences into ``spool``.

    The caller has opened ``snapshot()``. Raises :class:`FiguresDisagree`.
    """
    groups = list(PositionGroup.objects.order_by("bit"))
    courses = list(CoursePage.objects.order_by("number"))
    tree = Tree(unit, day)
    counted = Counted()
    spool.add_rows(
        "people",
        people_rows(unit, day, tree, groups, courses, counted),
        columns=PEOPLE_COLUMNS,
        size=PEOPLE_A_PART,
    )
    found = figures(unit, day)
    whole = tree.sums(counted.units)
    check(found, counted, whole)
    spool.add_rows(
        "units", tree.rows(counted.units, whole), columns=UNIT_COLUMNS, size=UNITS_A_PART
    )
    spool.add("figures", figures_part(period, unit, day, found, groups, courses))
    spool.add("definitions", definitions_part(day, groups, courses))
    spool.add("requirements", requirements_part(day, groups))


class Tree:
    """The units below one unit on a day, with what is above each."""

    def __init__(self, unit: UnitVersion, day: date) -> None:
        self.top = unit
        self.is_root = is_root(unit)
        below = UnitPath.objects.filter(
            ancestor=unit.unit_id, valid_from__lte=day, valid_to__gt=day, known_to=FAR
        ).values("unit_id")
        versions = UnitVersion.objects.current().valid_on(day).filter(unit__in=below)
        self.versions = {version.unit_id: version for version in versions.in_code_order()}
        # People placed nowhere stand with their unit's name of the day, if it has one.
        self.codes = dict(
            UnitVersion.objects.current().valid_on(day).values_list("unit_id", "code")
        )

    def line(self, unit_id: int) -> Iterator[int]:
        """Yield the unit and what is above it, up to the top."""
        while (version := self.versions.get(unit_id)) is not None:
            yield unit_id
            if unit_id == self.top.unit_id:
                return
            unit_id = version.parent_id

    def sums(self, own: dict[int, Counts]) -> dict[int, Counts]:
        """Return the counts of each unit with all below it."""
        whole: dict[int, Counts] = defaultdict(Counts)
        for unit_id, counts in own.items():
            for each in self.line(unit_id):
                whole[each].add(counts)
        return whole

    def rows(self, own: dict[int, Counts], whole: dict[int, Counts]) -> Iterator[list[Any]]:
        for unit_id, version in self.versions.items():
            parent = self.versions.get(version.parent_id) if unit_id != self.top.unit_id else None
            yield [
                version.code,
                version.full_name,
                version.level,
                parent.code if parent else None,
                numbers(own.get(unit_id, Counts())),
                numbers(whole.get(unit_id, Counts())),
            ]


def numbers(counts: Counts) -> list[int]:
    return [getattr(counts, name) for name in COUNT_NAMES]


def people_rows(
    unit: UnitVersion,
    day: date,
    tree: Tree,
    groups: list[PositionGroup],
    courses: list[CoursePage],
    counted: Counted,
) -> Iterator[list[Any]]:
    """Yield everybody with a home in the subtree in the order of their keys, counting them."""
    question = Question(day=day, unit_id=unit.unit_id, is_root=tree.is_root)
    codes = {group.pk: group.code for group in groups}
    keys = {course.bit: course.key for course in courses}
    text = f"""{verdict_ctes(question)}
        SELECT s.key, v.unit_id, v.group_id, v.need, v.have, v.state, v.in_year, v.is_new,
               v.on_leave, v.duty_began_on
        FROM verdict v JOIN people_staffmember s ON s.id = v.person_id ORDER BY s.key"""
    with connection.chunked_cursor() as cursor:
        cursor.execute(text, question.params())
        while rows := cursor.fetchmany(PEOPLE_A_PART):
            for key, unit_id, group_id, need, have, state, in_year, is_new, on_leave, began in rows:
                counts = counts_of(state, bool(in_year), bool(is_new), bool(on_leave), 1)
                counted.add(unit_id, group_id, counts, need, have)
                yield [
                    str(uuid.UUID(str(key))),
                    tree.codes.get(unit_id),
                    codes[group_id],
                    named(need, keys),
                    named(have, keys),
                    state,
                    int(in_year),
                    int(is_new),
                    int(on_leave),
                    str(began)[:10],
                ]


def named(mask: int, keys: dict[int, str]) -> str:
    """Return the keys of the courses of ``mask`` in one word list."""
    return " ".join(keys[bit] for bit in bits_of(mask))


def check(found: Figures, counted: Counted, whole: dict[int, Counts]) -> None:
    """Raise :class:`FiguresDisagree` unless ``found`` is what the list adds up to."""
    total = Counts()
    for counts in counted.units.values():
        total.add(counts)
    parts = [
        (found.total, total),
        *((counts, whole.get(unit_id, Counts())) for unit_id, counts in found.children.items()),
        *((counts, counted.groups.get(key, Counts())) for key, counts in found.groups.items()),
        *(
            (counts, counted.courses.get(bit, CourseCounts()))
            for bit, counts in found.courses.items()
        ),
    ]
    for one, other in parts:
        if one != other:
            raise FiguresDisagree(f"{one} is not {other}")


def figures_part(
    period: ReportingPeriod,
    unit: UnitVersion,
    day: date,
    found: Figures,
    groups: list[PositionGroup],
    courses: list[CoursePage],
) -> dict[str, Any]:
    """Return the tables of the report: whole numbers, and rates as texts with one decimal."""
    table = unit_table(unit, day, result=found)
    return {
        "unit": {"code": unit.code, "name": unit.full_name, "is_root": found.is_root},
        "total": counts_row(found.total),
        "units": [
            {
                "code": row.code,
                "name": row.unit.full_name if row.unit else None,
                "level": row.unit.level if row.unit else None,
                "own_staff": row.own_staff,
                **counts_row(row.counts),
            }
            for row in table.rows
        ],
        "groups": [
            {"code": group.code, "name": group.name, **counts_row(found.groups[group.pk])}
            for group in groups
            if group.pk in found.groups
        ],
        "courses": [
            {
                "key": course.key,
                "title": course.title,
                "need": found.courses[course.bit].need,
                "have": found.courses[course.bit].have,
                "rate": found.courses[course.bit].rate,
            }
            for course in courses
            if course.bit in found.courses
        ],
        "trend": [
            {
                "day": point.day,
                "denominator": point.counts.denominator,
                "numerator": point.counts.numerator,
                "in_year": point.counts.in_year,
                "rate": point.counts.rate,
                "in_year_rate": point.counts.in_year_rate,
            }
            for point in trend(unit, day)
        ],
        "target": target_part(unit, day),
        "before": before_part(period, unit),
        "lists": lists_part(period, unit, day),
        "ledger": ledger_part(unit, day, found),
        "reported_before": reported_before_part(unit, day),
    }


def definitions_part(
    day: date, groups: list[PositionGroup], courses: list[CoursePage]
) -> dict[str, Any]:
    """Return the words and numbers by which it was counted, and the office that reports."""
    rules = rules_on(day)
    tiers = tiers_on(day)
    settings = office()
    return {
        "rules": {name: getattr(rules, name) for name in RULE_FIELDS},
        "rules_valid_from": rules.valid_from,
        "tiers": {group.code: tiers[group.pk] for group in groups if group.pk in tiers},
        "groups": [[group.code, group.name] for group in groups],
        "courses": [[course.key, course.short_title] for course in courses],
        "terms": [list(each) for each in DEFINITIONS],
        "office": {name: getattr(settings, name) for name in OFFICE_FIELDS},
    }


def requirements_part(day: date, groups: list[PositionGroup]) -> dict[str, Any]:
    """Return which group needed which course on the day, and until when."""
    needs = needs_on(day)
    return {
        group.code: {
            row.course.key: {"valid_from": row.valid_from, "due_on": row.due_on}
            for row in needs[group.pk].values()
        }
        for group in groups
        if group.pk in needs
    }
