"""Applying a preview: one transaction, all facts in bulk, nothing that was not looked at.

People and units are held first and every row is planned again over them. A plan that is not the one
that was shown means that somebody changed a record since: then nothing is written and the preview
is made anew (``docs/decisions.md``).
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from lms.people import audit
from lms.people.batches import gather
from lms.people.days import local_day
from lms.people.facts import (
    Fact,
    FactWithdrawn,
    record_many,
    succeed_many,
)
from lms.people.models import (
    Leave,
    Posting,
    StaffImport,
    StaffImportRow,
    StaffMember,
    User,
)
from lms.people.models.imports import ImportStatus, RowStatus
from lms.people.workbooks.imports import lock
from lms.people.workbooks.persons import correct_many, log_many, register_many
from lms.people.workbooks.planning import PlannedRow
from lms.people.workbooks.previews import planned_again, write_rows
from lms.people.workbooks.refusals import reason

CHUNK = 500
# Key of the advisory lock; any number no other lock of the portal uses.
APPLY_LOCK = 7_412_001
# Columns of a kept row that are words for people.
WORDS = ("cells", "notices", "reasons", "changes", "candidates")
DONE = (RowStatus.NEW, RowStatus.CHANGED)


class PreviewStale(Exception):
    """Records changed since the preview; nothing was written."""


def apply_run(pk: int, run: str, *, actor: User | None, at: datetime) -> None:
    """Apply an import as the worker; a stale preview is renewed and waits to be looked at."""
    staff_import = StaffImport.objects.filter(pk=pk, run=run, status=ImportStatus.APPLYING).first()
    if staff_import is None:
        return
    try:
        apply(staff_import, run, actor=actor, at=at)
    except (PreviewStale, FactWithdrawn, IntegrityError):
        renew(staff_import, run)
    except Exception:
        StaffImport.objects.filter(pk=pk, run=run).update(
            status=ImportStatus.READY, failure=reason("crashed").as_json()
        )
        raise


def apply(staff_import: StaffImport, run: str, *, actor: User | None, at: datetime) -> StaffImport:
    """Write what the good rows say as one batch and return the import, applied.

    Raises :class:`PreviewStale`, ``FactWithdrawn`` or ``IntegrityError`` where somebody was faster.
    """
    counts = {key: staff_import.counts.get(key, 0) for key in RowStatus.values}
    with gather("import", actor=actor, at=at, **counts) as batch:
        locked = lock(staff_import)
        if str(locked.run) != run or locked.status != ImportStatus.APPLYING:
            raise PreviewStale(locked.pk)
        # Without what only the page shows: twenty thousand rows must stay small.
        kept = list(locked.rows.order_by("number").defer(*WORDS))
        hold(kept)
        planned = planned_again(locked, kept, local_day(at), with_cells=False)
        if not all(is_as_shown(row, each) for row, each in zip(kept, planned, strict=True)):
            raise PreviewStale(locked.pk)
        Work([each for each in planned if each.status in DONE]).write(actor=actor, at=at)
        locked.status, locked.batch, locked.is_renewed = ImportStatus.APPLIED, batch, False
        locked.save(update_fields=["status", "batch", "is_renewed"])
        audit.log("staff_import.apply", locked, actor=actor, at=at, rows=counts)
    return locked


def is_as_shown(row: StaffImportRow, each: PlannedRow) -> bool:
    """Tell whether planning a row again gave what its preview says."""
    return (
        row.status == str(each.status)
        and row.plan == each.plan
        and (row.status == RowStatus.REFUSED or row.person_id == each.person_id)
    )


def hold(rows: list[StaffImportRow]) -> None:
    """Hold the people of the rows and the units they go to until the transaction ends.

    One import is applied at a time: the same new people in two files have no row yet to wait for.
    SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [APPLY_LOCK])
    people = sorted({row.person_id for row in rows if row.person_id and row.plan})
    for start in range(0, len(people), CHUNK):
        part = StaffMember.objects.filter(pk__in=people[start : start + CHUNK]).order_by("pk")
        list(part.select_for_update(no_key=True).values_list("pk"))
    units = sorted(
        {row.plan["duty"]["open"]["unit"] for row in rows if row.plan.get("duty", {}).get("open")}
    )
    if connection.vendor == "postgresql" and units:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM people_unit WHERE id = ANY(%s) ORDER BY id FOR SHARE", [units]
            )


@transaction.atomic
def renew(staff_import: StaffImport, run: str) -> None:
    """Make the preview again over the records as they are, with the decisions that were taken."""
    locked = lock(staff_import)
    if str(locked.run) != run:
        return
    kept = list(locked.rows.order_by("number"))
    planned = planned_again(locked, kept, local_day(timezone.now()))
    decisions = {row.number: row.decision for row in kept if row.decision}
    notices = {row.number: row.notices for row in kept if row.notices}
    asked = {row.number: row.candidates for row in kept if row.decision}
    locked.rows.all().delete()
    write_rows(locked, planned)
    again = list(locked.rows.filter(number__in=list(decisions | notices)))
    for row in again:
        row.decision = decisions.get(row.number, {})
        row.notices = notices.get(row.number, [])
        row.candidates = asked.get(row.number, row.candidates)
    StaffImportRow.objects.bulk_update(again, ["decision", "notices", "candidates"], batch_size=200)
    locked.status, locked.is_renewed, locked.run = ImportStatus.READY, True, uuid.uuid4()
    locked.save()


