from calendar import monthrange
from datetime import date

from django.db import migrations, models


# Whole months of the calendar say what kind of period it is; all else stays "other".
MONTHS = {
    "month": [(month, month) for month in range(1, 13)],
    "quarter": [(1, 3), (4, 6), (7, 9), (10, 12)],
    "half": [(1, 6), (7, 12)],
    "nine_months": [(1, 9)],
    "year": [(1, 12)],
}


def name_kinds(apps, schema_editor):
    """Give the periods of the calendar their kind; two rows of the same days keep "other"."""
    periods = apps.get_model("target", "ReportingPeriod").objects.using(
        schema_editor.connection.alias
    )
    taken = set()
    for period in periods.order_by("pk"):
        for kind, spans in MONTHS.items():
            for first, last in spans:
                year = period.first_day.year
                ends = date(year, last, monthrange(year, last)[1])
                if (period.first_day, period.last_day) != (date(year, first, 1), ends):
                    continue
                if (kind, ends) not in taken:
                    taken.add((kind, ends))
                    period.kind = kind
                    period.save(update_fields=["kind"])


class Migration(migrations.Migration):
    dependencies = [("target", "0008_baseline_figures")]

    operations = [
        migrations.AddField(
            model_name="reportingperiod",
            name="kind",
            field=models.CharField(
                choices=[
                    ("month", "Month"),
                    ("quarter", "Quarter"),
                    ("half", "Half-year"),
                    ("nine_months", "Nine months"),
                    ("year", "Year"),
                    ("other", "Other"),
                ],
                default="other",
                max_length=11,
                verbose_name="kind",
            ),
        ),
        # Going back the column goes, and what it said with it: nothing to undo.
        migrations.RunPython(name_kinds, migrations.RunPython.noop),
    ]
