"""A learner's first view weighs at most 60 KB over the wire, a later one 20 KB.

Counted as a phone pays for it: the page and its text files compressed as a front server does, the
pictures that are not fetched lazily, nothing for what waits for a tap (``docs/decisions.md`` 37).
"""

from __future__ import annotations

import gzip
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.test import Client

from tests.addresses import ROWS
from tests.test_role_matrix import ACTORS, GET
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db

FIRST_VIEW_BYTES = 60 * 1024
LATER_VIEW_BYTES = 20 * 1024
TEXT = {".css", ".js", ".svg", ".json"}


def learner_pages() -> list[str]:
    place = ACTORS.index("learner")
    return [
        name
        for name, verdicts in GET.items()
        if verdicts.replace(" ", "")[place] == "." and ROWS[name].is_page
    ]


def wire_size(content: bytes) -> int:
    return len(gzip.compress(content, compresslevel=6))


def files_of(page: BeautifulSoup) -> set[str]:
    """Return the addresses that a browser fetches before the reader does anything."""
    found = {link["href"] for link in page.find_all("link", rel=["stylesheet", "icon"])}
    found |= {script["src"] for script in page.find_all("script", src=True)}
    found |= {tag["src"] for tag in page.find_all("img") if tag.get("loading") != "lazy"}
    found |= {tag["poster"] for tag in page.find_all("video", poster=True)}
    return {address for address in found if not address.startswith("data:")}


def file_size(client: Client, address: str) -> int:
    path = urlsplit(address).path
    if path.startswith("/static/"):
        content = Path(finders.find(path.removeprefix("/static/"))).read_bytes()
    else:
        content = b"".join(client.get(path).streaming_content)
    return wire_size(content) if Path(path).suffix in TEXT else len(content)


def header_size(response: HttpResponse) -> int:
    return sum(len(name) + len(value) + 4 for name, value in response.headers.items())


@pytest.mark.parametrize("name", learner_pages())
def test_page_is_light(world: World, client, name: str):
    sign_in(client, world.users["learner"])
    response = client.get(ROWS[name].find(world, world.own))
    page = BeautifulSoup(response.content, "html.parser")
    own = header_size(response) + wire_size(response.content)
    with_files = own + sum(file_size(client, address) for address in files_of(page))
    assert own <= LATER_VIEW_BYTES
    assert with_files <= FIRST_VIEW_BYTES
    assert all(media.get("preload") == "none" for media in page.find_all(["video", "audio"]))
    assert page.find_all("iframe") == []
    for address in files_of(page):
        assert not urlsplit(address).netloc, "a file of another host"
