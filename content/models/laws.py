"""Texts of law that lessons and questions cite, with the days on which they were in force."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.search import index

from lms.people.text import fold


class LegalStatus(models.TextChoices):
    IN_FORCE = "in_force", _("In force")
    EXPIRED = "expired", _("No longer in force")
    REPLACED = "replaced", _("Replaced")


class LegalReference(index.Indexed, models.Model):
    """A text of law; ``in_force_to`` is the last day in force, inclusive, as the texts say it."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    short_name = models.CharField(_("short name"), max_length=80)
    title = models.CharField(_("title"), max_length=300)
    number = models.CharField(_("number"), max_length=80, blank=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    in_force_from = models.DateField(_("in force from"), null=True, blank=True)
    in_force_to = models.DateField(_("last day in force"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=LegalStatus)
    replaced_by = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        verbose_name=_("replaced by"),
    )
    is_verified = models.BooleanField(_("status verified"), default=False)
    review_on = models.DateField(_("next review"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    panels = [
        MultiFieldPanel(
            [
                FieldPanel("short_name"),
                FieldPanel("title"),
                FieldPanel("number"),
                FieldPanel("key"),
            ],
            heading=_("Text of law"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("status"),
                FieldPanel("is_verified"),
                FieldPanel("issued_on"),
                FieldPanel("in_force_from"),
                FieldPanel("in_force_to"),
                FieldPanel("replaced_by"),
                FieldPanel("review_on"),
            ],
            heading=_("Validity"),
        ),
        FieldPanel("note"),
    ]
    search_fields = [
        index.SearchField("title"),
        index.AutocompleteField("title"),
        index.AutocompleteField("short_name"),
        index.SearchField("folded"),
        index.AutocompleteField("folded"),
    ]

    class Meta:
        verbose_name = _("text of law")
        verbose_name_plural = _("texts of law")
        ordering = ["short_name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(in_force_from__isnull=True)
                | Q(in_force_to__isnull=True)
                | Q(in_force_from__lte=F("in_force_to")),
                name="content_legalreference_dates_in_order",
                violation_error_message=_("The last day in force lies before the first."),
            ),
            models.CheckConstraint(
                condition=~Q(status="replaced")
                | Q(replaced_by__isnull=False)
                | Q(is_verified=False),
                name="content_legalreference_replaced_by_what",
                violation_error_message=_("Say which text replaces this one."),
            ),
        ]

    def __str__(self) -> str:
        return self.short_name

    def folded(self) -> str:
        return fold(f"{self.short_name} {self.title}")
