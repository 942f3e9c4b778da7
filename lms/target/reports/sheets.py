"""Tables of a frozen report, without names but for the internal annex."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from content.models import CoursePage
from lms.people.models import PositionGroup, StaffMember
from lms.people.scopes import Scope
from lms.target.exports import count_columns
from lms.target.figures import Counts
from lms.target.reports.frozen import Frozen, NotInReport
from lms.target.reports.gathering import COUNT_NAMES, PEOPLE_COLUMNS
from lms.target.reports.pages import line_label, state_label
from lms.target.reports.reading import read_rows
from lms.target.reports.spool import in_order
from lms.target.sheets import Sheet

# Names are looked up for so many people at a time.
BATCH = 1_000
FIRST_YEAR = 1900


def about(frozen: Frozen, name: str = "") -> str:
    row = frozen.snapshot
    return " · ".join(
        [
            name or frozen.figures["unit"]["name"],
            row.period.name,
            _("as of %(day)s") % {"day": f"{row.day:%d/%m/%Y}"},
            _("frozen, version %(number)s") % {"number": row.version},
        ]
    )


def cells(counts: Counts, *, least: int) -> list[Any]:
    rate: Decimal | None = counts.rate if counts.denominator >= least else None
    numbers = [getattr(counts, name) for name in COUNT_NAMES]
    return [*numbers[:2], rate, *numbers[2:]]


def least_of(frozen: Frozen, *, small: bool) -> int:
    return 0 if small else frozen.small_below


def units_sheet(frozen: Frozen, *, code: str, small: bool) -> Sheet:
    view, least = frozen.view(code), least_of(frozen, small=small)
    sheet = Sheet(
        "don-vi",
        _("Training progress by unit"),
        about(frozen, view.name),
        [_("No."), _("Code"), _("Unit"), *count_columns()],
    )
    for number, line in enumerate(view.lines, start=1):
        sheet.rows.append([number, line.code, line_label(line), *cells(line.counts, least=least)])
    sheet.rows.append([None, view.code, _("Total"), *cells(view.total, least=least)])
    return sheet


def tree_sheet(frozen: Frozen, *, code: str, small: bool) -> Sheet:
    """Every unit below ``code`` with all its people, each under what is above it."""
    least, top = least_of(frozen, small=small), code or frozen.unit_code
    if top not in frozen.units:
        raise NotInReport(top)
    sheet = Sheet(
        "moi-don-vi",
        _("Training progress of every unit"),
        about(frozen, frozen.units[top]["name"]),
        [_("No."), _("Code"), _("Unit"), _("Belongs to"), *count_columns()],
    )
    number = 0
    for unit in frozen.units.values():
        if top not in {above for _name, above in frozen.trail(unit["code"])}:
            continue
        number += 1
        parent = frozen.units.get(unit["parent"] or "")
        name = parent["name"] if parent else ""
        counts = frozen.whole(unit)
        sheet.rows.append([number, unit["code"], unit["name"], name, *cells(counts, least=least)])
    return sheet


def groups_sheet(frozen: Frozen, *, code: str, small: bool) -> Sheet:
    least = least_of(frozen, small=small)
    sheet = Sheet(
        "nhom-vi-tri",
        _("Training progress by position group"),
        about(frozen),
        [_("No."), _("Position group"), *count_columns()],
    )
    for number, (name, counts) in enumerate(frozen.groups, start=1):
        sheet.rows.append([number, name, *cells(counts, least=least)])
    sheet.rows.append([None, _("Total"), *cells(frozen.total, least=least)])
    return sheet


def courses_sheet(frozen: Frozen, *, code: str, small: bool) -> Sheet:
    least = least_of(frozen, small=small)
    sheet = Sheet(
        "khoa-hoc",
        _("Training progress by course"),
        about(frozen),
        [_("No."), _("Course"), _("Need the course"), _("Hold it"), _("Rate (%)")],
    )
    for number, line in enumerate(frozen.courses, start=1):
        rate = line.rate if line.need >= least else None
        sheet.rows.append([number, line.title, line.need, line.have, rate])
    return sheet


TABLES: dict[str, Callable[..., Sheet]] = {
    "don-vi": units_sheet,
    "moi-don-vi": tree_sheet,
    "nhom-vi-tri": groups_sheet,
    "khoa-hoc": courses_sheet,
}


def names_sheet(frozen: Frozen, scope: Scope) -> Sheet:
    """The internal annex: everybody of the report, by name where the asker may see her today."""
    return Sheet(
        "phu-luc-noi-bo",
        _("Internal annex: people of the report"),
        about(frozen),
        [
            _("No."),
            _("Staff code"),
            _("Full name"),
            _("Unit"),
            _("Position group"),
            _("State"),
            _("Courses missing"),
            _("In the duty since"),
        ],
        names_rows(frozen, scope),
        widths=[8, 14, 32, 40, 18, 28, 40, 14],
    )


def names_rows(frozen: Frozen, scope: Scope) -> Iterator[list[Any]]:
    """Yield the people of the report by unit in the report's order, then by Vietnamese name."""
    rows = in_order(keyed_rows(frozen, scope))
    for number, (_place, _sort_name, _key, *cells_) in enumerate(rows, start=1):
        began = date.fromisoformat(cells_.pop())
        # Excel knows no day before 1900; "since before our records" is no day anyway.
        yield [number, *cells_, began if began.year >= FIRST_YEAR else None]


def keyed_rows(frozen: Frozen, scope: Scope) -> Iterator[list[Any]]:
    """Yield place of the unit, sort key, person key and the cells; a batch of names at a time."""
    units = {code: unit["name"] for code, unit in frozen.units.items()}
    places = {code: place for place, code in enumerate(units)}
    groups = dict(PositionGroup.objects.values_list("code", "name"))
    titles = dict(CoursePage.objects.values_list("key", "short_title"))
    rows = read_rows(frozen.snapshot, "people")
    while batch := list(islice(rows, BATCH)):
        seen = StaffMember.objects.visible_to(scope).filter(
            key__in=[row[0] for row in batch], erased_at=None
        )
        people = {str(person.key): person for person in seen}
        for row in batch:
            found = dict(zip(PEOPLE_COLUMNS, row, strict=True))
            person = people.get(found["person"])
            have = set(found["have"].split())
            missing = [titles.get(key, key) for key in found["need"].split() if key not in have]
            yield [
                places.get(found["unit"], len(places)),
                person.sort_name if person else "",
                found["person"],
                person.staff_code if person else "",
                person.full_name if person else "",
                units.get(found["unit"], found["unit"] or ""),
                groups.get(found["group"], found["group"]),
                state_label("on_leave" if found["on_leave"] else found["state"]),
                "; ".join(missing),
                found["duty_began_on"],
            ]
