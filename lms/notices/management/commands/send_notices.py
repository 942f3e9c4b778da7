from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from lms.notices.sending import send_due


class Command(BaseCommand):
    help = "Send the messages that are due; safe to repeat and to run beside the worker."

    def handle(self, **options: Any) -> None:
        sent_count, failed_count = send_due(at=timezone.now())
        self.stdout.write(f"{sent_count} sent, {failed_count} not sent")
