from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from lms.first_start import prepare


class Command(BaseCommand):
    help = "Make everything that `make demo` serves; a second run changes nothing."
    requires_system_checks = []  # the tables it asks about are made here

    def handle(self, **options: Any) -> None:
        if not getattr(settings, "IS_DEMO", False):
            raise CommandError("the demo is prepared under lms.settings.demo only")
        for step in prepare():
            self.stdout.write(step)
            self.stdout.flush()
