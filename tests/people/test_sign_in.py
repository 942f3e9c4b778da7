"""Signing in and out: three identifiers, one text, a lockout for one account at one address."""

import unicodedata

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lms.people.identifiers import fold_email, fold_phone, fold_staff_code
from lms.people.models import AuditEntry
from tests.factories import make_person, make_role, make_unit, make_user
from tests.people.actors import verified

PASSWORD = "sông thu bồn mùa lũ"

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    person = make_person(staff_code="CB000777", full_name="Nguyễn Thị Hoa")
    return make_user(person, password=PASSWORD, phone="0905123456", email="hoa@example.vn")


def sign_in(client, identifier: str, password: str = PASSWORD, address: str = "10.0.0.1", **data):
    return client.post(
        "/dang-nhap/",
        {"identifier": identifier, "password": password, **data},
        REMOTE_ADDR=address,
    )


def main_of(response) -> str:
    text = response.content.decode()
    return text[text.index("<main") : text.index("</main>")]


@pytest.mark.parametrize(
    "typed",
    (
        "cb000777",
        " CB 000777 ",
        "0905123456",
        "+84 905 123 456",
        "84905123456",
        "0905.123.456",
        "Hoa@Example.VN",
    ),
)
def test_each_identifier_signs_in(client, user, typed: str):
    response = sign_in(client, typed)
    assert (response.status_code, response["Location"]) == (302, "/viec-hoc/")
    assert client.session["_auth_user_id"] == str(user.pk)
    entry = AuditEntry.objects.get(action="account.sign_in")
    assert (entry.actor, entry.person, entry.data) == (user, user.staff, {})


@pytest.mark.parametrize(
    ("typed", "folded"),
    (
        ("0905123456", "0905123456"),
        ("+84 (0)905-123-456", "0905123456"),
        ("0084905123456", "0905123456"),
        ("0235 3812345", ""),
        ("0405123456", ""),
        ("111", ""),
        ("18001581", ""),
        ("0905123456x", ""),
        ("", ""),
    ),
)
def test_phone_folds(typed: str, folded: str):
    assert fold_phone(typed) == folded


@pytest.mark.parametrize(
    ("typed", "folded"),
    ((" Hoa@Example.VN ", "hoa@example.vn"), ("hoa@máy", ""), ("a@b@c.vn", ""), ("hoa", "")),
)
def test_email_folds(typed: str, folded: str):
    assert fold_email(typed) == folded


def test_staff_code_folds():
    assert fold_staff_code(" CB 000\u00a0777") == "cb000777"
    assert fold_staff_code(unicodedata.normalize("NFD", "ĐƠ1")) == "đơ1"


def test_a_decomposed_password_is_the_same(client, user):
    assert sign_in(client, "cb000777", unicodedata.normalize("NFD", PASSWORD)).status_code == 302


def test_the_session_key_changes_at_sign_in(client, user):
    session = client.session
    session["x"] = 1
    session.save()
    client.cookies["session"] = before = session.session_key
    sign_in(client, "cb000777")
    assert client.cookies["session"].value != before


def test_known_and_unknown_get_the_same_text(client, user):
    known = main_of(sign_in(client, "cb000777", "sai rồi"))
    unknown = main_of(sign_in(client, "cb999999", "sai rồi"))
    assert "Anh/chị còn 9 lần thử." in known
    assert _without_token(known).replace("cb000777", "cb999999") == _without_token(unknown)


def _without_token(page: str) -> str:
    start = page.index('name="csrfmiddlewaretoken"')
    return page[:start] + page[page.index(">", start) :]


class CountingHasher(PBKDF2PasswordHasher):
    """Counts how often a password is really hashed, the slow part of signing in."""

    iterations = 10
    count = 0

    def encode(self, *args, **kwargs):
        type(self).count += 1
        return super().encode(*args, **kwargs)


