"""The life of an import: handed in, read by the worker, looked at, decided, applied or undone.

The worker may be killed at any moment: a preview is written in one transaction at its end, an apply
and an undo are one transaction each. What is left then is an import whose reader fell silent; it
can be begun again, and a reader that was given up cannot write any more (``run``).
"""

from __future__ import annotations

import hashlib
import time
import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import IO

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from lms.people import audit
from lms.people.days import local_day
from lms.people.models import StaffImport, StaffImportRow, Unit, User
from lms.people.models.imports import ImportStatus, RowStatus
from lms.people.workbooks.containers import open_container
from lms.people.workbooks.duties import first_day_of
from lms.people.workbooks.planning import NEW, SAME, SKIP, plan_rows
from lms.people.workbooks.previews import (
    count_rows,
    planned_again,
    scope_for,
    verdict_of,
    write_rows,
)
from lms.people.workbooks.reading import read_file
from lms.people.workbooks.refusals import FileRefused, Reason, reason

# So long the names in files and previews are kept; what was applied can be undone as long.
KEPT_DAYS = 90
BEAT_SECONDS = 1.0
SETTLED = (ImportStatus.READY, ImportStatus.FAILED, ImportStatus.APPLIED, ImportStatus.UNDONE)
FORGOTTEN_AT_ONCE = 20


class NotNow(ValueError):
    """The import is not in a state for this: somebody was faster, or the worker is at it."""


class NotAllGood(ValueError):
    """Rows are refused or undecided, and all were to be good."""


class NothingToApply(ValueError):
    """No good row would change anything."""


class NoSuchChoice(ValueError):
    """The row waits for no decision, or the person is none of those who resemble it."""


class Superseded(Exception):
    """The reader was given up and may not write any more."""


# Handing in -----------------------------------------------------------------------------------
def hand_in(
    file: IO[bytes],
    *,
    name: str,
    unit: Unit | None = None,
    by_worker: bool = True,
    actor: User | None,
    at: datetime,
) -> StaffImport:
    """Keep a file privately and have the worker read it (else the caller calls :func:`read`).

    What the archive itself betrays (a password, macros, a bomb) is refused here already: raises
    :class:`FileRefused`, and nothing is kept.
    """
    with open_container(file):
        pass
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    with transaction.atomic():
        staff_import = StaffImport(
            created_at=at,
            created_by=actor,
            unit=unit,
            file_name=name[-200:],
            file_hash=digest,
            beat_at=at,
        )
        staff_import.file.save(f"{uuid.uuid4().hex}.xlsx", File(file), save=False)
        staff_import.save()
        audit.log("staff_import.hand_in", staff_import, actor=actor, at=at, sha256=digest)
        if by_worker:
            enqueue_reading(staff_import)
    return staff_import


def enqueue_reading(staff_import: StaffImport) -> None:
    from lms.people.workbooks.tasks import read_later  # noqa: PLC0415 (tasks call this module)

    transaction.on_commit(partial(read_later.enqueue, staff_import.pk, str(staff_import.run)))


@transaction.atomic
def restart(staff_import: StaffImport, *, actor: User | None, at: datetime) -> StaffImport:
    """Begin again what stopped. Raises :class:`NotNow` while the worker gives signs of life."""
    locked = lock(staff_import)
    crashed = locked.status == ImportStatus.FAILED and locked.failure.get("code") == "crashed"
    if not crashed and not locked.is_stalled(at):
        raise NotNow(locked.status)
    if locked.status == ImportStatus.APPLYING:
        locked.status = ImportStatus.READY  # its transaction was rolled back with the worker
    elif locked.status == ImportStatus.UNDOING:
        locked.status = ImportStatus.APPLIED
    else:
        locked.status = ImportStatus.READING
        locked.failure, locked.done_count, locked.total_count = {}, 0, 0
    locked.run, locked.beat_at = uuid.uuid4(), at
    locked.save()
    audit.log("staff_import.restart", locked, actor=actor, at=at)
    if locked.status == ImportStatus.READING:
        enqueue_reading(locked)
    return locked


def lock(staff_import: StaffImport) -> StaffImport:
    return StaffImport.objects.select_for_update().get(pk=staff_import.pk)


