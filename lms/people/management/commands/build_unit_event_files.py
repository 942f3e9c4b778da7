from typing import Any

from django.core.management.base import BaseCommand

from lms.people.loading import DATA
from lms.people.reorganising.shipped import files


class Command(BaseCommand):
    help = "Build the files of the reorganisations of 2025 again from the lists in lms/people/data."

    def handle(self, **options: Any) -> None:
        for name, text in files().items():
            (DATA / name).write_text(text, encoding="utf-8", newline="\n")
            self.stdout.write(name)
