"""Sign-in by staff code, phone or e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import F, FilteredRelation, Q, QuerySet
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from lms.people.days import FAR
from lms.people.identifiers import fold_email, fold_phone, fold_staff_code
from lms.people.models import User

# The unknown asker's way must take as long as the known one's: one query and one password hash.


def find_username(typed: str) -> str:
    """Return the user name of the account that ``typed`` means, else ``typed`` folded; one query.

    Failed tries are counted under this one name, whichever of the three was typed, and whether or
    not there is such an account.
    """
    code, phone, email = fold_staff_code(typed)[:150], fold_phone(typed), fold_email(typed)
    means = Q(username=code)
    if phone:
        means |= Q(phone=phone)
    if email:
        means |= Q(email=email)
    found = User.objects.filter(means).order_by("pk").values_list("username", flat=True).first()
    return found or phone or code


@dataclass(frozen=True)
class HeldRole:
    """A role of the account as it stands, over ``[valid_from, valid_to)``."""

    role: str
    unit_id: int
    valid_from: date
    valid_to: date


@cache
def _accounts() -> QuerySet[User]:
    """Accounts with a row for each pair of a standing role and a confirmed device; lazy.

    Built once: putting the query together costs more than answering it.
    """
    return (
        User.objects.select_related("staff")
        .annotate(
            held=FilteredRelation(
                "role_assignments", condition=Q(role_assignments__withdrawn_on=FAR)
            ),
            app=FilteredRelation("totpdevice", condition=Q(totpdevice__confirmed=True)),
            codes=FilteredRelation("staticdevice", condition=Q(staticdevice__confirmed=True)),
        )
        .annotate(
            held_role=F("held__role"),
            held_unit=F("held__unit"),
            held_from=F("held__valid_from"),
            held_to=F("held__valid_to"),
            app_id=F("app__id"),
            codes_id=F("codes__id"),
        )
    )


class StaffBackend(ModelBackend):
    """Loads with the account what every page asks: the name, the roles and the second factor.

    One query for a learner and for an officer with roles alike. ``held_roles`` spares
    ``scopes.scope_of`` a query, ``device_ids`` spares ``SecondFactorMiddleware`` one.
    """

    def get_user(self, user_id: Any) -> User | None:
        rows = list(_accounts().filter(pk=user_id))
        if not rows or not self.user_can_authenticate(rows[0]):
            return None
        user = rows[0]
        user.held_roles = frozenset(
            HeldRole(row.held_role, row.held_unit, row.held_from, row.held_to)
            for row in rows
            if row.held_role is not None
        )
        user.device_ids = frozenset(
            model.model_label() + f"/{pk}"
            for row in rows
            for model, pk in ((TOTPDevice, row.app_id), (StaticDevice, row.codes_id))
            if pk is not None
        )
        return user
