"""Facts with two times: when they held, and when the portal knew them.

A fact is never updated. Ending, correcting or revoking one withdraws the version that stood and, if
something still holds, inserts a successor with the same ``logical_id`` (``docs/decisions.md`` 1).
*Known on day K* means ``recorded_on <= K < withdrawn_on``; K means the end of that day.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from lms.people.days import BEFORE, FAR, local_day


class FactWithdrawn(Exception):
    """The version to be changed no longer stands: somebody changed the fact first."""


class FactQuerySet(models.QuerySet):
    """Narrowing by the two times; lazy, no writes."""

    def current(self) -> Self:
        """Versions that stand now."""
        return self.filter(withdrawn_on=FAR)

    def known_on(self, known: date | None) -> Self:
        """Versions known at the end of day ``known``; ``None`` means now."""
        if known is None:
            return self.current()
        return self.filter(recorded_on__lte=known, withdrawn_on__gt=known)


class DatedFactQuerySet(FactQuerySet):
    def valid_on(self, day: date) -> Self:
        """Versions whose interval covers ``day``."""
        return self.filter(valid_from__lte=day, valid_to__gt=day)

    def overlapping(self, start: date, end: date) -> Self:
        """Versions that share at least one day with ``[start, end)``."""
        return self.filter(valid_from__lt=end, valid_to__gt=start)


class Fact(models.Model):
    """One version of a fact and the days on which the portal knew it."""

    logical_id = models.UUIDField(default=uuid.uuid4, editable=False)
    recorded_at = models.DateTimeField(editable=False)
    recorded_on = models.DateField(editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_on = models.DateField(default=FAR, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)

    objects = FactQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["logical_id"],
                condition=Q(withdrawn_on=FAR),
                name="%(app_label)s_%(class)s_one_standing",
            ),
            models.CheckConstraint(
                condition=Q(recorded_on__lte=F("withdrawn_on")),
                name="%(app_label)s_%(class)s_known_order",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on=FAR, withdrawn_at__isnull=True)
                | Q(withdrawn_on__lt=FAR, withdrawn_at__isnull=False),
                name="%(app_label)s_%(class)s_withdrawn_whole",
            ),
        ]

    @property
    def stands(self) -> bool:
        return self.withdrawn_on == FAR


class DatedFact(Fact):
    """A fact that holds over ``[valid_from, valid_to)``."""

    valid_from = models.DateField(default=BEFORE)
    valid_to = models.DateField(default=FAR)

    objects = DatedFactQuerySet.as_manager()

    class Meta(Fact.Meta):
        abstract = True
        constraints = [
            *Fact.Meta.constraints,
            # Equal ends mean "never held", which a same-day revocation needs.
            models.CheckConstraint(
                condition=Q(valid_from__lte=F("valid_to")),
                name="%(app_label)s_%(class)s_valid_order",
            ),
        ]


def first_known(at: datetime, *, loaded: bool = False) -> dict[str, Any]:
    """Return the known-time columns of a new version recorded at the aware moment ``at``.

    ``loaded`` is for the first versions written by loaders (units, groups, requirements, rules):
    they count as always known, so that a figure as known on any day finds them.
    """
    return {"recorded_at": at, "recorded_on": BEFORE if loaded else local_day(at)}


def record(model: type[Fact], *, actor: Any, at: datetime, loaded: bool = False, **fields: Any):
    """Insert the first version of a fact and return it. The caller holds the transaction."""
    return model._default_manager.create(
        recorded_by=actor, **first_known(at, loaded=loaded), **fields
    )


def withdraw(fact: Fact, *, actor: Any, at: datetime) -> None:
    """Close the known time of ``fact`` at ``at``. The caller holds the transaction.

    Raises :class:`FactWithdrawn` if the version was withdrawn by somebody else meanwhile: the
    update is conditional, so the race is decided by the database.
    """
    changed = (
        type(fact)
        ._default_manager.filter(pk=fact.pk, withdrawn_on=FAR)
        .update(withdrawn_at=at, withdrawn_on=local_day(at), withdrawn_by=actor)
    )
    if changed != 1:
        raise FactWithdrawn(fact.pk)
    fact.withdrawn_at, fact.withdrawn_on, fact.withdrawn_by = at, local_day(at), actor


def succeed(fact: Fact, *, actor: Any, at: datetime, **changes: Any):
    """Withdraw ``fact`` and insert its next version with ``changes``; return the new version."""
    withdraw(fact, actor=actor, at=at)
    kept = {
        field.attname: getattr(fact, field.attname)
        for field in fact._meta.concrete_fields
        if not field.primary_key
        and field.name
        not in {
            "recorded_at",
            "recorded_on",
            "recorded_by",
            "withdrawn_at",
            "withdrawn_on",
            "withdrawn_by",
        }
    }
    for name in changes:
        kept.pop(fact._meta.get_field(name).attname, None)
    return type(fact)._default_manager.create(
        recorded_by=actor, **first_known(at), **(kept | changes)
    )
