from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TargetConfig(AppConfig):
    name = "lms.target"
    label = "target"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Training target")
