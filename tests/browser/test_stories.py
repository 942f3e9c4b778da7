"""The portal's main job in a browser: the officer's path, the trainer's, the department's.

Words are looked up in the catalogue, so that a reworded button does not break a story.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import gettext as _
from django_otp.oath import totp
from playwright.sync_api import Page, expect

from certificates.models import Certificate
from content.models import LessonPage
from courses.classes import add_to_roster
from courses.models import Attempt, LessonProgress
from lms.people.models import User
from lms.people.second_factor import make_recovery_codes
from tests.browser.conftest import DESK, PHONE, Stage
from tests.browser.test_pages import is_scrolled_sideways
from tests.world import PASSWORD, TOTP_KEY, World, make_learner, make_official, right_answers

Visit = Callable[..., Page]


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).first.click()


def follow(page: Page, words: str | re.Pattern) -> None:
    page.get_by_role("link", name=words).first.click()


def fits(page: Page) -> None:
    """The page has one heading and needs no sideways scroll."""
    expect(page.locator("h1")).to_have_count(1)
    assert not is_scrolled_sideways(page), page.url


# The officer ------------------------------------------------------------------------------------
@pytest.mark.parametrize("js", (True, False), ids=("with-js", "without-js"))
def test_officer_learns_passes_and_is_certified(stage: Stage, visit: Visit, js: bool):
    world = stage.world
    name = f"Đỗ Thị Ế{'m' if js else 'n'}"
    officer = make_learner(world, name, unit=world.own.unit)
    add_to_roster(world.own.training_class, officer.staff, actor=None, at=world.at)
    page = visit(officer, viewport=PHONE, java_script_enabled=js)

    page.goto("/viec-hoc/")
    fits(page)
    expect(page.get_by_role("link", name=world.course.title, exact=True)).to_be_visible()
    page.locator("section.next a.btn").click()
    study(page, world)
    take_the_quiz(page, world, officer)
    assert not Certificate.objects.filter(person=officer.staff).exists()

    mark_present(visit(world.users["instructor"], viewport=DESK), world, officer)
    read_certificate(page, visit(), officer, world)


def study(page: Page, world: World) -> None:
    """Read and finish each lesson, then play the scenario."""
    for place, lesson in enumerate(world.lessons):
        expect(page.locator("h1")).to_contain_text(lesson.title)
        fits(page)
        press(page, _("Mark as done"))
        expect(page.locator("#xong .st.done")).to_be_visible()
        if place + 1 < len(world.lessons):
            follow(page, _("Go on to the next lesson"))
    follow(page, _("Go on to the next lesson"))
    fits(page)
    decision = page.locator("form#quyet-dinh-tiep")
    assert "Phù hợp." not in page.content(), "the feedback stands in the page before the choice"
    press(page, _("Choose and read the feedback"))
    expect(page.get_by_role("alert")).to_contain_text(_("Choose one of the answers."))
    decision.get_by_role("radio").first.check()
    press(page, _("Choose and read the feedback"))
    expect(page.get_by_text("Phù hợp.")).to_be_visible()
    expect(page.get_by_text(_("Every decision is answered"))).to_be_visible()


def take_the_quiz(page: Page, world: World, officer: User) -> None:
    page.goto(world.course.url)
    fits(page)
    page.locator("section.next a.btn").click()
    fits(page)
    press(page, _("Start the quiz"))
    fits(page)
    attempt = Attempt.objects.get(enrolment__person=officer.staff)
    for place in attempt.questions.select_related("question_version"):
        answer(page, place.position, place.question_version.body, right_answers(attempt))
    press(page, _("Submit"))
    fits(page)
    expect(page.get_by_text(_("Every question is answered"))).to_be_visible()
    press(page, _("Submit"))
    fits(page)
    attempt.refresh_from_db()
    assert attempt.passed
    expect(page.locator(".big")).to_contain_text("100")


def answer(page: Page, position: int, body: dict[str, Any], answers: dict[int, Any]) -> None:
    """Give the right answer of one question with the controls of its type."""
    name, right = f"q{position}", answers[position]
    kind = body["type"]
    if kind in {"SC", "TF"}:
        value = str(right).lower() if kind == "TF" else right
        page.locator(f'input[name="{name}"][value="{value}"]').check()
    elif kind == "MC":
        for value in right:
            page.locator(f'input[name="{name}"][value="{value}"]').check()
    elif kind == "SA":
        page.locator(f'input[name="{name}"]').fill(right)
    else:
        pairs = right.items() if kind == "MAT" else ((key, n) for n, key in enumerate(right, 1))
        for key, value in pairs:
            page.locator(f'select[name="{name}-{key}"]').select_option(str(value))


def mark_present(page: Page, world: World, officer: User) -> None:
    """One tap and a click in the register of yesterday's session."""
    page.goto(world.own.session.get_absolute_url())
    fits(page)
    group = page.get_by_role("group", name=re.compile(officer.staff.full_name))
    group.get_by_role("radio", name=_("Present"), exact=True).check()
    press(page, _("Save the register"))
    expect(page.get_by_role("button", name=re.compile(_("Undo"))).first).to_be_visible()


