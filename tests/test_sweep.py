"""Every address, as a stranger and with odd input: nothing opens, nothing breaks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from tests import addresses
from tests.addresses import ADMIN, CATCH_ALL, ROWS, UNUSED, Pattern, Row, read_to_the_end
from tests.numbers import at_length
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db

NAUGHTY = json.loads((Path(__file__).parent / "data/blns.json").read_text(encoding="utf-8"))

# Open to a stranger; every other address leads to the sign-in or is not found.
PUBLIC = {
    "healthz",
    "readyz",
    "public_file",
    "people:sign_in",
    "people:forgotten_password",
    "people:reset_sent",
    "people:first_sign_in",
    "people:notice",
    "page:HomePage",
    "page:CourseIndexPage",
    "page:CoursePage",
    "course",
    "verify_form",
    "verify_certificate",
}
# Signing out without being signed in and the choice of a language lead home.
LEADS_ELSEWHERE = {"people:sign_out", "set_language"}
# A one-time code that is not known is refused in plain words.
GONE = {"people:reset_password", "people:open_account"}


def visit(client: Client, row: Row, world: World, method: str, **extra) -> HttpResponse:
    """Ask for the address of ``row`` and take back what that wrote."""
    cache.clear()  # limits of one visitor would stop the next
    address = row.find(world, world.own)
    with transaction.atomic():
        if method == "POST":
            response = client.post(address, row.data(world, world.own) | extra)
        else:
            response = client.get(address, extra)
        transaction.set_rollback(True)
    return read_to_the_end(response)


def test_every_address_has_a_row():
    listed = set(ROWS) | set(UNUSED) | {CATCH_ALL}
    assert addresses.addresses() == listed
    assert addresses.admin_words() == addresses.ADMIN_WORDS
    assert addresses.our_doors() == addresses.ADMIN_DOORS


def test_stranger_sees_only_what_is_public(world: World, client):
    visited = 0
    open_, elsewhere, gone, wrong = set(), set(), set(), {}
    for name, row in ROWS.items():
        for method in row.methods:
            response = visit(client, row, world, method)
            visited += 1
            if response.status_code == 200:
                open_.add(name)
            elif response.status_code == 410:
                gone.add(name)
            elif response.status_code == 302 and response.url.startswith("/dang-nhap/"):
                continue
            elif response.status_code == 302:
                elsewhere.add(name)
            elif response.status_code not in {403, 404}:
                wrong[name, method] = response.status_code
    assert (open_, elsewhere, gone, wrong) == (PUBLIC, LEADS_ELSEWHERE, GONE, {})
    assert visited == sum(len(row.methods) for row in ROWS.values())


def test_what_is_not_used_is_shut(world: World, client):
    assert {
        name: client.get(address).status_code for name, address in UNUSED.items()
    } == dict.fromkeys(UNUSED, 404) | {"wagtailcore_login": 302}


# Wagtail's admin --------------------------------------------------------------------------------
def admin_patterns() -> list[Pattern]:
    return [each for each in addresses.patterns() if each.route.startswith(ADMIN)]


def admin_address(pattern: Pattern) -> str:
    """Return an address that ``pattern`` matches, whether or not there is such an object."""
    route = re.sub(r"\(\?P<\w+>([^)]*)\)", choice_of, pattern.route)
    route = re.sub(r"<(int|uuid|slug|str|path):\w+>|<\w+>", sample_of, route)
    return "/" + re.sub(r"[\^$\\]|\.\*", "", route)


def choice_of(match: re.Match) -> str:
    """Return the first alternative of a group that is a plain word, else a number."""
    words = [each for each in match[1].split("|") if each.isalpha()]
    return words[0] if words else "1"


def sample_of(match: re.Match) -> str:
    return {"uuid": "00000000-0000-0000-0000-000000000001", "int": "1"}.get(match[1], "a")


# Wagtail's words for scripts and its pictures, without anything of ours.
ADMIN_PUBLIC = {"wagtailadmin_javascript_catalog": 200, "wagtailadmin_sprite": 200}
# A new password goes by our own pages, which do not skip the second factor.
ADMIN_SHUT = dict.fromkeys(
    (
        "wagtailadmin_password_reset",
        "wagtailadmin_password_reset_done",
        "wagtailadmin_password_reset_confirm",
        "wagtailadmin_password_reset_complete",
    ),
    404,
)


AWAY = ("/dang-nhap/", "/admin/login/")


def test_admin_is_closed_to_strangers(world: World, client):
    found = admin_patterns()
    statuses = {}
    for pattern in found:
        response = client.get(admin_address(pattern))
        is_sent_away = response.status_code == 302 and response.url.startswith(AWAY)
        if not is_sent_away:
            statuses[pattern.name] = response.status_code
    assert statuses == ADMIN_PUBLIC | ADMIN_SHUT
    assert len(found) > 200


@pytest.mark.parametrize("role", ("learner", "unit_focal", "province_leader", "privacy_officer"))
def test_admin_is_closed_to_those_who_write_nothing(world: World, client, role: str):
    sign_in(client, world.users[role])
    open_ = {
        pattern.name: status
        for pattern in admin_patterns()
        if (status := client.get(admin_address(pattern)).status_code) not in {302, 403}
    }
    assert open_ == {}


# Odd input --------------------------------------------------------------------------------------
ODD_SLUGS = ("khong-co", "0", "a" * 300, "%00", "..%2f..%2fetc", "%F0%9F%98%80", "NaN", "-1")
ODD_NUMBERS = ("0", "-1", "999999999", "9" * 30, "abc", "1.5", "٣", "%00")
ODD_VALUES = (
    *(
        "",
        "31/02/2024",
        "2024-02-31",
        "abc",
        "01/01/9999",
        "9999-12-31",
        "10000-01-01",
        "29/2/2023",
    ),
    *(
        "0",
        "-1",
        "999999999",
        "9" * 400,
        "\x00",
        "a\x00b",
        "x" * 10_000,
        "😀",
        "%",
        "_",
        "'",
        "\u202e",
    ),
)


def odd_addresses() -> Iterator[str]:
    """Yield each of our routes with its arguments replaced by odd ones, eight times."""
    odd = {"int": ODD_NUMBERS, "slug": ODD_SLUGS, "str": ODD_SLUGS, "path": ODD_SLUGS}
    for pattern in addresses.patterns():
        kinds = re.findall(r"<(\w+):\w+>", pattern.route)
        if not kinds or pattern.route.startswith(ADMIN):
            continue
        for values in zip(*(odd.get(kind, ODD_SLUGS) for kind in kinds), strict=True):
            given = iter(values)
            yield "/" + re.sub(r"<\w+:\w+>", lambda match, given=given: next(given), pattern.route)


@pytest.mark.parametrize("role", ("learner", "province_manager", "trainer"))
def test_odd_addresses_are_not_found(world: World, client, role: str):
    sign_in(client, world.users[role])
    client.raise_request_exception = False
    odd = [*odd_addresses(), "/khoa-hoc/a/b/c/d/", "/khong-co-trang-nay/", "/%00", "/\\"]
    found = {address: client.get(address).status_code for address in odd}
    # 410 is the plain page of a one-time code that is not known.
    assert {a: s for a, s in found.items() if s not in {404, 405, 410}} == {}
    assert len(found) > 100


def faults_of(responses: Iterator[tuple[str, HttpResponse]]) -> dict[str, str]:
    """Return what broke, by the value that broke it."""
    return {
        value[:60]: repr(response.exc_info[1] if response.exc_info else response.status_code)
        for value, response in responses
        if response.status_code >= 500
    }


def asking_rows() -> list[tuple[str, str]]:
    return [(name, asked) for name, row in ROWS.items() for asked in row.asks]


@pytest.mark.parametrize(("name", "asked"), asking_rows())
def test_odd_parameters_break_nothing(world: World, client, name: str, asked: str):
    """Each parameter alone: a view that stops at the first refusal hides what follows it."""
    sign_in(client, world.users["province_manager"])
    client.raise_request_exception = False
    strings = [*ODD_VALUES, *NAUGHTY[:: at_length(len(NAUGHTY), 1)]]
    answers = (
        (value, visit(client, ROWS[name], world, "GET", **{asked: value})) for value in strings
    )
    assert faults_of(answers) == {}


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if len(row.asks) > 1])
def test_odd_parameters_together_break_nothing(world: World, client, name: str):
    sign_in(client, world.users["province_manager"])
    client.raise_request_exception = False
    row = ROWS[name]
    answers = (
        (value, visit(client, row, world, "GET", **dict.fromkeys(row.asks, value)))
        for value in NAUGHTY[:: at_length(25, 1)]
    )
    assert faults_of(answers) == {}


FORMS = [name for name, row in ROWS.items() if "POST" in row.methods]


def let_in_somebody(client: Client, row: Row, world: World) -> None:
    """Sign in the first actor who may send this form at all."""
    for role in ("learner", "trainer", "province_manager", "unit_focal", "sysadmin"):
        sign_in(client, world.users[role])
        if visit(client, row, world, "POST").status_code not in {403, 404}:
            return
    client.logout()


def controls_on(client: Client, row: Row, world: World) -> list[str]:
    """Return the names of the controls of the page's forms, else of the row's data."""
    names = set(row.data(world, world.own))
    if "GET" in row.methods:
        page = client.get(row.find(world, world.own)).content.decode()
        names |= set(re.findall(r'name="([^"]+)"', page))
    return sorted(names - {"csrfmiddlewaretoken", "viewport", "color-scheme", "theme-color"})


@pytest.mark.parametrize("name", FORMS)
def test_odd_forms_break_nothing(world: World, client, name: str):
    row = ROWS[name]
    client.raise_request_exception = False
    let_in_somebody(client, row, world)
    controls = controls_on(client, row, world)
    strings = [*ODD_VALUES, *NAUGHTY[:: at_length(50, 3)]]
    answers = (
        (value, visit(client, row, world, "POST", **dict.fromkeys(controls, value)))
        for value in strings
    )
    assert faults_of(answers) == {}


# What views read of an address: request.GET.get("q"), request.GET["q"], "q" in request.GET.
ASKED = r"""GET(?:\.get|\.getlist)?[\(\[]"([\w-]+)"|"([\w-]+)" in request.GET"""


def test_search_parameters_are_those_that_views_read():
    """``asks`` names every GET parameter that our code reads."""
    read = set()
    for top in addresses.OURS:
        for path in (Path(__file__).parent.parent / top).rglob("*.py"):
            found = re.findall(ASKED, path.read_text("utf-8"))
            read |= {name for names in found for name in names if name}
    assert read <= {asked for row in ROWS.values() for asked in row.asks}
