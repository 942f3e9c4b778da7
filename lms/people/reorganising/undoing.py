"""Undo a reorganisation while nothing depends on it; say plainly what does otherwise.

An undo withdraws what the apply wrote and brings back what stood before it. Whoever asks for a day
in between, as known then, still sees the map of that day (``docs/decisions.md`` 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lms.people import audit
from lms.people.days import local_day
from lms.people.facts import Fact, handed_on, succeed_many, withdraw_many, writing
from lms.people.models import (
    Posting,
    Reorganisation,
    ReorganisedRow,
    RoleAssignment,
    Unit,
    UnitVersion,
    User,
)
from lms.people.reorganising.applying import lock_units
from lms.people.reorganising.carrying import BATCH
from lms.people.reorganising.following import UNIT_ROWS
from lms.people.roles import sync_groups
from lms.people.units import UNPLACED_KEY, rebuild_paths

# Bookkeeping of the portal itself about a unit: nothing that would be lost with it.
BOOKKEEPING = {
    "people.unitpath",
    "people.uniteventpart",
    "people.uniteventperson",
    "people.reorganisedrow",
    "people.auditentry",
}


# Fields that say why a version was written, not what it says.
MANY = 500
WORDS = ("reason",)


class NotApplied(ValueError):
    """Only what is applied can be undone."""


class DependedOn(ValueError):
    """Something that was entered since rests on the reorganisation; ``reasons`` say what."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("; ".join(reasons))


@writing()
def undo(reorganisation: Reorganisation, *, actor: User | None, at: datetime) -> Reorganisation:
    """Take the reorganisation back and return it.

    Raises :class:`NotApplied` or :class:`DependedOn`.
    """
    lock_units()
    reorganisation = Reorganisation.objects.get(pk=reorganisation.pk)
    if not reorganisation.is_applied:
        raise NotApplied(reorganisation.pk)
    reasons = what_depends(reorganisation)
    if reasons:
        raise DependedOn(reasons)
    write = {"actor": actor, "at": at}
    _take_back_versions(reorganisation, **write)
    for label in _labels(reorganisation):
        if label in UNIT_ROWS:
            _take_back_rows(reorganisation, label)
        elif label != UnitVersion._meta.label_lower:
            _take_back_facts(reorganisation, apps.get_model(label), **write)
    rebuild_paths(known_from=local_day(at))
    reorganisation.events.update(undone_at=at, undone_by=actor)
    reorganisation.undone_at, reorganisation.undone_by = at, actor
    reorganisation.save(update_fields=["undone_at", "undone_by"])
    _sync_holders(reorganisation, at)
    audit.log("reorganisation.undo", reorganisation, **write)
    return reorganisation


def what_depends(reorganisation: Reorganisation) -> list[str]:
    """Return what was entered since and rests on the reorganisation, in words; [] if nothing."""
    reasons: list[str] = []
    later: set[str] = set()
    has_other = False
    for label in _labels(reorganisation):
        if label in UNIT_ROWS:
            continue
        changed = _changed_since(reorganisation, label)
        if not changed:
            continue
        if label == UnitVersion._meta.label_lower:
            later |= set(_titles(reorganisation, events__versions__unit__in=changed[:MANY]))
            has_other = not later
        elif label == Posting._meta.label_lower:
            moved = reorganisation.rows.filter(pk__in=changed[:MANY]).values("person_id")
            later |= set(_titles(reorganisation, events__postings__person__in=moved))
            reasons.append(
                ngettext(
                    "%(count)d duty that moved has been changed or ended since.",
                    "%(count)d duties that moved have been changed or ended since.",
                    len(changed),
                )
                % {"count": len(changed)}
            )
        else:
            reasons.append(
                _("%(what)s: %(count)d changed since.")
                % {
                    "what": apps.get_model(label)._meta.verbose_name_plural,
                    "count": len(changed),
                }
            )
    if later or has_other:
        names = ", ".join(f"“{title}”" for title in sorted(later)) or _("another change")
        text = _("A later decision changes the same units: %(names)s.") % {"names": names}
        reasons.insert(0, text)
    return reasons + _entered_in_new_units(reorganisation)


def _titles(reorganisation: Reorganisation, **touching: Any) -> Iterable[str]:
    """Return the titles of later decisions that touch the same units or people."""
    return (
        Reorganisation.objects.applied()
        .filter(happened_on__gte=reorganisation.happened_on, **touching)
        .exclude(pk=reorganisation.pk)
        .distinct()
        .values_list("title", flat=True)
    )


def _labels(reorganisation: Reorganisation) -> list[str]:
    return sorted(set(reorganisation.rows.order_by().values_list("model", flat=True).distinct()))


def _changed_since(reorganisation: Reorganisation, label: str) -> list[int]:
    """Return rows that are not as we left them any more: of units the unit, else the row.

    A version that another reorganisation replaced and its undo brought back says the same as ours.
    """
    model = apps.get_model(label)
    rows = reorganisation.rows.filter(model=label)
    suspects: dict[int, list[tuple[int, int]]] = {}
    for name in ("after_id", "closed_id"):
        standing = model._default_manager.current().filter(pk=OuterRef(name))
        late = rows.filter(~Exists(standing), **{f"{name}__isnull": False})
        for key, pk, to_unit, from_unit in late.values_list(
            name, "pk", "to_unit_id", "from_unit_id"
        ):
            suspects.setdefault(key, []).append((pk, to_unit or from_unit))
    for part in _parts(list(suspects)):
        # A list placed these people since: our own doing.
        for key in rows.filter(before_id__in=part).values_list("before_id", flat=True):
            suspects.pop(key, None)
    ours, now = _standing_of(model, list(suspects))
    changed = {
        place
        for key, version in ours.items()
        for place in suspects[key]
        if version.logical_id not in now
        or handed_on(now[version.logical_id], WORDS) != handed_on(version, WORDS)
    }
    if label == UnitVersion._meta.label_lower:
        return sorted({unit for _pk, unit in changed})
    return sorted({pk for pk, _unit in changed})


