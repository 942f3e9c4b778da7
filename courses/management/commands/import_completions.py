"""``import_completions FILE``: what a list of past training would do; ``--execute`` does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from courses.models.recognition import ListRowStatus
from courses.recognition.past.lists import ChangedMeanwhile, NothingToApply, apply, count, hand_in
from courses.recognition.past.planning import plan
from courses.recognition.past.reading import read_list, say
from lms.people.days import local_day
from lms.people.workbooks.refusals import FileRefused


class Command(BaseCommand):
    help = "Show what a workbook of past training would do, each bad line; --execute does it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="An .xlsx file in the form of the portal.")
        parser.add_argument("--execute", action="store_true", help="Write; without it nothing is.")

    def handle(self, *, file: Path, execute: bool, **options: Any) -> None:
        at = timezone.now()
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            with file.open("rb") as content:
                planned = plan(
                    read_list(content, today=local_day(at)), actor=None, today=local_day(at)
                )
                counts = count(planned)
                for each in planned:
                    for why in each.row.reasons:
                        self.stderr.write(f"line {each.row.number}: {say(why.as_json())}")
                said = ", ".join(f"{counts[status]} {status}" for status in ListRowStatus.values)
                if not execute:
                    self.stdout.write(f"{said}. Nothing was written.")
                    return
                kept = apply(hand_in(content, actor=None, at=at), actor=None, at=at)
        except FileRefused as refused:
            raise CommandError(str(refused)) from refused
        except NothingToApply:
            self.stdout.write(f"{said}. 0 rows changed.")
            return
        except ChangedMeanwhile as changed:
            raise CommandError("Records changed meanwhile; nothing was written.") from changed
        self.stdout.write(
            f"{said}. {kept.counts[ListRowStatus.NEW]} rows recorded as list {kept.pk}."
        )
