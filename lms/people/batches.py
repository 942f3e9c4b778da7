"""Batches: what one act changed, kept so that the whole act can be taken back.

``gather`` holds the transaction of the act and keeps every fact version written inside, whichever
function wrote it. ``undo`` withdraws what the batch left standing and records again what it
withdrew, as new versions under the same logical id: nothing is erased, and a figure as known in
between still shows what was known then (``docs/decisions.md`` 1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lms.people import audit, staff
from lms.people.days import BEFORE
from lms.people.facts import Fact, FactWithdrawn, handed_on, record_many, withdraw_many, writing
from lms.people.models import (
    AuditEntry,
    Batch,
    BatchFact,
    BatchPerson,
    Posting,
    StaffMember,
    UnitVersion,
    User,
)
from lms.people.watching import Watch, watching

PART = 500
# What a page calls the kinds; a kind that stands on a higher floor is added there.
NAMES: dict[str, Any] = {
    "transfer": gettext_lazy("Transfer"),
    "group": gettext_lazy("Change of position group"),
    "leave": gettext_lazy("Leave"),
    "end": gettext_lazy("End of duty"),
    "support": gettext_lazy("Victim-support duty"),
    "take_back": gettext_lazy("Taking back"),
    "import": gettext_lazy("Import of a workbook"),
}
# What a higher floor does when a batch of its kind is undone, in the same transaction: called with
# the batch, ``actor`` and ``at``.
FOLLOWERS: dict[str, Callable[..., None]] = {}
# Rows about a person that nobody entered.
BOOKKEEPING = frozenset({"people.auditentry"})


class BatchUndone(ValueError):
    """The batch was taken back before."""


class DependedOn(ValueError):
    """Something entered since rests on the batch; ``reasons`` say what."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("; ".join(reasons))


@contextmanager
def gather(
    kind: str, *, actor: User | None, at: datetime, reason: str = "", **counts: int
) -> Iterator[Batch]:
    """Hold the one transaction of an act and keep what it writes as a batch.

    Inside, call the usual write functions or the bulk ones of ``facts``; an error leaves nothing
    behind. ``counts`` are numbers for the page. Batches do not nest (``RuntimeError``).
    """
    with writing():
        batch = Batch.objects.create(kind=kind, actor=actor, at=at, reason=reason, counts=counts)
        with watching() as watch:
            yield batch
        fact_count = _keep_facts(batch, watch)
        people_count = _keep_people(batch, watch)
        audit.log(
            "batch.record",
            batch,
            actor=actor,
            at=at,
            kind=kind,
            facts=fact_count,
            people=people_count,
        )


@writing()
def undo(batch: Batch, *, actor: User | None, at: datetime) -> Batch:
    """Take ``batch`` back and return it.

    A person the batch registered keeps her record, without a duty: the trail speaks of her. Raises
    :class:`BatchUndone` or :class:`DependedOn`.
    """
    batch = Batch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if batch.is_undone:
        raise BatchUndone(batch.pk)
    _lock_people(batch)
    reasons = what_depends(batch)
    if reasons:
        raise DependedOn(reasons)
    try:
        with transaction.atomic():
            for label in _labels(batch):
                _take_back(batch, apps.get_model(label), actor=actor, at=at)
    except (IntegrityError, FactWithdrawn) as refusal:
        raise DependedOn([_("Another duty now stands on the same days.")]) from refusal
    for row in batch.people.filter(is_new=False).select_related("person"):
        staff.correct_person(row.person, actor=actor, at=at, **_loads(row.before))
    batch.people.update(before={})
    if batch.kind in FOLLOWERS:
        FOLLOWERS[batch.kind](batch, actor=actor, at=at)
    batch.undone_at, batch.undone_by = at, actor
    batch.save(update_fields=["undone_at", "undone_by"])
    audit.log("batch.undo", batch, actor=actor, at=at, kind=batch.kind)
    return batch


def what_depends(batch: Batch) -> list[str]:
    """Return what was entered since and rests on the batch, in words; [] if nothing."""
    reasons = []
    for label in _labels(batch):
        model = apps.get_model(label)
        changed = ended = 0
        for rows, versions, now in _walk(batch, model):
            changed += sum(not _is_as_left(row, versions, now) for row in rows)
            if model is Posting:
                ended += _in_ended_units([versions[row.before_id] for row in rows if row.before_id])
        if changed:
            reasons.append(
                _("%(what)s: %(count)d changed since.")
                % {"what": model._meta.verbose_name_plural, "count": changed}
            )
        if ended:
            reasons.append(
                ngettext(
                    "%(count)d duty was in a unit that has ended since.",
                    "%(count)d duties were in units that have ended since.",
                    ended,
                )
                % {"count": ended}
            )
    return reasons + _entered_about_new_people(batch) + _corrected_since(batch)


