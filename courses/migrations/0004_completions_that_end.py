import datetime

from django.db import migrations, models
from django.db.models import Q

FAR = datetime.date(9999, 12, 31)


class Migration(migrations.Migration):
    dependencies = [("courses", "0003_past_lists")]

    operations = [
        migrations.AddIndex(
            model_name="completion",
            index=models.Index(
                fields=["valid_to"],
                condition=Q(withdrawn_on=FAR, valid_to__lt=FAR),
                name="completion_that_ends",
            ),
        ),
    ]
