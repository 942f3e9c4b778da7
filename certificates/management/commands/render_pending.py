from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from certificates.documents import make_pending


class Command(BaseCommand):
    """Repeatable and safe beside a running worker: each document is stored once."""

    help = "Make the certificate documents that are waiting."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, help="at most so many, newest first")

    def handle(self, *, limit: int | None, **options: Any) -> None:
        counts = make_pending(limit)
        self.stdout.write(", ".join(f"{count} {state}" for state, count in counts.items()))
