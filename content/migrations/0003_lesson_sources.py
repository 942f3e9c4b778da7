from django.db import migrations, models


class Migration(migrations.Migration):
    """What a lesson rests on, shown below it; empty for lessons written before."""

    dependencies = [("content", "0002_question_labels")]

    operations = [
        migrations.AddField(
            model_name="lessonpage",
            name="sources",
            field=models.TextField(
                blank=True,
                default="",
                help_text="What the lesson rests on, one source a line; shown below the lesson.",
                verbose_name="sources",
            ),
            preserve_default=False,
        ),
    ]
