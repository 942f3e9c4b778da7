from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoursesConfig(AppConfig):
    name = "courses"
    label = "courses"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Learning")

    def ready(self) -> None:
        from courses.reviews import TEXTS  # noqa: PLC0415 (models must be loaded first)
        from lms.notices.texts import add_text  # noqa: PLC0415 (the same)

        for kind, text in TEXTS.items():
            add_text(kind, text)
