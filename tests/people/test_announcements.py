"""What the department announces: who reads it and when, how it is taken down, put back, changed."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from lms.people.announcements import (
    MOST_SHOWN,
    AlreadyWritten,
    StandsAlready,
    Words,
    announce,
    put_back,
    reword,
    shown_to,
    take_down,
)
from lms.people.facts import FactWithdrawn
from lms.people.models import Announcement, Audience, AuditEntry, Unit
from lms.people.models.accounts import Role
from lms.people.scopes import scope_of
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db

FIRST_PAGES = ("/", "/viec-hoc/")


def today(world: World) -> date:
    return scope_of(world.own.focal).day


def write(world: World, title: str, *, unit: Unit | None = None, **changes) -> Announcement:
    fields = {
        "title": title,
        "text": "Nội dung.",
        "audience": Audience.UNIT if unit else Audience.EVERYBODY,
        "unit": unit,
        "valid_from": today(world),
        "valid_to": today(world) + timedelta(days=1),
        "rank": 1,
    } | changes
    manager = world.users["province_manager"]
    return announce(Words(**fields), logical_id=uuid.uuid4(), actor=manager, at=world.at)


def read_by(user, day: date | None = None) -> set[str]:
    return {each.title for each in shown_to(scope_of(user, day))}


def typed(world: World, **changes) -> dict[str, str]:
    day = f"{today(world):%d/%m/%Y}"
    return {
        "key": str(uuid.uuid4()),
        "title": "Nghỉ lễ",
        "text": "Không có lớp.\r\nHẹn tuần sau.",
        "first_day": day,
        "last_day": day,
        "audience": "everybody",
        "unit": "",
        "rank": "2",
    } | changes


@pytest.fixture
def manager(world: World, client: Client) -> Client:
    return sign_in(client, world.users["province_manager"])


def test_each_asker_reads_what_is_meant_for_her(world: World):
    everybody = world.announcement.title
    write(world, "Cán bộ", audience=Audience.SIGNED_IN)
    write(world, "Duy Xuyên", unit=world.district)
    write(world, "Duy Phước", unit=world.own.unit)
    assert read_by(None) == {everybody}
    assert read_by(world.own.learner) == {everybody, "Cán bộ", "Duy Xuyên", "Duy Phước"}
    assert read_by(world.other.learner) == {everybody, "Cán bộ", "Duy Xuyên"}
    assert read_by(world.homeless) == {everybody, "Cán bộ"}
    # Posted to the department; her role over the district reaches what is meant for the district.
    assert read_by(world.users["district_focal"]) == {everybody, "Cán bộ", "Duy Xuyên"}


def test_an_announcement_runs_from_its_first_to_its_last_day(world: World):
    day = today(world) + timedelta(days=40)
    write(world, "Ba ngày", valid_from=day, valid_to=day + timedelta(days=3))
    shown = [
        bool(read_by(world.own.learner, day + timedelta(days=offset))) for offset in range(-1, 4)
    ]
    assert shown == [False, True, True, True, False]


def test_several_stand_in_their_order_and_no_more_than_a_page_bears(world: World, client):
    take_down(world.announcement, actor=world.users["province_manager"], at=world.at)
    for rank in (3, 1, 2, 9, 8, 7):
        write(world, f"Số {rank}", rank=rank)
    titles = [each.title for each in shown_to(scope_of(world.own.learner))]
    assert titles == ["Số 1", "Số 2", "Số 3", "Số 7", "Số 8"]
    assert len(titles) == MOST_SHOWN
    page = client.get("/").content.decode()
    assert [page.index(title) for title in titles] == sorted(page.index(title) for title in titles)
    assert "Số 9" not in page


def test_the_text_is_plain_on_both_first_pages(world: World, client):
    write(world, "<b>Đậm</b>", text="<script>alert(1)</script>\nDòng hai")
    sign_in(client, world.own.learner)
    for address in FIRST_PAGES:
        page = client.get(address).content.decode()
        assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>Dòng hai" in page, address
        assert "&lt;b&gt;Đậm&lt;/b&gt;" in page
        assert "<script>alert" not in page


def test_writing_goes_by_a_preview_and_is_audited(world: World, manager: Client):
    address = reverse("people:announcement_new")
    data = typed(world)
    looked = manager.post(address, data)
    assert looked.status_code == 200
    assert "Không có lớp.<br>Hẹn tuần sau." in looked.content.decode()
    assert Announcement.objects.filter(title="Nghỉ lễ").count() == 0
    seen = looked.context["seen"]
    # What differs from what was looked at is shown again first.
    again = manager.post(address, data | {"title": "Nghỉ lễ 2", "seen": seen})
    assert again.status_code == 200
    assert Announcement.objects.filter(title__startswith="Nghỉ lễ").count() == 0
    for _time in range(2):  # the second time is a double click
        assert manager.post(address, data | {"seen": seen}).status_code == 302
    written = Announcement.objects.get(title="Nghỉ lễ")
    assert (written.text, written.rank) == ("Không có lớp.\nHẹn tuần sau.", 2)
    assert written.valid_to == today(world) + timedelta(days=1)
    entry = AuditEntry.objects.get(action="announcement.write", object_id=str(written.pk))
    assert entry.actor == world.users["province_manager"]
    assert entry.data == {"announcement": data["key"]}


@pytest.mark.parametrize(
    ("changes", "field"),
    (
        ({"title": " \u00a0 "}, "title"),
        ({"text": "\r\n \r\n"}, "text"),
        ({"text": "x" * 801}, "text"),
        ({"first_day": "31/02/2024"}, "first_day"),
        ({"last_day": "01/01/2024"}, "last_day"),
        ({"audience": "unit"}, "unit"),
        ({"audience": "unit", "unit": "Xã Không Có"}, "unit"),
        ({"audience": "everybody", "unit": "20626"}, "unit"),
        ({"rank": "0"}, "rank"),
    ),
)
def test_a_wrong_entry_is_said_beside_its_field_and_nothing_is_lost(
    world: World, manager: Client, changes: dict, field: str
):
    response = manager.post(reverse("people:announcement_new"), typed(world, **changes))
    assert response.context["seen"] == ""
    assert set(response.context["form"].errors) == {field}
    if field != "title":
        assert "Nghỉ lễ" in response.content.decode()


def test_a_unit_is_named_in_any_spelling(world: World, manager: Client):
    data = typed(world, audience="unit", unit="h. duy xuyen")
    looked = manager.post(reverse("people:announcement_new"), data)
    assert "Huyện Duy Xuyên" in looked.content.decode()
    manager.post(reverse("people:announcement_new"), data | {"seen": looked.context["seen"]})
    assert Announcement.objects.get(title="Nghỉ lễ").unit == world.district
    changed = manager.get(
        reverse("people:announcement", args=[Announcement.objects.get(title="Nghỉ lễ").pk])
    )
    assert changed.context["form"]["unit"].value() == "508"


def test_taken_down_it_is_gone_and_put_back_it_is_as_before(world: World, manager: Client):
    address = reverse("people:announcements")
    before = world.announcement
    manager.post(address, {"announcement": before.pk, "act": "take_down"})
    assert read_by(world.own.learner) == set()
    page = manager.get(address)
    assert page.context["lines"][0].state == "down"
    manager.post(address, {"announcement": before.pk, "act": "put_back"})
    back = Announcement.objects.current().get(logical_id=before.logical_id)
    same = ("title", "text", "audience", "unit_id", "valid_from", "valid_to", "rank")
    assert [getattr(back, name) for name in same] == [getattr(before, name) for name in same]
    # One line for one announcement, however many versions it has.
    assert [line.announcement for line in manager.get(address).context["lines"]] == [back]
    actions = AuditEntry.objects.filter(action__startswith="announcement.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "announcement.write",
        "announcement.take_down",
        "announcement.put_back",
    ]


def test_a_change_keeps_what_was_said_before(world: World, manager: Client):
    before = world.announcement
    address = reverse("people:announcement", args=[before.pk])
    form = manager.get(address).context["form"]
    data = {name: form[name].value() for name in form.fields} | {"title": "Lịch mới"}
    days = {name: f"{data[name]:%d/%m/%Y}" for name in ("first_day", "last_day")}
    looked = manager.post(address, data | days)
    assert manager.post(address, data | days | {"seen": looked.context["seen"]}).status_code == 302
    assert read_by(world.own.learner) == {"Lịch mới"}
    before.refresh_from_db()
    assert not before.stands
    assert before.title == "Lịch lớp trực tiếp quý này"
    # The version that was changed can no longer be: its address is gone.
    assert manager.get(address).status_code == 404


def test_who_comes_second_is_refused(world: World):
    manager = world.users["province_manager"]
    stale = Announcement.objects.get(pk=world.announcement.pk)
    first = Announcement.objects.get(pk=world.announcement.pk)
    words = Words("Mới", "Mới.", Audience.EVERYBODY, None, first.valid_from, first.valid_to, 1)
    reword(first, words, actor=manager, at=world.at)
    with pytest.raises(FactWithdrawn):
        reword(stale, words, actor=manager, at=world.at)
    with pytest.raises(StandsAlready):
        put_back(stale, actor=manager, at=world.at)
    with pytest.raises(AlreadyWritten):
        announce(words, logical_id=first.logical_id, actor=manager, at=world.at)


def test_the_leader_reads_the_list_and_changes_nothing(world: World, client: Client):
    sign_in(client, world.users[Role.PROVINCE_LEADER])
    page = client.get(reverse("people:announcements"))
    assert page.status_code == 200
    assert "take_down" not in page.content.decode()
    data = {"announcement": world.announcement.pk, "act": "take_down"}
    assert client.post(reverse("people:announcements"), data).status_code == 404
    assert client.get(reverse("people:announcement_new")).status_code == 404


def test_the_list_goes_on_page_by_page(world: World, manager: Client):
    for number in range(35):
        write(world, f"Số {number}")
    first = manager.get(reverse("people:announcements"))
    second = manager.get(reverse("people:announcements") + first.context["next_url"])
    titles = [line.announcement.title for page in (first, second) for line in page.context["lines"]]
    assert titles == [f"Số {number}" for number in reversed(range(35))] + [world.announcement.title]
    assert second.context["next_url"] == ""
