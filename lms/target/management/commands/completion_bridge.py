"""Print why the figure of a unit changed between two days (``docs/as-of.md`` 4)."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.target.asking import WrongDay, known_for, read_day
from lms.target.bridge import BookClosed, Bridge, Side, WrongOrder, bridge
from lms.target.bridge.wording import NAMES
from lms.target.figures import Counts, snapshot
from lms.target.management.commands.completion_rate import find_unit


class Command(BaseCommand):
    help = "Print the steps from the figure of one day to that of another; they add up exactly."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", required=True, help="First day, 31/12/2025")
        parser.add_argument("--to", dest="last", help="Last day; today")
        parser.add_argument("--unit", default="", metavar="CODE", help="Code on the last day")
        parser.add_argument("--known-from", help="First day as known at the end of this day; now")
        parser.add_argument("--known-at", help="Last day as known at the end of this day; now")
        parser.add_argument("--format", choices=["json", "table"], default="table")

    def handle(self, *, first: str, last: str | None, unit: str, **options: Any) -> None:
        today = timezone.localdate()
        try:
            days = read_day(first), read_day(last) if last else today
            known = [
                read_day(options[name]) if options[name] else None
                for name in ("known_from", "known_at")
            ]
            sides = [
                Side(day, known_for(day, each, today=today))
                for day, each in zip(days, known, strict=True)
            ]
        except WrongDay as error:
            raise CommandError(str(error)) from error
        with snapshot():
            version = find_unit(unit, sides[1].day, sides[1].known)
            try:
                walked = bridge(version, *sides)
            except WrongOrder as error:
                raise CommandError(
                    _("The first side must not lie after the last, nor be known later.")
                ) from error
            except BookClosed as error:
                raise CommandError(
                    _("The table behind the figures is not built: run rebuild_standing.")
                ) from error
        name = f"{version.full_name} ({version.code})"
        if options["format"] == "json":
            self.stdout.write(json.dumps(as_json(walked, sides, version.code), indent=2))
        else:
            self.stdout.write(as_text(walked, sides, name))


def as_json(walked: Bridge, sides: list[Side], code: str) -> dict[str, Any]:
    def figure(counts: Counts) -> dict[str, Any]:
        rate = counts.rate
        return {
            "denominator": counts.denominator,
            "numerator": counts.numerator,
            "rate": None if rate is None else float(rate),
        }

    ends = [
        {
            "as_of": side.day.isoformat(),
            "known_at": side.known.isoformat() if side.known else None,
            **figure(counts),
        }
        for side, counts in zip(sides, (walked.first, walked.last), strict=True)
    ]
    steps = [
        {
            "part": str(step.part),
            "denominator": step.count.denominator,
            "numerator": step.count.numerator,
            "points": None if step.change is None else float(step.change),
        }
        for step in walked.filled
    ]
    return {"unit": code, "first": ends[0], "steps": steps, "last": ends[1]}


def as_text(walked: Bridge, sides: list[Side], name: str) -> str:
    rows = [(f"{sides[0].day:%d/%m/%Y}", f"{walked.first.denominator}", f"{walked.first.numerator}",
             "", walked.first.rate)]  # fmt: skip
    rows += [
        (str(NAMES[step.part]), f"{step.count.denominator:+}", f"{step.count.numerator:+}",
         "" if step.change is None else f"{step.change:+}", step.rate)
        for step in walked.filled
    ]  # fmt: skip
    rows.append((f"{sides[1].day:%d/%m/%Y}", f"{walked.last.denominator}",
                 f"{walked.last.numerator}", "", walked.last.rate))  # fmt: skip
    width = max(len(row[0]) for row in rows)
    lines = [name, f"{'':{width}} {'M':>8} {'N':>8} {'+/-':>7} {'%':>6}"]
    for label, denominator, numerator, change, rate in rows:
        shown = "—" if rate is None else f"{rate:.1f}"
        text = f"{label:{width}} {denominator:>8} {numerator:>8} {change:>7} {shown:>6}"
        lines.append(text.replace(".", ","))
    return "\n".join(lines)
