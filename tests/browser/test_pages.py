"""Every page that anybody can open: no axe violation in either colour scheme, no sideways scroll.

``SHOTS=1`` keeps pictures of every page in ``var/shots`` for looking at beside the design.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page

from certificates.issuing import issue_certificate, reissue, revoke
from certificates.models import Certificate
from content.models import HomePage
from lms.people.days import FAR
from tests.addresses import ROWS
from tests.browser.conftest import DESK, PHONE, Stage
from tests.certificates.made import ISSUED_AT, make_done
from tests.test_role_matrix import ACTORS, GET
from tests.world import ANONYMOUS, World

SHOTS = settings.VAR_DIR / "shots" if os.environ.get("SHOTS") else None
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Whose page is looked at where several may open it: the one for whom it is made.
PREFERRED = ("learner", "unit_focal", "province_manager", "instructor", ANONYMOUS)


def pages() -> list[tuple[str, str]]:
    """Return name and actor of every address that is a page."""
    found = []
    for name, verdicts in GET.items():
        letters = dict(zip(ACTORS, verdicts.replace(" ", ""), strict=True))
        seers = [actor for actor in (*PREFERRED, *ACTORS) if letters[actor] == "."]
        if ROWS[name].is_page and seers:
            found.append((name, seers[0]))
    return found


# States that no address of the list shows by itself: whose page, and where.
STATES: dict[str, tuple[str, Callable[[World], str]]] = {
    "404": (ANONYMOUS, lambda world: "/khong-co-trang-nay/"),
    "403": ("learner", lambda world: "/admin/"),
    "500": (ANONYMOUS, lambda world: "/"),
    "locked": ("learner", lambda world: "/khoa-hoc/tam-ly/lang-nghe/nghe-truoc/"),
    "locked-course": ("learner", lambda world: world.locked_course.url),
    "scenario": ("learner", lambda world: world.scenario.url),
    "result": ("graduate", lambda world: f"/luot-lam-bai/{world.own.finished.pk}/ket-qua/"),
    "completed-course": ("graduate", lambda world: world.course.url),
    "own-certificates": ("graduate", lambda world: "/chung-nhan/"),
    "own-certificate": ("graduate", lambda world: f"/chung-nhan/{world.own.certificate.pk}/"),
    "unknown-code": (ANONYMOUS, lambda world: "/kiem-tra/khong-co/"),
    "used-up-code": (ANONYMOUS, lambda world: "/ma-lan-dau/KHONG-CO/"),
    "wrong-day": ("province_manager", lambda world: "/tien-do/?ngay=31/02/2024"),
    "commune": ("province_manager", lambda world: "/tien-do/?don-vi=20626"),
    "freeze-preview": ("province_manager", lambda world: f"/bao-cao/chot/?ky={world.period.pk}"),
    "empty-list": ("instructor", lambda world: "/chung-nhan/"),
}


def faults_on(page: Page) -> list[str]:
    """Return what axe finds on the page, one line a place."""
    result = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))} – {node['html'][:120]}"
        for violation in result.response["violations"]
        for node in violation["nodes"]
    ]


def is_scrolled_sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def shoot(page: Page, name: str, kind: str) -> None:
    if SHOTS:
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{name.replace(':', '-')}.{kind}.png", full_page=True)


def look_at(page: Page, name: str) -> list[str]:
    """Return every fault of the open page at both widths and in both colour schemes."""
    faults = []
    for kind, viewport, scheme in (
        ("phone", PHONE, "light"),
        ("phone-dark", PHONE, "dark"),
        ("desk", DESK, "light"),
    ):
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme)
        if kind != "desk":
            faults += [f"{kind}: {fault}" for fault in faults_on(page)]
        if is_scrolled_sideways(page):
            faults.append(f"{kind}: wider than the screen")
        shoot(page, name, kind)
    return faults


@pytest.mark.parametrize(("name", "actor"), pages())
def test_page_has_no_fault(stage: Stage, visit: Callable[..., Page], name: str, actor: str):
    user = None if actor == ANONYMOUS else stage.world.users[actor]
    page = visit(user)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.goto(ROWS[name].find(stage.world, stage.world.own))
    assert page.locator("h1").count() == 1
    assert look_at(page, name) == []
    assert problems == []


@pytest.mark.parametrize("name", STATES)
def test_state_has_no_fault(stage: Stage, visit: Callable[..., Page], monkeypatch, name: str):
    actor, find = STATES[name]
    if name == "500":
        monkeypatch.setattr(HomePage, "serve", lambda *args, **kwargs: 1 / 0)
    users = stage.world.users | {ANONYMOUS: None, "graduate": stage.world.own.graduate}
    page = visit(users[actor])
    page.goto(find(stage.world))
    assert page.locator("h1").count() == 1
    assert look_at(page, f"state-{name}") == []


def make_revoked(world: World, certificate: Certificate) -> None:
    actor = world.users["province_manager"]
    revoke(certificate, reason_class="fraud", reason="Thi hộ", actor=actor, at=world.at)


def make_superseded(world: World, certificate: Certificate) -> None:
    actor = world.users["province_manager"]
    reissue(certificate, reason="Sai tên đệm", actor=actor, at=world.at)


@pytest.mark.parametrize(
    ("verdict", "valid_to", "happen"),
    (
        ("đã bị thu hồi", FAR, make_revoked),
        ("đã được cấp lại", FAR, make_superseded),
        ("đã hết hạn", date(2025, 5, 6), lambda world, certificate: None),
    ),
)
def test_verdict_has_no_fault(
    stage: Stage, visit: Callable[..., Page], verdict: str, valid_to: date, happen: Callable
):
    world = stage.world
    done = make_done(course=world.course, unit=world.own.unit, valid_to=valid_to)
    certificate = issue_certificate(done, actor=None, at=ISSUED_AT)
    happen(world, certificate)
    page = visit()
    page.goto(f"/kiem-tra/{certificate.verification_code}/")
    assert page.locator(".verdict").count() == 1
    assert look_at(page, f"state-verdict-{happen.__name__.strip('<>')}") == []
    assert verdict in page.locator(".verdict").inner_text()


def test_slip_and_recovery_codes_have_no_fault(stage: Stage, visit: Callable[..., Page]):
    world = stage.world
    focal = visit(world.own.focal)
    focal.goto(f"/can-bo/{world.own.learner.staff_id}/tai-khoan/")
    focal.get_by_role("button", name="In phiếu").click()
    assert focal.locator(".slip code").count() == 1
    assert look_at(focal, "state-slip") == []
    focal.goto("/tai-khoan/")
    focal.get_by_role("button", name="mã dự phòng").click()
    assert focal.locator(".slip code").count() > 1
    assert look_at(focal, "state-recovery-codes") == []


def test_errors_stand_beside_their_fields(stage: Stage, visit: Callable[..., Page]):
    page = visit()
    page.goto("/dang-nhap/")
    page.locator("main form button[type=submit]").first.click()
    assert page.locator("[aria-invalid=true]").count() == 2
    assert look_at(page, "state-sign-in-errors") == []


def test_english_page_has_no_fault(stage: Stage, visit: Callable[..., Page]):
    page = visit()
    page.goto("/")
    page.get_by_role("button", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert look_at(page, "state-english") == []
