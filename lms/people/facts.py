"""Facts with two times: when they held, and when the portal knew them.

A fact is never updated. Ending, correcting or revoking one withdraws the version that stood and, if
something still holds, inserts a successor with the same ``logical_id`` (``docs/decisions.md`` 1).
*Known on day K* means ``recorded_on <= K < withdrawn_on``; K means the end of that day.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q

from lms.people import followers, watching
from lms.people.days import BEFORE, FAR, local_day

# Rows of one statement.
BATCH = 1000
# What belongs to one version of a fact and is never handed on to the next.
KNOWN_FIELDS = frozenset(
    {
        "recorded_at",
        "recorded_on",
        "recorded_by",
        "withdrawn_at",
        "withdrawn_on",
        "withdrawn_by",
    }
)


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

    # Fields that name the people whose standing rests on the fact; ``None`` = everybody's does.
    follows: ClassVar[tuple[str, ...] | None] = ()

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
    fact = model._default_manager.create(
        recorded_by=actor, **first_known(at, loaded=loaded), **fields
    )
    watching.recorded([fact])
    _touch([fact])
    return fact


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
    watching.withdrawn([fact])
    _touch([fact])


def succeed(fact: Fact, *, actor: Any, at: datetime, **changes: Any):
    """Withdraw ``fact`` and insert its next version with ``changes``; return the new version."""
    with followers.gathering():
        withdraw(fact, actor=actor, at=at)
        successor = type(fact)._default_manager.create(
            recorded_by=actor, **first_known(at), **(handed_on(fact, changes) | changes)
        )
        watching.recorded([successor])
        _touch([successor])
        return successor


def record_many(rows: Iterable[Fact], *, actor: Any, at: datetime) -> list[Any]:
    """Insert first versions, given unsaved and of one model, and return them with their keys.

    The bulk twin of :func:`record`; the caller holds the transaction.
    """
    rows = list(rows)
    for row in rows:
        row.recorded_by = actor
        for name, value in first_known(at).items():
            setattr(row, name, value)
    if not rows:
        return []
    made = type(rows[0])._default_manager.bulk_create(rows, batch_size=BATCH)
    watching.recorded(made)
    _touch(made)
    return made


def withdraw_many(facts: Iterable[Fact], *, actor: Any, at: datetime) -> None:
    """Close the known time of ``facts``, all of one model; the bulk twin of :func:`withdraw`."""
    facts = list(facts)
    closing = {"withdrawn_at": at, "withdrawn_on": local_day(at), "withdrawn_by": actor}
    for start in range(0, len(facts), BATCH):
        part = facts[start : start + BATCH]
        standing = type(part[0])._default_manager.filter(
            pk__in=[fact.pk for fact in part], withdrawn_on=FAR
        )
        if standing.update(**closing) != len(part):
            raise FactWithdrawn(part[0].pk)
    for fact in facts:
        for name, value in closing.items():
            setattr(fact, name, value)
    watching.withdrawn(facts)
    _touch(facts)


def succeed_many(
    pairs: Iterable[tuple[Fact, dict[str, Any]]], *, actor: Any, at: datetime
) -> list[Any]:
    """Withdraw each fact and insert its next version with its changes; return the new versions.

    The bulk twin of :func:`succeed`, for facts of one model; the order is kept.
    """
    pairs = list(pairs)
    with followers.gathering():
        withdraw_many([fact for fact, _changes in pairs], actor=actor, at=at)
        return record_many(
            [type(fact)(**(handed_on(fact, changes) | changes)) for fact, changes in pairs],
            actor=actor,
            at=at,
        )


def handed_on(fact: Fact, changes: Iterable[str]) -> dict[str, Any]:
    """Return what the next version of ``fact`` keeps when the fields ``changes`` are set anew."""
    kept = {
        field.attname: getattr(fact, field.attname)
        for field in fact._meta.concrete_fields
        if not field.primary_key and field.name not in KNOWN_FIELDS
    }
    for name in changes:
        kept.pop(fact._meta.get_field(name).attname, None)
    return kept


@contextmanager
def writing() -> Iterator[None]:
    """Hold the one transaction of an act that writes facts; a context manager and a decorator.

    Who follows the facts of people hears of all of them once, inside the transaction, at its end.
    """
    with transaction.atomic(), followers.gathering():
        yield


def _touch(facts: list[Any]) -> None:
    """Tell the followers whose facts these are."""
    if not facts:
        return
    names = facts[0].follows
    if names is None:
        followers.touch_everybody()
    elif names:
        followers.touch({getattr(fact, name) for fact in facts for name in names})
