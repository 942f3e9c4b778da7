"""Acts upon a selection: what happens to each, who is refused and why, then all of it at once.

A plan is made twice: for the page, and again under the locks of the write. Only what was seen is
written, in one transaction, as a batch that can be taken back.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.people import audit
from lms.people.batches import gather
from lms.people.days import day_after, end_from_form
from lms.people.facts import record_many, succeed_many
from lms.people.finding import versions_of
from lms.people.models import Batch, Leave, Posting, StaffMember, UnitVersion, User
from lms.people.scopes import Scope
from lms.people.staff import UnitNotValid, guarded
from lms.people.staffing import forms
from lms.people.staffing.access import people_managed
from lms.people.staffing.closed import warnings_of
from lms.people.staffing.leaves import covering, leaves_of
from lms.people.staffing.wording import covered_text, days_text, describe
from lms.people.units import hold_unit

# The most people of one act.
MOST = 2000


class PlanChanged(ValueError):
    """The facts are not those that were looked at."""


class SomeRefused(ValueError):
    """Somebody of the selection is refused, and all or nobody was asked for."""


class NobodyLeft(ValueError):
    """Everybody of the selection is refused."""


@dataclass
class Case:
    """What happens to one person, or why nothing does."""

    person: StaffMember
    text: str
    is_refused: bool = False
    closing: list[tuple[Posting, dict[str, Any]]] = field(default_factory=list)
    opening: list[Posting | Leave] = field(default_factory=list)


@dataclass
class BulkPlan:
    """The cases in the order of names, and what the page says beside them."""

    cases: list[Case]
    warnings: list[str]
    unit: UnitVersion | None = None
    first_day: date | None = None

    @property
    def good(self) -> list[Case]:
        return [case for case in self.cases if not case.is_refused]

    @property
    def refused(self) -> list[Case]:
        return [case for case in self.cases if case.is_refused]

    @property
    def digest(self) -> str:
        """What the page hands back to say that this was seen."""
        said = "\n".join(f"{case.person.pk} {case.text}" for case in self.cases)
        return hashlib.sha256(said.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class BulkAct:
    """One act upon a selection: its form, and what it does to one person with her duties."""

    label: Any
    form: type[forms.ActForm]
    case: Callable[[StaffMember, list[Posting], dict[str, Any], Place], Case]
    first_day: Callable[[dict[str, Any]], date]


@dataclass(frozen=True)
class Place:
    """What the cases speak of beside the duties: names of units, leaves by person."""

    units: dict[int, UnitVersion]
    leaves: Mapping[int, list[Leave]]

    def text(self, posting: Posting, **changes: Any) -> str:
        """Return a duty in words, with ``changes`` where they differ."""
        unit = changes.get("unit") or self.units.get(posting.unit_id)
        return describe(unit, changes.get("group") or posting.group, posting.position_title)


def plan_bulk(kind: str, ids: Iterable[int], typed: dict[str, Any], scope: Scope) -> BulkPlan:
    """Return what the act does to each of ``ids``; six queries at most, whatever their number.

    People outside the asker's scope are left out as if they were not; those in it on whom she may
    not act are refused.
    """
    act = BULK_ACTS[kind]
    people = list(
        StaffMember.objects.visible_to(scope)
        .filter(pk__in=list(ids), erased_at=None)
        .in_name_order()
    )
    managed = set(
        people_managed(scope)
        .filter(pk__in=[person.pk for person in people])
        .values_list("pk", flat=True)
    )
    duties: dict[int, list[Posting]] = defaultdict(list)
    for posting in (
        Posting.objects.current()
        .filter(person__in=[person.pk for person in people])
        .select_related("group")
        .order_by("-is_primary", "valid_from", "pk")
    ):
        if posting.valid_from < posting.valid_to:
            duties[posting.person_id].append(posting)
    first_day = act.first_day(typed)
    units = versions_of(
        list({posting.unit_id for found in duties.values() for posting in found}), first_day
    )
    # Only a leave is refused for one that stands.
    place = Place(units, leaves_of(managed) if kind == "leave" else {})
    cases = [
        act.case(person, duties[person.pk], typed, place)
        if person.pk in managed
        else refuse(person, _("You do not look after this person's duties."))
        for person in people
    ]
    unit = typed.get("unit")
    return BulkPlan(cases, warnings_of(first_day), unit, first_day)


def apply_bulk(
    kind: str,
    ids: Iterable[int],
    typed: dict[str, Any],
    scope: Scope,
    *,
    seen: str,
    only_good: bool,
    actor: User,
    at: datetime,
) -> Batch:
    """Write the plan that was ``seen`` and return its batch.

    Raises :class:`PlanChanged`, :class:`SomeRefused`, :class:`NobodyLeft`, or ``UnitNotValid``.
    """
    ids = list(ids)
    with gather(kind, actor=actor, at=at, reason=typed.get("reason", "")) as batch:
        locked = StaffMember.objects.filter(pk__in=ids).order_by("pk")
        list(locked.select_for_update(no_key=True).values_list("pk", flat=True))
        plan = plan_bulk(kind, ids, typed, scope)
        if plan.digest != seen:
            raise PlanChanged
        if plan.refused and not only_good:
            raise SomeRefused
        if not plan.good:
            raise NobodyLeft
        if plan.unit is not None and not hold_unit(plan.unit.unit, plan.first_day):
            raise UnitNotValid(plan.unit.unit_id)
        _write(plan.good, actor=actor, at=at)
        batch.counts = {"people": len(plan.good), "refused": len(plan.refused)}
        batch.save(update_fields=["counts"])
    return batch


def _write(cases: list[Case], **write: Any) -> None:
    """Write the cases by the bulk functions: closings first, what opens may need their days."""
    closed = succeed_many([pair for case in cases for pair in case.closing], **write)
    audit.log_many("posting.end", closed, **write)
    for model, action in ((Posting, "posting.open"), (Leave, "leave.record")):
        rows = [row for case in cases for row in case.opening if isinstance(row, model)]
        opened = guarded(lambda rows=rows: record_many(rows, **write))
        audit.log_many(action, opened, **write)


def refuse(person: StaffMember, text: str) -> Case:
    return Case(person, text, is_refused=True)


def _going_on(
    person: StaffMember,
    duties: list[Posting],
    on: date,
    place: Place,
    *,
    reason: str,
    is_new_duty: bool,
    **changes: Any,
) -> Case:
    """Return the case in which the primary duty goes on from ``on`` with ``changes``."""
    old = next(
        (each for each in duties if each.is_primary and each.valid_from <= on < each.valid_to),
        None,
    )
    if old is None:
        return refuse(person, _("No primary duty on this day."))
    if all(getattr(old, name) == value for name, value in changes.items() if name != "unit") and (
        "unit" not in changes or changes["unit"].unit_id == old.unit_id
    ):
        return refuse(person, _("It is so already: %(duty)s.") % {"duty": place.text(old)})
    if old.valid_from >= on:
        return refuse(person, _("The primary duty begins on this day or later."))
    unit = changes.get("unit")
    new = Posting(
        person=person,
        unit_id=unit.unit_id if unit else old.unit_id,
        group=changes.get("group", old.group),
        position_title=old.position_title,
        valid_from=on,
        valid_to=old.valid_to,
        is_primary=True,
        victim_support=changes.get("victim_support", old.victim_support),
        duty_began_on=on if is_new_duty else old.duty_began_on,
        reason=reason,
    )
    if not is_new_duty:
        new.chain_id = old.chain_id
    if "victim_support" in changes:
        mark = _("supports victims") if new.victim_support else _("does not support victims")
        text = _("From %(day)s: %(duty)s.") % {
            "day": f"{on:%d/%m/%Y}",
            "duty": f"{place.text(old)} – {mark}",
        }
    else:
        text = f"{place.text(old)} → {place.text(old, **changes)}"
    return Case(person, text, closing=[(old, {"valid_to": on, "reason": reason})], opening=[new])


def _transfer(person, duties, typed, place) -> Case:
    return _going_on(
        person, duties, typed["on"], place,
        reason=typed["reason"], is_new_duty=True, unit=typed["unit"],
    )  # fmt: skip


def _regroup(person, duties, typed, place) -> Case:
    return _going_on(
        person, duties, typed["on"], place,
        reason=typed["reason"], is_new_duty=True, group=typed["group"],
    )  # fmt: skip


def _support(person, duties, typed, place) -> Case:
    has_duty = typed["has_duty"] == "co"
    # Whoever is given the duty is newly assigned; whoever loses it goes on as she was.
    return _going_on(
        person, duties, typed["on"], place,
        reason=typed["reason"], is_new_duty=has_duty, victim_support=has_duty,
    )  # fmt: skip


def _leave(person, duties, typed, place) -> Case:
    first, end = typed["first_day"], end_from_form(typed["last_day"])
    if not any(each.valid_from < end and first < each.valid_to for each in duties):
        return refuse(person, _("No duty on these days."))
    if taken := covering(place.leaves.get(person.pk, ()), first, end):
        return refuse(person, covered_text(taken))
    text = _("Leave %(days)s.") % {"days": days_text(first, end)}
    return Case(person, text, opening=[Leave(person=person, valid_from=first, valid_to=end)])


def _end(person, duties, typed, place) -> Case:
    last = typed["last_day"]
    end = day_after(last)
    if any(each.valid_from > last for each in duties):
        return refuse(person, _("A duty begins after this day. End it on the person's own page."))
    going_on = [each for each in duties if each.valid_to > end]
    if not going_on:
        return refuse(person, _("No duty goes on after this day."))
    text = _("Ends with %(day)s: %(duty)s.") % {
        "day": f"{last:%d/%m/%Y}",
        "duty": "; ".join(place.text(each) for each in going_on),
    }
    changes = {"valid_to": end, "reason": typed["reason"]}
    return Case(person, text, closing=[(each, changes) for each in going_on])


BULK_ACTS: dict[str, BulkAct] = {
    "transfer": BulkAct(
        gettext_lazy("Transfer to another unit"),
        forms.BulkTransferForm,
        _transfer,
        lambda typed: typed["on"],
    ),
    "group": BulkAct(
        gettext_lazy("Change of position group"),
        forms.BulkGroupForm,
        _regroup,
        lambda typed: typed["on"],
    ),
    "support": BulkAct(
        gettext_lazy("Victim-support duty"),
        forms.BulkSupportForm,
        _support,
        lambda typed: typed["on"],
    ),
    "leave": BulkAct(
        gettext_lazy("Leave"), forms.LeaveForm, _leave, lambda typed: typed["first_day"]
    ),
    "end": BulkAct(
        gettext_lazy("End of duty"), forms.EndForm, _end, lambda typed: typed["last_day"]
    ),
}
