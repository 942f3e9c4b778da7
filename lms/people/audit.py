"""The audit trail: one entry for one act, in the transaction of the act."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models, transaction

from lms.people.models import AuditEntry


def log(
    action: str,
    subject: models.Model,
    *,
    actor: Any,
    at: datetime,
    person: Any = None,
    unit: Any = None,
    **data: Any,
) -> AuditEntry:
    """Write that ``actor`` did ``action`` to ``subject`` at the aware moment ``at``.

    ``data`` must be JSON and must not hold names or contacts: those live in ``StaffMember`` alone.
    Raises ``TransactionManagementError`` outside a transaction, so that an act and its entry can
    never part.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("An audit entry belongs to a transaction.")
    return AuditEntry.objects.create(
        at=at,
        actor=actor,
        action=action,
        object_type=subject._meta.label_lower,
        object_id=str(subject.pk),
        person=person,
        unit=unit,
        data=data,
    )


def log_many(action: str, facts: Iterable[Any], *, actor: Any, at: datetime) -> list[AuditEntry]:
    """Write one entry for each of ``facts``, which name their person: the bulk twin of :func:`log`.

    The unit of a fact is taken from it where it has one.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("An audit entry belongs to a transaction.")
    return AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                at=at,
                actor=actor,
                action=action,
                object_type=fact._meta.label_lower,
                object_id=str(fact.pk),
                person_id=fact.person_id,
                unit_id=getattr(fact, "unit_id", None),
            )
            for fact in facts
        ],
        batch_size=500,
    )
