"""The ledger as a table of plain values, for files and for the command."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.utils.translation import gettext as _

from lms.people.days import BEFORE, last_day
from lms.people.scopes import Scope
from lms.target.dashboard import visible_among
from lms.target.figures import snapshot
from lms.target.ledger.kinds import Kind
from lms.target.ledger.lines import Line
from lms.target.ledger.reading import every_line
from lms.target.ledger.sql import Subject
from lms.target.ledger.wording import detail_text, verdict_text
from lms.target.sheets import Sheet

WIDTHS = [8, 14, 28, 36, 30, 6, 24, 10, 34, 16, 16, 14, 48]


def columns() -> list[str]:
    return [
        _("No."),
        _("Staff code"),
        _("Full name"),
        _("Unit"),
        _("Position group"),
        _("Tier"),
        _("Position title"),
        _("Counts"),
        _("State, or why not"),
        _("Counts since"),
        _("Duty began on"),
        _("Newly assigned"),
        _("Particulars"),
    ]


def yes_no(value: bool) -> str:
    return _("yes") if value else _("no")


def cells(number: int, line: Line, visible: Collection[int]) -> list[Any]:
    """Return a row; of somebody whom the reader may not see only the verdict."""
    judged = [yes_no(line.counts), verdict_text(line)]
    if line.person_id not in visible:
        hidden = _("Not in your units today")
        return [number, None, hidden, *[None] * 4, *judged, None, None, None, None]
    return [
        number,
        line.staff_code,
        _("(erased)") if line.is_erased else line.full_name,
        line.unit_name or None,
        line.group_name or None,
        line.tier or None,
        line.title or None,
        *judged,
        None if line.since in (None, BEFORE) else line.since,
        None if line.duty_began_on in (None, BEFORE) else line.duty_began_on,
        yes_no(line.is_new) if line.counts else None,
        detail_text(line, visible) or None,
    ]


def ledger_rows(subject: Subject, scope: Scope) -> Iterator[list[Any]]:
    """Yield every row, all read at one moment and a batch at a time."""
    number = 0
    with snapshot():
        for batch in every_line(subject):
            visible = visible_among(people_of(batch), scope)
            for line in batch:
                number += 1
                yield cells(number, line, visible)


def people_of(lines: Collection[Line]) -> list[int]:
    """Return whom the lines name: their people, and the survivors of merged records."""
    named = {line.person_id for line in lines}
    return sorted(named | {line.survivor_id for line in lines if line.survivor_id is not None})


def ledger_sheet(subject: Subject, scope: Scope, about: str) -> Sheet:
    """Return the whole ledger as a table whose rows are made while it is written."""
    return Sheet(
        "so-mau-so",
        _("Denominator ledger: who counts since when, or why not"),
        about,
        columns(),
        ledger_rows(subject, scope),
        WIDTHS,
    )


def as_fields(line: Line) -> dict[str, Any]:
    """Return a line in the keys that other programs rely on; days are inclusive, ISO."""
    last = last_day(line.end_day) if line.end_day else None
    return {
        "staff_code": line.staff_code,
        "full_name": line.full_name,
        "counts": line.counts,
        "reason": None if line.counts else str(line.kind),
        "state": line.state if line.kind in (Kind.COUNTS, Kind.ON_LEAVE) else None,
        "newly_assigned": line.is_new,
        "placed": line.is_placed,
        "unit": line.unit_name or None,
        "position_group": line.group_name or None,
        "tier": line.tier or None,
        "position_title": line.title or None,
        "counts_since": iso(line.since),
        "posted_from": iso(line.posted_from),
        "duty_began_on": iso(line.duty_began_on),
        "first_day": iso(line.first_day) if not line.counts else None,
        "last_day": iso(last) if not line.counts else None,
        "merged_into": line.survivor_code or None,
        "in_words": f"{verdict_text(line)} {detail_text(line)}".strip(),
    }


def iso(day: Any) -> str | None:
    return None if day is None or day <= BEFORE else day.isoformat()
