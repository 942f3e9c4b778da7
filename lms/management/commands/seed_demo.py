from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from lms.demo.accounts import NotADemo
from lms.demo.seeding import MIN_STAFF, EndsTooEarly, NotEmpty, TooFewStaff, seed


class Command(BaseCommand):
    help = "Invent a province of staff and what they learnt since 2024; once, under demo settings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--staff", type=int, default=1200, help="people (default %(default)s)")
        parser.add_argument("--seed", type=int, default=1, help="same seed, same data")
        parser.add_argument(
            "--until",
            type=date.fromisoformat,
            help="history up to the morning of this day (default today)",
        )

    def handle(
        self, *, staff: int, seed: int, until: date | None, verbosity: int, **options: Any
    ) -> None:
        now = timezone.now()
        try:
            result = run(staff, seed, until or timezone.localdate(now), now, verbosity, self)
        except NotADemo as refusal:
            raise CommandError("invented people are made under demo settings only") from refusal
        except TooFewStaff as refusal:
            raise CommandError(f"at least {MIN_STAFF} staff are needed") from refusal
        except EndsTooEarly as refusal:
            raise CommandError("the history cannot end before 2024-06-30") from refusal
        except NotEmpty as refusal:
            raise CommandError(
                "there are staff already, or an earlier seed broke off: begin with an empty one"
            ) from refusal
        if result is None:
            self.stdout.write("The demo is seeded already; nothing was changed.")
            return
        self.stdout.write(", ".join(f"{count} {name}" for name, count in result.items()))


def run(
    staff: int, seed_number: int, until: date, now: Any, verbosity: int, command: BaseCommand
) -> dict[str, int] | None:
    def tell(line: str) -> None:
        if verbosity > 1:
            command.stdout.write(line)

    return seed(staff_count=staff, seed=seed_number, until=until, at=now, tell=tell)
