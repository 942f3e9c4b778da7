"""An officer photographs her paper; the unit checks it and the department recognises it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.utils.translation import gettext as _
from playwright.sync_api import Page, expect

from courses.models import Completion, ExternalTraining
from tests.browser.conftest import DESK, PHONE, Stage
from tests.browser.test_stories import fits, follow, press
from tests.world import make_learner, picture

Visit = Callable[..., Page]
TITLE = "Lớp nhận diện nạn nhân do Bộ tổ chức"


def test_paper_from_the_phone_is_checked_and_recognised(stage: Stage, visit: Visit, tmp_path: Path):
    world = stage.world
    learner = make_learner(world, "Đỗ Thị Giấy", unit=world.own.unit)
    course = world.course
    bad, photo = tmp_path / "giay.pdf", tmp_path / "IMG_0001.jpg"
    bad.write_bytes(b"MZ")
    photo.write_bytes(picture(form="JPEG"))

    # On the phone, without JavaScript: a wrong file first, and what was typed stays.
    page = visit(learner, viewport=PHONE, java_script_enabled=False)
    page.goto("/viec-hoc/")
    follow(page, _("I was trained elsewhere"))
    fits(page)
    follow(page, _("Hand in a paper"))
    fits(page)
    for name, value in (
        ("title", TITLE),
        ("organiser", "Cục Phòng, chống tệ nạn xã hội"),
        ("first_day", "04/03/2024"),
        ("last_day", "05/03/2024"),
        ("periods", "16"),
        ("document_number", "15/QĐ"),
    ):
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=stated_course]").select_option(course.key)
    page.locator("input[type=file]").set_input_files(bad)
    press(page, _("Hand in"))
    fits(page)
    expect(page.get_by_text(_("This is not a PDF, JPG or PNG file.")).first).to_be_visible()
    expect(page.locator("[name=title]")).to_have_value(TITLE)
    page.locator("input[type=file]").set_input_files(photo)
    press(page, _("Hand in"))
    expect(page.get_by_text(_("The paper is handed in."))).to_be_visible()
    fits(page)
    address = page.url

    # The unit looks at the picture and passes it on.
    page = visit(world.own.focal, viewport=DESK)
    page.goto("/cong-nhan/")
    fits(page)
    follow(page, learner.staff.full_name)
    shown = page.get_by_alt_text(_("Picture of the paper that was handed in"))
    shown.scroll_into_view_if_needed()
    expect(shown).to_have_js_property("complete", True)
    assert shown.evaluate("image => image.naturalWidth") == 60
    press(page, _("Checked: send it to the department"))
    expect(page.get_by_text(_("Your check is sent to the department."))).to_be_visible()

    # The department recognises it as the course that was named.
    page = visit(world.users["province_manager"], viewport=DESK)
    page.goto(address)
    fits(page)
    press(page, _("Recognise this training"))
    expect(page.get_by_text(_("The training is recognised; the person is told."))).to_be_visible()
    fits(page)
    training = ExternalTraining.objects.get(title=TITLE)
    completion = Completion.objects.get(logical_id=training.completion_logical_id)
    assert (completion.course, completion.valid_from) == (course, training.last_day)

    page = visit(learner, viewport=PHONE)
    page.goto("/viec-hoc/")
    expect(page.get_by_text("Được công nhận từ 05/03/2024")).to_be_visible()
    fits(page)
