"""The acts upon one person: each is looked at in plain sentences before it is written.

A plan says what will change and holds the write. The page sends back what was seen; when something
has changed meanwhile, the sentences differ and the new ones are shown first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lms.people.days import end_from_form, last_day
from lms.people.facts import FactWithdrawn, writing
from lms.people.finding import versions_of
from lms.people.models import RoleAssignment, StaffMember, User
from lms.people.models.accounts import Role
from lms.people.scopes import FOCAL_ROLES, Scope
from lms.people.staff import (
    BadStaffCode,
    EndsBeforeItBegins,
    NameMissing,
    PrimaryOverlap,
    StaffCodeTaken,
    UnitNotValid,
    correct_person,
    open_posting,
    primary_posting,
    record_leave,
    register_person,
    transfer,
)
from lms.people.staffing import forms
from lms.people.staffing.access import may_post_to
from lms.people.staffing.closed import warnings_of
from lms.people.staffing.duplicates import Alike, likely_duplicates, shown_to
from lms.people.staffing.duties import NothingChanged, NothingToEnd, duties_after, end_duties
from lms.people.staffing.leaves import covering, leaves_of
from lms.people.staffing.wording import covered_text, days_text, describe, duty_text

# What a write may refuse; :func:`words_of` says it.
REFUSALS = (
    BadStaffCode,
    EndsBeforeItBegins,
    FactWithdrawn,
    NameMissing,
    NothingChanged,
    NothingToEnd,
    PrimaryOverlap,
    StaffCodeTaken,
    UnitNotValid,
)


class NotAllowed(ValueError):
    """The form asks for something the asker may not do; ``field`` names where it says so."""

    def __init__(self, field_name: str | None, text: str) -> None:
        self.field_name = field_name
        super().__init__(text)


@dataclass(frozen=True)
class Plan:
    """What an act will change, in words, and the function that writes it."""

    changes: list[str]
    write: Callable[..., Any]
    warnings: list[str] = field(default_factory=list)
    # Records that may be the same person.
    alike: list[Alike] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """What the page hands back to say that this was seen."""
        said = "\n".join([*self.changes, *self.warnings, *map(str, self.alike)])
        return hashlib.sha256(said.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Act:
    """One page: its heading, its button, its form and what it plans."""

    title: Any
    lead: Any
    submit: Any
    form: type[forms.ActForm]
    plan: Callable[[StaffMember, dict[str, Any], Scope], Plan]
    initial: Callable[[StaffMember, date], dict[str, Any]] = lambda person, day: {}


def words_of(refusal: Exception) -> tuple[str | None, str]:
    """Return the field and the sentence of a refusal."""
    if isinstance(refusal, NotAllowed):
        return refusal.field_name, str(refusal)
    return {
        BadStaffCode: ("staff_code", _("A staff code is no phone number and no e-mail address.")),
        EndsBeforeItBegins: ("last_day", _("The last day lies before the first.")),
        FactWithdrawn: (None, _("Somebody changed this meanwhile. Please look again.")),
        NameMissing: ("full_name", _("A person needs a name.")),
        NothingChanged: (None, _("Nothing would change.")),
        NothingToEnd: (None, _("No duty goes on after this day.")),
        PrimaryOverlap: (
            None,
            _("The person has another primary duty on one of these days. Correct that one first."),
        ),
        StaffCodeTaken: ("staff_code", _("Another person has this staff code.")),
        UnitNotValid: ("unit", _("The unit does not exist on this day.")),
    }[type(refusal)]


def plan_add(_person: StaffMember | None, typed: dict[str, Any], scope: Scope) -> Plan:
    unit = typed["unit"]
    if not may_post_to(scope, unit.unit_id):
        raise NotAllowed("unit", _("You add people to your own units only."))

    @writing()
    def write(*, actor: User, at: datetime) -> StaffMember:
        names = ("full_name", "staff_code", "work_email", "work_phone", "birth_date")
        person = register_person(**{name: typed[name] for name in names}, actor=actor, at=at)
        open_posting(person, **_duty(typed), actor=actor, at=at)
        return person

    days = days_text(typed["first_day"], end_from_form(None))
    changes = [
        _("%(name)s is added: %(duty)s, %(days)s.")
        % {
            "name": typed["full_name"],
            "duty": describe(unit, typed["group"], typed["position_title"]),
            "days": days,
        },
        _support_text(typed["victim_support"]),
    ]
    contacts = ("full_name", "birth_date", "work_email", "work_phone")
    alike = likely_duplicates(**{name: typed[name] for name in contacts})
    return Plan(changes, write, warnings_of(typed["first_day"]), shown_to(scope, alike))


def plan_edit(person: StaffMember, typed: dict[str, Any], scope: Scope) -> Plan:
    labels = forms.EditForm.base_fields
    changes = []
    warnings = []
    for name in ("full_name", "birth_date", "work_email", "work_phone", "staff_code"):
        if name not in typed:
            continue
        before, after = getattr(person, name), typed[name]
        if (before or "") != (after or ""):
            changes.append(f"{labels[name].label}: {_shown(before)} → {_shown(after)}")
    if not changes:
        raise NothingChanged(person.pk)
    code = typed.get("staff_code", person.staff_code)
    if code != person.staff_code and User.objects.filter(staff=person).exists():
        words = {"old": person.staff_code, "new": code}
        warnings.append(
            _(
                "The account no longer opens with %(old)s but with %(new)s; the password stays. "
                "Please tell the person."
            )
            % words
        )

    @writing()
    def write(*, actor: User, at: datetime) -> StaffMember:
        fields = {key: value for key, value in typed.items() if key != "reason"}
        correct_person(person, actor=actor, at=at, reason=typed["reason"], **fields)
        return person

    return Plan(changes, write, warnings)


def plan_transfer(person: StaffMember, typed: dict[str, Any], scope: Scope) -> Plan:
    on, unit = typed["on"], typed["unit"]
    old = primary_posting(person, on)
    if old is None:
        raise NotAllowed("on", _("The person has no primary duty on this day."))
    if old.valid_from >= on:
        raise NotAllowed(
            "on", _("The present duty begins on this day or later. Correct that duty instead.")
        )
    same = (unit.unit_id, typed["group"], typed["position_title"])
    if same == (old.unit_id, old.group, old.position_title):
        raise NothingChanged(old.pk)
    place = versions_of([old.unit_id], on).get(old.unit_id)
    changes = [
        _("Until the end of %(day)s: %(duty)s.")
        % {"day": f"{last_day(on):%d/%m/%Y}", "duty": duty_text(old, place)},
        _("From %(day)s: %(duty)s.")
        % {
            "day": f"{on:%d/%m/%Y}",
            "duty": describe(unit, typed["group"], typed["position_title"]),
        },
    ]
    if (last := last_day(old.valid_to)) is not None:
        changes.append(_("It ends on %(day)s as the one before.") % {"day": f"{last:%d/%m/%Y}"})

    def write(*, actor: User, at: datetime) -> StaffMember:
        transfer(
            person,
            unit=unit.unit,
            group=typed["group"],
            position_title=typed["position_title"],
            on=on,
            reason=typed["reason"],
            actor=actor,
            at=at,
        )
        return person

    warnings = [*warnings_of(on), *_role_warnings(person, scope)]
    if not may_post_to(scope, unit.unit_id):
        warnings.append(_("From then on the focal person of that unit looks after the record."))
    return Plan(changes, write, warnings)


def plan_concurrent(person: StaffMember, typed: dict[str, Any], scope: Scope) -> Plan:
    end = end_from_form(typed["last_day"])

    def write(*, actor: User, at: datetime) -> StaffMember:
        open_posting(person, **_duty(typed), valid_to=end, is_primary=False, actor=actor, at=at)
        return person

    duty = describe(typed["unit"], typed["group"], typed["position_title"])
    changes = [
        _("A concurrent duty is added: %(duty)s, %(days)s.")
        % {"duty": duty, "days": days_text(typed["first_day"], end)},
        _support_text(typed["victim_support"]),
        _("The primary duty stays as it is."),
    ]
    return Plan(changes, write, warnings_of(typed["first_day"]))


def plan_rejoin(person: StaffMember, typed: dict[str, Any], scope: Scope) -> Plan:
    def write(*, actor: User, at: datetime) -> StaffMember:
        open_posting(person, **_duty(typed), actor=actor, at=at)
        return person

    if primary_posting(person, typed["first_day"]) is not None:
        raise PrimaryOverlap(person.pk)
    duty = describe(typed["unit"], typed["group"], typed["position_title"])
    changes = [
        _("A primary duty begins again: %(duty)s, %(days)s.")
        % {"duty": duty, "days": days_text(typed["first_day"], end_from_form(None))},
        _support_text(typed["victim_support"]),
    ]
    return Plan(changes, write, warnings_of(typed["first_day"]))


def plan_leave(person: StaffMember, typed: dict[str, Any], scope: Scope) -> Plan:
    def write(*, actor: User, at: datetime) -> StaffMember:
        record_leave(
            person,
            first_day=typed["first_day"],
            last_day=typed["last_day"],
            actor=actor,
            at=at,
        )
        return person

    start, end = typed["first_day"], end_from_form(typed["last_day"])
    if taken := covering(leaves_of([person.pk])[person.pk], start, end):
        raise NotAllowed("first_day", covered_text(taken))
    days = days_text(start, end)
    changes = [
        _("Leave %(days)s.") % {"days": days},
        _("A long leave is outside the target; the duties and what was learned stay."),
    ]
    return Plan(changes, write, warnings_of(typed["first_day"]))


def plan_end(person: StaffMember, typed: dict[str, Any], scope: Scope) -> Plan:
    last = typed["last_day"]
    duties = duties_after(person, last)
    if not duties:
        raise NothingToEnd(person.pk)
    units = versions_of([duty.unit_id for duty in duties], last)
    changes = []
    for duty in duties:
        text = duty_text(duty, units.get(duty.unit_id))
        if duty.valid_from > last:
            changes.append(_("Does not begin at all: %(duty)s.") % {"duty": text})
        else:
            changes.append(
                _("Ends with %(day)s: %(duty)s.") % {"day": f"{last:%d/%m/%Y}", "duty": text}
            )
    changes.append(_("The record, courses and certificates stay."))

    def write(*, actor: User, at: datetime) -> StaffMember:
        end_duties(person, last_day=last, reason=typed["reason"], actor=actor, at=at)
        return person

    return Plan(changes, write, [*warnings_of(last), *_role_warnings(person, scope)])


def _duty(typed: dict[str, Any]) -> dict[str, Any]:
    """Return what :func:`open_posting` is told of a new duty."""
    return {
        "unit": typed["unit"].unit,
        "group": typed["group"],
        "position_title": typed["position_title"],
        "valid_from": typed["first_day"],
        "victim_support": typed["victim_support"],
        "reason": typed["reason"],
    }


def _support_text(has_duty: bool) -> str:
    if has_duty:
        return _("The duty is to support victims: it counts for the target.")
    return _("The duty is not to support victims: it does not count for the target.")


def _shown(value: Any) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return value or "—"


def _role_warnings(person: StaffMember, scope: Scope) -> list[str]:
    """Say that roles do not move with the person; one query."""
    count = (
        RoleAssignment.objects.current()
        .valid_on(scope.day)
        .filter(user__staff=person, role__in=(*FOCAL_ROLES, Role.PROVINCE_MANAGER))
        .count()
    )
    if not count:
        return []
    return [
        ngettext(
            "The person holds %(count)d role in the portal; it does not change by this. Tell the "
            "system administrator.",
            "The person holds %(count)d roles in the portal; they do not change by this. Tell the "
            "system administrator.",
            count,
        )
        % {"count": count}
    ]


def _present_duty(person: StaffMember, day: date) -> dict[str, Any]:
    posting = primary_posting(person, day)
    if posting is None:
        return {}
    return {"group": posting.group_id, "position_title": posting.position_title}


ACTS: dict[str, Act] = {
    "edit": Act(
        gettext_lazy("Put the record right"),
        gettext_lazy("Papers that were issued keep the name they were issued with."),
        gettext_lazy("Save"),
        forms.EditForm,
        plan_edit,
    ),
    "transfer": Act(
        gettext_lazy("Transfer"),
        gettext_lazy("The primary duty goes on in another unit, position group or title."),
        gettext_lazy("Transfer"),
        forms.TransferForm,
        plan_transfer,
        _present_duty,
    ),
    "concurrent": Act(
        gettext_lazy("Concurrent duty"),
        gettext_lazy("A second duty beside the primary one. The person is counted once."),
        gettext_lazy("Add the duty"),
        forms.ConcurrentForm,
        plan_concurrent,
    ),
    "leave": Act(
        gettext_lazy("Leave"),
        gettext_lazy("Only the days are kept; please do not write why anywhere."),
        gettext_lazy("Enter the leave"),
        forms.LeaveForm,
        plan_leave,
    ),
    "end": Act(
        gettext_lazy("End of duty"),
        gettext_lazy("Every duty ends with the last day; nothing is deleted."),
        gettext_lazy("End the duties"),
        forms.EndForm,
        plan_end,
    ),
    "rejoin": Act(
        gettext_lazy("Return to duty"),
        gettext_lazy("For a person without a primary duty: a new one begins."),
        gettext_lazy("Begin the duty"),
        forms.RejoinForm,
        plan_rejoin,
    ),
}

ADD = Act(
    gettext_lazy("Add a person"),
    gettext_lazy("Look first whether she is in the list already, in another unit perhaps."),
    gettext_lazy("Add"),
    forms.AddForm,
    plan_add,
)
