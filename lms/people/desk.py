"""Whose accounts a focal person, a manager or an administrator looks after.

A focal person opens accounts for the people of her units. An account that itself sees other
people's data is opened again only by a system administrator: else one slip of paper, printed by a
neighbour, would lead to a whole district.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from lms.people.accounts import create_account, issue_code
from lms.people.models import StaffMember, User
from lms.people.models.accounts import AccountCodePurpose, Role
from lms.people.resets import mail_code
from lms.people.scopes import FOCAL_ROLES, SECOND_FACTOR_ROLES, Scope, scope_of

EVERYBODY_ROLES = (Role.PROVINCE_MANAGER, Role.SYSADMIN)


class NotYours(PermissionError):
    """The account has roles of its own: only a system administrator opens it again."""


def people_looked_after(scope: Scope) -> QuerySet[StaffMember]:
    """Return the people whose accounts the asker may open, never her own."""
    people = StaffMember.objects.filter(erased_at=None).exclude(pk=scope.person_id)
    if scope.has_role(*EVERYBODY_ROLES):
        return people
    if scope.has_role(*FOCAL_ROLES):
        return scope.people(people)
    return people.none()


def looks_after(scope: Scope, person: StaffMember) -> bool:
    """Tell whether :func:`people_looked_after` holds ``person``, who is in the asker's scope."""
    return (
        person.erased_at is None
        and person.pk != scope.person_id
        and scope.has_role(*EVERYBODY_ROLES, *FOCAL_ROLES)
    )


def may_open(scope: Scope, user: User | None) -> bool:
    """Tell whether the asker may hand out a code for ``user`` (``None`` = no account yet)."""
    if user is None or scope.has_role(Role.SYSADMIN):
        return True
    return not scope_of(user).has_role(*SECOND_FACTOR_ROLES) and user.is_active


@transaction.atomic
def open_on_paper(person: StaffMember, *, actor: User, at: datetime) -> tuple[User, str]:
    """Make the account if there is none and return it with a new code for a printed slip.

    Raises :class:`NotYours`, or ``IdentifierTaken``.
    """
    user = _account_of(person, actor=actor, at=at)
    code = issue_code(user, purpose=AccountCodePurpose.FIRST_SIGN_IN, actor=actor, at=at)
    return user, code


@transaction.atomic
def open_by_mail(person: StaffMember, *, actor: User, at: datetime) -> User:
    """Make the account if there is none and queue a link to its e-mail address.

    Raises :class:`NotYours`, ``IdentifierTaken``, or ``NoAddress`` where the account has none.
    """
    user = _account_of(person, actor=actor, at=at)
    mail_code(user, purpose=AccountCodePurpose.FIRST_SIGN_IN, actor=actor, at=at)
    return user


def _account_of(person: StaffMember, *, actor: User, at: datetime) -> User:
    user = User.objects.filter(staff=person).first()
    if user is None:
        return create_account(person, actor=actor, at=at)
    if not may_open(scope_of(actor), user):
        raise NotYours(user.pk)
    return user
