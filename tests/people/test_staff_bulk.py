"""Acts upon a selection: who is refused and why, all or only the good, taken back exactly."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from lms.people.batches import gather
from lms.people.facts import handed_on
from lms.people.models import Batch, Leave, PersonMerge, Posting, StaffMember
from lms.people.scopes import scope_of
from lms.people.staff import end_posting, transfer
from lms.people.staffing.access import may_undo
from lms.people.staffing.bulk import (
    MOST,
    NobodyLeft,
    PlanChanged,
    SomeRefused,
    apply_bulk,
    plan_bulk,
)
from lms.people.staffing.duplicates import merge
from lms.target.figures import figures
from tests.factories import make_group, make_person, make_posting
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def focal(world: World, client):
    return sign_in(client, world.own.focal)


@pytest.fixture
def people(world: World) -> list[StaffMember]:
    """Three people of the focal person's unit."""
    return [
        make_posting(
            make_person(full_name=f"Trần Văn {name}"), unit=world.own.unit, group=world.group
        ).person
        for name in ("An", "Bình", "Cao")
    ]


def today(world: World) -> date:
    return scope_of(world.own.focal).day


def typed(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def standing() -> set[tuple]:
    return {
        (model.__name__, *map(str, handed_on(fact, []).values()))
        for model in (Posting, Leave)
        for fact in model.objects.current()
    }


def form_data(world: World, people: list, kind: str = "transfer", **fields) -> dict:
    fields = {"unit": "20632", "on": typed(today(world)), "reason": "QĐ 9"} | fields
    return {"act": kind, "ids": ",".join(str(each.pk) for each in people)} | fields


def test_a_selection_is_looked_at_done_and_taken_back_exactly(world: World, focal, people):
    address, day = reverse("people:staff_bulk"), today(world)
    first = focal.post(
        address, {"act": "transfer", "who": "chosen", "people": [each.pk for each in people]}
    )
    assert first.context["count"] == 3
    commune = world.other.unit.versions.get()
    before, row = standing(), figures(commune, day)
    data = form_data(world, people)
    looked = focal.post(address, data)
    assert standing() == before
    plan = looked.context["plan"]
    assert ([case.person for case in plan.good], plan.refused) == (people, [])
    done = focal.post(address, data | {"seen": plan.digest, "which": "all"})
    batch = Batch.objects.latest("pk")
    assert done.url == reverse("people:batch", args=[batch.pk])
    assert batch.counts == {"people": 3, "refused": 0}
    now = Posting.objects.current().valid_on(day).filter(person__in=people)
    assert {(each.unit, each.duty_began_on, each.reason) for each in now} == {
        (world.other.unit, day, "QĐ 9")
    }
    assert figures(commune, day).total.denominator == row.total.denominator + 3
    page = focal.get(done.url)
    # They are not hers any more, and are not named to her.
    assert people[0].full_name not in page.content.decode()
    assert page.context["may_undo"]
    focal.post(done.url)
    assert standing() == before
    assert figures(commune, day).total == row.total
    batch.refresh_from_db()
    assert batch.undone_by == world.own.focal


def test_who_is_refused_is_named_and_only_the_good_are_done(world: World, focal, people):
    day, before = today(world), Batch.objects.count()
    late = make_posting(unit=world.own.unit, group=world.group, valid_from=day).person
    gone = make_posting(unit=world.own.unit, group=world.group, valid_to=day).person
    stranger = world.other.learner.staff
    beside = world.other.graduate.staff
    make_posting(beside, unit=world.own.unit, group=world.group, is_primary=False)
    ids = [*people, late, gone, stranger, beside, world.own.focal.staff]
    looked = focal.post(reverse("people:staff_bulk"), form_data(world, ids))
    plan = looked.context["plan"]
    assert {case.person for case in plan.refused} == {late, gone, beside, world.own.focal.staff}
    assert [case.person for case in plan.good] == people
    assert stranger.full_name not in looked.content.decode()
    data = form_data(world, ids) | {"seen": plan.digest}
    focal.post(reverse("people:staff_bulk"), data | {"which": "all"})
    assert Batch.objects.count() == before
    focal.post(reverse("people:staff_bulk"), data | {"which": "good"})
    assert Batch.objects.latest("pk").counts == {"people": 3, "refused": 4}


def test_what_changed_since_it_was_looked_at_is_not_written(world: World, people):
    scope, day, before = scope_of(world.own.focal), today(world), Batch.objects.count()
    fields = {"group": make_group(), "on": day, "reason": "x"}
    write = {"only_good": True, "actor": world.own.focal, "at": world.at}
    ids = [each.pk for each in people]
    seen = plan_bulk("group", ids, fields, scope).digest
    transfer(
        people[0], unit=world.own.unit, group=fields["group"], on=day - timedelta(days=1),
        actor=None, at=world.at,
    )  # fmt: skip
    with pytest.raises(PlanChanged):
        apply_bulk("group", ids, fields, scope, seen=seen, **write)
    seen = plan_bulk("group", ids, fields, scope).digest
    with pytest.raises(SomeRefused):
        apply_bulk("group", ids, fields, scope, seen=seen, **(write | {"only_good": False}))
    alone = plan_bulk("group", ids[:1], fields, scope).digest
    with pytest.raises(NobodyLeft):
        apply_bulk("group", ids[:1], fields, scope, seen=alone, **write)
    assert Batch.objects.count() == before


def test_leave_end_and_support_of_many(world: World, people):
    scope, day = scope_of(world.own.focal), today(world)
    ids = [each.pk for each in people]

    def do(kind: str, **fields) -> Batch:
        fields = {"reason": "x"} | fields
        seen = plan_bulk(kind, ids, fields, scope).digest
        return apply_bulk(
            kind, ids, fields, scope, seen=seen, only_good=False, actor=world.own.focal,
            at=world.at,
        )  # fmt: skip

    before = standing()
    do("leave", first_day=day, last_day=day)
    assert {leave.valid_to for leave in Leave.objects.filter(person__in=people)} == {
        day + timedelta(days=1)
    }
    do("support", has_duty="khong", on=day)
    unmarked = Posting.objects.current().valid_on(day).filter(person__in=people)
    assert {(each.victim_support, each.duty_began_on) for each in unmarked} == {
        (False, date(2024, 1, 1))
    }
    do("end", last_day=day)
    assert unmarked.count() == 3
    assert not Posting.objects.current().valid_on(day + timedelta(days=1)).filter(person__in=people)
    assert standing() != before


def test_all_that_match_the_filter_and_the_bound(world: World, focal, people, monkeypatch):
    address = reverse("people:staff_bulk")
    data = {"act": "end", "who": "all", "q": "tran van"}
    assert focal.post(address, data).context["count"] == 3
    nobody = focal.post(address, {"act": "end", "who": "chosen"})
    assert nobody.url == reverse("target:staff")
    monkeypatch.setattr("lms.people.views.batches.MOST", 2)
    assert focal.post(address, data).url.endswith("?q=tran+van")
    assert MOST == 2000
    assert focal.post(address, data | {"act": "burn"}).status_code == 404
    odd = focal.post(address, {"act": "end", "who": "chosen", "people": ["x", "-1", "٣"]})
    assert odd.status_code == 302


def test_a_newer_fact_refuses_and_is_named(world: World, focal, people):
    address, day = reverse("people:staff_bulk"), today(world)
    data = form_data(world, people[:1], "group", group=world.group.pk)
    other = make_group()
    data["group"] = other.pk
    seen = focal.post(address, data).context["plan"].digest
    page = focal.post(address, data | {"seen": seen, "which": "all"}).url
    posting = Posting.objects.current().valid_on(day).get(person=people[0])
    end_posting(posting, last_day=day + timedelta(days=5), actor=None, at=world.at)
    assert len(focal.get(page).context["reasons"]) == 1
    before = standing()
    focal.post(page)
    assert standing() == before


def test_a_batch_is_looked_at_by_who_did_it_and_the_department(world: World, client, people):
    scope = scope_of(world.own.focal)
    fields = {"first_day": today(world), "last_day": None}
    ids = [each.pk for each in people]
    seen = plan_bulk("leave", ids, fields, scope).digest
    batch = apply_bulk(
        "leave", ids, fields, scope, seen=seen, only_good=True, actor=world.own.focal, at=world.at
    )
    address = reverse("people:batch", args=[batch.pk])
    for user, status in (
        (world.other.focal, 404), (world.own.learner, 404), (world.users["district_focal"], 404),
        (world.users["province_manager"], 200), (world.own.focal, 200),
    ):  # fmt: skip
        sign_in(client, user)
        assert client.get(address).status_code == status, user
        if status == 404:
            assert client.post(address).status_code == 404
    assert not may_undo(scope_of(world.other.focal), batch)
    # Once they have left her units by another's hand, she cannot fetch them back by an undo.
    for person in people:
        transfer(
            person, unit=world.other.unit, group=world.group, on=today(world), actor=None,
            at=world.at,
        )  # fmt: skip
    assert not may_undo(scope_of(world.own.focal), batch)
    assert client.post(address).status_code == 404


def test_merging_two_records_and_taking_it_back(world: World, focal, people):
    born = date(1980, 5, 5)
    one, two, _three = people
    StaffMember.objects.filter(pk__in=[one.pk, two.pk]).update(
        birth_date=born, folded_name="tran van an"
    )
    one.refresh_from_db()
    address = reverse("people:staff_merge", args=[one.pk])
    assert focal.get(address).context["alike"] == [two]
    both = focal.get(address + f"?ma={two.staff_code.lower()}")
    assert [row.person for row in both.context["rows"]] == [one, two]
    elsewhere = focal.get(address + f"?ma={world.other.learner.staff.staff_code}")
    assert elsewhere.context["other"] is None
    row = figures(world.own.unit.versions.get(), today(world)).total.denominator
    data = {"ma": two.staff_code, "survivor": two.pk, "reason": "Nhập hai lần"}
    looked = focal.post(address, data)
    focal.post(address, data | {"seen": looked.context["plan"].digest})
    fact = PersonMerge.objects.current().get()
    assert (fact.duplicate, fact.survivor, fact.reason) == (one, two, "Nhập hai lần")
    assert figures(world.own.unit.versions.get(), today(world)).total.denominator == row - 1
    record = focal.get(reverse("target:record", args=[one.pk])).content.decode()
    assert reverse("target:record", args=[two.pk]) in record
    back = reverse("people:staff_take_back", args=[one.pk, fact.logical_id])
    looked = focal.post(back, {"reason": "Hai người"})
    focal.post(back, {"reason": "Hai người", "seen": looked.context["plan"].digest})
    assert not PersonMerge.objects.current().exists()
    assert figures(world.own.unit.versions.get(), today(world)).total.denominator == row


def test_a_duplicate_points_at_the_record_that_counts(world: World, client):
    learner, survivor = world.own.learner, world.own.graduate.staff
    merge(learner.staff, survivor, reason="Trùng", actor=None, at=world.at)
    sign_in(client, learner)
    assert survivor.staff_code in client.get("/viec-hoc/").content.decode()
    sign_in(client, world.own.focal)
    for name in ("people:person_account", "people:staff_duties"):
        page = client.get(reverse(name, args=[learner.staff_id])).content.decode()
        assert survivor.staff_code in page
    assert (
        learner.staff.staff_code
        in client.get(reverse("people:staff_duties", args=[survivor.pk])).content.decode()
    )
    sign_in(client, world.own.graduate)
    assert "đã gộp vào" not in client.get("/viec-hoc/").content.decode()


def test_a_batch_of_another_room_has_no_page_here(world: World, client):
    with gather("past-training", actor=world.users["province_manager"], at=world.at) as batch:
        pass
    sign_in(client, world.users["province_manager"])
    assert client.get(reverse("people:batch", args=[batch.pk])).status_code == 404
    listed = client.get(reverse("people:batches")).context["rows"]
    assert [each for each, _name in listed] == [world.batch]
