from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoursesConfig(AppConfig):
    name = "courses"
    label = "courses"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Learning")
