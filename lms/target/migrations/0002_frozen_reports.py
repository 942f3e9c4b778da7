import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from lms.target.reports.guards import KeepFrozen


class Migration(migrations.Migration):
    """Frozen reports; the last step lets the database refuse to change or remove them."""

    dependencies = [
        ('people', '0004_sort_bytewise'),
        ('target', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReportSnapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveSmallIntegerField(default=1, verbose_name='version')),
                ('day', models.DateField(verbose_name='as of')),
                ('frozen_at', models.DateTimeField()),
                ('head', models.TextField()),
                ('sha256', models.CharField(max_length=64, unique=True)),
                ('frozen_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='snapshots', to='target.reportingperiod')),
                ('previous', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='succeeded_by', to='target.reportsnapshot')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='snapshots', to='people.unit')),
            ],
            options={
                'verbose_name': 'frozen report',
                'verbose_name_plural': 'frozen reports',
            },
        ),
        migrations.CreateModel(
            name='SnapshotErasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('erased_at', models.DateTimeField()),
                ('ground', models.CharField(max_length=200, verbose_name='ground')),
                ('erased_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('snapshot', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='erasure', to='target.reportsnapshot')),
            ],
            options={
                'verbose_name': 'erasure of a frozen report',
                'verbose_name_plural': 'erasures of frozen reports',
            },
        ),
        migrations.CreateModel(
            name='SnapshotPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=20)),
                ('number', models.PositiveIntegerField(default=0)),
                ('body', models.TextField()),
                ('sha256', models.CharField(max_length=64)),
                ('snapshot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='target.reportsnapshot')),
            ],
            options={
                'verbose_name': 'part of a frozen report',
                'verbose_name_plural': 'parts of frozen reports',
            },
        ),
        migrations.AddConstraint(
            model_name='reportsnapshot',
            constraint=models.UniqueConstraint(fields=('period', 'unit', 'version'), name='target_reportsnapshot_version_once'),
        ),
        migrations.AddConstraint(
            model_name='reportsnapshot',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('previous__isnull', True), ('version', 1)), models.Q(('previous__isnull', False), ('version__gt', 1)), _connector='OR'), name='target_reportsnapshot_chained'),
        ),
        migrations.AddConstraint(
            model_name='snapshoterasure',
            constraint=models.CheckConstraint(condition=models.Q(('ground', ''), _negated=True), name='target_snapshoterasure_has_ground'),
        ),
        migrations.AddConstraint(
            model_name='snapshotpart',
            constraint=models.UniqueConstraint(fields=('snapshot', 'name', 'number'), name='target_snapshotpart_once'),
        ),
        KeepFrozen(),
    ]
