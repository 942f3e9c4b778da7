"""The first system administrator of a new portal; nobody is there yet to make her account."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from lms.people.accounts import assign_role, create_account, issue_code
from lms.people.days import local_day
from lms.people.models import User
from lms.people.models.accounts import AccountCodePurpose, Role
from lms.people.staff import register_person
from lms.people.units import find_root


class NoProvince(LookupError):
    """No unit is loaded, so there is nothing to hold a role over."""


@transaction.atomic
def create_admin(
    *,
    full_name: str,
    work_email: str = "",
    work_phone: str = "",
    staff_code: str = "",
    at: datetime,
) -> tuple[User, str]:
    """Register a person with an account and the role of system administrator over the province.

    Return the account and the one-time code that opens it. The role asks for a second factor, so
    the first sign-in leads through enrolment. Raises :class:`NoProvince`, ``NameMissing``,
    ``BadStaffCode`` or ``StaffCodeTaken``.
    """
    today = local_day(at)
    root = find_root(today)
    if root is None:
        raise NoProvince
    person = register_person(
        full_name=full_name,
        staff_code=staff_code,
        work_email=work_email,
        work_phone=work_phone,
        actor=None,
        at=at,
    )
    user = create_account(person, actor=None, at=at)
    assign_role(user, Role.SYSADMIN, unit=root.unit, valid_from=today, actor=None, at=at)
    code = issue_code(user, purpose=AccountCodePurpose.FIRST_SIGN_IN, actor=None, at=at)
    return user, code
