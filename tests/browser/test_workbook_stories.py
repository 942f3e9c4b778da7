"""A focal person hands her list in: errors, mended, applied, undone. Without JavaScript."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from lms.people.models import Posting, StaffImport, StaffMember
from lms.people.workbooks.columns import SHEET
from tests.browser.conftest import DESK, PHONE, Stage
from tests.browser.test_stories import fits, follow, press

Visit = Callable[..., Page]


def kept_import(page: Page) -> StaffImport:
    """The import of this page; the portal under test runs its tasks at once."""
    key = page.url.partition("?")[0].rstrip("/").rpartition("/")[2]
    return StaffImport.objects.get(pk=int(key))


def hand_in(page: Page, file: Path) -> StaffImport:
    page.goto("/can-bo/nhap-excel/")
    page.locator("input[type=file]").set_input_files(file)
    press(page, _("Read the file"))
    return kept_import(page)


def test_list_with_errors_is_mended_applied_and_undone(stage: Stage, visit: Visit, tmp_path: Path):
    world = stage.world
    learner = world.own.learner.staff
    page = visit(world.own.focal, viewport=DESK, java_script_enabled=False)

    # The prefilled workbook, with a new title, a transfer gone wrong and somebody new.
    page.goto("/")
    page.locator("details.account summary").click()
    follow(page, _("Staff list by Excel"))
    fits(page)
    with page.expect_download() as waiting:
        press(page, _("Download the workbook"))
    path = tmp_path / "ds.xlsx"
    waiting.value.save_as(path)
    book = load_workbook(path)
    sheet = book[SHEET]
    rows = {row[0].value: row for row in sheet.iter_rows(min_row=2) if row[0].value}
    rows[learner.staff_code][7].value = "Phó Chủ tịch"
    new = sheet[len(rows) + 2]
    for place, value in ((1, "Alăng Thị Mới"), (5, "20626"), (6, "xa_ldtbxh"), (10, "12/31/2025")):
        new[place].value = value
    book.save(path)

    hand_in(page, path)
    fits(page)
    expect(page.get_by_text(_("Looked at, nothing is changed yet"))).to_be_visible()
    expect(page.get_by_text("12/31/2025").first).to_be_visible()
    press(page, _("Apply only if all are good"))
    expect(
        page.get_by_text(_("Some rows are refused or wait for your decision. Nothing was changed."))
    ).to_be_visible()
    page.set_viewport_size(PHONE)
    fits(page)
    page.set_viewport_size(DESK)

    # The refused row comes back with its reason; mended in the list itself, all rows are good.
    with page.expect_download() as waiting:
        press(page, _("Download the refused rows with their reasons"))
    refused = load_workbook(io.BytesIO(Path(waiting.value.path()).read_bytes()))[SHEET]
    assert "12/31/2025" in refused["O2"].value
    new[10].value = "31/12/2025"
    book.save(path)
    kept = hand_in(page, path)
    assert kept.counts["refused"] == 0
    page.goto(f"{page.url}?muc=changed")
    expect(page.get_by_text("Phó Chủ tịch")).to_be_visible()
    fits(page)
    press(page, _("Apply all rows"))
    expect(page.get_by_text(_("Applied"), exact=True).first).to_be_visible()
    fits(page)
    assert StaffMember.objects.filter(full_name="Alăng Thị Mới").count() == 1
    duty = Posting.objects.current().get(person=learner)
    assert duty.position_title == "Phó Chủ tịch"

    press(page, _("Undo the whole import"))
    expect(page.get_by_text(_("Undone"), exact=True).first).to_be_visible()
    fits(page)
    assert not StaffMember.objects.filter(full_name="Alăng Thị Mới").exists()
    assert Posting.objects.current().get(person=learner).position_title == "Công chức VH-XH"
    assert visit(world.other.focal).goto(page.url.partition("?")[0]).status == 404
