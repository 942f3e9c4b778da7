"""On a phone a commune says who counts; the department approves and takes it back; no script."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from django.utils.translation import gettext as _
from playwright.sync_api import Page, expect

from lms.target.reports.calendar import days_key, offered
from lms.target.rosters.pages import period_now
from tests.browser.conftest import DESK, Stage
from tests.browser.test_stories import fits, follow, press

Visit = Callable[..., Page]


def test_a_commune_answers_and_the_department_approves(stage: Stage, visit: Visit):
    world, today = stage.world, timezone.localdate()
    name = world.own.graduate.display_name
    address = f"/danh-sach/{days_key(period_now(offered(today), today))}/{world.own.unit.pk}/"
    page = visit(world.own.focal, java_script_enabled=False)
    page.goto("/danh-sach/")
    fits(page)
    page.goto(address)
    fits(page)
    page.get_by_label(_("Tick %(person)s") % {"person": name}).check()
    page.get_by_label(_("The duty does not include supporting victims")).check()
    press(page, _("Save the answer"))
    fits(page)
    # What was ticked and chosen is still there, and what is missing is said at its field.
    expect(page.get_by_label(_("Tick %(person)s") % {"person": name})).to_be_checked()
    expect(page.get_by_role("alert")).to_contain_text(
        _("Write from which day these people do not count.")
    )
    page.get_by_label(_("Does not count from")).fill(f"{today:%d/%m/%Y}")
    page.get_by_label(_("Reason"), exact=False).fill("QĐ 12/QĐ-UBND")
    press(page, _("Save the answer"))
    press(page, _("Confirm: this is who supports victims here"))
    expect(
        page.get_by_text(_("The list is confirmed. The department approves it."))
    ).to_be_visible()

    desk = visit(world.users["province_manager"], viewport=DESK, java_script_enabled=False)
    desk.goto("/ban-lam-viec/")
    fits(desk)
    follow(desk, _("To be approved"))
    follow(desk, "Xã Duy Phước")
    expect(desk.get_by_text("QĐ 12/QĐ-UBND")).to_be_visible()
    press(desk, _("Approve the list"))
    expect(
        desk.get_by_text(_("The list is approved. The figures follow it from now on."))
    ).to_be_visible()
    desk.goto(f"/can-bo/{world.own.graduate.staff_id}/")
    expect(
        desk.get_by_text(_("Not counted: the posting has no victim-support duty")).first
    ).to_be_visible()
    desk.goto(address)
    desk.get_by_label(_("What the unit should look at")).fill("Nhầm người")
    press(desk, _("Take the approval back"))
    expect(desk.get_by_text(_("The approval is taken back with all it wrote."))).to_be_visible()
    page.reload()
    expect(page.get_by_text("Nhầm người")).to_be_visible()
