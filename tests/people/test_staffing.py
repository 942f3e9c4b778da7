"""The staff desk: who acts on whom, what each act writes, what it refuses, on the last day too."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse

from lms.people.days import FAR
from lms.people.focals import focals_of
from lms.people.models import AuditEntry, Batch, Leave, PersonMerge, Posting, StaffMember, Unit
from lms.people.models.accounts import Role
from lms.people.scopes import scope_of
from lms.people.staff import PrimaryOverlap, UnitNotValid, record_leave, transfer
from lms.people.staffing.access import people_managed
from lms.people.staffing.duplicates import AlreadyMerged, likely_duplicates, merge, unmerge
from lms.people.staffing.duties import (
    NothingChanged,
    NothingToEnd,
    correct_leave,
    correct_posting,
    end_duties,
)
from lms.people.staffing.listing import matching, read_filters
from lms.people.units import UNPLACED_KEY
from tests.factories import (
    make_group,
    make_leave,
    make_person,
    make_posting,
    make_role,
    make_unit,
    make_user,
)
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def focal(world: World, client):
    return sign_in(client, world.own.focal)


def today(world: World) -> date:
    return scope_of(world.own.focal).day


def typed(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def confirm(client, address: str, data: dict) -> object:
    """Look at what will change, then send back what was seen."""
    looked = client.post(address, data)
    assert looked.status_code == 200, looked
    assert looked.context["form"].errors == {}
    return client.post(address, data | {"seen": looked.context["plan"].digest})


# Whose ---------------------------------------------------------------------------------------
def test_a_focal_person_manages_whose_main_duty_is_hers(world: World):
    scope, other = scope_of(world.own.focal), scope_of(world.other.focal)
    here, there = world.own.learner.staff, world.other.learner.staff
    make_posting(there, unit=world.own.unit, group=world.group, is_primary=False)
    assert scope.people(StaffMember.objects.all()).filter(pk=there.pk).exists()
    assert set(people_managed(scope).values_list("pk", flat=True)).isdisjoint(
        {there.pk, world.own.focal.staff_id}
    )
    assert people_managed(scope).filter(pk=here.pk).exists()
    assert people_managed(other).filter(pk=there.pk).exists()


def test_without_a_duty_today_the_last_or_the_coming_unit_manages(world: World):
    day = today(world)
    gone, coming = make_person(), make_person()
    make_posting(gone, unit=world.own.unit, group=world.group, valid_to=date(2024, 5, 1))
    make_posting(
        gone, unit=world.other.unit, group=world.group,
        valid_from=date(2024, 5, 1), valid_to=day,
    )  # fmt: skip
    make_posting(coming, unit=world.own.unit, group=world.group, valid_from=day + timedelta(days=9))
    own, other = (scope_of(side.focal) for side in (world.own, world.other))
    managed = [set(people_managed(each).values_list("pk", flat=True)) for each in (own, other)]
    assert (gone.pk in managed[0], gone.pk in managed[1]) == (False, True)
    assert (coming.pk in managed[0], coming.pk in managed[1]) == (True, False)


@pytest.mark.parametrize("role", (Role.PROVINCE_LEADER, Role.SYSADMIN, Role.INSTRUCTOR))
def test_who_only_reads_or_teaches_manages_nobody(world: World, role):
    user = make_user(make_person())
    make_role(user, role, unit=world.province)
    assert not people_managed(scope_of(user)).exists()


def test_the_manager_acts_on_everybody_but_herself(world: World):
    manager = world.users["province_manager"]
    assert set(
        StaffMember.objects.exclude(pk__in=people_managed(scope_of(manager))).values_list(
            "pk", flat=True
        )
    ) == {manager.staff_id}


def test_nobody_is_her_own_focal_person(world: World):
    unit, day = world.own.unit.pk, today(world)
    focals = focals_of([unit], day)
    assert focals.nearest(unit) == [world.own.focal]
    assert focals.nearest(unit, besides=world.own.focal.staff_id) == [world.users["district_focal"]]


# Acts ----------------------------------------------------------------------------------------
def test_adding_shows_who_may_be_the_same_and_saves_only_what_was_seen(world: World, focal):
    born = date(1985, 4, 3)
    twin = make_person(full_name="Zơrâm Thị Đào", birth_date=born)
    make_posting(twin, unit=world.other.unit, group=world.group)
    data = {
        "full_name": "zoram thi dao", "birth_date": "03/04/1985", "unit": "duy phuoc",
        "group": world.group.pk, "first_day": typed(today(world)), "victim_support": "on",
        "reason": "QĐ 5",
    }  # fmt: skip
    address = reverse("people:staff_add")
    before = StaffMember.objects.count()
    looked = focal.post(address, data)
    (alike,) = looked.context["plan"].alike
    assert alike.person is None  # not one of her own: the unit only
    page = looked.content.decode()
    assert "Xã Duy Vinh" in page
    assert twin.staff_code not in page
    assert StaffMember.objects.count() == before
    changed = data | {"position_title": "Phó", "seen": looked.context["plan"].digest}
    assert focal.post(address, changed).status_code == 200
    assert StaffMember.objects.count() == before
    answer = focal.post(address, data | {"seen": looked.context["plan"].digest})
    made = StaffMember.objects.latest("pk")
    assert answer.url == reverse("people:staff_duties", args=[made.pk])
    posting = Posting.objects.current().get(person=made)
    assert (posting.unit, posting.reason) == (world.own.unit, "QĐ 5")
    assert (posting.valid_from, posting.valid_to) == (today(world), FAR)


def test_a_focal_person_adds_nobody_elsewhere(world: World, focal):
    data = {
        "full_name": "Người Mới", "unit": "20632", "group": world.group.pk,
        "first_day": typed(today(world)), "reason": "x",
    }  # fmt: skip
    page = focal.post(reverse("people:staff_add"), data)
    assert list(page.context["form"].errors) == ["unit"]


def test_a_transfer_ends_the_old_duty_the_day_before_and_passes_her_on(world: World, focal):
    person, day = world.own.learner.staff, today(world)
    data = {
        "unit": "Xã Duy Vinh", "group": world.group.pk, "on": typed(day), "reason": "QĐ 12",
    }  # fmt: skip
    address = reverse("people:staff_transfer", args=[person.pk])
    assert confirm(focal, address, data).url == reverse("target:staff")
    old, new = Posting.objects.current().filter(person=person).order_by("valid_from")
    assert (old.valid_to, new.valid_from, new.unit) == (day, day, world.other.unit)
    assert {old.reason, new.reason} == {"QĐ 12"}
    assert people_managed(scope_of(world.other.focal)).filter(pk=person.pk).exists()
    assert focal.get(address).status_code == 404
    assert focal.post(address, data).status_code == 404


def test_what_was_seen_is_shown_again_when_it_changed_meanwhile(world: World, focal):
    person, day = world.own.learner.staff, today(world)
    address = reverse("people:staff_transfer", args=[person.pk])
    data = {"unit": "20632", "group": world.group.pk, "on": typed(day), "reason": "QĐ"}
    seen = focal.post(address, data).context["plan"].digest
    transfer(
        person, unit=world.own.unit, group=make_group(), on=day - timedelta(days=1), actor=None,
        at=world.at,
    )  # fmt: skip
    again = focal.post(address, data | {"seen": seen})
    assert again.status_code == 200
    assert again.context["plan"].digest != seen


def test_a_frozen_report_is_named_where_the_day_was_reported(world: World, focal):
    person = world.own.learner.staff
    address = reverse("people:staff_leave", args=[person.pk])
    past = focal.post(address, {"first_day": "01/02/2024", "last_day": "01/04/2024"})
    assert len(past.context["plan"].warnings) == 1
    coming = focal.post(address, {"first_day": typed(today(world) + timedelta(days=3))})
    assert coming.context["plan"].warnings == []


def test_a_leave_lasts_to_its_last_day_and_no_reason_is_asked(world: World, focal):
    person, day = world.own.learner.staff, today(world)
    address = reverse("people:staff_leave", args=[person.pk])
    data = {"first_day": typed(day - timedelta(days=40)), "last_day": typed(day)}
    confirm(focal, address, data)
    leave = Leave.objects.current().get(person=person)
    assert (leave.valid_to, leave.reason) == (day + timedelta(days=1), "")
    before = focal.post(address, {"first_day": typed(day), "last_day": typed(day - timedelta(1))})
    assert "last_day" in before.context["form"].errors


def test_the_end_closes_every_duty_and_unmakes_the_coming_one(world: World, focal):
    person, day = world.own.learner.staff, today(world)
    make_posting(person, unit=world.other.unit, group=world.group, is_primary=False)
    make_posting(
        person, unit=world.own.unit, group=world.group, is_primary=False,
        valid_from=day + timedelta(days=20),
    )  # fmt: skip
    address = reverse("people:staff_end", args=[person.pk])
    confirm(focal, address, {"last_day": typed(day), "reason": "Nghỉ hưu"})
    assert not Posting.objects.current().valid_on(day + timedelta(days=1)).filter(person=person)
    assert Posting.objects.current().valid_on(day).filter(person=person).count() == 2
    with pytest.raises(NothingToEnd):
        end_duties(person, last_day=day, reason="", actor=None, at=world.at)


def test_she_returns_only_while_no_main_duty_stands(world: World, focal):
    person, day = world.own.learner.staff, today(world)
    address = reverse("people:staff_rejoin", args=[person.pk])
    data = {
        "unit": "20626", "group": world.group.pk, "first_day": typed(day + timedelta(days=1)),
        "reason": "Trở lại",
    }  # fmt: skip
    assert focal.post(address, data).context["form"].errors
    end_duties(person, last_day=day, reason="", actor=None, at=world.at)
    confirm(focal, address, data)
    assert Posting.objects.current().filter(person=person, is_primary=True).count() == 2


def test_editing_keeps_the_reason_but_no_name_in_the_trail(world: World, focal):
    person = world.own.learner.staff
    address = reverse("people:staff_edit", args=[person.pk])
    data = {"full_name": "Hoàng Thị Lụa", "work_phone": "0905 111 222", "reason": "CCCD"}
    confirm(focal, address, data)
    person.refresh_from_db()
    assert (person.full_name, person.work_phone) == ("Hoàng Thị Lụa", "0905111222")
    entry = AuditEntry.objects.get(action="person.correct")
    assert entry.data == {"fields": ["folded_name", "full_name", "sort_name", "work_phone"],
                          "reason": "CCCD"}  # fmt: skip
    same = focal.post(address, data)
    assert same.context["form"].non_field_errors()


def test_a_unit_that_is_not_clear_names_the_candidates(world: World, focal):
    address = reverse("people:staff_transfer", args=[world.own.learner.staff_id])
    data = {"unit": "duy", "group": world.group.pk, "on": typed(today(world)), "reason": "x"}
    (error,) = focal.post(address, data).context["form"].errors["unit"]
    assert "20626" in error
    assert "20632" in error
    missing = focal.post(address, data | {"unit": "không có"})
    assert "unit" in missing.context["form"].errors


# Corrections ---------------------------------------------------------------------------------
def test_a_correction_is_a_new_version_and_taking_back_can_be_undone(world: World, focal):
    person = world.own.learner.staff
    posting = Posting.objects.current().get(person=person)
    make_posting(person, unit=world.own.unit, group=world.group, is_primary=False)
    address = reverse("people:staff_correct", args=[person.pk, posting.logical_id])
    initial = focal.get(address).context["form"].initial
    assert initial["unit"] == "Xã Duy Phước (20626)"
    data = {
        "unit": initial["unit"], "group": world.group.pk, "position_title": "Phó Chủ tịch",
        "first_day": "05/02/2024", "is_primary": "on", "victim_support": "on", "reason": "Nhầm",
    }  # fmt: skip
    confirm(focal, address, data)
    standing = Posting.objects.current().get(person=person, is_primary=True)
    assert standing.logical_id == posting.logical_id
    assert (standing.valid_from, standing.duty_began_on) == (date(2024, 2, 5),) * 2
    confirm(
        focal,
        reverse("people:staff_take_back", args=[person.pk, posting.logical_id]),
        {"reason": "Không có thật"},
    )
    assert not Posting.objects.current().filter(person=person, is_primary=True).exists()
    assert Batch.objects.latest("pk").kind == "take_back"
    page = focal.get(reverse("people:staff_duties", args=[person.pk])).content.decode()
    assert "Không có thật" in page
    assert "Phó Chủ tịch" in page


def test_corrections_refuse_what_cannot_be(world: World):
    person, write = world.own.learner.staff, {"actor": None, "at": world.at, "reason": "x"}
    posting = Posting.objects.current().get(person=person)
    with pytest.raises(NothingChanged):
        correct_posting(posting, is_primary=True, **write)
    ended = make_unit(valid_from=date(2025, 1, 1))
    with pytest.raises(UnitNotValid):
        correct_posting(posting, unit=ended, **write)
    end_duties(person, last_day=date(2024, 6, 30), reason="", actor=None, at=world.at)
    make_posting(person, unit=world.own.unit, group=world.group, valid_from=date(2024, 7, 1))
    first = Posting.objects.current().get(person=person, valid_from=date(2024, 1, 1))
    with pytest.raises(PrimaryOverlap):
        correct_posting(first, valid_to=date(2024, 7, 2), **write)
    leave = record_leave(person, first_day=date(2024, 3, 1), actor=None, at=world.at)
    closed = correct_leave(leave, valid_to=date(2024, 4, 1), **write)
    assert (closed.logical_id, closed.valid_to) == (leave.logical_id, date(2024, 4, 1))


# Duplicates ----------------------------------------------------------------------------------
def test_likely_are_the_same_name_and_birth_or_the_same_contact(db):
    born = date(1990, 1, 2)
    first = make_person(full_name="Bh'nướch Thị Ưng", birth_date=born, work_phone="0905111222")
    make_person(full_name="Bh'nướch Thị Ưng", birth_date=date(1990, 1, 3))
    assert likely_duplicates(full_name="BH NUOCH THI UNG", birth_date=born) == [first]
    assert likely_duplicates(full_name="Ai Khác", work_phone="+84 905 111 222") == [first]
    assert likely_duplicates(full_name="Bh'nướch Thị Ưng") == []
    assert likely_duplicates(full_name="x", work_phone="0905111222", besides=first) == []


def test_a_merge_is_a_fact_that_can_be_withdrawn(db):
    one, two, three = (make_person() for _each in range(3))
    at = two.created_at
    fact = merge(one, two, reason="Trùng", actor=None, at=at)
    for pair in ((one, three), (three, one), (two, two), (two, one)):
        with pytest.raises(AlreadyMerged):
            merge(*pair, reason="", actor=None, at=at)
    unmerge(fact, actor=None, at=at)
    assert not PersonMerge.objects.current().exists()
    merge(two, one, reason="Ngược lại", actor=None, at=at)


# The list ------------------------------------------------------------------------------------
def found(world: World, query: str, user=None) -> set[StaffMember]:
    scope = scope_of(user or world.users["province_manager"])
    form = read_filters(QueryDict(query), scope)
    assert form.is_valid(), form.errors
    return set(matching(StaffMember.objects.visible_to(scope), form))


def test_the_filters_leave_whom_they_say(world: World):
    day, unit = today(world), world.own.unit
    people = {}
    for name in ("away", "gone", "coming", "beside", "plain"):
        people[name] = make_person(full_name=f"Thử {name}")
    here = {"unit": unit, "group": world.group}
    for name in ("away", "plain"):
        make_posting(people[name], **here)
    make_leave(people["away"], valid_from=day - timedelta(days=3), valid_to=day + timedelta(days=1))
    make_leave(people["plain"], valid_from=day - timedelta(days=3), valid_to=day)
    make_posting(people["gone"], **here, valid_to=day)
    make_posting(people["coming"], **here, valid_from=day + timedelta(days=1))
    make_posting(people["beside"], unit=world.other.unit, group=world.group)
    make_posting(people["beside"], **here, is_primary=False, victim_support=False)
    assert found(world, "tinh-trang=nghi&don-vi=20626") == {people["away"]}
    assert found(world, "tinh-trang=thoi") == {people["gone"]}
    assert found(world, "tinh-trang=sap&don-vi=duy phuoc") == {people["coming"]}
    assert found(world, "vai=kiem") == {people["beside"]}
    assert found(world, "ho-tro=khong&q=thu") == {people["beside"]}
    assert {people["plain"], people["beside"]} <= found(world, "don-vi=508")
    assert found(world, "don-vi=508&rieng=1").isdisjoint(people.values())
    assert found(world, "don-vi=20626&vai=chinh") >= {people["away"], people["plain"]}
    waiting = Unit.objects.get(own_key=UNPLACED_KEY)
    make_posting(people["gone"], unit=waiting, group=world.group, valid_from=day)
    assert found(world, "tinh-trang=chua-xep") == {people["gone"]}


def test_a_search_takes_any_spelling_and_the_code(world: World):
    person = make_person(full_name="A Lăng Thị Hoà", staff_code="QN77")
    make_posting(person, unit=world.own.unit, group=world.group)
    for text in ("alang", "a lang thi hoa", "Hòa", "qn77"):
        assert person in found(world, f"q={text}")
    duplicate = make_person(full_name="A Lăng Thị Hoà", staff_code="QN78")
    merge(duplicate, person, reason="", actor=None, at=world.at)
    assert duplicate not in found(world, "tinh-trang=")
    assert duplicate in found(world, "q=qn78")


def test_anothers_unit_is_none_of_hers_and_pages_go_by_key(world: World, focal):
    page = focal.get("/can-bo/?don-vi=20632")
    assert "don-vi" in page.context["form"].errors
    assert page.context["rows"] == []
    for number in range(60):
        make_posting(
            make_person(full_name=f"Lê Văn {number:02}"), unit=world.own.unit, group=world.group
        )
    first = focal.get("/can-bo/?q=le van")
    second = focal.get(first.context["next_url"])
    names = [row.person.pk for page in (first, second) for row in page.context["rows"]]
    assert (first.context["count"], len(names), len(set(names))) == (60, 60, 60)
    assert "q=le+van" in first.context["next_url"]
