"""Membership of Wagtail's groups, derived from roles: Wagtail asks groups, we keep dated roles.

One group for each role that may enter the admin. Nobody puts people into these groups by hand:
:func:`sync_groups` decides, at each assignment, at each sign-in and, where a role has begun or
ended meanwhile, at the next request to the admin (``docs/decisions.md`` 13).
"""

from __future__ import annotations

from datetime import date, datetime

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, QuerySet
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from lms.people.days import local_day
from lms.people.models import RoleAssignment, User
from lms.people.models.accounts import Role
from lms.people.scopes import ADMIN_ROLES, Scope

GROUP_NAMES: dict[str, str] = {
    Role.CONTENT_EDITOR: "Biên tập nội dung",
    Role.LEGAL_REVIEWER: "Thẩm định pháp luật",
    Role.INSTRUCTOR: "Giảng viên",
    Role.PROVINCE_MANAGER: "Quản lý tập huấn",
    Role.SYSADMIN: "Quản trị hệ thống",
}

# What a role may do with pages, from the root of the tree down. Publishing is a permission of its
# own: a review workflow takes "publish" from the editors here and gives it to the reviewers.
PAGE_PERMISSIONS: dict[str, tuple[str, ...]] = {
    Role.CONTENT_EDITOR: ("add", "change", "publish", "lock", "unlock"),
    Role.LEGAL_REVIEWER: ("change",),
}
# Codenames in the root collection; "choose" lets an author put a file into a page.
COLLECTION_PERMISSIONS: dict[str, tuple[str, ...]] = {
    Role.CONTENT_EDITOR: (
        "add_image",
        "change_image",
        "choose_image",
        "add_document",
        "change_document",
        "choose_document",
        "add_media",
        "change_media",
    ),
    Role.LEGAL_REVIEWER: ("choose_image", "choose_document"),
    Role.INSTRUCTOR: ("choose_image", "choose_document"),
    Role.PROVINCE_MANAGER: ("add_image", "choose_image"),
    Role.SYSADMIN: ("add_image", "change_image", "choose_image"),
}
# (app, prefix of the codename): named by text, because the apps stand above this floor.
MODEL_PERMISSIONS: dict[str, tuple[tuple[str, str], ...]] = {
    Role.CONTENT_EDITOR: (
        ("content", "add_"),
        ("content", "change_"),
        ("content", "view_"),
        ("content", "publish_"),
    ),
    Role.LEGAL_REVIEWER: (
        ("content", "view_"),
        ("content", "change_question"),
        ("content", "add_legalreference"),
        ("content", "change_legalreference"),
        ("content", "publish_legalreference"),
    ),
    Role.INSTRUCTOR: (("content", "view_"),),
    Role.PROVINCE_MANAGER: (("content", "view_"), ("people", "change_officesettings")),
    Role.SYSADMIN: (
        ("people", "change_officesettings"),
        ("wagtailredirects", ""),
    ),
}


def holders_of(role: str, day: date) -> QuerySet[User]:
    """Return the active accounts that hold ``role``, over whichever unit, on ``day``; lazy."""
    held = RoleAssignment.objects.current().valid_on(day).filter(role=role)
    return User.objects.filter(is_active=True, pk__in=held.values("user_id")).order_by("pk")


def wanted_group_names(roles: frozenset[str] | set[str]) -> set[str]:
    """Return the names of the groups that go with ``roles``."""
    return {GROUP_NAMES[role] for role in ADMIN_ROLES.intersection(roles)}


@transaction.atomic
def sync_groups(user: User, at: datetime) -> bool:
    """Make the account's membership agree with its roles on the day of ``at``; tell if it changed.

    Groups that are not derived from roles are left alone.
    """
    ensure_groups()
    roles = set(
        RoleAssignment.objects.current()
        .valid_on(local_day(at))
        .filter(user=user)
        .values_list("role", flat=True)
    )
    wanted = wanted_group_names(roles)
    held = set(user.groups.filter(name__in=GROUP_NAMES.values()).values_list("name", flat=True))
    if wanted == held:
        return False
    user.groups.remove(*Group.objects.filter(name__in=held - wanted))
    user.groups.add(*Group.objects.filter(name__in=wanted - held))
    return True


def groups_are_current(user: User, scope: Scope) -> bool:
    """Tell whether the membership agrees with the roles of ``scope``; one query."""
    held = set(user.groups.filter(name__in=GROUP_NAMES.values()).values_list("name", flat=True))
    return held == wanted_group_names(scope.roles)


def ensure_groups() -> None:
    """Create the groups if one is missing; one query if none is."""
    if Group.objects.filter(name__in=GROUP_NAMES.values()).count() < len(GROUP_NAMES):
        set_group_permissions()


@transaction.atomic
def set_group_permissions() -> None:
    """Give each group exactly the permissions of its role; ``load_units`` repeats it at upgrades.

    Pages and collections get theirs on the root, which exists before any content does.
    """
    page_root = Page.get_first_root_node()
    collection_root = Collection.get_first_root_node()
    access = Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin")
    for role, name in GROUP_NAMES.items():
        group, _created = Group.objects.get_or_create(name=name)
        wanted = Q(pk=access.pk)
        for app_label, prefix in MODEL_PERMISSIONS.get(role, ()):
            wanted |= Q(content_type__app_label=app_label, codename__startswith=prefix)
        group.permissions.set(Permission.objects.filter(wanted))
        codenames = [f"{action}_page" for action in PAGE_PERMISSIONS.get(role, ())]
        _set_rows(GroupPagePermission, {"group": group, "page": page_root}, codenames)
        _set_rows(
            GroupCollectionPermission,
            {"group": group, "collection": collection_root},
            list(COLLECTION_PERMISSIONS.get(role, ())),
        )


def _set_rows(model: type, place: dict[str, object], codenames: list[str]) -> None:
    rows = model.objects.filter(**place)
    rows.exclude(permission__codename__in=codenames).delete()
    held = set(rows.values_list("permission_id", flat=True))
    # Page permissions hang on the page model itself, not on its subclasses.
    permissions = Permission.objects.filter(codename__in=codenames).exclude(
        ~Q(content_type__app_label="wagtailcore"), codename__endswith="_page"
    )
    model.objects.bulk_create(
        [model(**place, permission=each) for each in permissions if each.pk not in held]
    )
