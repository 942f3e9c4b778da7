"""The department's announcements: written, changed, taken down, put back, and who reads which.

An announcement is a dated fact: what was shown on a day, and who wrote it, can still be said a year
later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from lms.people import audit
from lms.people.facts import handed_on, record, succeed, withdraw
from lms.people.models import Announcement, Audience, Unit
from lms.people.scopes import Scope

# Shown at once on a first page, whose weight is bounded; the next ones wait for their turn.
MOST_SHOWN = 5


class AlreadyWritten(Exception):
    """A form that was handed in twice: the first time has written the announcement."""


class StandsAlready(Exception):
    """Somebody has put the announcement back, or never took it down."""


@dataclass(frozen=True)
class Words:
    """What an announcement says, to whom, and over which days ``[first, end)``."""

    title: str
    text: str
    audience: str
    unit: Unit | None
    valid_from: date
    valid_to: date
    rank: int

    @property
    def audience_label(self) -> str:
        return str(Audience(self.audience).label)

    def fields(self) -> dict[str, Any]:
        return dict(self.__dict__)


def shown_to(scope: Scope) -> list[Announcement]:
    """Return what the asker reads on the first pages today, in order; one query."""
    return list(Announcement.objects.shown_to(scope).in_shown_order()[:MOST_SHOWN])


@transaction.atomic
def announce(words: Words, *, logical_id: UUID, actor: Any, at: datetime) -> Announcement:
    """Write a new announcement under ``logical_id``, which the form has drawn.

    Raises :class:`AlreadyWritten` if one bears it: the same form came twice.
    """
    if Announcement.objects.filter(logical_id=logical_id).exists():
        raise AlreadyWritten(logical_id)
    written = record(Announcement, actor=actor, at=at, logical_id=logical_id, **words.fields())
    _log("announcement.write", written, actor=actor, at=at)
    return written


@transaction.atomic
def reword(standing: Announcement, words: Words, *, actor: Any, at: datetime) -> Announcement:
    """Write the next version of ``standing``. Raises ``FactWithdrawn`` if it no longer stands."""
    written = succeed(standing, actor=actor, at=at, **words.fields())
    _log("announcement.change", written, actor=actor, at=at)
    return written


@transaction.atomic
def take_down(standing: Announcement, *, actor: Any, at: datetime) -> None:
    """Show it no longer. Raises ``FactWithdrawn`` if it was changed or taken down meanwhile."""
    withdraw(standing, actor=actor, at=at)
    _log("announcement.take_down", standing, actor=actor, at=at)


@transaction.atomic
def put_back(withdrawn: Announcement, *, actor: Any, at: datetime) -> Announcement:
    """Undo taking it down: the same words again, as a new version.

    Raises :class:`StandsAlready` if a version of it stands, or is newer than ``withdrawn``.
    """
    versions = Announcement.objects.filter(logical_id=withdrawn.logical_id)
    # The lock makes two who put it back at once wait for each other; SQLite writes one by one.
    last = versions.select_for_update().order_by("-pk").first()
    if last is None or last.pk != withdrawn.pk or last.stands:
        raise StandsAlready(withdrawn.logical_id)
    written = record(Announcement, actor=actor, at=at, **handed_on(last, ()))
    _log("announcement.put_back", written, actor=actor, at=at)
    return written


def _log(action: str, announcement: Announcement, *, actor: Any, at: datetime) -> None:
    audit.log(
        action,
        announcement,
        actor=actor,
        at=at,
        unit=announcement.unit,
        announcement=str(announcement.logical_id),
    )
