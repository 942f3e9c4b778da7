"""The queue of messages: written in the transaction of the act, sent in the background.

A mail server that is down blocks nobody: the row waits and is tried again, at longer intervals,
for about two days. A message is claimed by an update by condition before it is sent, so two
workers never send the same one; its Message-ID is fixed, so that a copy sent again after a crash
between the server's answer and our note is known as a copy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django_tasks import default_task_backend, task

from lms.notices.models import Channel, Notice
from lms.notices.texts import is_secret, write_text

# Waits after the first, second … failure; after the last one the message is given up.
RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
)
# Longer than the mail server may take; a worker that died is replaced after this.
CLAIMED_FOR = timedelta(minutes=10)
REMOVED = "(Nội dung có đường dẫn dùng một lần, đã xóa sau khi gửi.)"


class NoAddress(ValueError):
    """The message opens an account and the recipient has no e-mail address."""


@transaction.atomic
def queue_notice(
    recipient: Any,
    kind: str,
    *,
    context: Mapping[str, object],
    dedupe_key: str,
    at: datetime,
    address: str = "",
) -> Notice:
    """Queue one message of ``kind`` to the account ``recipient``; with the same key, only once.

    Without an e-mail address it goes to the list that the office prints. Somebody without an
    account is ``None`` and is reached at ``address``. The row that stands is returned. Raises
    ``UnknownKind``, or :class:`NoAddress` for a message that opens an account.
    """
    standing = Notice.objects.filter(dedupe_key=dedupe_key).first()
    if standing is not None:
        return standing
    text = write_text(kind, context)
    address = (recipient.email if recipient else address) or ""
    if text.is_secret and not address:
        raise NoAddress(recipient.pk if recipient else None)
    try:
        with transaction.atomic():
            notice = Notice.objects.create(
                recipient=recipient,
                address=address,
                channel=Channel.EMAIL if address else Channel.PRINT,
                kind=kind,
                subject=text.subject,
                body=text.body,
                dedupe_key=dedupe_key,
                queued_at=at,
                next_try_at=at if address else None,
            )
    except IntegrityError:
        return Notice.objects.get(dedupe_key=dedupe_key)
    if address:
        transaction.on_commit(partial(send_later.enqueue, notice.pk))
    return notice


@task
def send_later(notice_id: int) -> bool:
    """Send one message from the worker; see :func:`send_notice`."""
    return send_notice(notice_id, at=timezone.now())


def send_notice(notice_id: int, *, at: datetime) -> bool:
    """Send the message if it is waiting and due; tell whether it was sent now.

    Not in a transaction: the claim must be seen by other workers before the mail server is asked.
    """
    waiting = Notice.objects.filter(pk=notice_id, sent_at=None, next_try_at__lte=at)
    if waiting.update(next_try_at=at + CLAIMED_FOR) != 1:
        return False
    notice = Notice.objects.get(pk=notice_id)
    try:
        EmailMessage(
            notice.subject,
            notice.body,
            settings.DEFAULT_FROM_EMAIL,
            [notice.address],
            headers={"Message-ID": message_id(notice)},
        ).send()
    except OSError as failure:  # refused, unreachable and SMTP errors alike
        _note_failure(notice, failure, at=at)
        return False
    changes: dict[str, Any] = {"sent_at": at, "next_try_at": None, "last_error": ""}
    if is_secret(notice.kind):
        changes["body"] = REMOVED
    Notice.objects.filter(pk=notice.pk).update(**changes)
    return True


def send_due(*, at: datetime, limit: int = 500) -> tuple[int, int]:
    """Send what is due and what a lost worker left behind; return how many were sent, how many not.

    The command ``send_notices`` runs this under a timer.
    """
    due = Notice.objects.filter(sent_at=None, next_try_at__lte=at).order_by("next_try_at", "pk")
    sent = [send_notice(pk, at=at) for pk in due.values_list("pk", flat=True)[:limit]]
    return sum(sent), len(sent) - sum(sent)


def message_id(notice: Notice) -> str:
    """Return the Message-ID of ``notice``: the same at each try, without anything personal."""
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >") or "localhost"
    return f"<{hashlib.sha256(notice.dedupe_key.encode()).hexdigest()[:32]}@{host}>"


def _note_failure(notice: Notice, failure: Exception, *, at: datetime) -> None:
    failures = notice.failed_count + 1
    changes: dict[str, Any] = {
        "failed_count": F("failed_count") + 1,
        "last_error": f"{type(failure).__name__}: {failure}"[:300],
    }
    if failures > len(RETRY_AFTER):
        changes["next_try_at"] = None
        if is_secret(notice.kind):
            changes["body"] = REMOVED
    else:
        changes["next_try_at"] = again = at + RETRY_AFTER[failures - 1]
        if default_task_backend.supports_defer:
            send_later.using(run_after=again).enqueue(notice.pk)
    Notice.objects.filter(Q(pk=notice.pk), sent_at=None).update(**changes)