def _parts(keys: list[Any]) -> Iterator[list[Any]]:
    """Return ``keys`` in parts that fit one statement on either database."""
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]


def _standing_of(model: type[Fact], keys: list[int]) -> tuple[dict[int, Any], dict[Any, Any]]:
    """Return the versions with ``keys``, and what stands now under their logical ids."""
    ours: dict[int, Any] = {}
    for part in _parts(keys):
        ours |= model._default_manager.in_bulk(part)
    now = {each.logical_id: each for each in ours.values() if each.stands}
    logical = [each.logical_id for each in ours.values() if not each.stands]
    for part in _parts(logical):
        for each in model._default_manager.current().filter(logical_id__in=part):
            now[each.logical_id] = each
    return ours, now


def _entered_in_new_units(reorganisation: Reorganisation) -> list[str]:
    """Name what else stands in units that this reorganisation opened."""
    opened = reorganisation.rows.filter(
        model=UnitVersion._meta.label_lower, before_id__isnull=True
    ).values("to_unit_id")
    reasons = []
    for relation in Unit._meta.related_objects:
        model = relation.related_model
        label = model._meta.label_lower
        if label in BOOKKEEPING:
            continue
        rows = model._default_manager.filter(**{f"{relation.field.name}__in": opened})
        if issubclass(model, Fact):
            rows = rows.filter(withdrawn_at=None)
            count = _count_others(reorganisation, rows)
        elif label in UNIT_ROWS:
            own = reorganisation.rows.filter(model=label)
            count = rows.exclude(pk__in=list(own.values_list("after_id", flat=True))).count()
        else:
            count = rows.count()
        if count:
            reasons.append(
                _("%(what)s in units that began with this decision: %(count)d.")
                % {"what": model._meta.verbose_name_plural, "count": count}
            )
    return list(dict.fromkeys(reasons))


def _count_others(reorganisation: Reorganisation, facts: QuerySet[Any]) -> int:
    """Count the facts that we did not write: neither our version nor one that says the same."""
    own = reorganisation.rows.filter(model=facts.model._meta.label_lower, after_id__isnull=False)
    others = facts.count() - facts.filter(pk__in=own.values("after_id")).count()
    if not others:
        return 0
    ours = facts.model._default_manager.filter(pk__in=own.values("after_id"))
    known = set(ours.values_list("logical_id", flat=True))
    return sum(key not in known for key in facts.values_list("logical_id", flat=True))


def _take_back_versions(reorganisation: Reorganisation, **write: Any) -> None:
    """Withdraw the versions of the new map first: codes may be in use on both."""
    rows = list(reorganisation.rows.filter(model=UnitVersion._meta.label_lower))
    versions, now = _standing_of(UnitVersion, _keys_of(rows))

    def standing(key: int) -> UnitVersion:
        return now[versions[key].logical_id]

    withdraw_many([standing(row.after_id) for row in rows if row.after_id], **write)
    succeed_many(
        [
            (standing(row.closed_id), {"valid_to": versions[row.before_id].valid_to})
            for row in rows
            if row.closed_id
        ],
        **write,
    )


def _keys_of(rows: list[ReorganisedRow]) -> list[int]:
    return [key for row in rows for key in (row.before_id, row.closed_id, row.after_id) if key]


def _take_back_facts(reorganisation: Reorganisation, model: type[Fact], **write: Any) -> None:
    """Bring the facts back to what they were; people placed from a list first."""
    rows = reorganisation.rows.filter(model=model._meta.label_lower)
    # No event takes people out of the waiting unit, only a list does.
    placed = rows.filter(from_unit__own_key=UNPLACED_KEY)
    for part in (placed, rows.exclude(from_unit__own_key=UNPLACED_KEY)):
        for batch in _batches(part):
            _take_back(model, batch, **write)


def _batches(rows: QuerySet[ReorganisedRow]) -> Iterator[list[ReorganisedRow]]:
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


def _take_back(model: type[Fact], rows: list[ReorganisedRow], **write: Any) -> None:
    versions, now = _standing_of(model, _keys_of(rows))
    closing = [row for row in rows if row.after_id and row.closed_id]
    withdraw_many([now[versions[row.after_id].logical_id] for row in closing], **write)
    back = [
        (
            now[versions[row.closed_id or row.after_id].logical_id],
            handed_on(versions[row.before_id], ["logical_id"]),
        )
        for row in rows
    ]
    succeed_many(back, **write)


def _take_back_rows(reorganisation: Reorganisation, label: str) -> None:
    """Give open rows their unit again, unless somebody has given them another one since."""
    rows = {row.after_id: row for row in reorganisation.rows.filter(model=label)}
    model = apps.get_model(label)
    found = [
        each
        for each in model._default_manager.select_for_update().filter(pk__in=list(rows))
        if each.unit_id == rows[each.pk].to_unit_id
    ]
    for each in found:
        each.unit_id = rows[each.pk].from_unit_id
    model._default_manager.bulk_update(found, ["unit"], batch_size=500)


def _sync_holders(reorganisation: Reorganisation, at: datetime) -> None:
    """Give back the groups of those whose roles had ended."""
    back = reorganisation.rows.filter(
        model=RoleAssignment._meta.label_lower, to_unit__isnull=True, person__isnull=False
    )
    for user in User.objects.filter(staff__in=back.values("person_id")):
        sync_groups(user, at)
