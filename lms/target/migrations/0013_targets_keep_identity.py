from django.db import migrations


class Migration(migrations.Migration):
    """What a target says stands in its terms now (0012 copied it); the identity stays."""

    dependencies = [("target", "0012_copy_terms_of_targets")]

    operations = [
        migrations.RemoveConstraint(
            model_name='trainingtarget',
            name='target_trainingtarget_order',
        ),
        migrations.RemoveConstraint(
            model_name='trainingtarget',
            name='target_trainingtarget_level',
        ),
        migrations.RemoveField(
            model_name='trainingtarget',
            name='first_day',
        ),
        migrations.RemoveField(
            model_name='trainingtarget',
            name='headline',
        ),
        migrations.RemoveField(
            model_name='trainingtarget',
            name='last_day',
        ),
        migrations.RemoveField(
            model_name='trainingtarget',
            name='level_percent',
        ),
        migrations.RemoveField(
            model_name='trainingtarget',
            name='milestones',
        ),
        migrations.RemoveField(
            model_name='trainingtarget',
            name='name',
        ),
        migrations.RemoveField(
            model_name='trainingtarget',
            name='owner',
        ),
        migrations.RemoveField(
            model_name='trainingtarget',
            name='plan_number',
        ),
        migrations.RemoveField(
            model_name='trainingtarget',
            name='unit',
        ),
    ]
