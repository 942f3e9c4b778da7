from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from lms.people.loading import load_units


class Command(BaseCommand):
    help = "Load the units of 2024, province bodies, position groups and the first rules."

    def handle(self, **options: Any) -> None:
        result = load_units(at=timezone.now())
        if options["verbosity"]:
            self.stdout.write(
                f"{result.district_count} districts, {result.commune_count} communes, "
                f"{result.agency_count} province bodies, {result.group_count} position groups, "
                f"{result.rule_set_count} rule sets added"
            )
