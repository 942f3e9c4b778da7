"""Sign-in by staff code, phone or e-mail."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Exists, OuterRef, Q

from lms.people.identifiers import fold_email, fold_phone, fold_staff_code
from lms.people.models import RoleAssignment, User

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


class StaffBackend(ModelBackend):
    """Loads with the account what every page asks: the name, and whether there are roles at all.

    Most accounts are learners without a role; ``scopes.scope_of`` then needs no query of its own.
    """

    def get_user(self, user_id: Any) -> User | None:
        roles = RoleAssignment.objects.current().filter(user=OuterRef("pk"))
        user = (
            User.objects.select_related("staff")
            .annotate(has_roles=Exists(roles))
            .filter(pk=user_id)
            .first()
        )
        return user if user is not None and self.user_can_authenticate(user) else None
