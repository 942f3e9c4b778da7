"""What goes with every answer: content policy, caching, cookies, forgery tokens, ``next``."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.conf import LazySettings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from content.models import HomePage
from lms.settings import base
from tests.addresses import ROWS, read_to_the_end
from tests.test_role_matrix import ACTORS, GET
from tests.world import ANONYMOUS, PASSWORD, World, sign_in

pytestmark = pytest.mark.django_db

PREFERRED = ("learner", "unit_focal", "province_manager", "sysadmin", ANONYMOUS)


def readable() -> list[tuple[str, str]]:
    """Return name and actor of every address that somebody gets a page or a file from."""
    found = []
    for name, verdicts in GET.items():
        letters = dict(zip(ACTORS, verdicts.replace(" ", ""), strict=True))
        seers = [actor for actor in (*PREFERRED, *ACTORS) if letters[actor] == "."]
        found += [(name, seers[0])] if seers else []
    return found


def get(world: World, name: str, actor: str) -> HttpResponse:
    client = Client()
    if actor != ANONYMOUS:
        sign_in(client, world.users[actor])
    return client.get(ROWS[name].find(world, world.own))


def inline_code(html: str) -> list[str]:
    """Return what a strict policy would block: styles, scripts and handlers inside the page."""
    page = BeautifulSoup(html, "html.parser")
    found = [str(tag)[:200] for tag in page.find_all("style")]
    found += [str(tag)[:200] for tag in page.find_all("script", src=False)]
    for tag in page.find_all(True):
        for attribute, value in tag.attrs.items():
            text = str(value).strip().lower()
            if attribute == "style" or attribute.startswith("on") or text.startswith("javascript:"):
                found.append(str(tag)[:200])
    return found


def assert_strict(response: HttpResponse) -> None:
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy or "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("name", "actor"), readable())
def test_page_runs_nothing_inline_and_is_not_kept(world: World, name: str, actor: str):
    response = read_to_the_end(get(world, name, actor))
    assert response.status_code == 200
    assert_strict(response)
    if ROWS[name].is_page:
        html = response.content.decode()
        assert inline_code(html) == []
        assert BeautifulSoup(html, "html.parser").html["lang"] == "vi"
    if actor != ANONYMOUS and name not in {"healthz", "public_file"}:
        # Nothing of a signed-in page stays in a shared machine; files may, but in no shared cache.
        kept = "no-store" if ROWS[name].is_page else "private"
        assert kept in response["Cache-Control"] or "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("address", "status"),
    (
        ("/khong-co-trang-nay/", 404),
        ("/lop/999999/", 404),
        ("/static/lms/css/portal.css", 200),
        ("/static/khong-co.css", 404),
        ("/media/images/khong-co.png", 404),
    ),
)
def test_every_answer_is_strict(world: World, client, address: str, status: int):
    sign_in(client, world.users["learner"])
    response = read_to_the_end(client.get(address))
    assert response.status_code == status
    assert_strict(response)


def test_forbidden_and_broken_pages_are_strict(world: World, client, monkeypatch):
    sign_in(client, world.own.graduate)
    forbidden = client.get("/admin/")
    assert forbidden.status_code == 403
    assert inline_code(forbidden.content.decode()) == []
    monkeypatch.setattr(HomePage, "serve", lambda *args, **kwargs: 1 / 0)
    client.raise_request_exception = False
    broken = client.get("/")
    assert broken.status_code == 500
    assert_strict(broken)
    assert inline_code(broken.content.decode()) == []


def test_preview_may_stand_in_the_editors_frame_only(world: World, client):
    sign_in(client, world.users["trainer"])
    lesson = world.lessons[0]
    preview = client.get(f"/admin/pages/{lesson.pk}/view_draft/")
    assert preview.status_code == 200
    policy = preview["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    assert inline_code(preview.content.decode()) == []


def test_inline_code_is_found():
    assert len(inline_code('<p style="x">a</p><script>1</script><a href="javascript:1">b</a>')) == 3
    assert inline_code('<script src="/a.js"></script><p class="x">a</p>') == []


# Cookies ----------------------------------------------------------------------------------------
@pytest.fixture
def real_cookies(settings: LazySettings) -> None:
    """Cookies as a real site sets them; the test settings relax them for plain HTTP."""
    for name in dir(base):
        if name.startswith(("SESSION_COOKIE", "CSRF_COOKIE", "LANGUAGE_COOKIE")):
            setattr(settings, name, getattr(base, name))


def test_cookies_are_for_this_host_over_tls_only(world: World, client, real_cookies: None):
    client.get("/dang-nhap/", secure=True)
    learner = world.users["learner"]
    typed = {"identifier": learner.username, "password": PASSWORD}
    signed_in = client.post("/dang-nhap/", typed, secure=True)
    assert signed_in.status_code == 302
    client.post("/ngon-ngu/setlang/", {"language": "en"}, secure=True)
    assert set(client.cookies) == {"__Host-session", "__Host-csrf", "__Host-language"}
    for cookie in client.cookies.values():
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert (cookie["path"], cookie["domain"]) == ("/", "")


def test_session_key_is_new_after_signing_in_and_dead_after_signing_out(world: World, client):
    client.get("/dang-nhap/")
    learner = world.users["learner"]
    client.post("/dang-nhap/", {"identifier": learner.username, "password": PASSWORD})
    key = client.session.session_key
    assert client.get("/tai-khoan/").status_code == 200
    client.post("/dang-xuat/")
    thief = Client()
    thief.cookies["session"] = key
    assert thief.get("/tai-khoan/").status_code == 302


# Forgery ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if "POST" in row.methods])
def test_form_without_token_is_refused(world: World, name: str):
    client = sign_in(Client(enforce_csrf_checks=True), world.users["province_manager"])
    row = ROWS[name]
    response = client.post(row.find(world, world.own), row.data(world, world.own))
    assert response.status_code == 403
    assert BeautifulSoup(response.content, "html.parser").h1


# next -------------------------------------------------------------------------------------------
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "\\\\evil.example",
    "/\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    " //evil.example",
    "https://testserver@evil.example/",
    "/%0d%0aSet-Cookie:x=1",
)


@pytest.mark.parametrize("address", ELSEWHERE)
def test_next_leads_to_this_host_only(world: World, address: str):
    learner = world.users["learner"]
    typed = {"identifier": learner.username, "password": PASSWORD, "next": address}
    answers = [Client().post("/dang-nhap/", typed)]
    for way, data in (
        ("/thong-bao/", {}),
        ("/ngon-ngu/setlang/", {"language": "en"}),
        ("/dang-nhap/", None),
    ):
        cache.clear()
        client = sign_in(Client(), learner)
        with transaction.atomic():
            if data is None:
                answers.append(client.get(way, {"next": address}))
            else:
                answers.append(client.post(way, data | {"next": address}))
            transaction.set_rollback(True)
    for response in answers:
        assert response.status_code == 302
        assert response.url.startswith("/")
        assert not response.url.startswith(("//", "/\\"))
        assert "evil" not in response.url.split("?")[0] or response.url.startswith("/%0d")
