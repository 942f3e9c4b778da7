"""The grid as a page shows it: groups down, courses across, a tick for what is required."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Q

from content.models import CoursePage
from lms.people.days import FAR
from lms.people.models import Batch, PositionGroup
from lms.people.models.rules import Tier
from lms.people.rules import tiers_on
from lms.target.changes.acts import Held, newest_acts
from lms.target.matrix.forms import key_of
from lms.target.matrix.planning import KIND, Edit, Pair
from lms.target.models import Requirement


@dataclass(frozen=True, kw_only=True)
class Cell(Held):
    """One group and course; ``row`` is the standing version, where the grid shows what holds."""

    key: str
    course: CoursePage
    is_required: bool


@dataclass(frozen=True)
class Line:
    group: PositionGroup
    tier: str
    cells: list[Cell]

    @property
    def is_empty_core(self) -> bool:
        """A core group that needs nothing: its people would count as trained."""
        return self.tier == Tier.CORE and not any(cell.is_required for cell in self.cells)


@dataclass(frozen=True)
class Grid:
    day: date
    courses: list[CoursePage]
    lines: list[Line]

    @property
    def offered(self) -> list[Pair]:
        return [(line.group.pk, course.pk) for line in self.lines for course in self.courses]

    @property
    def ticked(self) -> set[Pair]:
        return {
            (line.group.pk, cell.course.pk)
            for line in self.lines
            for cell in line.cells
            if cell.is_required
        }

    @property
    def empty(self) -> list[PositionGroup]:
        return [line.group for line in self.lines if line.is_empty_core]


def grid_on(day: date) -> Grid:
    """Return the grid of ``day``, as known now; four queries.

    Courses that are published, and any that is still required on the day.
    """
    held: dict[Pair, Requirement] = {}
    for row in Requirement.objects.current().valid_on(day).order_by("valid_from", "pk"):
        held[row.group_id, row.course_id] = row
    courses = list(
        CoursePage.objects.filter(
            Q(live=True) | Q(pk__in={course for _group, course in held})
        ).order_by("number", "pk")
    )
    tiers = tiers_on(day)
    lines = [
        Line(
            group,
            tiers.get(group.pk, ""),
            [
                Cell(
                    key=key_of((group.pk, course.pk)),
                    course=course,
                    is_required=(group.pk, course.pk) in held,
                    row=held.get((group.pk, course.pk)),
                )
                for course in courses
            ],
        )
        for group in PositionGroup.objects.all()
    ]
    return Grid(day, courses, lines)


def with_ticks(grid: Grid, wanted: Iterable[Pair]) -> Grid:
    """Return ``grid`` with the ticks ``wanted``, whatever holds."""
    wanted = set(wanted)
    return replace(
        grid,
        lines=[
            replace(
                line,
                cells=[
                    replace(cell, is_required=(line.group.pk, cell.course.pk) in wanted)
                    for cell in line.cells
                ],
            )
            for line in grid.lines
        ],
    )


@dataclass(frozen=True)
class NamedEdit:
    """One change in words; ``until`` is the day of a planned change that ends what begins."""

    group: str
    course: str
    is_begin: bool
    day: date | None = None
    until: date | None = None


def name_edits(edits: Iterable[Edit], grid: Grid) -> list[NamedEdit]:
    """Return the edits of a plan with the names of the grid."""
    groups = {line.group.pk: line.group.label for line in grid.lines}
    courses = {course.pk: course.title for course in grid.courses}
    return [
        NamedEdit(
            groups[edit.group_id],
            courses[edit.course_id],
            edit.is_begin,
            until=edit.until if edit.is_begin and edit.until < FAR else None,
        )
        for edit in edits
    ]


@dataclass(frozen=True)
class Act:
    """One saved change of the grid, whole; it can be undone while nothing newer rests on it."""

    batch: Batch
    edits: list[NamedEdit]


def history() -> list[Act]:
    """Return the newest acts upon the grid with what each changed; three queries."""
    found = []
    for batch, changes in newest_acts(KIND, Requirement, "group", "course").items():
        edits = []
        for before, after in changes:
            row, is_begin = after or before, before is None
            # An act that took a requirement away leaves it ended on the day, or not at all.
            day = row.valid_from if is_begin or after is None else row.valid_to
            edits.append(NamedEdit(row.group.label, row.course.title, is_begin, day))
        found.append(Act(batch, edits))
    return found
