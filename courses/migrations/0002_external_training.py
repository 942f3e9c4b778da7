import courses.models.recognition
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0003_lesson_sources'),
        ('courses', '0001_initial'),
        ('people', '0008_recognition_percent'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ExternalTraining',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200, verbose_name='name of the training')),
                ('organiser', models.CharField(max_length=200, verbose_name='organiser')),
                ('first_day', models.DateField(verbose_name='first day')),
                ('last_day', models.DateField(verbose_name='last day')),
                ('periods', models.PositiveSmallIntegerField(verbose_name='teaching periods')),
                ('document_number', models.CharField(max_length=120, verbose_name='document number')),
                ('evidence', models.FileField(blank=True, storage=courses.models.recognition.private_storage, upload_to='')),
                ('evidence_kind', models.CharField(blank=True, choices=[('pdf', 'PDF'), ('jpg', 'JPG'), ('png', 'PNG')], max_length=3)),
                ('evidence_sha256', models.CharField(blank=True, max_length=64)),
                ('evidence_bytes', models.PositiveIntegerField(default=0)),
                ('evidence_erased_at', models.DateTimeField(blank=True, null=True)),
                ('evidence_erased_for', models.CharField(blank=True, max_length=300)),
                ('recognition_status', models.CharField(choices=[('submitted', "Waits for the unit's check"), ('checked', 'Checked by the unit'), ('approved', 'Recognised'), ('declined', 'Not recognised'), ('withdrawn', 'Taken back')], default='submitted', max_length=9)),
                ('handed_in_at', models.DateTimeField()),
                ('checked_at', models.DateTimeField(blank=True, null=True)),
                ('comment', models.CharField(blank=True, max_length=500)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('close_reason', models.CharField(blank=True, max_length=300)),
                ('completion_logical_id', models.UUIDField(blank=True, null=True, unique=True)),
                ('checked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('course', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.coursepage')),
                ('evidence_erased_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('handed_in_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='external_trainings', to='people.staffmember')),
                ('stated_course', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.coursepage')),
            ],
            options={
                'verbose_name': 'external training',
                'verbose_name_plural': 'external trainings',
                'indexes': [models.Index(fields=['recognition_status', '-id'], name='externaltraining_by_status')],
                'constraints': [models.CheckConstraint(condition=models.Q(('first_day__lte', models.F('last_day'))), name='courses_externaltraining_day_order'), models.CheckConstraint(condition=models.Q(('periods__gte', 1)), name='courses_externaltraining_has_periods'), models.CheckConstraint(condition=models.Q(models.Q(('evidence_sha256', ''), _negated=True), models.Q(('document_number', ''), _negated=True), _connector='OR'), name='courses_externaltraining_has_proof'), models.CheckConstraint(condition=models.Q(('evidence', ''), models.Q(('evidence_sha256', ''), _negated=True), _connector='OR'), name='courses_externaltraining_file_has_hash'), models.CheckConstraint(condition=models.Q(('evidence_erased_at__isnull', True), ('evidence', ''), _connector='OR'), name='courses_externaltraining_erased_whole'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('recognition_status__in', ('submitted', 'checked'))), models.Q(models.Q(('recognition_status__in', ('submitted', 'checked')), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='courses_externaltraining_closed_whole'), models.CheckConstraint(condition=models.Q(models.Q(('recognition_status', 'approved'), _negated=True), models.Q(('completion_logical_id__isnull', False), ('course__isnull', False)), _connector='OR'), name='courses_externaltraining_approved_whole'), models.CheckConstraint(condition=models.Q(models.Q(('recognition_status', 'declined'), _negated=True), models.Q(('close_reason', ''), _negated=True), _connector='OR'), name='courses_externaltraining_declined_has_reason'), models.UniqueConstraint(condition=models.Q(('recognition_status', 'approved')), fields=('person', 'course', 'last_day'), name='courses_externaltraining_recognised_once')],
            },
        ),
    ]
