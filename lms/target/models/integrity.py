"""What an examination of the books found."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class IntegrityRun(models.Model):
    """One examination: ``results`` holds for each check how many findings, and the first of them.

    ``[{"name", "count", "seconds", "examples": [{"text", "key", "person"}]}]``. Written whole when
    the examination ends; never changed.
    """

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    run_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    results = models.JSONField()

    class Meta:
        verbose_name = _("examination of the books")
        verbose_name_plural = _("examinations of the books")

    def __str__(self) -> str:
        return f"{self.finished_at:%d/%m/%Y %H:%M}"
