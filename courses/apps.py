from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoursesConfig(AppConfig):
    name = "courses"
    label = "courses"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Learning")

    def ready(self) -> None:
        from courses.models import TrainingClass  # noqa: PLC0415 (models must be loaded first)
        from courses.recognition.papers import (  # noqa: PLC0415 (the same)
            TEXTS as RECOGNITION_TEXTS,
        )
        from courses.recognition.past.lists import (  # noqa: PLC0415 (the same)
            BATCH_KIND,
            take_papers_back,
        )
        from courses.refreshing.asking import (  # noqa: PLC0415 (the same)
            BATCH_KIND as REFRESHER,
        )
        from courses.refreshing.asking import (  # noqa: PLC0415 (the same)
            forget_refresher,
        )
        from courses.reviews import TEXTS  # noqa: PLC0415 (the same)
        from lms.notices.texts import add_text  # noqa: PLC0415 (the same)
        from lms.people import batches  # noqa: PLC0415 (the same)
        from lms.people.reorganising import follow_unit  # noqa: PLC0415 (the same)

        batches.NAMES[BATCH_KIND] = _("Past training by Excel")
        batches.FOLLOWERS[BATCH_KIND] = take_papers_back
        batches.NAMES[REFRESHER] = _("Refresher of a course")
        batches.FOLLOWERS[REFRESHER] = forget_refresher
        follow_unit(TrainingClass._meta.label_lower, TrainingClass.objects.open_on)

        for kind, text in {**TEXTS, **RECOGNITION_TEXTS}.items():
            add_text(kind, text)
