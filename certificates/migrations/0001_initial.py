import certificates.models
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('courses', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='CertificateRegister',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(unique=True)),
                ('last_number', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'certificate register',
                'verbose_name_plural': 'certificate registers',
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Certificate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='certificates', to='people.staffmember')),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='certificates', to='content.coursepage')),
                ('completion_logical_id', models.UUIDField()),
                ('register', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='certificates', to='certificates.certificateregister')),
                ('number', models.PositiveIntegerField()),
                ('reissue_number', models.PositiveSmallIntegerField(default=0)),
                ('reissue_of', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='superseded_by', to='certificates.certificate')),
                ('register_no', models.CharField(max_length=40)),
                ('facts', models.JSONField()),
                ('facts_sha256', models.CharField(max_length=64)),
                ('decision_number', models.CharField(blank=True, max_length=80)),
                ('decided_on', models.DateField(blank=True, null=True)),
                ('issued_on', models.DateField()),
                ('issued_at', models.DateTimeField()),
                ('issued_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('valid_until', models.DateField(blank=True, null=True)),
                ('verification_code', models.CharField(max_length=40, unique=True)),
                ('document_status', models.CharField(choices=[('pending', 'Document being made'), ('stored', 'Stored'), ('failed', 'Could not be made')], default='pending', max_length=8)),
                ('document', models.FileField(blank=True, storage=certificates.models.private_storage, upload_to='certificates/%Y/')),
                ('document_sha256', models.CharField(blank=True, max_length=64)),
                ('document_problem', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'verbose_name': 'certificate',
                'verbose_name_plural': 'certificates',
                'indexes': [models.Index(fields=['person', 'issued_on'], name='certificate_by_person')],
                'constraints': [models.UniqueConstraint(fields=('register', 'number', 'reissue_number'), name='certificates_number_once'), models.UniqueConstraint(condition=models.Q(('reissue_number', 0)), fields=('completion_logical_id',), name='certificates_issue_once'), models.CheckConstraint(condition=models.Q(models.Q(('reissue_number', 0), ('reissue_of__isnull', True)), models.Q(('reissue_number__gt', 0), ('reissue_of__isnull', False)), _connector='OR'), name='certificates_reissue_whole'), models.CheckConstraint(condition=models.Q(models.Q(('document_status', 'stored'), _negated=True), models.Q(models.Q(('document', ''), _negated=True), models.Q(('document_sha256', ''), _negated=True)), _connector='OR'), name='certificates_stored_has_document'), models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='certificates_number_from_one')],
            },
        ),
        migrations.CreateModel(
            name='CertificateRevocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('certificate', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='revocation', to='certificates.certificate')),
                ('revoked_on', models.DateField()),
                ('reason_class', models.CharField(choices=[('error', 'Issued in error'), ('fraud', 'Obtained by fraud'), ('other', 'Other reason')], max_length=6)),
                ('reason', models.CharField(max_length=300)),
                ('revoked_at', models.DateTimeField()),
                ('revoked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'revocation',
                'verbose_name_plural': 'revocations',
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='certificates_revocation_has_reason')],
                'indexes': [],
            },
        ),
    ]
