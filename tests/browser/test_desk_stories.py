"""The staff desk on a phone: a focal person's people, one by one and several at once. No script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from django.utils.translation import gettext as _
from playwright.sync_api import Page, expect

from lms.people.models import Batch, Leave, Posting, StaffMember
from lms.people.scopes import scope_of
from tests.browser.conftest import PHONE, Stage
from tests.browser.test_pages import faults_on
from tests.browser.test_stories import fits, follow, press

Visit = Callable[..., Page]


def typed(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f"[name={name}]").fill(value)


def looked_at(page: Page) -> None:
    """Ask what will change; the page says it and nothing is saved yet."""
    press(page, _("Look at what will change"))
    expect(page.get_by_role("heading", name=_("This will change"))).to_be_visible()
    fits(page)


def is_clean(page: Page) -> None:
    """No axe violation: also where a plan stands above its form, which no address shows."""
    assert faults_on(page) == []


def find(page: Page, name: str) -> None:
    page.goto("/can-bo/")
    page.locator("[name=q]").fill(name)
    press(page, _("Filter"))


def test_a_focal_person_keeps_her_list_on_a_phone(stage: Stage, visit: Visit):
    world = stage.world
    today = scope_of(world.own.focal).day
    page = visit(world.own.focal, viewport=PHONE, java_script_enabled=False)

    add_somebody(page, today)
    person = StaffMember.objects.get(full_name="Hồ Thị Bàn")
    record_a_leave(page, person, today)
    correct_the_leave(page, person, today)
    act_on_two_and_take_it_back(page, person, world.student.staff, today)
    send_her_away(page, person, today)


def add_somebody(page: Page, today: date) -> None:
    page.goto("/can-bo/")
    fits(page)
    follow(page, _("Add a person"))
    fill(page, full_name="Hồ Thị Bàn", first_day=typed(today), reason="QĐ 8/QĐ-UBND")
    page.locator("[name=group]").select_option(index=1)
    looked_at(page)
    assert not StaffMember.objects.filter(full_name="Hồ Thị Bàn").exists()
    press(page, _("Add"))
    expect(page.get_by_text(_("The person is added."))).to_be_visible()
    fits(page)


def record_a_leave(page: Page, person: StaffMember, today: date) -> None:
    page.goto(f"/can-bo/{person.pk}/nghi/")
    fill(page, first_day=typed(today + timedelta(days=10)))
    looked_at(page)
    press(page, _("Enter the leave"))
    expect(page.get_by_text(_("Saved."))).to_be_visible()
    fits(page)
    # Entered once more it is refused, and what was typed stays.
    page.goto(f"/can-bo/{person.pk}/nghi/")
    first = typed(today + timedelta(days=20))
    fill(page, first_day=first)
    press(page, _("Look at what will change"))
    expect(page.get_by_role("alert")).to_contain_text(typed(today + timedelta(days=10)))
    expect(page.locator("[name=first_day]")).to_have_value(first)
    fits(page)


def correct_the_leave(page: Page, person: StaffMember, today: date) -> None:
    leave = Leave.objects.current().get(person=person)
    page.goto(f"/can-bo/{person.pk}/nhiem-vu/")
    page.locator(f'a[href*="{leave.logical_id}/sua/"]').first.click()
    fits(page)
    fill(page, last_day=typed(today + timedelta(days=100)), reason="Đã có ngày trở lại")
    looked_at(page)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(f"**/can-bo/{person.pk}/nhiem-vu/")
    standing = Leave.objects.current().get(person=person)
    assert standing.logical_id == leave.logical_id
    assert standing.valid_to == today + timedelta(days=101)
    fits(page)


def act_on_two_and_take_it_back(
    page: Page, person: StaffMember, other: StaffMember, today: date
) -> None:
    page.goto("/can-bo/")
    for each in (person, other):
        page.locator(f'input[name=people][value="{each.pk}"]').check()
    page.locator("select[name=act]").select_option("leave")
    press(page, _("Go on"))
    fits(page)
    # The new one is on leave over these days already; the other one is not.
    days = {"first_day": today + timedelta(days=30), "last_day": today + timedelta(days=40)}
    fill(page, **{name: typed(day) for name, day in days.items()})
    looked_at(page)
    expect(page.get_by_role("heading", name=_("Refused"))).to_be_visible()
    before = Leave.objects.current().filter(person=other).count()
    press(page, _("Do it without those refused"))
    fits(page)
    batch = Batch.objects.latest("pk")
    assert batch.counts == {"people": 1, "refused": 1}
    assert Leave.objects.current().filter(person=other).count() == before + 1
    press(page, _("Take back"))
    expect(page.get_by_text(_("Taken back: everything is as before."))).to_be_visible()
    assert Leave.objects.current().filter(person=other).count() == before
    page.goto("/can-bo/dot-cap-nhat/")
    fits(page)


def send_her_away(page: Page, person: StaffMember, today: date) -> None:
    """A transfer to the neighbour from tomorrow: today she is still on the list."""
    page.goto(f"/can-bo/{person.pk}/chuyen/")
    on = today + timedelta(days=1)
    fill(page, unit="xa duy vinh", on=typed(on), reason="QĐ 9/QĐ-UBND")
    looked_at(page)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(f"**/can-bo/{person.pk}/nhiem-vu/")
    fits(page)
    duty = Posting.objects.current().valid_on(on).get(person=person)
    assert duty.unit.versions.get().code == "20632"
    find(page, "ho thi ban")
    expect(page.get_by_role("link", name="Hồ Thị Bàn")).to_be_visible()


def test_what_the_desk_shows_before_it_writes_is_accessible(stage: Stage, visit: Visit):
    world = stage.world
    today = scope_of(world.own.focal).day
    person = world.own.graduate.staff
    page = visit(world.own.focal, viewport=PHONE)

    page.goto(f"/can-bo/{person.pk}/nghi/")
    press(page, _("Look at what will change"))
    expect(page.get_by_role("alert")).to_be_visible()
    is_clean(page)
    fill(page, first_day=typed(today + timedelta(days=10)))
    looked_at(page)
    is_clean(page)

    page.goto("/can-bo/")
    page.locator(f'input[name=people][value="{person.pk}"]').check()
    page.locator("select[name=act]").select_option("end")
    press(page, _("Go on"))
    is_clean(page)
    fill(page, last_day=typed(today), reason="QĐ 10/QĐ-UBND")
    looked_at(page)
    is_clean(page)
