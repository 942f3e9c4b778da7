from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from lms.target.standing.checkpoints import keep_days
from lms.target.standing.refreshing import clean, every_person, repair


class Command(BaseCommand):
    """Safe to repeat and beside a running site."""

    help = (
        "Count today and month ends in advance, make again who waits, and with --repair compare "
        "everybody with the facts. Run it after midnight."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="walk everybody and mend")

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{clean()} people made again")
        if options["repair"]:
            self.stdout.write(f"{sum(map(mend, every_person()))} rows put right")
        self.stdout.write(f"{keep_days(at=timezone.now())} days counted")


def mend(person_ids: list[int]) -> int:
    """Return how many rows of these people were wrong and are right now."""
    return repair(person_ids)
