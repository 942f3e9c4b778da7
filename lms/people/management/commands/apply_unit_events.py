"""``apply_unit_events FILE``: what a reorganisation would do; with ``--execute`` it is done."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from lms.people.loading import DATA
from lms.people.models import Reorganisation
from lms.people.reorganising import (
    AlreadyApplied,
    DependedOn,
    NotApplied,
    Refused,
    apply,
    draft,
    plan_of,
    read_text,
    undo,
)
from lms.people.reorganising.people import summary_of
from lms.people.reorganising.roles import role_moves


class Command(BaseCommand):
    help = (
        "Show what a file of unit events would change; --execute applies it, --undo takes it back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, help="A YAML file, or the name of one in lms/people/data."
        )
        parser.add_argument("--execute", action="store_true", help="Write; without it nothing is.")
        parser.add_argument("--undo", action="store_true", help="Take the reorganisation back.")

    def handle(self, *, file: Path, execute: bool, **options: Any) -> None:
        try:
            resolution = read_text(find(file).read_bytes())
            if options["undo"]:
                self.take_back(resolution.hash, execute=execute)
            elif execute:
                self.execute_plan(resolution)
            else:
                self.show(resolution)
        except Refused as refused:
            for each in refused.refusals:
                self.stderr.write(str(each))
            raise CommandError(f"{len(refused.refusals)} refusals; nothing was written.") from None

    def show(self, resolution: Any) -> None:
        plan = plan_of(resolution)
        plan.check()
        people, roles = summary_of(plan), role_moves(plan)
        self.stdout.write(
            f"Dry run for {plan.day:%d/%m/%Y}: {len(plan.ended)} units end, "
            f"{len(plan.opened)} begin, {len(plan.changed)} change; "
            f"{people.people_count} people move, {people.waiting_count} of them wait for a unit; "
            f"{sum(each.to != 0 for each in roles)} roles follow, "
            f"{sum(each.to == 0 for each in roles)} end. Nothing was written."
        )

    def execute_plan(self, resolution: Any) -> None:
        at = timezone.now()
        try:
            result = apply(draft(resolution, actor=None, at=at), actor=None, at=at)
        except AlreadyApplied as standing:
            self.stdout.write(
                "Applied already on "
                f"{standing.reorganisation.applied_at:%d/%m/%Y}; nothing changed."
            )
            return
        self.stdout.write(
            "Applied: " + ", ".join(f"{name} {count}" for name, count in result.counts.items())
        )

    def take_back(self, body_hash: str, *, execute: bool) -> None:
        standing = Reorganisation.objects.applied().filter(body_hash=body_hash).first()
        if standing is None:
            raise CommandError("This file is not applied.")
        if not execute:
            self.stdout.write(f"Would undo “{standing.title}”; add --execute.")
            return
        try:
            undo(standing, actor=None, at=timezone.now())
        except (DependedOn, NotApplied) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"Undone: {standing.title}")


def find(file: Path) -> Path:
    """Return the file, or the shipped one of that name."""
    for path in (file, DATA / file.name):
        if path.is_file():
            return path
    raise CommandError(f"There is no file {file}.")
