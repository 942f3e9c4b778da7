"""Who sees whom: a table of actor, record, verdict."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from lms.people.days import BEFORE
from lms.people.models import StaffMember
from lms.people.models.accounts import Role
from lms.people.scopes import scope_of
from tests.factories import make_person, make_posting, make_role, make_unit, make_user

pytestmark = pytest.mark.django_db

TODAY = date(2024, 6, 30)


@pytest.fixture
def world():
    """A province, two districts, two communes in the first, one person in each place."""
    province = make_unit(level="province")
    district, other = (make_unit(level="district", parent=province) for _n in range(2))
    commune, neighbour = (make_unit(parent=district) for _n in range(2))
    agency = make_unit(level="agency", parent=province)
    places = {
        "province": province,
        "agency": agency,
        "district": district,
        "commune": commune,
        "neighbour": neighbour,
        "other": other,
    }
    people = {}
    for name, unit in places.items():
        people[name] = make_person()
        make_posting(people[name], unit=unit, valid_from=date(2024, 1, 1))
    people["left"] = make_person()
    make_posting(
        people["left"], unit=commune, valid_from=date(2023, 1, 1), valid_to=date(2024, 6, 30)
    )
    people["moved"] = make_person()
    make_posting(
        people["moved"], unit=commune, valid_from=date(2023, 1, 1), valid_to=date(2024, 6, 30)
    )
    make_posting(people["moved"], unit=neighbour, valid_from=date(2024, 6, 30))
    people["nowhere"] = make_person()
    return places, people


EVERYBODY = {
    "province", "agency", "district", "commune", "neighbour", "other", "left", "moved", "nowhere",
}  # fmt: skip
TABLE = (
    # role, over, whom besides herself
    (None, None, set()),
    (Role.UNIT_FOCAL, "commune", {"commune", "left"}),
    (Role.UNIT_FOCAL, "neighbour", {"neighbour", "moved"}),
    (Role.UNIT_FOCAL, "agency", {"agency"}),
    (Role.DISTRICT_FOCAL, "district", {"district", "commune", "neighbour", "left", "moved"}),
    (Role.DISTRICT_FOCAL, "other", {"other"}),
    (Role.PROVINCE_MANAGER, "province", EVERYBODY),
    (Role.PROVINCE_LEADER, "province", EVERYBODY),
    (Role.INSTRUCTOR, "province", set()),
    (Role.CONTENT_EDITOR, "province", set()),
    (Role.LEGAL_REVIEWER, "province", set()),
    (Role.SYSADMIN, "province", set()),
    (Role.PRIVACY_OFFICER, "province", set()),
)


@pytest.mark.parametrize(("role", "over", "seen"), TABLE)
def test_people_in_scope(world, role: str | None, over: str | None, seen: set[str]):
    places, people = world
    asker = make_user(make_person())
    if role:
        make_role(asker, role, unit=places[over])
    scope = scope_of(asker, TODAY)
    visible = set(StaffMember.objects.visible_to(scope))
    assert {name for name, person in people.items() if person in visible} == seen
    assert asker.staff in visible
    # A foreign record asked for by key is not there.
    for name, person in people.items():
        found = StaffMember.objects.visible_to(scope).filter(pk=person.pk).exists()
        assert found is (name in seen)


def test_a_stranger_sees_nobody(world):
    scope = scope_of(AnonymousUser(), TODAY)
    assert not StaffMember.objects.visible_to(scope).exists()
    assert (scope.roles, scope.is_learner, scope.sees_people) == (frozenset(), False, False)


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "holds"),
    (
        (BEFORE, TODAY, False),  # ended yesterday
        (BEFORE, TODAY + timedelta(days=1), True),  # ends today
        (TODAY, TODAY + timedelta(days=9), True),  # begins today
        (TODAY + timedelta(days=1), TODAY + timedelta(days=9), False),  # begins tomorrow
    ),
)
def test_a_role_holds_on_its_days(world, valid_from: date, valid_to: date, holds: bool):
    places, people = world
    asker = make_user(make_person())
    make_role(
        asker, Role.UNIT_FOCAL, unit=places["commune"], valid_from=valid_from, valid_to=valid_to
    )
    scope = scope_of(asker, TODAY)
    assert scope.has_role(Role.UNIT_FOCAL) is holds
    visible = StaffMember.objects.visible_to(scope)
    assert visible.filter(pk=people["commune"].pk).exists() is holds


def test_a_withdrawn_role_is_none(world):
    places, _people = world
    asker = make_user(make_person())
    role = make_role(asker, Role.UNIT_FOCAL, unit=places["commune"])
    type(role).objects.filter(pk=role.pk).update(withdrawn_on=TODAY, withdrawn_at=timezone.now())
    assert not scope_of(asker, TODAY).roles


def test_roles_over_several_units_add_up(world):
    places, people = world
    asker = make_user(make_person())
    for place in ("commune", "agency"):
        make_role(asker, Role.UNIT_FOCAL, unit=places[place])
    make_role(asker, Role.INSTRUCTOR, unit=places["province"])
    scope = scope_of(asker, TODAY)
    assert set(scope.top_unit_ids()) == {places["commune"].pk, places["agency"].pk}
    assert scope.top_unit_ids(Role.INSTRUCTOR) == (places["province"].pk,)
    visible = set(StaffMember.objects.visible_to(scope))
    assert {name for name, person in people.items() if person in visible} == {
        "commune",
        "agency",
        "left",
    }


@pytest.mark.parametrize("units", (1, 20))
def test_a_scope_costs_one_query(django_assert_num_queries, units: int):
    asker = make_user(make_person())
    for _unit in range(units):
        make_role(asker, Role.UNIT_FOCAL, unit=make_unit())
    with django_assert_num_queries(1):
        scope = scope_of(asker)
        assert scope_of(asker) is scope
    with django_assert_num_queries(1):
        list(StaffMember.objects.visible_to(scope))
