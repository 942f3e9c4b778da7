from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TargetConfig(AppConfig):
    name = "lms.target"
    label = "target"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Training target")

    def ready(self) -> None:
        # Models and texts may be read only once the registry is ready.
        from lms.notices.texts import add_text  # noqa: PLC0415 (the registry)
        from lms.people.followers import follow, follow_tree  # noqa: PLC0415 (the registry)
        from lms.people.reorganising import follow_person  # noqa: PLC0415 (the registry)
        from lms.people.staffing.closed import follow as warn_of  # noqa: PLC0415 (the registry)
        from lms.target.models import RosterEntry  # noqa: PLC0415 (the registry)
        from lms.target.overlaps import (  # noqa: PLC0415 (the registry)
            restore_triggers as restore_overlaps,
        )
        from lms.target.reminders.texts import TEXTS  # noqa: PLC0415 (the registry)
        from lms.target.reports.closing import frozen_warning  # noqa: PLC0415 (the registry)
        from lms.target.reports.guards import restore_triggers  # noqa: PLC0415 (the registry)
        from lms.target.rosters import asking  # noqa: PLC0415 (the registry)
        from lms.target.standing.refreshing import (  # noqa: PLC0415 (the registry)
            people_changed,
            people_started,
        )
        from lms.target.standing.tops import tree_changed  # noqa: PLC0415 (the registry)

        follow("standing", people_changed, started=people_started)
        follow_tree("tops", tree_changed)
        post_migrate.connect(restore_triggers, dispatch_uid="target.restore_triggers")
        post_migrate.connect(restore_overlaps, dispatch_uid="target.restore_overlaps")
        warn_of("reports", frozen_warning)
        follow_person(RosterEntry)
        for kind, text in TEXTS.items():
            add_text(kind, text)
        add_text(asking.KIND, asking.TEXT)
