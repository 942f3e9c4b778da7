from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from lms.target.standing.refreshing import rebuild


class Command(BaseCommand):
    """Safe to repeat and beside a running site: figures are counted from the facts meanwhile."""

    help = "Make the table behind the figures anew from the facts, and count today and month ends."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{rebuild(at=timezone.now())} rows")
