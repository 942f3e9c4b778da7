import datetime
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from lms.people.overlaps import ForbidOverlaps
from lms.target.overlaps import TARGET_TERMS


class Migration(migrations.Migration):
    """Terms and milestones of a target as dated facts; targets over the same days are refused."""

    dependencies = [
        ('people', '0009_staff_import_first_day'),
        ('target', '0010_periods_apart'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TargetMilestone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('logical_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('recorded_at', models.DateTimeField(editable=False)),
                ('recorded_on', models.DateField(editable=False)),
                ('withdrawn_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('withdrawn_on', models.DateField(default=datetime.date(9999, 12, 31), editable=False)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('day', models.DateField(verbose_name='day')),
                ('percent', models.PositiveSmallIntegerField(verbose_name='percent')),
                ('period_from', models.DateField()),
                ('period_to', models.DateField()),
            ],
            options={
                'verbose_name': 'milestone',
                'verbose_name_plural': 'milestones',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TargetTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('logical_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('recorded_at', models.DateTimeField(editable=False)),
                ('recorded_on', models.DateField(editable=False)),
                ('withdrawn_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('withdrawn_on', models.DateField(default=datetime.date(9999, 12, 31), editable=False)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('valid_from', models.DateField(default=datetime.date(1, 1, 1))),
                ('valid_to', models.DateField(default=datetime.date(9999, 12, 31))),
                ('name', models.CharField(max_length=160, verbose_name='name')),
                ('plan_number', models.CharField(blank=True, max_length=80, verbose_name='plan')),
                ('group_mask', models.BigIntegerField(default=0, verbose_name='position groups')),
                ('period_to', models.DateField(verbose_name='first day after the period')),
                ('level_percent', models.PositiveSmallIntegerField(default=100, verbose_name='level (%)')),
                ('headline', models.CharField(choices=[('valid', 'Trained and still valid on the day'), ('in_year', 'Trained within the plan year')], default='valid', max_length=7, verbose_name='leading figure')),
            ],
            options={
                'verbose_name': 'terms of a target',
                'verbose_name_plural': 'terms of targets',
                'abstract': False,
            },
        ),
        # Empty once they are copied, so that the last step can be taken back.
        migrations.AlterField(
            model_name="trainingtarget",
            name="name",
            field=models.CharField(max_length=160, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name="trainingtarget",
            name="unit",
            field=models.ForeignKey("people.Unit", models.PROTECT, null=True, related_name="+"),
        ),
        migrations.AlterField(
            model_name="trainingtarget",
            name="owner",
            field=models.ForeignKey("people.Unit", models.PROTECT, null=True, related_name="+"),
        ),
        migrations.AlterField(
            model_name="trainingtarget",
            name="first_day",
            field=models.DateField(null=True),
        ),
        migrations.AlterField(
            model_name="trainingtarget",
            name="last_day",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='targetmilestone',
            name='recorded_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='targetmilestone',
            name='target',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='target.trainingtarget'),
        ),
        migrations.AddField(
            model_name='targetmilestone',
            name='withdrawn_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='targetterms',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='targets_owned', to='people.unit'),
        ),
        migrations.AddField(
            model_name='targetterms',
            name='recorded_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='targetterms',
            name='target',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='terms', to='target.trainingtarget'),
        ),
        migrations.AddField(
            model_name='targetterms',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='targets', to='people.unit'),
        ),
        migrations.AddField(
            model_name='targetterms',
            name='withdrawn_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='targetmilestone',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_on', datetime.date(9999, 12, 31))), fields=('logical_id',), name='target_targetmilestone_one_standing'),
        ),
        migrations.AddConstraint(
            model_name='targetmilestone',
            constraint=models.CheckConstraint(condition=models.Q(('recorded_on__lte', models.F('withdrawn_on'))), name='target_targetmilestone_known_order'),
        ),
        migrations.AddConstraint(
            model_name='targetmilestone',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_on', datetime.date(9999, 12, 31))), models.Q(('withdrawn_at__isnull', False), ('withdrawn_on__lt', datetime.date(9999, 12, 31))), _connector='OR'), name='target_targetmilestone_withdrawn_whole'),
        ),
        migrations.AddConstraint(
            model_name='targetmilestone',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_on', datetime.date(9999, 12, 31))), fields=('target', 'day'), name='target_targetmilestone_once_a_day'),
        ),
        migrations.AddConstraint(
            model_name='targetmilestone',
            constraint=models.CheckConstraint(condition=models.Q(('percent__gte', 1), ('percent__lte', 100)), name='target_targetmilestone_percent'),
        ),
        migrations.AddConstraint(
            model_name='targetmilestone',
            constraint=models.CheckConstraint(condition=models.Q(('day__gte', models.F('period_from')), ('day__lt', models.F('period_to'))), name='target_targetmilestone_within_period'),
        ),
        migrations.AddConstraint(
            model_name='targetterms',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_on', datetime.date(9999, 12, 31))), fields=('logical_id',), name='target_targetterms_one_standing'),
        ),
        migrations.AddConstraint(
            model_name='targetterms',
            constraint=models.CheckConstraint(condition=models.Q(('recorded_on__lte', models.F('withdrawn_on'))), name='target_targetterms_known_order'),
        ),
        migrations.AddConstraint(
            model_name='targetterms',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_on', datetime.date(9999, 12, 31))), models.Q(('withdrawn_at__isnull', False), ('withdrawn_on__lt', datetime.date(9999, 12, 31))), _connector='OR'), name='target_targetterms_withdrawn_whole'),
        ),
        migrations.AddConstraint(
            model_name='targetterms',
            constraint=models.CheckConstraint(condition=models.Q(('valid_from__lte', models.F('valid_to'))), name='target_targetterms_valid_order'),
        ),
        migrations.AddConstraint(
            model_name='targetterms',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_on', datetime.date(9999, 12, 31))), fields=('target',), name='target_targetterms_one_of_a_target'),
        ),
        migrations.AddConstraint(
            model_name='targetterms',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_on', datetime.date(9999, 12, 31))), fields=('name',), name='target_targetterms_name_once'),
        ),
        migrations.AddConstraint(
            model_name='targetterms',
            constraint=models.CheckConstraint(condition=models.Q(('valid_from__lt', models.F('period_to'))), name='target_targetterms_period_order'),
        ),
        migrations.AddConstraint(
            model_name='targetterms',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__lte', models.F('period_to'))), name='target_targetterms_within_period'),
        ),
        migrations.AddConstraint(
            model_name='targetterms',
            constraint=models.CheckConstraint(condition=models.Q(('level_percent__gte', 1), ('level_percent__lte', 100)), name='target_targetterms_level'),
        ),
        migrations.AddConstraint(
            model_name='targetterms',
            constraint=models.CheckConstraint(condition=models.Q(('group_mask__gte', 0)), name='target_targetterms_groups'),
        ),
        ForbidOverlaps([TARGET_TERMS.name]),
    ]
