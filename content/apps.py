from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContentConfig(AppConfig):
    name = "content"
    label = "content"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Training content")

    def ready(self) -> None:
        from content import receivers  # noqa: F401, PLC0415 (registers them; models must be loaded first)
