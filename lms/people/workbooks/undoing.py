"""Taking a whole import back: its batch is undone, and what it brought into being is let go.

A person the import registered is erased if nothing rests on her; else she stays, without the duty,
and is named. Whoever was corrected since keeps what was corrected.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError
from django.db.models import CASCADE, Model
from django.utils import timezone

from lms.people import audit, batches
from lms.people.batches import BatchUndone, DependedOn
from lms.people.days import FAR
from lms.people.facts import Fact, FactWithdrawn, writing
from lms.people.models import AuditEntry, Batch, StaffImport, StaffMember, User
from lms.people.models.imports import ImportStatus
from lms.people.workbooks.imports import lock
from lms.people.workbooks.refusals import reason

CHUNK = 500
MOST_NAMED = 20
# Rows about a person that are bookkeeping; nothing would be lost with her name.
BOOKKEEPING = {
    "people.auditentry",
    "people.batchfact",
    "people.batchperson",
    "people.reorganisedrow",
    "people.staffimportrow",
}


def undo_run(pk: int, run: str, *, actor: User | None, at: datetime) -> None:
    """Undo an import as the worker; what stands in the way is kept for its page."""
    staff_import = StaffImport.objects.filter(pk=pk, run=run, status=ImportStatus.UNDOING).first()
    if staff_import is None:
        return
    try:
        undo(staff_import, run, actor=actor, at=at)
    except DependedOn as depended:
        back(pk, run, {"code": "undo-refused", "reasons": depended.reasons[:MOST_NAMED]})
    except (BatchUndone, FactWithdrawn, IntegrityError):
        back(pk, run, {})  # somebody was faster: the page shows how it stands
    except Exception:
        back(pk, run, reason("crashed").as_json())
        raise


def back(pk: int, run: str, failure: dict) -> None:
    StaffImport.objects.filter(pk=pk, run=run).update(
        status=ImportStatus.APPLIED, failure=failure, beat_at=timezone.now()
    )


@writing()
def undo(staff_import: StaffImport, run: str, *, actor: User | None, at: datetime) -> StaffImport:
    """Take the import back and return it.

    Raises ``DependedOn`` or ``BatchUndone``; then nothing is changed.
    """
    locked = lock(staff_import)
    if str(locked.run) != run or locked.status != ImportStatus.UNDOING:
        raise BatchUndone(locked.batch_id)
    batch = locked.batch
    corrected = release_corrected(batch)
    stayed = release_resting(batch)
    brought = list(batch.people.filter(is_new=True).values_list("person_id", flat=True))
    batches.undo(batch, actor=actor, at=at)
    erase(brought, at=at)
    locked.status, locked.failure = ImportStatus.UNDONE, {}
    if corrected:
        locked.notices.append(reason("undo-corrected", count=corrected).as_json())
    if stayed:
        codes = ", ".join(stayed[:MOST_NAMED]) + ("…" if len(stayed) > MOST_NAMED else "")
        locked.notices.append(reason("undo-stayed", count=len(stayed), people=codes).as_json())
    locked.save(update_fields=["status", "failure", "notices"])
    audit.log("staff_import.undo", locked, actor=actor, at=at, stayed=len(stayed))
    return locked


def release_corrected(batch: Batch) -> int:
    """Let go of people whose name or contact was corrected since; return how many."""
    recorded = AuditEntry.objects.get(
        action="batch.record", object_type=batch._meta.label_lower, object_id=str(batch.pk)
    )
    later = AuditEntry.objects.filter(
        action="person.correct",
        pk__gt=recorded.pk,
        person__in=batch.people.filter(is_new=False).values("person_id"),
    )
    released = batch.people.filter(is_new=False, person__in=later.values("person_id"))
    count, _models = released.delete()
    return count


def release_resting(batch: Batch) -> list[str]:
    """Let go of new people on whom something rests by now; return their codes."""
    brought = list(batch.people.filter(is_new=True).values_list("person_id", flat=True))
    stayed: list[str] = []
    for start in range(0, len(brought), CHUNK):
        resting = people_with_records(batch, brought[start : start + CHUNK])
        batch.people.filter(is_new=True, person__in=resting).delete()
        kept = StaffMember.objects.filter(pk__in=resting).order_by("staff_code")
        stayed += kept.values_list("staff_code", flat=True)
    return stayed


def people_with_records(batch: Batch, people: list[int]) -> set[int]:
    """Return those of ``people`` on whom something rests that the batch did not write."""
    resting: set[int] = set()
    for relation in StaffMember._meta.get_fields(include_hidden=True):
        if not relation.auto_created or relation.concrete or relation.many_to_many:
            continue
        model: type[Model] = relation.related_model
        label, name = model._meta.label_lower, relation.field.name
        # What goes with its person is derived from her facts and made again with them.
        if label in BOOKKEEPING or relation.on_delete is CASCADE:
            continue
        rows = model._default_manager.filter(**{f"{name}__in": people})
        if issubclass(model, Fact):
            own = batch.facts.filter(model=label).values("logical_id")
            rows = rows.filter(withdrawn_on=FAR).exclude(logical_id__in=own)
        resting |= set(rows.values_list(f"{name}_id", flat=True))
    return resting


def erase(people: list[int], *, at: datetime) -> None:
    """Erase names and contacts; the codes are free again.

    The nameless rows stay, because withdrawn facts name them (``docs/decisions.md`` 6).
    """
    for start in range(0, len(people), CHUNK):
        part = list(StaffMember.objects.filter(pk__in=people[start : start + CHUNK]))
        for person in part:
            person.staff_code = person.key.hex[:20]
            person.full_name = person.folded_name = person.sort_name = ""
            person.work_email = person.work_phone = ""
            person.birth_date, person.erased_at = None, at
        StaffMember.objects.bulk_update(
            part,
            [
                *("staff_code", "full_name", "folded_name", "sort_name"),
                *("work_email", "work_phone", "birth_date", "erased_at"),
            ],
        )