def read_certificate(page: Page, stranger: Page, officer: User, world: World) -> None:
    """The officer downloads her certificate; a stranger checks its code."""
    page.goto("/viec-hoc/")
    follow(page, re.compile(_("Open the certificate")))
    fits(page)
    with page.expect_download() as download:
        follow(page, re.compile(re.escape(_("Download (PDF)"))))
    document = Path(download.value.path()).read_bytes()
    assert document.startswith(b"%PDF")
    certificate = Certificate.objects.get(person=officer.staff)
    with certificate.document.open("rb") as stored:
        assert stored.read() == document

    stranger.goto("/kiem-tra/")
    fits(stranger)
    stranger.locator('input[name="ma"]').fill(certificate.verification_code.lower())
    press(stranger, _("Check"))
    fits(stranger)
    expect(stranger.locator(".verdict.ok")).to_be_visible()
    expect(stranger.get_by_text(certificate.register_no).first).to_be_visible()
    assert officer.staff.full_name not in stranger.content()


# The trainer ------------------------------------------------------------------------------------
def test_trainer_edits_previews_publishes_and_takes_the_register(stage: Stage, visit: Visit):
    world = stage.world
    lesson = world.lessons[1]
    read_before = LessonProgress.objects.filter(lesson=lesson).first()
    title = "Ba yếu tố, bản viết lại"
    page = visit(world.users["trainer"], viewport=DESK)

    page.goto(f"/admin/pages/{lesson.pk}/edit/")
    page.locator("#id_title").fill(title)
    page.locator('[data-side-panel-toggle="preview"]').click()
    preview = page.frame_locator("iframe.w-preview__iframe, #w-preview-iframe, iframe").first
    expect(preview.locator("h1")).to_contain_text(title, timeout=30_000)
    page.locator(
        "footer [data-w-dropdown-target=toggle], footer button[aria-expanded]"
    ).first.click()
    page.locator('button[name="action-publish"]').click()
    expect(page.locator(".messages .success")).to_be_visible()

    learner = visit(world.own.learner, viewport=PHONE)
    learner.goto(lesson.url)
    expect(learner.locator("h1")).to_contain_text(title)
    assert LessonPage.objects.get(pk=lesson.pk).latest_version.number == 2
    read_before.refresh_from_db()
    assert read_before.lesson_version.number == 1

    page.goto("/lop/")
    follow(page, world.other.training_class.title)
    follow(page, world.other.session.title)
    press(page, _("Everybody else is present"))
    expect(page.locator(".big")).to_contain_text("2")
    press(page, _("Sign the register off"))
    expect(page.get_by_role("button", name=_("Open for corrections"))).to_be_visible()