def _keep_facts(batch: Batch, watch: Watch) -> int:
    """Store for each fact the version before the batch and the one it leaves; return how many."""
    ours = {(fact._meta.label_lower, fact.pk) for fact in watch.recorded}
    rows: dict[tuple[str, Any], BatchFact] = {}

    def row_of(fact: Fact) -> BatchFact:
        label = fact._meta.label_lower
        return rows.setdefault(
            (label, fact.logical_id),
            BatchFact(
                batch=batch,
                model=label,
                logical_id=fact.logical_id,
                person_id=getattr(fact, "person_id", None),
            ),
        )

    gone = set()
    for fact in watch.withdrawn:
        key = (fact._meta.label_lower, fact.pk)
        if key in ours:
            gone.add(key)
        else:
            row_of(fact).before_id = fact.pk
    for fact in watch.recorded:
        if (fact._meta.label_lower, fact.pk) not in gone:
            row_of(fact).after_id = fact.pk
    BatchFact.objects.bulk_create(rows.values(), batch_size=PART)
    return len(rows)


def _keep_people(batch: Batch, watch: Watch) -> int:
    rows = [BatchPerson(batch=batch, person_id=key, is_new=True) for key in watch.registered]
    rows += [
        BatchPerson(batch=batch, person_id=key, before=_dumps(before))
        for key, before in watch.corrected.items()
    ]
    BatchPerson.objects.bulk_create(rows, batch_size=PART)
    return len(rows)


def _dumps(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in fields.items()
    }


def _loads(fields: dict[str, Any]) -> dict[str, Any]:
    born = fields.get("birth_date")
    return fields | ({"birth_date": date.fromisoformat(born)} if born else {})


def _labels(batch: Batch) -> list[str]:
    return sorted(set(batch.facts.order_by().values_list("model", flat=True).distinct()))


def _lock_people(batch: Batch) -> None:
    """Serialise with every other change of these people's duties; by key, so that none waits."""
    touched = Q(pk__in=batch.facts.values("person_id")) | Q(pk__in=batch.people.values("person_id"))
    people = StaffMember.objects.filter(touched).order_by("pk").select_for_update(no_key=True)
    list(people.values_list("pk", flat=True))


def _walk(
    batch: Batch, model: type[Fact]
) -> Iterator[tuple[list[BatchFact], dict[int, Any], dict[Any, Any]]]:
    """Yield rows in parts, with their versions by key and what stands now by logical id."""
    rows = batch.facts.filter(model=model._meta.label_lower).order_by("pk")
    last = 0
    while part := list(rows.filter(pk__gt=last)[:PART]):
        last = part[-1].pk
        keys = [key for row in part for key in (row.before_id, row.after_id) if key]
        versions = model._default_manager.in_bulk(keys)
        standing = model._default_manager.current().filter(
            logical_id__in=[row.logical_id for row in part]
        )
        yield part, versions, {fact.logical_id: fact for fact in standing}


def _is_as_left(row: BatchFact, versions: dict[int, Any], now: dict[Any, Any]) -> bool:
    """Whether what stands says what the batch left: a later batch may have been undone."""
    standing = now.get(row.logical_id)
    if row.after_id is None or standing is None:
        return row.after_id is None and standing is None
    return handed_on(standing, ["reason"]) == handed_on(versions[row.after_id], ["reason"])


def _in_ended_units(postings: list[Posting]) -> int:
    """Count postings that would come back in a unit beyond its end."""
    ends = dict(
        UnitVersion.objects.current()
        .filter(unit__in={posting.unit_id for posting in postings})
        .values_list("unit")
        .annotate(Max("valid_to"))
    )
    return sum(posting.valid_to > ends.get(posting.unit_id, BEFORE) for posting in postings)


def _entered_about_new_people(batch: Batch) -> list[str]:
    """Name what else the portal holds of people whom the batch registered."""
    new = batch.people.filter(is_new=True).values("person_id")
    if not new.exists():
        return []
    reasons = []
    for relation in StaffMember._meta.related_objects:
        model = relation.related_model
        label = model._meta.label_lower
        if label in BOOKKEEPING:
            continue
        rows = model._default_manager.filter(**{f"{relation.field.name}__in": new})
        if issubclass(model, Fact):
            own = batch.facts.filter(model=label).values("logical_id")
            rows = rows.current().exclude(logical_id__in=own)
        count = rows.count()
        if count:
            reasons.append(
                _("%(what)s of people who were added: %(count)d.")
                % {"what": model._meta.verbose_name_plural, "count": count}
            )
    return reasons


def _corrected_since(batch: Batch) -> list[str]:
    """Name later corrections of the records that the batch corrected."""
    entry = AuditEntry.objects.filter(
        action="batch.record", object_type=batch._meta.label_lower, object_id=str(batch.pk)
    ).get()
    # Corrections of one person wait for each other, so the trail of one person is in order.
    count = AuditEntry.objects.filter(
        action="person.correct",
        pk__gt=entry.pk,
        person__in=batch.people.filter(is_new=False).values("person_id"),
    ).count()
    if not count:
        return []
    return [_("Names or contacts corrected since: %(count)d.") % {"count": count}]


def _take_back(batch: Batch, model: type[Fact], *, actor: User | None, at: datetime) -> None:
    """Withdraw all that stands first: what comes back may need the same days."""
    returning: list[Any] = []
    for rows, versions, now in _walk(batch, model):
        withdraw_many(
            [now[row.logical_id] for row in rows if row.after_id is not None], actor=actor, at=at
        )
        returning += [
            model(**handed_on(versions[row.before_id], [])) for row in rows if row.before_id
        ]
    record_many(returning, actor=actor, at=at)