def test_known_and_unknown_do_the_same_work(client, user, settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    user.set_password(PASSWORD)
    user.save()
    unopened = make_user(make_person())
    unopened.set_unusable_password()
    unopened.save()
    sign_in(client, "warm-up", "sai rồi")
    work = []
    for name in ("cb000777", "cb999999", unopened.username):
        CountingHasher.count = 0
        with CaptureQueriesContext(connection) as queries:
            sign_in(client, name, "sai rồi")
        work.append((CountingHasher.count, len(queries)))
    assert work == [work[0]] * 3
    assert work[0][0] == 1


def test_the_typed_name_stays_and_the_password_does_not(client, user):
    page = main_of(sign_in(client, "cb000777", "sai-rồi-nhé"))
    assert 'value="cb000777"' in page
    assert "sai-rồi-nhé" not in page
    assert 'aria-describedby="id_password_error"' in page


def test_ten_wrong_passwords_close_the_account_from_that_address_only(client, user):
    other = make_user(make_person(staff_code="CB000778"), password=PASSWORD)
    responses = [sign_in(client, name, "sai") for name in ("cb000777", "0905123456") * 5]
    assert [response.status_code for response in responses] == [200] * 9 + [429]
    assert int(responses[-1]["Retry-After"]) == 900
    assert "15 phút" in responses[-1].content.decode()
    assert sign_in(client, "hoa@example.vn").status_code == 429  # the right password, too
    # A colleague at the same address, and the same person elsewhere, sign in as usual.
    assert sign_in(client, other.username).status_code == 302
    client.logout()
    assert sign_in(client, "cb000777", address="10.0.0.2").status_code == 302


def test_an_unknown_account_is_closed_in_the_same_way(client):
    statuses = [sign_in(client, "cb999999", "sai").status_code for _try in range(10)]
    assert statuses == [200] * 9 + [429]


def test_success_forgets_the_failures(client, user):
    for _try in range(5):
        sign_in(client, "0905123456", "sai")
    sign_in(client, "hoa@example.vn")
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize(
    ("asked", "given"),
    (
        ("/khoa-hoc/a/", "/khoa-hoc/a/"),
        ("https://evil.example/", "/viec-hoc/"),
        ("//evil.example/", "/viec-hoc/"),
        (r"\\evil.example", "/viec-hoc/"),
        ("javascript:alert(1)", "/viec-hoc/"),
        ("", "/viec-hoc/"),
    ),
)
def test_next_leads_to_our_own_host_only(client, user, asked: str, given: str):
    assert sign_in(client, "cb000777", next=asked)["Location"] == given
    # Signed in already: the sign-in page leads on, by the same rule.
    assert client.get("/dang-nhap/", {"next": asked})["Location"] == given


def test_an_inactive_account_does_not_sign_in(client, user):
    user.is_active = False
    user.save(update_fields=["is_active"])
    assert sign_in(client, "cb000777").status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_disabled_account_is_out_at_the_next_request(client, user):
    sign_in(client, "cb000777")
    assert client.get("/tai-khoan/").status_code == 200
    user.is_active = False
    user.save(update_fields=["is_active"])
    assert client.get("/tai-khoan/").status_code == 302


def test_sign_out_is_a_post_and_ends_the_session(client, user):
    sign_in(client, "cb000777")
    stolen = client.cookies["session"].value
    client.get("/dang-xuat/")
    assert client.get("/tai-khoan/").status_code == 200
    response = client.post("/dang-xuat/")
    assert response["Clear-Site-Data"] == '"cache"'
    client.cookies["session"] = stolen
    assert client.get("/tai-khoan/").status_code == 302


def test_signed_in_pages_are_not_stored(client, user):
    assert "no-store" in client.get("/dang-nhap/")["Cache-Control"]
    sign_in(client, "cb000777")
    assert "no-store" in client.get("/tai-khoan/")["Cache-Control"]


@pytest.mark.parametrize(
    "data",
    (
        {},
        {"identifier": "\x00", "password": "\x00"},
        {"identifier": "a" * 300, "password": "b" * 2000},
    ),
)
def test_bad_input_is_a_plain_page(client, data):
    response = client.post("/dang-nhap/", data)
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize(("roles", "queries"), ((1, 4), (12, 4)))
def test_account_page_query_count_does_not_grow(
    client, django_assert_num_queries, roles: int, queries: int
):
    user = make_user(make_person())
    for _role in range(roles):
        make_role(user, "instructor", unit=make_unit())
    verified(client, user)
    with django_assert_num_queries(queries):
        # session, account, names of units, office
        client.get("/tai-khoan/")
