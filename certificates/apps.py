from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CertificatesConfig(AppConfig):
    name = "certificates"
    label = "certificates"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Certificates")

    def ready(self) -> None:
        # Models of other apps are needed: not before the registry is full.
        from certificates.receivers import certify  # noqa: PLC0415 (the registry is not full yet)
        from courses.signals import course_completed  # noqa: PLC0415 (the same)

        course_completed.connect(certify, dispatch_uid="certificates.certify")
