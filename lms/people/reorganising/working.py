"""Applying and undoing a large reorganisation by the worker: asked for, begun, done or stopped.

The write stays one transaction, so nobody sees a part of it, and a worker that is killed leaves
nothing behind but the note that it had begun. ``run`` tells the worker that may write from one that
was given up: a work that is begun again has another one.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction

from lms.people import audit
from lms.people.facts import FactWithdrawn, writing
from lms.people.models import Reorganisation, User
from lms.people.models.reorganisations import Work
from lms.people.reorganising.applying import AlreadyApplied, NotADraft, apply, lock_units
from lms.people.reorganising.people import summary_of
from lms.people.reorganising.planning import plan_of
from lms.people.reorganising.reading import read_data
from lms.people.reorganising.resolutions import Refused
from lms.people.reorganising.undoing import DependedOn, NotApplied, undo

# From so many people on a page does not wait for the write: a merger of two communes moves some ten
# people, the reorganisation of a province thousands.
IN_BACKGROUND_FROM = 300
MOST_NAMED = 20


class AtWork(ValueError):
    """The worker is at it, or somebody asked for it a moment ago."""


class Superseded(Exception):
    """The work was given up and begun again; this run may not write."""


def is_large(reorganisation: Reorganisation, work: Work) -> bool:
    """Tell whether ``work`` belongs to the worker, by the people it moves; a dry run's queries.

    A draft that cannot be applied moves nobody: :func:`apply` says why.
    """
    if work == Work.UNDOING:
        return reorganisation.counts.get("postings", 0) >= IN_BACKGROUND_FROM
    try:
        plan = plan_of(read_data(reorganisation.body))
    except Refused:
        return False
    return not plan.refusals and summary_of(plan).people_count >= IN_BACKGROUND_FROM


@transaction.atomic
def request(
    reorganisation: Reorganisation, work: Work, *, actor: User | None, at: datetime
) -> Reorganisation:
    """Have the worker apply or undo. Raises :class:`AtWork`, ``NotADraft`` or ``NotApplied``."""
    locked = _lock(reorganisation)
    if locked.work:
        raise AtWork(locked.pk)
    if work == Work.APPLYING and not locked.is_draft:
        raise NotADraft(locked.pk)
    if work == Work.UNDOING and not locked.is_applied:
        raise NotApplied(locked.pk)
    _enqueue(locked, work, actor=actor, at=at)
    audit.log("reorganisation.request", locked, actor=actor, at=at, work=str(work))
    return locked


@transaction.atomic
def restart(reorganisation: Reorganisation, *, actor: User | None, at: datetime) -> Reorganisation:
    """Begin again what stopped. Raises :class:`AtWork` while it may still be going on."""
    locked = _lock(reorganisation)
    if not locked.is_stalled(at):
        raise AtWork(locked.pk)
    _enqueue(locked, Work(locked.work), actor=actor, at=at)
    audit.log("reorganisation.restart", locked, actor=actor, at=at, work=locked.work)
    return locked


def _lock(reorganisation: Reorganisation) -> Reorganisation:
    return Reorganisation.objects.select_for_update().get(pk=reorganisation.pk)


def _enqueue(locked: Reorganisation, work: Work, *, actor: User | None, at: datetime) -> None:
    from lms.people.reorganising.tasks import work_later  # noqa: PLC0415 (tasks call this module)

    locked.work, locked.run, locked.failure = work, uuid.uuid4(), {}
    locked.asked_at, locked.begun_at = at, None
    locked.save(update_fields=["work", "run", "failure", "asked_at", "begun_at"])
    user_id = actor.pk if actor else None
    transaction.on_commit(partial(work_later.enqueue, locked.pk, str(locked.run), user_id))


# The worker's part ----------------------------------------------------------------------------
def work_run(pk: int, run: str, *, actor: User | None, at: datetime) -> None:
    """Do what was asked for as the worker; a run that was given up does nothing.

    What stands in the way is kept for the page, and nothing else is changed.
    """
    mine = Reorganisation.objects.filter(pk=pk, run=run).exclude(work=Work.NONE)
    if not mine.update(begun_at=at):
        return
    try:
        _write(pk, run, actor=actor, at=at)
    except Superseded:
        return
    except Refused as refused:
        _stop(pk, run, {"reasons": [str(each) for each in refused.refusals[:MOST_NAMED]]})
    except DependedOn as depended:
        _stop(pk, run, {"reasons": depended.reasons[:MOST_NAMED]})
    except (AlreadyApplied, NotADraft, NotApplied, FactWithdrawn, IntegrityError):
        _stop(pk, run, {})  # somebody was faster: the page shows how it stands
    except Exception:
        _stop(pk, run, {"code": "crashed"})
        raise


@writing()
def _write(pk: int, run: str, *, actor: User | None, at: datetime) -> None:
    lock_units()
    found = Reorganisation.objects.filter(pk=pk, run=run).exclude(work=Work.NONE).first()
    if found is None:
        raise Superseded(pk)
    write: dict[str, Any] = {"actor": actor, "at": at}
    if found.work == Work.APPLYING:
        apply(found, **write)
    else:
        undo(found, **write)
    _stop(pk, run, {})


def _stop(pk: int, run: str, failure: dict[str, Any]) -> None:
    Reorganisation.objects.filter(pk=pk, run=run).update(work=Work.NONE, failure=failure)
