from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LmsConfig(AppConfig):
    """The wiring app: it has no models, only commands, formats, translations and static files."""

    name = "lms"
    label = "lms"
    verbose_name = _("Training portal")