class Work:
    """The writes of some planned rows, gathered by kind so that each is one bulk act."""

    def __init__(self, planned: list[PlannedRow]) -> None:
        self.planned = planned
        self.entries: list[tuple[str, Any, int, int | None, dict[str, Any]]] = []

    def write(self, *, actor: User | None, at: datetime) -> None:
        self.write_people(at=at)
        self.write_duties(actor=actor, at=at)
        self.write_leaves(actor=actor, at=at)
        log_many(self.entries, actor=actor, at=at)

    # People ---------------------------------------------------------------------------------
    def write_people(self, *, at: datetime) -> None:
        fresh = [each for each in self.planned if "new" in each.plan]
        people = register_many([each.plan["new"] for each in fresh], at=at)
        for each, person in zip(fresh, people, strict=True):
            each.person_id = person.pk
            self.entries.append(("person.register", person, person.pk, None, {}))
        changes = {e.person_id: e.plan["person"] for e in self.planned if "person" in e.plan}
        correct_many(changes)
        for pk, changed in changes.items():
            self.entries.append(
                ("person.correct", StaffMember(pk=pk), pk, None, {"fields": sorted(changed)})
            )

    # Duties ---------------------------------------------------------------------------------
    def write_duties(self, *, actor: User | None, at: datetime) -> None:
        duties = [(each, each.plan["duty"]) for each in self.planned if "duty" in each.plan]
        standing = self.standing(Posting, [duty["pk"] for _each, duty in duties if "pk" in duty])
        changing = []
        for _each, duty in duties:
            if "pk" in duty:
                posting = standing[duty["pk"]]
                changing.append((posting, changes_of(duty)))
        for (_before, changed), after in zip(
            changing, succeed_many(changing, actor=actor, at=at), strict=True
        ):
            action = "posting.end" if "valid_to" in changed else "posting.correct"
            self.entry(action, after, {"valid_to": after.valid_to.isoformat()})
        opening = [posting_of(each, duty, standing) for each, duty in duties if "open" in duty]
        for after in record_many(opening, actor=actor, at=at):
            self.entry(
                "posting.open",
                after,
                {
                    "valid_from": after.valid_from.isoformat(),
                    "valid_to": after.valid_to.isoformat(),
                },
            )

    # Leaves ---------------------------------------------------------------------------------
    def write_leaves(self, *, actor: User | None, at: datetime) -> None:
        leaves = [(each, each.plan["leave"]) for each in self.planned if "leave" in each.plan]
        standing = self.standing(Leave, [leave["pk"] for _each, leave in leaves if "pk" in leave])
        changing = [
            (standing[leave["pk"]], {"valid_to": date.fromisoformat(leave["to"])})
            for _each, leave in leaves
            if "pk" in leave
        ]
        for after in succeed_many(changing, actor=actor, at=at):
            self.entry("leave.end", after, {})
        opening = [
            Leave(
                person_id=each.person_id,
                valid_from=date.fromisoformat(leave["from"]),
                valid_to=date.fromisoformat(leave["to"]),
            )
            for each, leave in leaves
            if "pk" not in leave
        ]
        for after in record_many(opening, actor=actor, at=at):
            self.entry("leave.record", after, {})

    # Bookkeeping ----------------------------------------------------------------------------
    def standing(self, model: type[Fact], keys: list[int]) -> dict[int, Any]:
        """Return the versions by key; ``succeed_many`` refuses one that no longer stands."""
        found: dict[int, Any] = {}
        for start in range(0, len(keys), CHUNK):
            found |= model._default_manager.in_bulk(keys[start : start + CHUNK])
        return found

    def entry(self, action: str, fact: Any, data: dict[str, Any]) -> None:
        unit = getattr(fact, "unit_id", None)
        self.entries.append((action, fact, fact.person_id, unit, data))


def changes_of(duty: dict[str, Any]) -> dict[str, Any]:
    """Return the changed fields of the standing version of a duty."""
    if "close" in duty:
        return {"valid_to": date.fromisoformat(duty["close"])}
    changed = dict(duty["change"])
    if "valid_to" in changed:
        changed["valid_to"] = date.fromisoformat(changed["valid_to"])
    return changed


def posting_of(each: PlannedRow, duty: dict[str, Any], standing: dict[int, Posting]) -> Posting:
    """Return the new posting of a row; one that only has a new title continues the old duty."""
    said = duty["open"]
    start = date.fromisoformat(said["from"])
    posting = Posting(
        person_id=each.person_id,
        unit_id=said["unit"],
        group_id=said["group"],
        position_title=said["position_title"],
        valid_from=start,
        valid_to=date.fromisoformat(said["to"]),
        is_primary=said["is_primary"],
        victim_support=said["victim_support"],
        duty_began_on=start,
    )
    if said["continues"]:
        old = standing[duty["pk"]]
        posting.chain_id, posting.duty_began_on = old.chain_id, old.duty_began_on
    return posting
