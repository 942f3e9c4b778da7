"""The pages of a reorganisation: hand in, look, apply, place, undo; what is wrong is said there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from courses.models import ClassSession, TrainingClass
from lms.people.models import Posting, Reorganisation, UnitVersion
from lms.people.reorganising import apply, draft, read_data
from tests.factories import make_class
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(world: World, client):
    return sign_in(client, world.users["province_manager"])


def file_of(world: World, text: str) -> SimpleUploadedFile:
    day = (world.at + timedelta(days=40)).date()
    head = f"title: Nhập xã\ndecision_number: 7/NQ\neffective_on: {day}\nevents:\n"
    return SimpleUploadedFile("xa.yaml", (head + text).encode())


MERGE = '  - {kind: merge, units: ["20626"], into: "20632"}\n'


def hand_in(manager, world: World, text: str = MERGE):
    return manager.post(reverse("people:reorganisation_file"), {"file": file_of(world, text)})


def test_a_file_leads_to_its_dry_run_and_changes_nothing(world, manager):
    before = Posting.objects.count(), UnitVersion.objects.count()
    response = manager.get(hand_in(manager, world).url)
    assert response.context["counts"]["ended"] == 1
    assert response.context["counts"]["roles"] == 1
    (line,) = response.context["events"]
    assert (line.units, line.into) == (["Xã Duy Phước (20626)"], ["Xã Duy Vinh (20632)"])
    assert response.context["counts"]["people"] == line.people > 0
    assert (Posting.objects.count(), UnitVersion.objects.count()) == before


def test_what_is_wrong_with_a_file_is_said_beside_it(world, manager):
    response = hand_in(manager, world, "  - {kind: burn, units: ['1']}\n")
    assert "burn" in response.context["form"].errors["file"][0]
    empty = manager.post(reverse("people:reorganisation_file"), {})
    assert "file" in empty.context["form"].errors


def test_a_draft_that_cannot_be_applied_names_the_event(world, manager):
    address = hand_in(manager, world, '  - {kind: merge, units: ["99999"], into: "20632"}\n').url
    page = manager.get(address)
    assert "99999" in page.content.decode()
    assert 'value="apply"' not in page.content.decode()
    refused = manager.post(address, {"act": "apply"})
    assert refused.status_code == 200
    assert Reorganisation.objects.get(decision_number="7/NQ").is_draft
    assert manager.post(address, {"act": "discard"}).url == reverse("people:reorganisations")
    assert not Reorganisation.objects.filter(decision_number="7/NQ").exists()


def test_apply_place_and_undo_by_the_buttons(world, manager):
    text = '  - {kind: dissolve, units: ["20626"]}\n'
    address = hand_in(manager, world, text).url
    assert manager.post(address, {"act": "apply"}).url == address
    found = Reorganisation.objects.get(decision_number="7/NQ")
    page = manager.get(address)
    waiting = page.context["waiting"]
    assert waiting == found.counts["waiting"] > 1
    listed = manager.get(reverse("people:reorganisation_people", args=[found.pk]), {"cho": "1"})
    assert len(listed.context["lines"]) == waiting
    place = reverse("people:reorganisation_place", args=[found.pk])
    person = world.own.learner.staff
    wrong = manager.post(place, {"people": f"{person.staff_code}; 99999"})
    assert "99999" in wrong.context["form"].errors["people"][0]
    assert wrong.context["form"]["people"].value() == f"{person.staff_code}; 99999"
    done = manager.post(place, {"people": f"{person.staff_code}; 20632"})
    assert done.url == place
    assert manager.get(address).context["waiting"] == waiting - 1
    assert manager.post(address, {"act": "undo"}).url == address
    assert not Posting.objects.current().filter(event__isnull=False).exists()
    assert manager.post(address, {"act": "undo"}).url == address  # twice is once


def test_one_event_is_entered_by_hand(world, manager):
    address = reverse("people:reorganisation_new")
    assert len(manager.get(address).context["kinds"]) == 7
    day = (world.at + timedelta(days=50)).date()
    typed = {
        "title": "Tách xã",
        "decision_number": "8/NQ",
        "effective_on": f"{day:%d/%m/%Y}",
        "unit": "20626",
        "into": "20701, 20702",
        "new_units": "20701; Một; Xã; xã; 508\n20702; Hai; Xã; xã; 508",
        "people": f"{world.own.learner.staff.staff_code}; 20701",
    }
    response = manager.post(address + "?loai=split", typed)
    page = manager.get(response.url)
    assert page.context["preview"].refusals == []
    assert page.context["counts"]["opened"] == 2
    assert page.context["counts"]["waiting"] == page.context["counts"]["people"] - 1
    wrong = manager.post(address + "?loai=split", typed | {"people": "CB1"})
    assert "Dòng 1" in wrong.context["form"].errors["people"][0]


def test_the_same_events_handed_in_again_are_shown_as_they_stand(world, manager):
    address = hand_in(manager, world).url
    manager.post(address, {"act": "apply"})
    again = manager.post(
        reverse("people:reorganisation_file"), {"file": file_of(world, MERGE)}, follow=True
    )
    assert again.redirect_chain == [(address, 302)]
    assert "Không thay đổi gì" in again.content.decode()


def test_undo_says_what_rests_on_it(world, manager):
    address = hand_in(manager, world).url
    manager.post(address, {"act": "apply"})
    hand = file_of(world, '  - {kind: rename, unit: "20632", name: "Duy Vinh Mới"}\n')
    text = hand.read().replace(b"7/NQ", b"9/NQ")
    later = (world.at + timedelta(days=90)).date()
    day = (world.at + timedelta(days=40)).date()
    text = text.replace(str(day).encode(), str(later).encode())
    response = manager.post(
        reverse("people:reorganisation_file"), {"file": SimpleUploadedFile("b.yaml", text)}
    )
    manager.post(response.url, {"act": "apply"})
    page = manager.get(address)
    assert page.context["reasons"] == []  # the later one renames the successor only
    posting = (
        Posting.objects.current().filter(event__reorganisation__decision_number="7/NQ").first()
    )
    Posting.objects.filter(pk=posting.pk).update(
        withdrawn_at=world.at + timedelta(days=1), withdrawn_on=world.at.date() + timedelta(days=1)
    )
    page = manager.get(address)
    assert page.context["reasons"] == ["1 nhiệm vụ đã chuyển nay được sửa hoặc kết thúc."]
    assert 'value="undo"' not in page.content.decode()
    assert manager.post(address, {"act": "undo"}).status_code == 200


def test_a_units_page_shows_people_rate_and_history(world, client):
    focal = sign_in(client, world.own.focal)
    page = focal.get(reverse("target:unit", args=[world.own.unit.pk]))
    assert page.context["total"].denominator > 0
    names = {row["person"].pk for row in page.context["people"]}
    assert world.own.learner.staff_id in names
    assert all(row["is_visible"] for row in page.context["people"])
    early = focal.get(reverse("target:unit", args=[world.own.unit.pk]), {"ngay": "31/12/2023"})
    assert early.context["people"] == []
    wrong = focal.get(reverse("target:unit", args=[world.own.unit.pk]), {"ngay": "31/13/2024"})
    assert wrong.context["error"]
    assert focal.get(reverse("target:unit", args=[999999])).status_code == 404


def test_rights_follow_the_mapping(world, client):
    """The focal person of an absorbed commune opens the new one from the day on."""
    manager_id = world.users["province_manager"]
    data = {
        "title": "Nhập xã",
        "decision_number": "7/NQ",
        "effective_on": f"{(world.at - timedelta(days=3)).date()}",
        "events": [{"kind": "merge", "units": ["20626"], "into": "20632"}],
    }
    focal = sign_in(client, world.own.focal)
    there = reverse("target:unit", args=[world.other.unit.pk])
    assert focal.get(there).status_code == 404
    apply(draft(read_data(data), actor=manager_id, at=world.at), actor=manager_id, at=world.at)
    assert focal.get(there).status_code == 200
    record = reverse("target:record", args=[world.other.learner.staff_id])
    assert focal.get(record).status_code == 200
    former = focal.get(reverse("target:unit", args=[world.own.unit.pk]))
    assert former.status_code == 200
    assert "total" not in former.context


def test_a_class_that_meets_again_follows_its_unit_and_comes_back(world, manager):
    met_only = make_class(world.course, unit=world.own.unit)
    starts = world.at - timedelta(days=9)
    ClassSession.objects.create(
        training_class=met_only, starts_at=starts, ends_at=starts + timedelta(hours=1), periods=[1]
    )
    address = hand_in(manager, world).url  # forty days on
    open_class = world.own.training_class
    later = world.at + timedelta(days=60)
    ClassSession.objects.create(
        training_class=open_class, starts_at=later, ends_at=later + timedelta(hours=1), periods=[1]
    )

    def units() -> tuple[int, int]:
        found = TrainingClass.objects.in_bulk([open_class.pk, met_only.pk])
        return found[open_class.pk].unit_id, found[met_only.pk].unit_id

    completion = world.own.completion
    manager.post(address, {"act": "apply"})
    assert units() == (world.other.unit.pk, world.own.unit.pk)
    completion.refresh_from_db()
    assert completion.unit_id == world.own.unit.pk
    manager.post(address, {"act": "undo"})
    assert units() == (world.own.unit.pk, world.own.unit.pk)
