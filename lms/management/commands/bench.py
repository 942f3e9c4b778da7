import subprocess
import sys
from argparse import REMAINDER, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Measure what pages cost beside a bare Wagtail page; see `bench -- --help`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("arguments", nargs=REMAINDER)

    def handle(self, *, arguments: list[str], **options: Any) -> None:
        # A process of its own: the benchmark has settings and a database of its own.
        done = subprocess.run(  # noqa: S603 (our own module, the caller's own arguments)
            [sys.executable, "-m", "lms.bench", *(a for a in arguments if a != "--")], check=False
        )
        sys.exit(done.returncode)
