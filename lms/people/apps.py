from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "lms.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Units and people")

    def ready(self) -> None:
        # Imported here because models may be read only once the registry is ready.
        from lms.people.overlaps import restore_triggers

        post_migrate.connect(restore_triggers, dispatch_uid="people.restore_triggers")
