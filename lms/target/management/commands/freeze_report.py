"""Freeze the report of a period, or correct the frozen one; prints figures until ``--execute``."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from lms.people.units import UnknownUnit, find_root, get_unit_version
from lms.target.asking import WrongDay, read_day, unknown_unit_text
from lms.target.figures import figures, snapshot
from lms.target.models import ReportingPeriod, ReportSnapshot
from lms.target.reports.beside import FiguresDisagree
from lms.target.reports.calendar import offered
from lms.target.reports.freezing import FreezeRefused, correct, freeze


class Command(BaseCommand):
    help = "Freeze a period for the province or one unit; with --reason correct what is frozen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("period", help="Name of the period, as in “Năm 2024”")
        parser.add_argument("--unit", default="", metavar="CODE", help="Code on the day; province")
        parser.add_argument("--day", help="Day of the figures; the last of the period")
        parser.add_argument("--reason", default="", help="Correct the newest version, and why")
        parser.add_argument("--execute", action="store_true", help="Freeze; else only print")

    def handle(
        self, *, period: str, unit: str, day: str | None, reason: str, execute: bool, **options: Any
    ) -> None:
        at = timezone.now()
        found = find_period(period)
        try:
            asked = read_day(day) if day else found.last_day
            version = get_unit_version(unit, asked) if unit else find_root(asked)
        except WrongDay as error:
            raise CommandError(str(error)) from error
        except UnknownUnit as error:
            raise CommandError(unknown_unit_text(error)) from error
        if version is None:
            raise CommandError("No units are loaded. Run load_units first.")
        with snapshot():
            total = figures(version, asked).total
        self.stdout.write(
            f"{version.full_name}, {asked:%d/%m/%Y}: {total.numerator} of {total.denominator} "
            f"trained, {total.in_year} of them in the year"
        )
        if not execute:
            self.stdout.write("Nothing was frozen: repeat with --execute.")
            return
        try:
            if reason:
                newest = newest_of(found, version.unit_id)
                frozen = correct(newest, reason=reason, actor=None, at=at)
            else:
                frozen = freeze(found, unit=version, day=asked, actor=None, at=at)
        except (FreezeRefused, FiguresDisagree) as refusal:
            raise CommandError(f"{type(refusal).__name__}: {type(refusal).__doc__}") from refusal
        self.stdout.write(f"Version {frozen.version} frozen, SHA-256 {frozen.sha256}")


def find_period(name: str) -> ReportingPeriod:
    """Return the period of this name, kept or of the calendar. Raises ``CommandError``."""
    kept = ReportingPeriod.objects.filter(name=name).first()
    if kept is not None:
        return kept
    periods = offered(timezone.localdate())
    for period in periods:
        if period.name == name:
            return period
    names = ", ".join(period.name for period in periods)
    raise CommandError(f"No period is called “{name}”. There are: {names}")


def newest_of(period: ReportingPeriod, unit_id: int) -> ReportSnapshot:
    found = None
    if period.pk is not None:
        rows = ReportSnapshot.objects.filter(period=period, unit=unit_id)
        found = rows.select_related("period").order_by("-version").first()
    if found is None:
        raise CommandError("Nothing is frozen yet: leave out --reason.")
    return found
