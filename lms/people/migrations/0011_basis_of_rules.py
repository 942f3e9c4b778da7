from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0010_announcements'),
    ]

    operations = [
        migrations.AddField(
            model_name='ruleset',
            name='basis',
            field=models.CharField(blank=True, max_length=120, verbose_name='document'),
        ),
    ]
