import datetime
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('certificates', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReportingPeriod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('first_day', models.DateField(verbose_name='first day')),
                ('last_day', models.DateField(verbose_name='last day')),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'reporting period',
                'verbose_name_plural': 'reporting periods',
                'constraints': [models.CheckConstraint(condition=models.Q(('first_day__lte', models.F('last_day'))), name='target_reportingperiod_order')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='Requirement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('logical_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('recorded_at', models.DateTimeField(editable=False)),
                ('recorded_on', models.DateField(editable=False)),
                ('recorded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('withdrawn_on', models.DateField(default=datetime.date(9999, 12, 31), editable=False)),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('valid_from', models.DateField(default=datetime.date(1, 1, 1))),
                ('valid_to', models.DateField(default=datetime.date(9999, 12, 31))),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requirements', to='people.positiongroup')),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requirements', to='content.coursepage')),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='due on')),
            ],
            options={
                'verbose_name': 'required course',
                'verbose_name_plural': 'required courses',
                'abstract': False,
                'constraints': [models.UniqueConstraint(condition=models.Q(('withdrawn_on', datetime.date(9999, 12, 31))), fields=('logical_id',), name='target_requirement_one_standing'), models.CheckConstraint(condition=models.Q(('recorded_on__lte', models.F('withdrawn_on'))), name='target_requirement_known_order'), models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_on', datetime.date(9999, 12, 31))), models.Q(('withdrawn_at__isnull', False), ('withdrawn_on__lt', datetime.date(9999, 12, 31))), _connector='OR'), name='target_requirement_withdrawn_whole'), models.CheckConstraint(condition=models.Q(('valid_from__lte', models.F('valid_to'))), name='target_requirement_valid_order')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='Roster',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rosters', to='target.reportingperiod')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rosters', to='people.unit')),
                ('status', models.CharField(choices=[('proposed', 'Proposed'), ('confirmed', 'Confirmed by the unit'), ('approved', 'Approved by the province')], default='proposed', max_length=9)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'roster',
                'verbose_name_plural': 'rosters',
                'constraints': [models.UniqueConstraint(fields=('period', 'unit'), name='target_roster_once'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'approved'), _negated=True), ('approved_at__isnull', False), _connector='OR'), name='target_roster_approved_by_someone')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='RosterEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('logical_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('recorded_at', models.DateTimeField(editable=False)),
                ('recorded_on', models.DateField(editable=False)),
                ('recorded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('withdrawn_on', models.DateField(default=datetime.date(9999, 12, 31), editable=False)),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('valid_from', models.DateField(default=datetime.date(1, 1, 1))),
                ('valid_to', models.DateField(default=datetime.date(9999, 12, 31))),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='roster_entries', to='people.staffmember')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='roster_entries', to='people.unit')),
                ('roster', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='target.roster')),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'name in the roster',
                'verbose_name_plural': 'names in the roster',
                'abstract': False,
                'indexes': [models.Index(fields=['person', 'valid_from'], name='rosterentry_by_person')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('withdrawn_on', datetime.date(9999, 12, 31))), fields=('logical_id',), name='target_rosterentry_one_standing'), models.CheckConstraint(condition=models.Q(('recorded_on__lte', models.F('withdrawn_on'))), name='target_rosterentry_known_order'), models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_on', datetime.date(9999, 12, 31))), models.Q(('withdrawn_at__isnull', False), ('withdrawn_on__lt', datetime.date(9999, 12, 31))), _connector='OR'), name='target_rosterentry_withdrawn_whole'), models.CheckConstraint(condition=models.Q(('valid_from__lte', models.F('valid_to'))), name='target_rosterentry_valid_order')],
            },
        ),
        migrations.CreateModel(
            name='TrainingTarget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=160, unique=True, verbose_name='name')),
                ('plan_number', models.CharField(blank=True, max_length=80, verbose_name='plan')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='targets', to='people.unit')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='targets_owned', to='people.unit')),
                ('first_day', models.DateField(verbose_name='first day')),
                ('last_day', models.DateField(verbose_name='last day')),
                ('level_percent', models.PositiveSmallIntegerField(default=100, verbose_name='level (%)')),
                ('headline', models.CharField(choices=[('valid', 'Trained and still valid on the day'), ('in_year', 'Trained within the plan year')], default='valid', max_length=7, verbose_name='leading figure')),
                ('milestones', models.JSONField(blank=True, default=list, verbose_name='milestones')),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'target',
                'verbose_name_plural': 'targets',
                'constraints': [models.CheckConstraint(condition=models.Q(('first_day__lte', models.F('last_day'))), name='target_trainingtarget_order'), models.CheckConstraint(condition=models.Q(('level_percent__gte', 1), ('level_percent__lte', 100)), name='target_trainingtarget_level')],
                'indexes': [],
            },
        ),
    ]
