from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CertificatesConfig(AppConfig):
    name = "certificates"
    label = "certificates"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Certificates")

    def ready(self) -> None:
        # Models of other apps are needed: not before the registry is full.
        from certificates.receivers import certify, take_back  # noqa: PLC0415 (the registry)
        from courses.signals import (  # noqa: PLC0415 (the same)
            completion_withdrawn,
            course_completed,
        )

        course_completed.connect(certify, dispatch_uid="certificates.certify")
        completion_withdrawn.connect(take_back, dispatch_uid="certificates.take_back")
