"""People, their postings and their leaves: who works where, from when to when.

Days typed into forms are inclusive; the functions take the last day and store the day after it
(``docs/decisions.md`` 2).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from lms.people import audit, watching
from lms.people.days import FAR, day_after, end_from_form
from lms.people.facts import record, succeed, writing
from lms.people.identifiers import fold_email, fold_phone, fold_staff_code
from lms.people.models import Leave, PositionGroup, Posting, StaffMember, Unit, User
from lms.people.text import clean, fold, person_sort_key
from lms.people.units import hold_unit

STAFF_CODE_PREFIX = "CB"


class BadStaffCode(ValueError):
    """The code reads as a phone number or an e-mail address, so sign-in could mix up people."""


class StaffCodeTaken(ValueError):
    """Another person has this staff code."""


class NameMissing(ValueError):
    """A person needs a name."""


class UnitNotValid(ValueError):
    """The unit does not exist on the day the posting begins."""


class PrimaryOverlap(ValueError):
    """The person has another primary posting on one of these days."""


class EndsBeforeItBegins(ValueError):
    """The last day lies before the first."""


@transaction.atomic
def register_person(
    *,
    full_name: str,
    staff_code: str = "",
    work_email: str = "",
    work_phone: str = "",
    birth_date: date | None = None,
    actor: User | None,
    at: datetime,
) -> StaffMember:
    """Add a person; without a staff code the portal gives one ("CB" and the row's number).

    Raises :class:`NameMissing`, :class:`BadStaffCode` or :class:`StaffCodeTaken`.
    """
    name = clean(full_name)
    if not name:
        raise NameMissing
    code = fold_staff_code(staff_code).upper()
    if fold_phone(code) or "@" in code:
        raise BadStaffCode(code)
    if code and StaffMember.objects.filter(staff_code=code).exists():
        raise StaffCodeTaken(code)
    person = StaffMember(
        staff_code=code,
        full_name=name,
        folded_name=fold(name),
        sort_name=person_sort_key(name),
        work_email=fold_email(work_email),
        work_phone=fold_phone(work_phone) or clean(work_phone),
        birth_date=birth_date,
        created_at=at,
    )
    if code:
        try:
            with transaction.atomic():
                person.save()
        except IntegrityError as refusal:
            raise StaffCodeTaken(code) from refusal
    else:
        person.staff_code = person.key.hex[:20]  # until the row has its number
        person.save()
        person.staff_code = f"{STAFF_CODE_PREFIX}{person.pk:06}"
        while StaffMember.objects.filter(staff_code=person.staff_code).exists():
            person.staff_code += "A"  # somebody typed that code by hand
        person.save(update_fields=["staff_code"])
    watching.registered(person.pk)
    audit.log("person.register", person, actor=actor, at=at, person=person)
    return person


@transaction.atomic
def correct_person(
    person: StaffMember,
    *,
    reason: str = "",
    actor: User | None,
    at: datetime,
    **changes: Any,
) -> None:
    """Set staff code, name, contacts or birth date; the audit entry names the fields, never their
    values, but both codes.

    Whoever signs in by the staff code does so by the new one from now on; password and other ways
    of signing in stay. Frozen papers keep what they were issued with. Raises :class:`NameMissing`,
    :class:`BadStaffCode` or :class:`StaffCodeTaken`.
    """
    person = StaffMember.objects.select_for_update().get(pk=person.pk)
    said: dict[str, Any] = {"reason": clean(reason)} if reason else {}
    if "staff_code" in changes:
        changes["staff_code"] = code = good_code(changes["staff_code"])
        if code != person.staff_code:
            said |= {"code_before": person.staff_code, "code_after": code}
            sign_in_by(person, code)
    if "full_name" in changes:
        name = clean(changes["full_name"])
        if not name:
            raise NameMissing
        changes |= {
            "full_name": name,
            "folded_name": fold(name),
            "sort_name": person_sort_key(name),
        }
    if "work_email" in changes:
        changes["work_email"] = fold_email(changes["work_email"])
    if "work_phone" in changes:
        changes["work_phone"] = fold_phone(changes["work_phone"]) or clean(changes["work_phone"])
    changed = sorted(name for name, value in changes.items() if getattr(person, name) != value)
    if not changed:
        return
    watching.corrected(person.pk, {name: getattr(person, name) for name in changed})
    for name in changed:
        setattr(person, name, changes[name])
    try:
        with transaction.atomic():
            person.save(update_fields=changed)
    except IntegrityError as refusal:
        raise StaffCodeTaken(changes.get("staff_code", "")) from refusal
    audit.log("person.correct", person, actor=actor, at=at, person=person, fields=changed, **said)


def good_code(typed: str) -> str:
    """Return a staff code as it is kept. Raises :class:`BadStaffCode` for none, or a contact."""
    code = fold_staff_code(typed).upper()
    if not code or fold_phone(code) or "@" in code:
        raise BadStaffCode(code)
    return code


def sign_in_by(person: StaffMember, code: str) -> None:
    """Let the account of ``person`` follow her staff code; the caller holds the transaction.

    Raises :class:`StaffCodeTaken` where another record or account has the code.
    """
    if StaffMember.objects.filter(staff_code=code).exclude(pk=person.pk).exists():
        raise StaffCodeTaken(code)
    account = User.objects.filter(staff=person, username=fold_staff_code(person.staff_code))
    try:
        with transaction.atomic():
            account.update(username=fold_staff_code(code))
    except IntegrityError as refusal:
        raise StaffCodeTaken(code) from refusal


@transaction.atomic
def open_posting(
    person: StaffMember,
    *,
    unit: Unit,
    group: PositionGroup,
    position_title: str = "",
    valid_from: date,
    valid_to: date = FAR,
    is_primary: bool = True,
    victim_support: bool = True,
    duty_began_on: date | None = None,
    reason: str = "",
    actor: User | None,
    at: datetime,
) -> Posting:
    """Post ``person`` to ``unit`` over ``[valid_from, valid_to)`` and return the posting.

    ``duty_began_on`` is earlier than ``valid_from`` only where the posting continues one that the
    portal did not record. Raises :class:`UnitNotValid`, :class:`PrimaryOverlap` or
    :class:`EndsBeforeItBegins`.
    """
    lock_person(person)
    if valid_to < valid_from:
        raise EndsBeforeItBegins(valid_to)
    if not hold_unit(unit, valid_from):
        raise UnitNotValid(unit.pk)
    posting = guarded(
        lambda: record(
            Posting,
            actor=actor,
            at=at,
            person=person,
            unit=unit,
            group=group,
            position_title=clean(position_title),
            valid_from=valid_from,
            valid_to=valid_to,
            is_primary=is_primary,
            victim_support=victim_support,
            duty_began_on=duty_began_on or valid_from,
            reason=clean(reason),
        )
    )
    audit.log(
        "posting.open",
        posting,
        actor=actor,
        at=at,
        person=person,
        unit=unit,
        valid_from=valid_from.isoformat(),
        valid_to=valid_to.isoformat(),
    )
    return posting


@transaction.atomic
def end_posting(
    posting: Posting, *, last_day: date, reason: str = "", actor: User | None, at: datetime
) -> Posting:
    """Close ``posting`` after ``last_day`` and return the version that stands now.

    A last day just before the first means that it was never held. Raises
    :class:`EndsBeforeItBegins`, :class:`PrimaryOverlap` (the end was moved later) or
    ``FactWithdrawn`` (somebody else changed it first).
    """
    lock_person(posting.person)
    valid_to = day_after(last_day)
    if valid_to < posting.valid_from:
        raise EndsBeforeItBegins(last_day)
    closed = guarded(
        lambda: succeed(posting, actor=actor, at=at, valid_to=valid_to, reason=clean(reason))
    )
    audit.log(
        "posting.end",
        closed,
        actor=actor,
        at=at,
        person=posting.person,
        unit=posting.unit,
        valid_to=valid_to.isoformat(),
    )
    return closed


@writing()
def transfer(
    person: StaffMember,
    *,
    unit: Unit,
    group: PositionGroup,
    position_title: str = "",
    on: date,
    reason: str = "",
    actor: User | None,
    at: datetime,
) -> Posting:
    """Move the primary posting to ``unit`` from day ``on`` and return the new posting.

    The old one, if there is one on ``on``, ends the day before; the new one keeps whether the duty
    is to support victims and begins a new duty. Raises what :func:`open_posting` raises, and
    :class:`PrimaryOverlap` when the old posting begins on ``on`` itself.
    """
    lock_person(person)
    old = primary_posting(person, on)
    if old is not None:
        if old.valid_from >= on:
            raise PrimaryOverlap(old.pk)
        closed = succeed(old, actor=actor, at=at, valid_to=on, reason=clean(reason))
        audit.log(
            "posting.end",
            closed,
            actor=actor,
            at=at,
            person=person,
            unit=old.unit,
            valid_to=on.isoformat(),
        )
    return open_posting(
        person,
        unit=unit,
        group=group,
        position_title=position_title,
        valid_from=on,
        valid_to=old.valid_to if old else FAR,
        victim_support=old.victim_support if old else True,
        reason=reason,
        actor=actor,
        at=at,
    )


@transaction.atomic
def record_leave(
    person: StaffMember,
    *,
    first_day: date,
    last_day: date | None = None,
    actor: User | None,
    at: datetime,
) -> Leave:
    """Record a leave, open-ended without ``last_day``; the reason is not asked.

    Raises :class:`EndsBeforeItBegins`.
    """
    if last_day is not None and last_day < first_day:
        raise EndsBeforeItBegins(last_day)
    lock_person(person)
    leave = record(
        Leave,
        actor=actor,
        at=at,
        person=person,
        valid_from=first_day,
        valid_to=end_from_form(last_day),
    )
    audit.log("leave.record", leave, actor=actor, at=at, person=person)
    return leave


@transaction.atomic
def end_leave(leave: Leave, *, last_day: date, actor: User | None, at: datetime) -> Leave:
    """Close ``leave`` after ``last_day`` and return the version that stands now.

    Raises :class:`EndsBeforeItBegins`, or ``FactWithdrawn`` if somebody changed it first.
    """
    lock_person(leave.person)
    if day_after(last_day) < leave.valid_from:
        raise EndsBeforeItBegins(last_day)
    closed = succeed(leave, actor=actor, at=at, valid_to=day_after(last_day))
    audit.log("leave.end", closed, actor=actor, at=at, person=leave.person)
    return closed


def primary_posting(person: StaffMember, day: date) -> Posting | None:
    """Return the primary posting of ``person`` on ``day`` with its unit and group; one query."""
    return (
        Posting.objects.current()
        .valid_on(day)
        .filter(person=person, is_primary=True)
        .select_related("unit", "group")
        .first()
    )


def lock_person(person: StaffMember) -> None:
    """Serialise changes to one person's postings and leaves for the rest of the transaction."""
    # Not FOR UPDATE: that would also stop every new row that names the person.
    StaffMember.objects.select_for_update(no_key=True).get(pk=person.pk)


def guarded(write: Callable[[], Any]) -> Any:
    """Run ``write``, which sets postings.

    Raises :class:`PrimaryOverlap`: the guard of the database is the last word on two primary ones.
    """
    try:
        with transaction.atomic():
            return write()
    except IntegrityError as refusal:
        if "people_posting_primary_no_overlap" in str(refusal):
            raise PrimaryOverlap from refusal
        raise
