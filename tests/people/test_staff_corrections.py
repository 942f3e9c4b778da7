"""Small rules of the desk: leaves entered twice, a staff code put right, an import taken back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from lms.people.backends import find_username
from lms.people.models import AuditEntry, Leave, StaffMember, User
from lms.people.models.imports import ImportStatus
from lms.people.scopes import scope_of
from lms.people.staff import BadStaffCode, StaffCodeTaken, correct_person, transfer
from lms.people.staffing.bulk import plan_bulk
from lms.people.staffing.leaves import covering, leaves_of
from tests.factories import make_leave, make_person, make_posting, make_user
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db

DAY = date(2024, 3, 1)


def after(days: int) -> date:
    return DAY + timedelta(days=days)


@pytest.fixture
def focal(world: World, client: Client) -> Client:
    return sign_in(client, world.own.focal)


@pytest.fixture
def manager(world: World) -> Client:
    return sign_in(Client(), world.users["province_manager"])


# Leaves -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("leaves", "is_covered"),
    (
        ([], False),
        ([(0, 10)], True),
        ([(0, 9)], False),
        ([(1, 10)], False),
        ([(-5, 20)], True),
        ([(0, 5), (5, 10)], True),
        ([(0, 5), (6, 10)], False),
        ([(-3, 4), (2, 12)], True),
        ([(-9, -1), (0, 10)], True),
    ),
)
def test_days_are_taken_when_leaves_cover_all_of_them(leaves: list, is_covered: bool):
    person = make_person()
    for first, end in leaves:
        make_leave(person, valid_from=after(first), valid_to=after(end))
    standing = leaves_of([person.pk])[person.pk]
    assert bool(covering(standing, DAY, after(10))) is is_covered


def test_a_leave_entered_twice_is_refused_beside_its_first_day(world: World, focal: Client):
    person = world.own.learner.staff
    make_leave(person, valid_from=DAY, valid_to=after(10))
    address = reverse("people:staff_leave", args=[person.pk])
    data = {"first_day": "02/03/2024", "last_day": "10/03/2024"}
    refused = focal.post(address, data)
    assert "01/03/2024" in str(refused.context["form"].errors["first_day"])
    # One day more than is taken is a leave of its own.
    longer = focal.post(address, data | {"last_day": "11/03/2024"})
    assert longer.context["form"].errors == {}
    assert longer.context["plan"] is not None


def test_of_many_only_those_are_refused_who_are_on_leave_already(world: World):
    people = [
        make_posting(make_person(), unit=world.own.unit, group=world.group).person
        for _number in range(3)
    ]
    make_leave(people[1], valid_from=after(-30), valid_to=after(60))
    typed = {"first_day": DAY, "last_day": after(9)}
    plan = plan_bulk("leave", [person.pk for person in people], typed, scope_of(world.own.focal))
    assert [case.person for case in plan.refused] == [people[1]]
    assert "31/01/2024" in plan.refused[0].text
    assert {case.person for case in plan.good} == {people[0], people[2]}
    # Other acts ask for no leaves.
    ended = plan_bulk(
        "end", [people[1].pk], {"last_day": after(0), "reason": "x"}, scope_of(world.own.focal)
    )
    assert ended.refused == []
    assert Leave.objects.filter(person__in=people).count() == 1


# The staff code ---------------------------------------------------------------------------------
def learner_of(world: World) -> StaffMember:
    """A fresh copy: the world is shared, and these tests change the record in hand."""
    return StaffMember.objects.get(pk=world.own.learner.staff_id)


def edit_of(person: StaffMember, **changes: str) -> dict[str, str]:
    return {
        "full_name": person.full_name,
        "birth_date": "",
        "work_email": person.work_email,
        "work_phone": person.work_phone,
        "staff_code": person.staff_code,
        "reason": "Theo quyết định 5/QĐ",
    } | changes


def test_the_department_puts_a_staff_code_right_and_the_account_follows(
    world: World, manager: Client
):
    person = learner_of(world)
    old = person.staff_code
    address = reverse("people:staff_edit", args=[person.pk])
    looked = manager.post(address, edit_of(person, staff_code=" vc 0077 "))
    plan = looked.context["plan"]
    assert plan.changes == [f"Mã cán bộ: {old} → VC0077"]
    (warning,) = plan.warnings
    assert old in warning
    assert "VC0077" in warning
    data = edit_of(person, staff_code="VC0077") | {"seen": plan.digest}
    assert manager.post(address, data).status_code == 302
    person.refresh_from_db()
    assert person.staff_code == "VC0077"
    # The new code opens the account, the old one nobody's.
    assert find_username("vc0077") == "vc0077"
    assert User.objects.get(staff=person).username == "vc0077"
    assert not User.objects.filter(username=find_username(old)).exists()
    entry = AuditEntry.objects.filter(action="person.correct", person=person).latest("pk")
    assert entry.data == {
        "fields": ["staff_code"],
        "reason": "Theo quyết định 5/QĐ",
        "code_before": old,
        "code_after": "VC0077",
    }


def test_without_an_account_nothing_is_said_of_signing_in(world: World, manager: Client):
    person = make_posting(make_person(), unit=world.own.unit, group=world.group).person
    address = reverse("people:staff_edit", args=[person.pk])
    assert "mã cũ" in manager.get(address).content.decode()
    plan = manager.post(address, edit_of(person, staff_code="VC0088")).context["plan"]
    assert plan.warnings == []


@pytest.mark.parametrize("code", ("taken", "0905123456", "a@example.vn", "  "))
def test_a_code_that_cannot_be_is_refused_beside_its_field(world: World, manager: Client, code):
    person = learner_of(world)
    old = person.staff_code
    if code == "taken":
        code = world.own.graduate.staff.staff_code.lower()
    address = reverse("people:staff_edit", args=[person.pk])
    looked = manager.post(address, edit_of(person, staff_code=code))
    if looked.context["plan"] is not None:
        data = edit_of(person, staff_code=code) | {"seen": looked.context["plan"].digest}
        looked = manager.post(address, data)
    assert set(looked.context["form"].errors) == {"staff_code"}
    person.refresh_from_db()
    assert person.staff_code == old


def test_a_code_that_opens_another_account_is_refused(world: World):
    make_user(username="vc0099")
    person = learner_of(world)
    write = {"actor": None, "at": world.at}
    with pytest.raises(StaffCodeTaken):
        correct_person(person, staff_code="VC0099", **write)
    with pytest.raises(BadStaffCode):
        correct_person(person, staff_code="", **write)
    person.refresh_from_db()
    assert User.objects.get(staff=person).username == person.staff_code.lower()


def test_a_focal_person_sees_no_field_for_the_code_and_cannot_send_one(world: World, focal: Client):
    person = learner_of(world)
    old = person.staff_code
    address = reverse("people:staff_edit", args=[person.pk])
    assert "staff_code" not in focal.get(address).context["form"].fields
    data = edit_of(person, staff_code="VC0077", full_name="Trần Thị Đúng")
    plan = focal.post(address, data).context["plan"]
    assert len(plan.changes) == 1
    focal.post(address, data | {"seen": plan.digest})
    person.refresh_from_db()
    assert (person.full_name, person.staff_code) == ("Trần Thị Đúng", old)


# An import --------------------------------------------------------------------------------------
def test_a_focal_person_takes_back_an_import_while_she_looks_after_its_people(
    world: World, focal: Client, manager: Client, django_capture_on_commit_callbacks
):
    kept = world.own.staff_import
    address = kept.get_absolute_url()
    with django_capture_on_commit_callbacks(execute=True):
        focal.post(address, {"act": "apply"})
    kept.refresh_from_db()
    assert kept.status == ImportStatus.APPLIED
    assert 'value="undo"' in focal.get(address).content.decode()
    newcomer = kept.batch.people.get(is_new=True).person
    transfer(
        newcomer,
        unit=world.homeless.staff.postings.get().unit,
        group=world.group,
        on=scope_of(world.own.focal).day,
        actor=world.users["province_manager"],
        at=world.at,
    )
    assert 'value="undo"' not in focal.get(address).content.decode()
    assert focal.post(address, {"act": "undo"}).status_code == 404
    kept.refresh_from_db()
    assert kept.status == ImportStatus.APPLIED
    # The department still may.
    assert 'value="undo"' in manager.get(address).content.decode()
    assert manager.post(address, {"act": "undo"}).status_code == 302
