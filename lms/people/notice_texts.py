"""The office's own wording of the portal's letters: written, checked and taken back here."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from lms.notices.models import NoticeText
from lms.notices.texts import DEFAULTS, Text, UnknownKind, check_text
from lms.people import audit
from lms.people.models import User
from lms.people.text import clean

MAX_SUBJECT = 200
MAX_BODY = 4000


class NothingWritten(ValueError):
    """A letter needs a subject and a text."""


def standing_texts() -> dict[str, NoticeText]:
    """Return the office's own texts by kind; one query."""
    return {text.key: text for text in NoticeText.objects.all()}


@transaction.atomic
def write_own_text(kind: str, *, subject: str, body: str, actor: User, at: datetime) -> NoticeText:
    """Let letters of ``kind`` read as the office wrote them; those already queued stay as they are.

    Raises ``UnknownKind``, ``UnknownNames``, ``NameLeftOut`` or :class:`NothingWritten`.
    """
    text = Text(clean(subject), body.replace("\r\n", "\n").strip())
    if not text.subject or not text.body:
        raise NothingWritten(kind)
    check_text(kind, text)
    row = NoticeText.objects.select_for_update().filter(key=kind).first() or NoticeText(key=kind)
    before = {"subject": row.subject, "body": row.body}
    row.subject, row.body, row.updated_at = text.subject, text.body, at
    row.save()
    audit.log("notice_text.write", row, actor=actor, at=at, kind=kind, before=before)
    return row


@transaction.atomic
def restore_text(kind: str, *, actor: User, at: datetime) -> bool:
    """Go back to the portal's own text; tell whether there was another. Raises ``UnknownKind``."""
    if kind not in DEFAULTS:
        raise UnknownKind(kind)
    row = NoticeText.objects.select_for_update().filter(key=kind).first()
    if row is None:
        return False
    before = {"subject": row.subject, "body": row.body}
    audit.log("notice_text.restore", row, actor=actor, at=at, kind=kind, before=before)
    row.delete()
    return True
