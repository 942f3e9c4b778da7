"""Print the completion rate of a unit on a day, as known on a day (``docs/decisions.md`` 32)."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.people.models import UnitVersion
from lms.people.reorganising import MapBeforeDay
from lms.people.units import UnknownUnit, find_root, get_unit_version
from lms.target.asking import WrongDay, known_for, read_day, unknown_unit_text
from lms.target.figures import Counts, figures_on_map, snapshot
from lms.target.tables import UnitRow, UnitTable, children_of, unit_table


class Command(BaseCommand):
    help = "Print the completion rate: province or one unit, with one level of rows below it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", help="Day of the figure, 2024-06-30 or 30/06/2024; today")
        parser.add_argument("--known-at", help="Day of knowledge, its end; now")
        parser.add_argument("--unit", default="", metavar="CODE", help="Code on that day; province")
        parser.add_argument(
            "--map-on",
            metavar="DAY",
            help="Rows and code of --unit as of this later day: the same people on another map",
        )
        parser.add_argument("--format", choices=["json", "table"], default="table")

    def handle(self, *, as_of: str | None, known_at: str | None, unit: str, **options: Any) -> None:
        today = timezone.localdate()
        try:
            day = read_day(as_of) if as_of else today
            asked = read_day(known_at) if known_at else None
            known = known_for(day, asked, today=today)
            map_day = read_day(options["map_on"]) if options["map_on"] else None
        except WrongDay as error:
            raise CommandError(str(error)) from error
        with snapshot():
            if map_day is None:
                table = unit_table(find_unit(unit, day, known), day, known)
            else:
                table = table_on_map(unit, day, map_day, known)
        if options["format"] == "json":
            answer = as_json(table, day, asked)
            if map_day is not None:
                answer["map_on"] = map_day.isoformat()
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(as_text(table, day, asked))


def find_unit(code: str, day: date, known: date | None) -> UnitVersion:
    """Return the unit with ``code`` on ``day``, or the province. Raises ``CommandError``."""
    if not code.strip():
        root = find_root(day, known)
        if root is None:
            raise CommandError(_("No units are loaded. Run load_units first."))
        return root
    try:
        return get_unit_version(code, day, known)
    except UnknownUnit as error:
        raise CommandError(unknown_unit_text(error)) from error


def table_on_map(code: str, day: date, map_day: date, known: date | None) -> UnitTable:
    """Return the figures of ``day`` in the rows of ``map_day``; raises ``CommandError``."""
    unit = find_unit(code, map_day, known)
    try:
        result = figures_on_map(unit, day, map_day, known)
    except MapBeforeDay as error:
        raise CommandError(_("The map must not be older than the figure.")) from error
    children = children_of(unit, map_day, known)
    return unit_table(unit, day, known, result=result, children=children)


def figures_of(counts: Counts) -> dict[str, Any]:
    rate = counts.rate
    return {
        "denominator": counts.denominator,
        "numerator": counts.numerator,
        "in_year": counts.in_year,
        "in_progress": counts.in_progress,
        "not_started": counts.not_started,
        "needs_retraining": counts.needs_retraining,
        # One decimal, cut: the nearest float prints as it was meant.
        "rate": None if rate is None else float(rate),
    }


def as_json(table: UnitTable, day: date, asked: date | None) -> dict[str, Any]:
    """Return the answer in the keys that reports and other programs rely on."""
    days = {"as_of": day.isoformat(), "known_at": asked.isoformat() if asked else None}
    children = []
    for row in table.rows:
        child = {
            **days,
            "unit": {"code": row.code, "name": name_of(row)},
            **figures_of(row.counts),
        }
        if row.own_staff:
            child["own_staff"] = True
        children.append(child)
    return {
        **days,
        "unit": {"code": table.unit.code, "name": table.unit.full_name},
        **figures_of(table.figures.total),
        "children": children,
    }


def name_of(row: UnitRow) -> str:
    return row.unit.full_name if row.unit else _("Not placed in a unit yet")


def as_text(table: UnitTable, day: date, asked: date | None) -> str:
    """Return the same as lines of text, the widths made by the longest name."""
    rows = [(f"{table.unit.code}", table.unit.full_name, table.figures.total)]
    for row in table.rows:
        name = name_of(row)
        if row.own_staff:
            name = _("%(unit)s (own staff)") % {"unit": name}
        rows.append((row.code or "–", name, row.counts))
    width = max(len(name) for _code, name, _counts in rows)
    known = f"{asked:%d/%m/%Y}" if asked else _("now")
    lines = [
        _("As of %(day)s, as known: %(known)s") % {"day": f"{day:%d/%m/%Y}", "known": known},
        f"{'':12} {'':{width}} {'M':>7} {'N':>7} {'%':>6} {'B':>7}",
    ]
    for code, name, counts in rows:
        rate = "—" if counts.rate is None else f"{counts.rate:.1f}".replace(".", ",")
        lines.append(
            f"{code:12} {name:{width}} {counts.denominator:7} {counts.numerator:7} {rate:>6} "
            f"{counts.in_year:7}"
        )
    return "\n".join(lines)
