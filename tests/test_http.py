"""Headers, language, health and files over HTTP: what every page shares."""

import logging
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.http import HttpResponse
from django.test import RequestFactory

from lms import health
from lms.logs import OneLineFormatter
from lms.middleware import ChosenLanguageMiddleware, ForwardedAddressMiddleware

FILE = bytes(range(256)) * 4


@pytest.fixture
def picture(settings, tmp_path: Path) -> str:
    settings.MEDIA_ROOT = tmp_path
    for folder in ("images", "documents"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.png").write_bytes(FILE)
    return "/media/images/a.png"


def body(response: HttpResponse) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_healthz_answers_without_a_database(client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_readyz_is_ready(client):
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (200, b"ready")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("broken", sorted(health.CHECKS))
def test_readyz_says_no_detail_when_a_part_is_broken(client, monkeypatch, caplog, broken: str):
    def fail() -> bool:
        raise OSError("secret path")

    monkeypatch.setitem(health.CHECKS, broken, fail)
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"not ready")
    assert f"Not ready: {broken}" in caplog.text


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    (
        (None, "en-US,en;q=0.9", "vi"),
        ("en", "vi", "en"),
        ("vi", "en", "vi"),
        ("fr", "fr", "vi"),
        ("../../x", "", "vi"),
    ),
)
def test_language_is_the_cookies_choice_only(settings, cookie, accepted: str, language: str):
    request = RequestFactory().get("/", headers={"accept-language": accepted})
    if cookie:
        request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = cookie
    response = ChosenLanguageMiddleware(lambda request: HttpResponse())(request)
    assert response["Content-Language"] == request.LANGUAGE_CODE == language


def test_language_can_be_chosen(client, settings):
    response = client.post("/ngon-ngu/setlang/", {"language": "en", "next": "/healthz"})
    assert response.url == "/healthz"
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    assert client.get("/healthz")["Content-Language"] == "en"


def policy_of(response: HttpResponse) -> dict[str, set[str]]:
    """Return the sources by directive; django-csp writes the directives in no fixed order."""
    directives = response["Content-Security-Policy"].split("; ")
    return {
        name: set(sources.split()) for name, _, sources in (d.partition(" ") for d in directives)
    }


PUBLIC_POLICY = {
    "default-src": {"'self'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "media-src": {"'self'"},
    "font-src": {"'self'"},
    "connect-src": {"'self'"},
    "object-src": {"'none'"},
    "base-uri": {"'none'"},
    "form-action": {"'self'"},
    "frame-src": {"'self'"},
    "frame-ancestors": {"'none'"},
}


def test_public_page_runs_no_inline_script(client):
    assert policy_of(client.get("/healthz")) == PUBLIC_POLICY


@pytest.mark.django_db
def test_admin_alone_runs_inline_script(client):
    assert policy_of(client.get("/admin/")) == {
        **PUBLIC_POLICY,
        "script-src": {"'self'", "'unsafe-inline'"},
        "style-src": {"'self'", "'unsafe-inline'"},
        "img-src": {"'self'", "data:", "blob:"},
        "frame-ancestors": {"'self'"},
    }


@pytest.mark.django_db
@pytest.mark.parametrize("address", ("/healthz", "/khong-co-trang-nay/", "/admin/", "/media/x"))
def test_every_answer_carries_the_headers(client, address: str):
    headers = client.get(address).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Permissions-Policy"].startswith("camera=()")
    assert "Content-Security-Policy" in headers


@pytest.mark.parametrize(
    ("sent", "status", "content_range", "slice_"),
    (
        ("bytes=0-0", 206, "bytes 0-0/1024", slice(0, 1)),
        ("bytes=10-19", 206, "bytes 10-19/1024", slice(10, 20)),
        ("bytes=1000-", 206, "bytes 1000-1023/1024", slice(1000, None)),
        ("bytes=1000-9999", 206, "bytes 1000-1023/1024", slice(1000, None)),
        ("bytes=-24", 206, "bytes 1000-1023/1024", slice(1000, None)),
        ("bytes=-5000", 206, "bytes 0-1023/1024", slice(None)),
        ("bytes=5-2", 200, None, slice(None)),
        ("bytes=0-1,5-6", 200, None, slice(None)),
        ("bytes=-", 200, None, slice(None)),
        ("lines=1-2", 200, None, slice(None)),
        ("bytes=1024-", 416, "bytes */1024", slice(0, 0)),
        ("bytes=-0", 416, "bytes */1024", slice(0, 0)),
    ),
)
def test_range_sends_that_part(client, picture, sent, status, content_range, slice_):
    response = client.get(picture, headers={"range": sent})
    content = body(response)
    assert (response.status_code, response.get("Content-Range")) == (status, content_range)
    assert content == FILE[slice_]
    assert int(response.get("Content-Length", len(content))) == len(content)


def test_range_of_an_older_version_sends_the_whole(client, picture):
    whole = client.get(picture)
    assert (body(whole), whole["Accept-Ranges"]) == (FILE, "bytes")
    same = {"range": "bytes=0-9", "if-range": whole["Last-Modified"]}
    older = {"range": "bytes=0-9", "if-range": "Mon, 01 Jan 2024 00:00:00 GMT"}
    assert [body(client.get(picture, headers=sent)) for sent in (same, older)] == [FILE[:10], FILE]


def test_unchanged_file_is_not_sent_again(client, picture):
    whole = client.get(picture)
    body(whole)
    response = client.get(picture, headers={"if-modified-since": whole["Last-Modified"]})
    assert response.status_code == 304


@pytest.mark.django_db  # a page not found is looked up among Wagtail's redirects
@pytest.mark.parametrize(
    "path",
    (
        "documents/a.png",
        "images/../documents/a.png",
        "images/%2e%2e/documents/a.png",
        "images//etc/passwd",
        "images/",
        "images",
        "images/%00",
        "images/missing.png",
    ),
)
def test_other_files_are_not_public(client, picture, path: str):
    assert client.get(f"/media/{path}").status_code == 404


def test_private_file_has_no_address():
    storage = storages["private"]
    assert "media" not in Path(storage.location).parts
    with pytest.raises(ValueError, match="no public address"):
        storage.url("certificates/1.pdf")


@pytest.mark.parametrize(
    ("header", "address"),
    (("", "10.0.0.1"), ("1.2.3.4", "1.2.3.4"), ("6.6.6.6, 1.2.3.4", "1.2.3.4")),
)
def test_forwarded_address_is_the_front_servers_entry(header: str, address: str):
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=header)
    ForwardedAddressMiddleware(lambda request: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == address


def test_log_entry_is_one_line():
    record = logging.LogRecord("x", logging.INFO, "", 0, "user %s", ("An\r\nERROR forged",), None)
    assert OneLineFormatter("{message}", style="{").format(record) == r"user An\r\nERROR forged"
