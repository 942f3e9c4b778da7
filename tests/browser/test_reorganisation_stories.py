"""The department merges two communes: dry run, apply, both maps, undo. Without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Stage
from tests.browser.test_stories import fits, follow, press

Visit = Callable[..., Page]


def test_manager_looks_applies_and_sees_both_maps(stage: Stage, visit: Visit, tmp_path: Path):
    world = stage.world
    day = timezone.localdate() - timedelta(days=2)
    before = day - timedelta(days=1)
    file = tmp_path / "nhap-xa.yaml"
    file.write_text(
        "title: Nhập xã Duy Vinh vào xã Duy Phước\ndecision_number: 15/NQ\n"
        f"effective_on: {day}\nevents:\n"
        '  - {kind: merge, units: ["20632"], into: "20626"}\n',
        encoding="utf-8",
    )
    page = visit(world.users["province_manager"], viewport=DESK, java_script_enabled=False)

    page.goto("/don-vi/")
    fits(page)
    page.get_by_label(_("Name or code of a unit")).fill("x. duy vinh")
    press(page, _("Find"))
    expect(page.get_by_role("link", name="Xã Duy Vinh", exact=True)).to_be_visible()
    follow(page, _("Reorganisations of units"))
    fits(page)
    follow(page, _("Hand in a file"))
    fits(page)
    page.locator("input[type=file]").set_input_files(file)
    press(page, _("Look at it first"))
    fits(page)
    expect(page.get_by_text(_("Dry run: nothing is changed yet"))).to_be_visible()
    expect(page.get_by_role("cell", name="Xã Duy Vinh (20632)")).to_be_visible()
    dry_run = page.url
    assert district_rows(page, before) == district_rows(page, day) == ["Duy Phước", "Duy Vinh"]

    page.goto(dry_run)
    follow(page, _("List of the people"))
    fits(page)
    expect(page.get_by_role("link", name=world.other.learner.display_name)).to_be_visible()
    page.goto(dry_run)
    press(page, _("Apply"))
    expect(page.get_by_text(_("The reorganisation is applied."))).to_be_visible()
    page.set_viewport_size(PHONE)
    fits(page)
    page.set_viewport_size(DESK)

    # The map of then still has both, the map of now has one; nobody is lost between them.
    assert district_rows(page, before) == ["Duy Phước", "Duy Vinh"]
    then = headline(page)
    assert district_rows(page, day) == ["Duy Phước"]
    assert headline(page) == then

    # Rights follow: the focal person of the merged commune opens the new one, and no other.
    focal = visit(world.other.focal, viewport=PHONE)
    focal.goto(f"/don-vi/{world.own.unit.pk}/")
    expect(focal.locator("h1")).to_have_text("Xã Duy Phước")
    fits(focal)
    assert focal.goto(f"/don-vi/{world.other_district.pk}/").status == 404

    page.goto(dry_run)
    press(page, _("Undo"))
    expect(
        page.get_by_text(_("The reorganisation is undone. Everything is as before."))
    ).to_be_visible()
    assert district_rows(page, day) == ["Duy Phước", "Duy Vinh"]
    assert focal.goto(f"/don-vi/{world.own.unit.pk}/").status == 404


def district_rows(page: Page, day) -> list[str]:
    """Open the district's progress on the day and return the communes that matter here."""
    page.goto(f"/tien-do/?don-vi=508&ngay={day:%d/%m/%Y}")
    text = page.locator("main").inner_text()
    return [name for name in ("Duy Phước", "Duy Vinh") if f"Xã {name}" in text]


def headline(page: Page) -> str:
    return page.locator("section.head-n .lead").inner_text()
