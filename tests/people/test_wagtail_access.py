"""What each role may do in Wagtail, asked of Wagtail itself."""

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.images import get_image_model
from wagtail.models import GroupPagePermission, Page
from wagtail.permissions import policy_registry

from lms.people.models import User
from lms.people.models.accounts import Role
from lms.people.roles import GROUP_NAMES, set_group_permissions, sync_groups
from lms.people.scopes import ADMIN_ROLES
from tests.factories import make_home, make_person, make_role, make_unit, make_user
from tests.people.actors import verified

pytestmark = pytest.mark.django_db

# add and edit pages, publish; add pictures; edit the office's settings
TABLE = {
    Role.CONTENT_EDITOR: (True, True, True, True, False),
    Role.LEGAL_REVIEWER: (False, True, False, False, False),
    Role.INSTRUCTOR: (False, False, False, False, False),
    Role.PROVINCE_MANAGER: (False, False, False, True, True),
    Role.SYSADMIN: (False, False, False, True, True),
}


def holder(role: str) -> User:
    user = make_user(make_person())
    make_role(user, role, unit=make_unit())
    sync_groups(user, timezone.now())
    return User.objects.get(pk=user.pk)


def test_each_role_of_the_admin_has_a_group():
    assert set(GROUP_NAMES) == set(TABLE) == ADMIN_ROLES


@pytest.mark.parametrize("role", sorted(TABLE))
def test_permissions_of_a_role(role: str):
    page = make_home()
    user = holder(role)
    images = policy_registry.get_by_type(get_image_model())
    tester = Page.objects.get(pk=page.pk).permissions_for_user(user)
    assert (
        tester.can_add_subpage(),
        tester.can_edit(),
        tester.can_publish(),
        images.user_has_permission(user, "add"),
        user.has_perm("people.change_officesettings"),
    ) == TABLE[role]
    assert user.has_perm("wagtailadmin.access_admin")
    # Accounts and groups have their own pages with their own rules.
    assert not any(
        user.has_perm(f"{label}.{act}_{model}")
        for label, model in (("people", "user"), ("auth", "group"), ("people", "staffmember"))
        for act in ("add", "change", "delete")
    )


def test_setting_permissions_again_mends_and_adds_nothing():
    set_group_permissions()
    before = GroupPagePermission.objects.count()
    GroupPagePermission.objects.filter(
        group__name=GROUP_NAMES[Role.CONTENT_EDITOR]
    ).first().delete()
    set_group_permissions()
    set_group_permissions()
    assert GroupPagePermission.objects.count() == before


@pytest.mark.parametrize("door", ("one", "bulk"))
def test_an_account_is_not_deleted_even_by_a_superuser(client, door: str):
    superuser = make_user(is_superuser=True)
    victim = make_user(make_person())
    verified(client, superuser)
    if door == "one":
        address = reverse("wagtailusers_users:delete", args=[victim.pk])
    else:
        address = reverse("wagtail_bulk_action", args=["people", "user", "delete"])
        address += f"?id={victim.pk}"
    response = client.post(address)
    assert response["Location"] == reverse("wagtailusers_users:index")
    assert User.objects.filter(pk=victim.pk).exists()
