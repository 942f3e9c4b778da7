"""What is shown at ``/tien-do/`` as tables: by unit, group, course and month, and the names."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from content.models import CoursePage
from lms.people.models import PositionGroup
from lms.target.baselines import Point, points_of
from lms.target.figures import Counts, CourseCounts
from lms.target.filters import Asked
from lms.target.lists import WINDOWS, People, Who
from lms.target.lists.entries import LABELS, LISTS
from lms.target.sheets import Sheet
from lms.target.tables import children_of, unit_table


def about(asked: Asked) -> str:
    parts = [
        asked.unit.full_name,
        _("as of %(day)s") % {"day": f"{asked.day:%d/%m/%Y}"},
    ]
    if asked.known:
        parts.append(_("as known on %(day)s") % {"day": f"{asked.known:%d/%m/%Y}"})
    if asked.map_day:
        parts.append(_("on the map of %(day)s") % {"day": f"{asked.map_day:%d/%m/%Y}"})
    if asked.group:
        parts.append(asked.group.label)
    if asked.course:
        parts.append(asked.course.short_title)
    return " · ".join(parts)


def kept_rate(counts: Counts | CourseCounts, whole: int, *, least: int) -> Decimal | None:
    """Return the rate, ``None`` for fewer than ``least`` people."""
    return counts.rate if whole >= least else None


def count_columns() -> list[str]:
    return [
        _("Staff in the target"),
        _("Trained"),
        _("Rate (%)"),
        _("Trained this year"),
        _("In progress"),
        _("Has not started"),
        _("Needs retraining"),
        _("Newly assigned"),
        _("On long leave (not counted)"),
    ]


def count_cells(counts: Counts, *, least: int) -> list[Any]:
    return [
        counts.denominator,
        counts.numerator,
        kept_rate(counts, counts.denominator, least=least),
        counts.in_year,
        counts.in_progress,
        counts.not_started,
        counts.needs_retraining,
        counts.newly_assigned,
        counts.on_leave,
    ]


def units_sheet(asked: Asked, *, groups: Any, courses: Any, least: int) -> Sheet:
    """The report's table: own staff, province bodies and units in code order, then the total."""
    result = asked.figures()
    table = unit_table(
        asked.unit,
        asked.day,
        asked.known,
        result=result,
        children=children_of(asked.unit, asked.map_day or asked.day, asked.known),
    )
    sheet = Sheet(
        "don-vi",
        _("Training progress by unit"),
        about(asked),
        [_("No."), _("Code"), _("Unit"), *count_columns()],
    )
    for number, row in enumerate(table.rows, start=1):
        name = row.unit.full_name if row.unit else _("Not placed in a unit yet")
        if row.own_staff:
            name = _("%(unit)s (own staff)") % {"unit": name}
        sheet.rows.append([number, row.code or "", name, *count_cells(row.counts, least=least)])
    sheet.rows.append([None, asked.unit.code, _("Total"), *count_cells(result.total, least=least)])
    return sheet


def groups_sheet(asked: Asked, *, groups: list[PositionGroup], courses: Any, least: int) -> Sheet:
    result = asked.figures()
    sheet = Sheet(
        "nhom-vi-tri",
        _("Training progress by position group"),
        about(asked),
        [_("No."), _("Position group"), *count_columns()],
    )
    for number, group in enumerate(groups, start=1):
        counts = result.groups.get(group.pk, Counts())
        sheet.rows.append([number, group.name, *count_cells(counts, least=least)])
    sheet.rows.append([None, _("Total"), *count_cells(result.total, least=least)])
    return sheet


def courses_sheet(asked: Asked, *, groups: Any, courses: list[CoursePage], least: int) -> Sheet:
    result = asked.figures()
    sheet = Sheet(
        "khoa-hoc",
        _("Training progress by course"),
        about(asked),
        [_("No."), _("Course"), _("Need the course"), _("Hold it"), _("Rate (%)")],
    )
    for number, course in enumerate(courses, start=1):
        counts = result.courses.get(course.bit, CourseCounts())
        sheet.rows.append(
            [
                number,
                course.title,
                counts.need,
                counts.have,
                kept_rate(counts, counts.need, least=least),
            ]
        )
    return sheet


def trend_sheet(asked: Asked, *, groups: Any, courses: Any, least: int) -> Sheet:
    points = asked.trend() if asked.has_trend else []
    sheet = Sheet(
        "theo-thang",
        _("Training progress by month"),
        about(asked),
        [
            _("As of"),
            _("Staff in the target"),
            _("Trained"),
            _("Rate (%)"),
            _("Trained this year"),
            _("Where the figure comes from"),
        ],
    )
    sheet.rows += [reported_cells(point) for point in points_of(asked, least=least)]
    for point in points:
        counts = point.counts
        sheet.rows.append(
            [
                point.day,
                counts.denominator,
                counts.numerator,
                kept_rate(counts, counts.denominator, least=least),
                counts.in_year,
                _("Counted by the portal"),
            ]
        )
    return sheet


def reported_cells(point: Point) -> list[Any]:
    """A figure from before the portal: marked as one, with its document."""
    source = _("Figure from before the portal: %(number)s of %(day)s") % {
        "number": point.document_number,
        "day": f"{point.document_on:%d/%m/%Y}",
    }
    words = [source, point.plan, point.note]
    text = " · ".join(word for word in words if word)
    return [point.day, point.counted, point.trained, point.rate, None, text]


TABLES: dict[str, Callable[..., Sheet]] = {
    "don-vi": units_sheet,
    "nhom-vi-tri": groups_sheet,
    "khoa-hoc": courses_sheet,
    "theo-thang": trend_sheet,
}


def names_sheet(
    asked: Asked, who: Who, page: People, visible: frozenset[int], courses: list[CoursePage]
) -> Sheet:
    """The names of a list, of those whom the asker may see today."""
    titles = {course.bit: course.short_title for course in courses}
    slugs = {each: name for name, each in LISTS.items()}
    is_of_ending = who in WINDOWS
    states = {
        "trained": _("Trained"),
        "progress": _("In progress"),
        "not_started": _("Has not started"),
        "retrain": _("Needs retraining"),
    }
    sheet = Sheet(
        slugs.get(who, "chua-tap-huan-du"),
        str(LABELS[who]),
        about(asked),
        [
            _("No."),
            _("Staff code"),
            _("Full name"),
            _("Unit"),
            _("State"),
            _("Courses that end") if is_of_ending else _("Courses missing"),
            _("No longer valid from") if is_of_ending else _("Due"),
        ],
    )
    lines = [line for line in page.lines if line.person_id in visible]
    for number, line in enumerate(lines, start=1):
        missing = "; ".join(titles[bit] for bit in line.missing if bit in titles)
        sheet.rows.append(
            [
                number,
                line.staff_code,
                line.full_name,
                line.unit_name,
                _("On long leave") if line.on_leave else states[line.state],
                missing,
                line.due_on,
            ]
        )
    return sheet
