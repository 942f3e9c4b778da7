"""Load the starter courses, and what position groups must learn of them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from content.loading import EDITIONS, SourceError, load_courses
from lms.target.requirements import CoursesMissing, load_requirements
from lms.target.standing.refreshing import is_built, rebuild


class Command(BaseCommand):
    help = (
        "Loads or updates the starter courses; may be run again at any time. What a trainer "
        "changed is left as it is and named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--edition",
            choices=EDITIONS,
            default="real",
            help="real: unreviewed passages stay drafts (default); demo: published, marked",
        )

    def handle(self, *, edition: str, **options: Any) -> None:
        at = timezone.now()
        try:
            report = load_courses(edition=edition, at=at)
        except SourceError as error:
            raise CommandError(str(error)) from error
        try:
            load_requirements(at=at)
        except CoursesMissing as error:
            raise CommandError(
                f"The courses are loaded; their requirements wait for load_units ({error})."
            ) from error
        if not is_built():
            rebuild(at=at)
        self.stdout.write(
            f"{len(report.created)} created, {len(report.updated)} updated, "
            f"{len(report.unchanged)} unchanged"
        )
        if report.drafts:
            self.stdout.write(f"waiting for review: {', '.join(report.drafts)}")
        if report.left:
            self.stdout.write(f"left as a trainer changed them: {', '.join(report.left)}")
