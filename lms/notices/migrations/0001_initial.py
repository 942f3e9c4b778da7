import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recipient', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to=settings.AUTH_USER_MODEL)),
                ('address', models.CharField(blank=True, max_length=254)),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('print', 'Printed list')], default='email', max_length=5)),
                ('kind', models.SlugField(max_length=60)),
                ('subject', models.CharField(max_length=200)),
                ('body', models.TextField()),
                ('dedupe_key', models.CharField(max_length=200, unique=True)),
                ('queued_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('failed_count', models.PositiveSmallIntegerField(default=0)),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('next_try_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
                'indexes': [models.Index(condition=models.Q(('sent_at__isnull', True)), fields=['next_try_at'], name='notice_waiting'), models.Index(fields=['recipient', 'queued_at'], name='notice_by_recipient')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('channel', 'email'), _negated=True), models.Q(('address', ''), _negated=True), _connector='OR'), name='notices_notice_email_address')],
            },
        ),
        migrations.CreateModel(
            name='NoticeText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=60, unique=True)),
                ('subject', models.CharField(max_length=200, verbose_name='subject')),
                ('body', models.TextField(help_text='Names in braces are filled in: {name}.', verbose_name='text')),
                ('updated_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'text of a message',
                'verbose_name_plural': 'texts of messages',
                'indexes': [],
                'constraints': [],
            },
        ),
    ]
