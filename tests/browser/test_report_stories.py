"""A period frozen, corrected and reported, as the department does it in a browser."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import gettext as _
from docx import Document
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from lms.people.days import local_day
from lms.target.models import ReportingPeriod, ReportSnapshot
from lms.target.reports.reading import read_part, verify
from tests.browser.conftest import DESK, PHONE, Stage
from tests.browser.test_stories import fits, follow, press
from tests.factories import make_completion
from tests.world import make_learner

Visit = Callable[..., Page]


@pytest.mark.parametrize("js", (True, False), ids=("with-js", "without-js"))
def test_manager_freezes_corrects_and_opens_the_report(stage: Stage, visit: Visit, js: bool):
    world = stage.world
    day = local_day(world.at) - timedelta(days=1)
    period = ReportingPeriod.objects.create(
        name=f"Kỳ {'một' if js else 'hai'}", first_day=day - timedelta(days=9), last_day=day
    )
    late = make_learner(world, f"Hồ Thị Muộn {'một' if js else 'hai'}", unit=world.own.unit).staff
    page = visit(
        world.users["province_manager"],
        viewport=DESK if js else PHONE,
        java_script_enabled=js,
        accept_downloads=True,
    )

    page.goto("/bao-cao/")
    fits(page)
    follow(page, _("Freeze a period"))
    fits(page)
    page.get_by_label(_("Reporting period")).select_option(str(period.pk))
    press(page, _("See the figures"))
    fits(page)
    assert not ReportSnapshot.objects.filter(period=period).exists(), "looking froze something"
    press(page, _("Freeze these figures"))
    fits(page)
    expect(page.get_by_text(_("The report is frozen."))).to_be_visible()
    first = ReportSnapshot.objects.get(period=period)
    was = read_part(first, "figures")["total"]["numerator"]

    # A result that came late; without a reason nothing is corrected.
    for course in (world.course, world.locked_course):
        make_completion(late, course, valid_from=day - timedelta(days=5), at=timezone.now())
    follow(page, _("Correct: freeze a new version"))
    fits(page)
    press(page, _("Freeze the new version"))
    expect(page.locator(".err .msg, .field.err").first).to_be_visible()
    reason = page.get_by_label(_("Why the report is corrected"))
    reason.fill("Nhập kết quả lớp tháng trước")
    press(page, _("Freeze the new version"))
    fits(page)
    second = ReportSnapshot.objects.get(period=period, version=2)
    assert read_part(second, "figures")["total"]["numerator"] == was + 1
    assert read_part(first, "figures")["total"]["numerator"] == was
    expect(page.get_by_text("Nhập kết quả lớp tháng trước")).to_be_visible()
    follow(page, re.compile("Danh sách 1 người"))
    fits(page)
    expect(page.get_by_role("link", name=late.full_name)).to_be_visible()

    page.goto(second.get_absolute_url())
    follow(page, _("Compare the stored report with its hash"))
    fits(page)
    expect(page.locator("h1")).to_have_text(_("The report is as it was frozen"))
    assert verify(second).is_whole
    page.goto(second.get_absolute_url())
    words = f"{was + 1} người"
    assert words in read_word(download(page, _("Report (DOCX)")))
    assert words in read_pdf(download(page, _("Report (PDF)")))
    assert late.full_name not in read_word(download(page, _("Report (DOCX)")))
    page.goto(first.get_absolute_url())
    expect(page.get_by_text(_("A newer version of this report stands."))).to_be_visible()


def download(page: Page, words: str) -> bytes:
    with page.expect_download() as found:
        page.get_by_role("link", name=words, exact=True).click()
    return found.value.path().read_bytes()


def read_word(body: bytes) -> str:
    return " ".join(line.text for line in Document(io.BytesIO(body)).paragraphs)


def read_pdf(body: bytes) -> str:
    pages = PdfReader(io.BytesIO(body)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_focal_person_reads_what_was_reported_of_her_commune(stage: Stage, visit: Visit):
    world = stage.world
    page = visit(world.users["unit_focal"], viewport=PHONE)
    page.goto("/bao-cao/")
    fits(page)
    expect(page.get_by_role("link", name=_("Freeze a period"))).to_have_count(0)
    page.goto(world.own.report.get_absolute_url())
    fits(page)
    expect(page.locator("h1")).to_contain_text("Duy Phước")
    assert page.goto(world.other.report.get_absolute_url()).status == 404
