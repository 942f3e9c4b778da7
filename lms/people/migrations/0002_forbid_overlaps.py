from django.db import migrations

from lms.people.overlaps import ForbidOverlaps


class Migration(migrations.Migration):
    """Overlapping intervals are refused by the database; reversing drops the guards only."""

    dependencies = [("people", "0001_initial")]

    operations = [
        ForbidOverlaps(
            [
                "people_posting_primary_no_overlap",
                "people_unitversion_no_overlap",
                "people_unitversion_code_no_overlap",
                "people_ruleset_no_overlap",
                "people_grouptier_no_overlap",
            ]
        ),
    ]
