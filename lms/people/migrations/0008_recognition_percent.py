from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0007_staff_imports'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='ruleset',
            name='people_ruleset_percents',
        ),
        migrations.AddField(
            model_name='ruleset',
            name='recognition_percent',
            field=models.PositiveSmallIntegerField(default=80, verbose_name='periods for recognising external training (%)'),
        ),
        migrations.AddConstraint(
            model_name='ruleset',
            constraint=models.CheckConstraint(condition=models.Q(('pass_mark_percent__lte', 100), ('attendance_percent__lte', 100), ('recognition_percent__lte', 100)), name='people_ruleset_percents'),
        ),
    ]
