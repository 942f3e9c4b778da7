"""``import_staff FILE``: what a staff workbook would change; with ``--execute`` it is done."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from lms.people.days import local_day
from lms.people.models import StaffImport, Unit
from lms.people.models.imports import ImportStatus, RowStatus
from lms.people.units import UnknownUnit, get_unit_version
from lms.people.workbooks.applying import apply_run
from lms.people.workbooks.imports import hand_in, read, request_apply
from lms.people.workbooks.planning import plan_rows
from lms.people.workbooks.previews import scope_within
from lms.people.workbooks.reading import read_file
from lms.people.workbooks.refusals import FileRefused, text_of


class Command(BaseCommand):
    help = (
        "Show what a workbook of staff would change, each bad line by name; --execute applies it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="An .xlsx file in the form of the portal.")
        parser.add_argument("--unit", default="", help="Only people and units at or below CODE.")
        parser.add_argument("--execute", action="store_true", help="Write; without it nothing is.")

    def handle(self, *, file: Path, unit: str, execute: bool, **options: Any) -> None:
        at = timezone.now()
        day = local_day(at)
        narrowed = self.unit_of(unit, day)
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            with file.open("rb") as content:
                reading = read_file(content, today=day)
                scope = scope_within(None, narrowed and narrowed.pk, day)
                planned = plan_rows(reading.rows, reading.letters, scope)
        except FileRefused as refused:
            raise CommandError(str(refused)) from refused
        for each in planned:
            for why in each.reasons:
                self.stderr.write(f"line {each.row.number}: {text_of(why.as_json())}")
        counts = Counter(str(each.status) for each in planned)
        said = ", ".join(f"{counts[status]} {status}" for status in RowStatus.values)
        if not execute:
            self.stdout.write(f"{said}. Nothing was written.")
            return
        if not counts[RowStatus.NEW] and not counts[RowStatus.CHANGED]:
            self.stdout.write(f"{said}. 0 rows changed.")
            return
        applied = self.execute_import(file, narrowed, at)
        good = applied.counts[RowStatus.NEW] + applied.counts[RowStatus.CHANGED]
        self.stdout.write(f"{said}. {good} rows applied as import {applied.pk}.")

    @staticmethod
    def unit_of(code: str, day: Any) -> Unit | None:
        if not code:
            return None
        try:
            return get_unit_version(code, day).unit
        except UnknownUnit as unknown:
            known = "; ".join(unknown.successors)
            raise CommandError(
                f"No unit has the code {code} today." + (f" It became: {known}" if known else "")
            ) from unknown

    @staticmethod
    def execute_import(file: Path, unit: Unit | None, at: Any) -> StaffImport:
        """Hand in, read and apply here and now, without the worker."""
        with file.open("rb") as content:
            kept = hand_in(content, name=file.name, unit=unit, actor=None, at=at, by_worker=False)
        read(kept.pk, str(kept.run))
        kept.refresh_from_db()
        kept = request_apply(kept, only_if_all_good=False, actor=None, at=at, by_worker=False)
        apply_run(kept.pk, str(kept.run), actor=None, at=at)
        kept.refresh_from_db()
        if kept.status != ImportStatus.APPLIED:
            raise CommandError("Records changed meanwhile; nothing was written. Run it again.")
        return kept
