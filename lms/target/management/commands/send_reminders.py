from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from lms.target.reminders.telling import remind


class Command(BaseCommand):
    help = (
        "Remind people of courses that are due or end within thirty days; run it once a day. "
        "Safe to repeat: each step is told once."
    )

    def handle(self, **options: Any) -> None:
        told = remind(at=timezone.now())
        self.stdout.write(
            f"{told.email_count} by e-mail, {told.print_count} on printed lists, "
            f"{told.copy_count} copies to focal persons"
        )
