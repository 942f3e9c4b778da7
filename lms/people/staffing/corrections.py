"""Putting one duty or leave right, or taking it back, as an act that is looked at first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from lms.people.batches import gather
from lms.people.days import end_from_form
from lms.people.finding import versions_of
from lms.people.models import Leave, PersonMerge, Posting, StaffMember, User
from lms.people.staffing.acts import Plan
from lms.people.staffing.closed import warnings_of
from lms.people.staffing.duplicates import unmerge
from lms.people.staffing.duties import (
    changed_fields,
    correct_leave,
    correct_posting,
    take_back,
)
from lms.people.staffing.wording import days_text, describe, duty_text


def standing_fact(person: StaffMember, logical_id: Any) -> Posting | Leave | PersonMerge | None:
    """Return the standing duty, leave or merge of ``person`` with the logical id.

    Three queries at most.
    """
    posting = (
        Posting.objects.current()
        .filter(person=person, logical_id=logical_id)
        .select_related("unit", "group", "person")
        .first()
    )
    if posting is not None:
        return posting
    leave = (
        Leave.objects.current()
        .filter(person=person, logical_id=logical_id)
        .select_related("person")
        .first()
    )
    return leave or (
        PersonMerge.objects.current()
        .filter(Q(duplicate=person) | Q(survivor=person), logical_id=logical_id)
        .select_related("duplicate", "survivor")
        .first()
    )


def plan_correct(fact: Posting | Leave, typed: dict[str, Any]) -> Plan:
    """Return what a correction changes. Raises :class:`NothingChanged`."""
    changes = {"valid_from": typed["first_day"], "valid_to": end_from_form(typed["last_day"])}
    if isinstance(fact, Leave):
        write_one = correct_leave
        said = [
            _("Before: %(duty)s.") % {"duty": days_text(fact.valid_from, fact.valid_to)},
            _("From now on: %(duty)s.") % {"duty": days_text(*changes.values())},
        ]
    else:
        write_one = correct_posting
        changes |= {
            "unit": typed["unit"].unit,
            "group": typed["group"],
            "position_title": typed["position_title"],
            "is_primary": typed["is_primary"],
            "victim_support": typed["victim_support"],
        }
        place = versions_of([fact.unit_id], fact.valid_from).get(fact.unit_id)
        before = [
            duty_text(fact, place),
            days_text(fact.valid_from, fact.valid_to),
            *marks(fact.is_primary, fact.victim_support),
        ]
        after = [
            describe(typed["unit"], typed["group"], typed["position_title"]),
            days_text(changes["valid_from"], changes["valid_to"]),
            *marks(typed["is_primary"], typed["victim_support"]),
        ]
        said = [
            _("Before: %(duty)s.") % {"duty": "; ".join(before)},
            _("From now on: %(duty)s.") % {"duty": "; ".join(after)},
        ]
    changed_fields(fact, changes)

    def write(*, actor: User, at: datetime) -> Any:
        return write_one(fact, reason=typed["reason"], actor=actor, at=at, **changes)

    return Plan(said, write, warnings_of(min(fact.valid_from, typed["first_day"])))


def plan_take_back(fact: Posting | Leave, typed: dict[str, Any]) -> Plan:
    """Return what taking the fact back means; it stays in the history and can be put back."""
    days = days_text(fact.valid_from, fact.valid_to)
    if isinstance(fact, Leave):
        text = _("This leave never was: %(days)s.") % {"days": days}
    else:
        place = versions_of([fact.unit_id], fact.valid_from).get(fact.unit_id)
        text = _("This duty never was: %(duty)s, %(days)s.") % {
            "duty": duty_text(fact, place),
            "days": days,
        }

    def write(*, actor: User, at: datetime) -> None:
        with gather("take_back", actor=actor, at=at, reason=typed["reason"], people=1):
            take_back(fact, actor=actor, at=at)

    return Plan([text], write, warnings_of(fact.valid_from))


def plan_unmerge(fact: PersonMerge, typed: dict[str, Any]) -> Plan:
    """Return what taking a merge back means."""
    text = _("%(code)s and %(other)s count as two people again.") % {
        "code": fact.survivor.staff_code,
        "other": fact.duplicate.staff_code,
    }

    def write(*, actor: User, at: datetime) -> None:
        with gather("take_back", actor=actor, at=at, reason=typed["reason"]):
            unmerge(fact, actor=actor, at=at)

    return Plan([text], write)


def marks(is_primary: bool, has_support: bool) -> list[str]:
    """Return in words whether a duty is primary and whether it supports victims."""
    return [
        _("primary") if is_primary else _("concurrent"),
        _("supports victims") if has_support else _("does not support victims"),
    ]
