from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "lms.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Units and people")

    def ready(self) -> None:
        # Models may be read only once the registry is ready.
        from lms.people.models import OfficeSettings  # noqa: PLC0415 (the registry)
        from lms.people.office import forget_office  # noqa: PLC0415 (the registry)
        from lms.people.overlaps import restore_triggers  # noqa: PLC0415 (the registry)

        post_migrate.connect(restore_triggers, dispatch_uid="people.restore_triggers")
        # Not a rule, only the cache: the settings are saved by Wagtail's own view.
        post_save.connect(forget_office, sender=OfficeSettings, dispatch_uid="people.forget_office")