# The department ---------------------------------------------------------------------------------
def test_department_walks_down_to_a_name_that_is_missing(stage: Stage, visit: Visit):
    world = stage.world
    page = visit(world.users["province_leader"], viewport=DESK)
    page.goto("/tien-do/")
    fits(page)
    follow(page, re.compile("Huyện Duy Xuyên"))
    fits(page)
    follow(page, re.compile("Xã Duy Phước"))
    fits(page)
    missing = world.own.learner.staff.full_name
    follow(page, missing)
    expect(page.locator("h1")).to_contain_text(missing)
    fits(page)

    focal = visit(world.own.focal, viewport=DESK)
    assert focal.goto("/tien-do/").status == 200
    assert focal.goto("/tien-do/?don-vi=20632").status == 404


# The first day ----------------------------------------------------------------------------------
def test_newcomer_opens_her_account_and_reaches_her_first_lesson(stage: Stage, visit: Visit):
    world = stage.world
    focal = visit(world.own.focal, viewport=DESK)
    focal.goto(f"/can-bo/{world.newcomer.staff_id}/tai-khoan/")
    press(focal, _("Print a slip with a code"))
    code = focal.locator(".slip dd code").inner_text()

    page = visit(viewport=PHONE)
    page.goto("/ma-lan-dau/")
    fits(page)
    page.get_by_label(_("Code on the slip")).fill(code.lower().replace("-", " "))
    page.get_by_label(_("New password"), exact=True).fill("con trâu đi trước")
    page.get_by_label(_("New password once more")).fill("con trâu đi trước")
    press(page, _("Save the password and sign in"))
    fits(page)
    expect(page.locator("h1")).to_have_text(_("What the portal records about you"))
    press(page, _("I have read this, go on"))
    expect(page.locator("h1")).to_have_text(_("My learning"))
    follow(page, world.course.title)
    press(page, _("Start the course"))
    expect(page.locator("h1")).to_contain_text(LessonPage.objects.get(pk=world.lessons[0].pk).title)
    fits(page)

    late = visit(viewport=PHONE)
    late.goto("/ma-lan-dau/")
    late.get_by_label(_("Code on the slip")).fill(code)
    late.get_by_label(_("New password"), exact=True).fill("con trâu đi sau rồi")
    late.get_by_label(_("New password once more")).fill("con trâu đi sau rồi")
    press(late, _("Save the password and sign in"))
    expect(late.locator(".field.err").first).to_be_visible()


def test_official_signs_in_with_app_and_with_recovery_code(stage: Stage, visit: Visit):
    world = stage.world
    official = make_official(world, "Tạ Thị Mã", "unit_focal", unit=world.own.unit)
    recovery = make_recovery_codes(official, actor=None, at=world.at)[0]
    code = f"{totp(bytes.fromhex(TOTP_KEY)):06}"

    page = visit(viewport=PHONE)
    page.goto("/tien-do/")
    type_password(page, official)
    type_code(page, code)
    expect(page.locator("h1")).to_be_visible()
    assert page.url.endswith("/tien-do/")

    again = visit(viewport=PHONE)
    again.goto("/dang-nhap/")
    type_password(again, official)
    type_code(again, code)
    expect(again.locator(".field.err")).to_be_visible()
    type_code(again, recovery.lower())
    assert again.url.endswith("/tien-do/")

    third = visit(viewport=PHONE)
    third.goto("/dang-nhap/")
    type_password(third, official)
    type_code(third, recovery)
    expect(third.locator(".field.err")).to_be_visible()


def type_password(page: Page, user: User) -> None:
    fits(page)
    page.get_by_label(_("Staff code, phone number or e-mail")).fill(user.username.upper())
    page.get_by_label(_("Password"), exact=True).fill(PASSWORD)
    press(page, _("Sign in"))


def type_code(page: Page, code: str) -> None:
    fits(page)
    page.get_by_label(_("Code of 6 digits")).fill(code)
    press(page, _("Confirm"))
