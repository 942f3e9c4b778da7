import django.db.models.deletion
from django.db import migrations, models


def fold_anew(apps, _editor):
    """Nothing of the old rows is kept: the province is added up until the days are folded."""
    apps.get_model("target", "FigureDay").objects.update(top_unit=None)


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0005_reorganisations"),
        ("target", "0014_roster_lines"),
    ]

    operations = [
        migrations.RunPython(fold_anew, migrations.RunPython.noop),
        migrations.AddField(
            model_name="figureday",
            name="top_needs",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.DeleteModel(name="FigureTop"),
        migrations.CreateModel(
            name="FigureTop",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("bucket_id", models.BigIntegerField()),
                ("need", models.BigIntegerField()),
                ("have", models.BigIntegerField()),
                ("denominator", models.IntegerField()),
                ("numerator", models.IntegerField()),
                ("in_year", models.IntegerField()),
                ("in_progress", models.IntegerField()),
                ("not_started", models.IntegerField()),
                ("needs_retraining", models.IntegerField()),
                ("newly_assigned", models.IntegerField()),
                ("on_leave", models.IntegerField()),
                (
                    "group",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.positiongroup",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["day"], name="figuretop_by_day")],
            },
        ),
    ]
