"""Messages to people: what is waiting, what was sent, and the texts they are made from."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    PRINT = "print", _("Printed list")


class NoticeText(models.Model):
    """The subject and body of one kind of message, editable by the office."""

    key = models.SlugField(max_length=60, unique=True)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"), help_text=_("Names in braces are filled in: {name}."))
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("text of a message")
        verbose_name_plural = _("texts of messages")

    def __str__(self) -> str:
        return self.key


class Notice(models.Model):
    """One message to one recipient; ``dedupe_key`` makes sending it twice impossible."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="notices"
    )
    address = models.CharField(max_length=254, blank=True)
    channel = models.CharField(max_length=5, choices=Channel, default=Channel.EMAIL)
    kind = models.SlugField(max_length=60)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    dedupe_key = models.CharField(max_length=200, unique=True)
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_count = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(
                condition=~Q(channel="email") | ~Q(address=""), name="notices_notice_email_address"
            ),
        ]
        indexes = [
            # What the worker sends next.
            models.Index(
                fields=["next_try_at"], condition=Q(sent_at__isnull=True), name="notice_waiting"
            ),
            # What a person was told.
            models.Index(fields=["recipient", "queued_at"], name="notice_by_recipient"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient_id}"