# Reading --------------------------------------------------------------------------------------
def read(pk: int, run: str) -> None:
    """Read the file and write its preview; the worker's part. A given-up run does nothing."""
    staff_import = StaffImport.objects.filter(pk=pk, run=run, status=ImportStatus.READING).first()
    if staff_import is None:
        return
    forget_old(at=timezone.now())
    beat = Beat(pk, run)
    try:
        preview(staff_import, beat)
    except Superseded:
        return
    except FileRefused as refused:
        fail(pk, run, refused.reason)
    except Exception:
        fail(pk, run, reason("crashed"))
        raise


class Beat:
    """Signs of life of a reader, at most one a second."""

    def __init__(self, pk: int, run: str) -> None:
        self.pk, self.run, self.last = pk, run, 0.0

    def __call__(self, done: int, total: int, *, is_due: bool = False) -> None:
        """Write how far the reading is. Raises :class:`Superseded`."""
        if not is_due and time.monotonic() - self.last < BEAT_SECONDS:
            return
        self.last = time.monotonic()
        mine = StaffImport.objects.filter(pk=self.pk, run=self.run, status=ImportStatus.READING)
        if not mine.update(beat_at=timezone.now(), done_count=done, total_count=total):
            raise Superseded


def fail(pk: int, run: str, why: Reason) -> None:
    StaffImport.objects.filter(pk=pk, run=run).update(
        status=ImportStatus.FAILED, failure=why.as_json(), beat_at=timezone.now()
    )


def preview(staff_import: StaffImport, beat: Beat) -> None:
    """Read, plan and keep the preview. Raises :class:`FileRefused` or :class:`Superseded`."""
    day = local_day(timezone.now())
    beat(0, 0, is_due=True)
    with staff_import.file.open("rb") as file:
        reading = read_file(file, today=day, progress=beat)
    count = len(reading.rows)
    beat(count, count, is_due=True)
    planned = plan_rows(reading.rows, reading.letters, scope_for(staff_import, day))
    beat(count, count, is_due=True)
    with transaction.atomic():
        locked = lock(staff_import)
        if str(locked.run) != beat.run or locked.status != ImportStatus.READING:
            raise Superseded
        locked.rows.all().delete()
        write_rows(locked, planned)
        locked.status, locked.letters = ImportStatus.READY, reading.letters
        locked.notices = [each.as_json() for each in reading.notices]
        locked.done_count = locked.total_count = count
        locked.beat_at, locked.is_renewed = timezone.now(), False
        locked.save()


# Deciding -------------------------------------------------------------------------------------
@transaction.atomic
def decide(
    staff_import: StaffImport,
    number: int,
    *,
    choice: str,
    person_id: int | None = None,
    actor: User | None,
    at: datetime,
) -> StaffImport:
    """Say of a likely duplicate whether it is that person, another one, or to be set aside.

    Raises :class:`NotNow` or :class:`NoSuchChoice`.
    """
    locked = lock(staff_import)
    if locked.status != ImportStatus.READY:
        raise NotNow(locked.status)
    row = locked.rows.filter(number=number).first()
    if row is None or not row.candidates or choice not in (SAME, NEW, SKIP):
        raise NoSuchChoice(number)
    if choice == SAME and person_id not in row.candidates:
        raise NoSuchChoice(person_id)
    asked = row.candidates
    row.decision = {"choice": choice, "person": person_id if choice == SAME else None}
    row.save(update_fields=["decision"])
    concerned = [row]
    if choice == SAME:
        concerned = list(locked.rows.filter(person=person_id).exclude(pk=row.pk)) + concerned
        concerned.sort(key=lambda each: each.number)
    planned = planned_again(locked, concerned, local_day(at))
    for kept, each in zip(concerned, planned, strict=True):
        for name, value in verdict_of(each).items():
            setattr(kept, name, value)
        if kept.pk == row.pk:
            kept.candidates = asked  # so that the decision can be changed
    StaffImportRow.objects.bulk_update(concerned, list(verdict_of(planned[0])))
    locked.counts = count_rows(locked)
    days = [locked.first_day, *(first_day_of(each.plan) for each in planned)]
    locked.first_day = min((day for day in days if day), default=None)
    locked.save(update_fields=["counts", "first_day"])
    audit.log("staff_import.decide", locked, actor=actor, at=at, row=number, choice=choice)
    return locked


