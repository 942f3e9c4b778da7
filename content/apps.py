from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContentConfig(AppConfig):
    name = "content"
    label = "content"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Training content")

    def ready(self) -> None:
        from content.alerts import TEXTS  # noqa: PLC0415 (models must be loaded first)
        from lms.notices.texts import add_text  # noqa: PLC0415 (the same)

        for kind, text in TEXTS.items():
            add_text(kind, text)

        from content import receivers  # noqa: F401, PLC0415 (registers them; models must be loaded first)
