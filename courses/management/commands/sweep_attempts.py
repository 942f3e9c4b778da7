"""Finish the attempts whose time is over; for a timer that runs every minute."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from courses.quizzes.attempts import sweep


class Command(BaseCommand):
    help = "Finish the quiz attempts whose time is over; safe to repeat."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{sweep(timezone.now())} attempts finished")