# Applying, undoing, throwing away -------------------------------------------------------------
@transaction.atomic
def request_apply(
    staff_import: StaffImport,
    *,
    only_if_all_good: bool,
    by_worker: bool = True,
    actor: User | None,
    at: datetime,
) -> StaffImport:
    """Have the worker apply the good rows (else the caller calls ``apply_run``).

    Raises :class:`NotNow`, :class:`NotAllGood` or :class:`NothingToApply`.
    """
    from lms.people.workbooks.tasks import apply_later  # noqa: PLC0415 (tasks call this module)

    locked = lock(staff_import)
    if locked.status != ImportStatus.READY:
        raise NotNow(locked.status)
    counts = locked.counts
    if only_if_all_good and (counts[RowStatus.REFUSED] or counts[RowStatus.UNDECIDED]):
        raise NotAllGood(locked.pk)
    if not counts[RowStatus.NEW] and not counts[RowStatus.CHANGED]:
        raise NothingToApply(locked.pk)
    begin(locked, ImportStatus.APPLYING, at)
    user_id = actor.pk if actor else None
    if by_worker:
        transaction.on_commit(partial(apply_later.enqueue, locked.pk, str(locked.run), user_id))
    return locked


@transaction.atomic
def request_undo(staff_import: StaffImport, *, actor: User | None, at: datetime) -> StaffImport:
    """Have the worker take the import back. Raises :class:`NotNow`."""
    from lms.people.workbooks.tasks import undo_later  # noqa: PLC0415 (tasks call this module)

    locked = lock(staff_import)
    if locked.shown_status != ImportStatus.APPLIED:
        raise NotNow(locked.status)
    begin(locked, ImportStatus.UNDOING, at)
    user_id = actor.pk if actor else None
    transaction.on_commit(partial(undo_later.enqueue, locked.pk, str(locked.run), user_id))
    return locked


def begin(locked: StaffImport, status: str, at: datetime) -> None:
    locked.status, locked.run, locked.beat_at = status, uuid.uuid4(), at
    locked.failure = {}
    locked.save(update_fields=["status", "run", "beat_at", "failure"])


@transaction.atomic
def discard(staff_import: StaffImport, *, actor: User | None, at: datetime) -> StaffImport:
    """Erase the file and the rows of an import that stands for nothing; its bare row stays.

    Raises :class:`NotNow` for one that is applied or at work.
    """
    locked = lock(staff_import)
    idle = {ImportStatus.READY, ImportStatus.FAILED, ImportStatus.UNDONE}
    if locked.status not in idle and not locked.is_stalled(at):
        raise NotNow(locked.status)
    if locked.status in (ImportStatus.UNDOING, ImportStatus.DISCARDED):
        raise NotNow(locked.status)
    locked.status, locked.run = ImportStatus.DISCARDED, uuid.uuid4()
    forget(locked)
    audit.log("staff_import.discard", locked, actor=actor, at=at)
    return locked


def forget(locked: StaffImport) -> None:
    """Erase the file, its name and the rows; counts and times stay."""
    name = locked.file.name
    locked.rows.all().delete()
    locked.file, locked.file_name, locked.failure, locked.notices = "", "", {}, []
    locked.save()
    if name:
        transaction.on_commit(partial(locked.file.storage.delete, name))


@transaction.atomic
def forget_old(*, at: datetime) -> int:
    """Erase the words of imports that nobody needs any more and return how many there were.

    The worker calls it with each file it reads, so that no calendar is needed.
    """
    old = StaffImport.objects.select_for_update().filter(
        created_at__lt=at - timedelta(days=KEPT_DAYS), status__in=SETTLED
    )
    found = list(old.exclude(file="", file_name="")[:FORGOTTEN_AT_ONCE])
    for each in found:
        if each.status in (ImportStatus.READY, ImportStatus.FAILED):
            each.status = ImportStatus.DISCARDED
        forget(each)
    return len(found)
