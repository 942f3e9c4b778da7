"""A browser, and the portal running over the small world, committed once for the whole folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from lms.people.models import User
from tests.baseline import Baseline
from tests.world import World, make_world, sign_in

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(__file__.rpartition("/")[0]):
            item.add_marker(pytest.mark.browser)
            # The server runs in threads of its own, which see only what is committed.
            item.add_marker(pytest.mark.django_db(transaction=True))


@dataclass(frozen=True)
class Stage:
    """The world and the address at which it runs."""

    world: World
    url: str


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    return found


@pytest.fixture(scope="package")
def stage(chromium: str, django_db_setup: Baseline, django_db_blocker) -> Iterator[Stage]:
    """The portal over the world; what the stories write stays until the last one is over."""
    with django_db_blocker.unblock():
        world = make_world()
        server = LiveServer("127.0.0.1")
        django_db_setup.is_held = True
        try:
            yield Stage(world, server.url)
        finally:
            server.stop()
            django_db_setup.is_held = False
            django_db_setup.restore()


@pytest.fixture(scope="package")
def browser(stage: Stage, chromium: str) -> Iterator[Browser]:
    """Chromium; it starts after the portal, because Playwright's loop stays in this thread.

    In a thread with a loop Django refuses the database and opens connections of its own: the
    stories look at the database between two clicks and never at the same time.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()
        connections.close_all()


@pytest.fixture
def visit(browser: Browser, stage: Stage) -> Iterator[Callable[..., Page]]:
    """Open a browser of one's own, signed in as ``user``; closed after the test."""
    contexts: list[BrowserContext] = []

    def open_page(user: User | None = None, *, viewport: dict = PHONE, **options) -> Page:
        context = browser.new_context(
            viewport=viewport,
            base_url=stage.url,
            locale="vi-VN",
            reduced_motion="reduce",  # else axe meets colours half-way between two schemes
            **options,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        if user is not None:
            session = sign_in(Client(), user).cookies[settings.SESSION_COOKIE_NAME].value
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": stage.url}
            context.add_cookies([cookie])
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
