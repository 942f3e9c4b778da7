"""The system administrator's page: roles over units, and the lost phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from lms.people.days import FAR
from lms.people.models import RoleAssignment
from lms.people.models.accounts import Role
from lms.people.scopes import scope_of
from tests.factories import make_person, make_posting, make_role, make_unit, make_user
from tests.people.actors import make_device, verified

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    user = make_user(make_person())
    make_role(user, Role.SYSADMIN, unit=make_unit(level="province", code="49"))
    verified(client, user)
    return user


@pytest.fixture
def account():
    person = make_person()
    make_posting(person, unit=make_unit(code="20335"))
    return make_user(person)


def give(client, account, **data):
    fields = {
        "act": "assign",
        "role": "unit_focal",
        "unit_code": "20335",
        "valid_from": f"{timezone.localdate():%d/%m/%Y}",
        "last_day": "",
    }
    return client.post(f"/can-bo/{account.staff.pk}/vai-tro/", fields | data)


def test_a_role_is_given_and_ended(client, admin, account):
    assert give(client, account).status_code == 302
    given = RoleAssignment.objects.current().get(user=account)
    assert (given.role, given.valid_to, given.recorded_by) == ("unit_focal", FAR, admin)
    assert scope_of(account).has_role(Role.UNIT_FOCAL)
    client.post(f"/can-bo/{account.staff.pk}/vai-tro/", {"act": "end", "assignment": str(given.pk)})
    ended = RoleAssignment.objects.current().get(user=account)
    assert ended.valid_to == timezone.localdate()


@pytest.mark.parametrize(
    ("typed", "field"),
    (
        ({"role": "learner"}, "role"),
        ({"unit_code": "99999"}, "unit_code"),
        ({"valid_from": "31/02/2024"}, "valid_from"),
        ({"valid_from": "abc"}, "valid_from"),
        ({"last_day": "01/01/2020"}, "last_day"),
        ({"last_day": "31/12/9999", "valid_from": "31/12/9999"}, "unit_code"),
    ),
)
def test_a_wrong_entry_stands_beside_its_field(client, admin, account, typed: dict, field: str):
    response = give(client, account, **typed)
    assert list(response.context["form"].errors) == [field]
    assert not RoleAssignment.objects.filter(user=account).exists()


def test_the_same_role_is_not_given_twice(client, admin, account):
    give(client, account)
    assert list(give(client, account).context["form"].errors) == ["role"]


def test_another_accounts_role_is_not_ended_here(client, admin, account):
    other = make_role(make_user(), Role.INSTRUCTOR, unit=make_unit())
    for key in (str(other.pk), "", "x", "9" * 40):
        response = client.post(
            f"/can-bo/{account.staff.pk}/vai-tro/", {"act": "end", "assignment": key}
        )
        assert response.status_code == 404
    assert RoleAssignment.objects.current().filter(pk=other.pk).exists()


def test_a_lost_phone_leads_to_enrolment_again(client, admin, account):
    make_device(account)
    client.post(f"/can-bo/{account.staff.pk}/vai-tro/", {"act": "forget"})
    assert not TOTPDevice.objects.filter(user=account).exists()
    assert TOTPDevice.objects.filter(user=admin).exists()


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SYSADMIN}))
def test_others_have_no_such_page(client, account, role: str):
    user = make_user(make_person())
    make_role(user, role, unit=make_unit(level="province", code="49"))
    verified(client, user)
    for send in (client.get, client.post):
        assert send(f"/can-bo/{account.staff.pk}/vai-tro/").status_code == 404


def test_nobody_gives_roles_to_herself(client, admin):
    assert give(client, admin).status_code == 404


@pytest.mark.parametrize("roles", (1, 12))
def test_roles_page_query_count_does_not_grow(
    client, admin, account, django_assert_num_queries, roles: int
):
    for number in range(roles):
        make_role(
            account,
            Role.INSTRUCTOR,
            unit=make_unit(),
            valid_to=timezone.localdate() + timedelta(days=number + 1),
        )
    with django_assert_num_queries(7):
        # session, account, the person's account, her roles, units, app, office
        client.get(f"/can-bo/{account.staff.pk}/vai-tro/")
