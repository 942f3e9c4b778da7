from django.db import migrations

from lms.target.overlaps import ForbidPeriodOverlaps


class Migration(migrations.Migration):
    """Periods of one kind share no day; a step of its own, after the kinds were written."""

    dependencies = [("target", "0009_kinds_of_periods")]

    operations = [ForbidPeriodOverlaps()]
