"""Print the denominator ledger of a unit: everybody, since when she counts or why not."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.target.asking import WrongDay, known_for, read_day
from lms.target.bridge import BookClosed
from lms.target.figures import snapshot
from lms.target.ledger import Subject, Sums, every_line, open_basis, sums
from lms.target.ledger.sheet import as_fields, cells, columns, people_of
from lms.target.management.commands.completion_rate import find_unit
from lms.target.sheets import Sheet, csv_lines


class Command(BaseCommand):
    help = "Print everybody with a posting in a unit: since when she counts, or why not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--unit", default="", metavar="CODE", help="Code on that day; province")
        parser.add_argument("--as-of", help="Day of the ledger, 2024-06-30 or 30/06/2024; today")
        parser.add_argument("--known-at", help="Day of knowledge, its end; now")
        parser.add_argument(
            "--map-on", metavar="DAY", help="Unit and its code as of this later day"
        )
        parser.add_argument("--format", choices=["json", "csv"], default="json")

    def handle(self, *, as_of: str | None, known_at: str | None, unit: str, **options: Any) -> None:
        today = timezone.localdate()
        try:
            day = read_day(as_of) if as_of else today
            asked = read_day(known_at) if known_at else None
            known = known_for(day, asked, today=today)
            map_day = read_day(options["map_on"]) if options["map_on"] else None
        except WrongDay as error:
            raise CommandError(str(error)) from error
        if map_day is not None and map_day < day:
            raise CommandError(_("The map must not be older than the figure."))
        write = {"json": self.write_json, "csv": self.write_csv}[options["format"]]
        with snapshot():
            try:
                open_basis()
            except BookClosed as error:
                raise CommandError(
                    _("The table behind the figures is not built: run rebuild_standing.")
                ) from error
            write(Subject(find_unit(unit, map_day or day, known), day, known, map_day), asked)

    def write_json(self, subject: Subject, asked: date | None) -> None:
        """Write the sums, then a line for each person: the whole is never held."""
        head = {
            "as_of": subject.day.isoformat(),
            "known_at": asked.isoformat() if asked else None,
            "map_on": subject.map_day.isoformat() if subject.map_day else None,
            "unit": {"code": subject.unit.code, "name": subject.unit.full_name},
            "sums": sums_of(sums(subject)),
        }
        self.stdout.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "lines": [')
        separator = ""
        for batch in every_line(subject):
            for line in batch:
                text = json.dumps(as_fields(line), ensure_ascii=False)
                self.stdout.write(separator + text, ending="")
                separator = ",\n"
        self.stdout.write("\n]}")

    def write_csv(self, subject: Subject, asked: date | None) -> None:
        """Write the table of the page's file, with everybody's name."""

        def rows() -> Any:
            number = 0
            for batch in every_line(subject):
                visible = people_of(batch)
                for line in batch:
                    number += 1
                    yield cells(number, line, visible)

        for text in csv_lines(Sheet("so-mau-so", "", "", columns(), rows())):
            self.stdout.write(text, ending="")


def sums_of(added: Sums) -> dict[str, Any]:
    """Return the sums in the keys of ``completion_rate``, with the reasons."""
    counts = added.counts
    return {
        "denominator": counts.denominator,
        "numerator": counts.numerator,
        "in_year": counts.in_year,
        "in_progress": counts.in_progress,
        "not_started": counts.not_started,
        "needs_retraining": counts.needs_retraining,
        "newly_assigned": counts.newly_assigned,
        "not_placed": added.unplaced,
        "not_counted": added.not_counted,
        "reasons": {str(kind): people for kind, people in added.reasons.items()},
    }
