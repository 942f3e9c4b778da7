"""Making accounts, one-time codes, roles, and the pages around them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from lms.people.accounts import (
    AccountExists,
    CodeExpired,
    CodeUnknown,
    CodeUsed,
    RoleHeld,
    assign_role,
    create_account,
    end_role,
    find_code,
    issue_code,
    open_with_code,
    redeem_code,
)
from lms.people.administrators import create_admin
from lms.people.days import BEFORE, FAR
from lms.people.loading import load_units
from lms.people.models import AccountCode, AuditEntry, RoleAssignment, User
from lms.people.models.accounts import AccountCodePurpose, Role
from lms.people.roles import GROUP_NAMES
from lms.people.second_factor import has_device
from lms.people.staff import EndsBeforeItBegins, UnitNotValid
from tests.factories import make_person, make_posting, make_role, make_unit, make_user
from tests.people.actors import BACKEND, make_device, token_of, verified
from tests.races import at_once, kinds_of

FIRST, RESET = AccountCodePurpose.FIRST_SIGN_IN, AccountCodePurpose.RESET
AT = datetime(2024, 5, 6, 2, 0, tzinfo=UTC)
PASSWORD = "chim hót bên sông"

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return make_person(
        full_name="Hồ Thị Lai", staff_code="CB001", work_email="Lai@Example.vn",
        work_phone="+84 905 000 111",
    )  # fmt: skip


@pytest.fixture
def account(person):
    return create_account(person, actor=None, at=AT)


def test_an_account_signs_in_by_three_names_and_has_no_password(account):
    assert (account.username, account.phone, account.email) == (
        "cb001",
        "0905000111",
        "lai@example.vn",
    )
    assert not account.has_usable_password()
    assert account.must_change_password
    assert AuditEntry.objects.get(action="account.create").person == account.staff


def test_a_shared_phone_or_mailbox_opens_nobodys_account(account):
    colleague = make_person(
        staff_code="CB002", work_phone="0905000111", work_email="lai@example.vn"
    )
    second = create_account(colleague, actor=None, at=AT)
    assert (second.username, second.phone, second.email) == ("cb002", None, None)


def test_a_person_has_one_account(account, person):
    with pytest.raises(AccountExists):
        create_account(person, actor=None, at=AT)


def test_only_the_hash_of_a_code_is_kept(account):
    code = issue_code(account, purpose=FIRST, actor=None, at=AT)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{5}-){5}[0-9A-HJKMNP-TV-Z]", code)
    kept = AccountCode.objects.values_list("code_hash", flat=True).get()
    assert code.replace("-", "") not in kept
    assert code not in str(list(AuditEntry.objects.values()))


def test_a_code_is_read_as_people_type_it(account):
    code = issue_code(account, purpose=FIRST, actor=None, at=AT)
    typed = f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "
    assert find_code(typed, at=AT).user == account


def test_a_code_works_once_until_it_expires(account):
    code = issue_code(account, purpose=FIRST, actor=None, at=AT)
    assert find_code(code, at=AT + timedelta(days=7, seconds=-1)).user == account
    with pytest.raises(CodeExpired):
        find_code(code, at=AT + timedelta(days=7))
    assert redeem_code(code, at=AT) == account
    with pytest.raises(CodeUsed):
        redeem_code(code, at=AT)


def test_a_newer_code_replaces_the_older_one(account):
    older = issue_code(account, purpose=FIRST, actor=None, at=AT)
    newer = issue_code(account, purpose=FIRST, actor=None, at=AT)
    with pytest.raises(CodeUnknown):
        redeem_code(older, at=AT)
    assert redeem_code(newer, at=AT) == account


def test_a_password_that_was_set_cancels_every_open_code(account):
    first = issue_code(account, purpose=FIRST, actor=None, at=AT)
    reset = issue_code(account, purpose=RESET, actor=None, at=AT)
    open_with_code(reset, PASSWORD, at=AT)
    account.refresh_from_db()
    assert (account.check_password(PASSWORD), account.must_change_password) == (True, False)
    with pytest.raises(CodeUnknown):
        redeem_code(first, at=AT)


@pytest.mark.parametrize("typed", ("", "x", "00000-00000-00000-00000-00000-0", "\x00", "é" * 30))
def test_a_code_that_is_none_is_unknown(account, typed: str):
    with pytest.raises(CodeUnknown):
        find_code(typed, at=AT)


def test_a_closed_account_opens_by_no_code(account):
    code = issue_code(account, purpose=FIRST, actor=None, at=AT)
    User.objects.filter(pk=account.pk).update(is_active=False)
    with pytest.raises(CodeUnknown):
        redeem_code(code, at=AT)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_uses_at_once_one_wins():
    account = create_account(make_person(), actor=None, at=AT)
    code = issue_code(account, purpose=FIRST, actor=None, at=AT)
    results = at_once(*[lambda: redeem_code(code, at=AT)] * 6)
    assert kinds_of(results) == ["CodeUsed"] * 5 + ["User"]
    assert AuditEntry.objects.filter(action="account.code_used").count() == 1


def test_first_sign_in_from_the_slip_to_the_first_page(client, account):
    code = issue_code(account, purpose=FIRST, actor=None, at=timezone.now())
    assert client.get(f"/ma-lan-dau/{code}/").status_code == 200
    assert client.get(f"/ma-lan-dau/{code}/").status_code == 200  # looking uses nothing up
    data = {"code": code, "password": PASSWORD, "password_again": PASSWORD}
    assert client.post("/ma-lan-dau/", data)["Location"] == "/viec-hoc/"
    assert client.get("/viec-hoc/")["Location"].startswith("/thong-bao/")
    client.post("/thong-bao/")
    assert client.get("/tai-khoan/").status_code == 200
    again = client.get(f"/ma-lan-dau/{code}/")
    assert again.status_code == 410
    assert "Mã này đã dùng rồi" in again.content.decode()


@pytest.mark.parametrize(
    ("password", "error"),
    (
        ("ngắn", "quá ngắn"),
        ("password123", "phổ biến"),
        ("1234567890", "phổ biến"),
        ("dolisa2024", "gần giống"),
        ("CB001-cb001", "gần giống"),
        ("Hồ Thị Lai 1", "gần giống"),
        ("hothilai2024", "gần giống"),
        ("quảng nam 49", "gần giống"),
        ("xatrabui2024", "gần giống"),
        ("áo dài trắng bên sông Thu Bồn", ""),
        ("quảng nam quê hương tôi đó", ""),
    ),
)
def test_a_weak_password_is_refused_beside_its_field(client, account, password: str, error: str):
    make_posting(account.staff, unit=make_unit(name="Trà Bui"))
    code = issue_code(account, purpose=FIRST, actor=None, at=timezone.now())
    data = {"code": code, "password": password, "password_again": password}
    response = client.post("/ma-lan-dau/", data)
    if not error:
        assert response.status_code == 302
        return
    assert any(error in each for each in response.context["form"].errors["password"])
    assert code in response.content.decode()  # what was typed stays, but for the password
    assert f'value="{password}"' not in response.content.decode()


def test_two_passwords_that_differ_are_refused(client, account):
    code = issue_code(account, purpose=FIRST, actor=None, at=timezone.now())
    response = client.post(
        f"/ma-lan-dau/{code}/", {"password": PASSWORD, "password_again": PASSWORD + "x"}
    )
    assert list(response.context["form"].errors) == ["password_again"]


def link_in(message: str) -> str:
    return re.search(r"https?://[^/]+(/\S+)", message)[1]


def test_forgotten_password_by_mail(client, account, django_capture_on_commit_callbacks):
    for identifier in ("lai@example.vn", "CB001", "nobody@example.vn"):
        with django_capture_on_commit_callbacks(execute=True):
            response = client.post("/quen-mat-khau/", {"identifier": identifier})
        assert response["Location"] == "/quen-mat-khau/da-gui/"
    # The second wish came within five minutes, the third is nobody's.
    assert [message.to for message in mail.outbox] == [["lai@example.vn"]]
    link = link_in(mail.outbox[0].body)
    assert client.get(link).status_code == 200
    response = client.post(link, {"password": PASSWORD, "password_again": PASSWORD})
    assert response.status_code == 302
    client.logout()
    assert client.get(link).status_code == 410


def test_a_reset_does_not_skip_the_second_factor(client, account):
    make_role(account, Role.PROVINCE_MANAGER, unit=make_unit())
    device = make_device(account)
    code = issue_code(account, purpose=RESET, actor=None, at=timezone.now())
    client.post(f"/quen-mat-khau/{code}/", {"password": PASSWORD, "password_again": PASSWORD})
    assert client.get("/tai-khoan/")["Location"].startswith("/xac-thuc/?next=")
    client.post("/xac-thuc/", {"code": token_of(device)})
    assert client.get("/thong-bao/").status_code == 200


def test_changing_the_password_asks_the_old_one_and_ends_other_sessions(client, account):
    account.set_password(PASSWORD)
    account.must_change_password, account.informed_at = False, AT
    account.save()
    client.force_login(account, backend=BACKEND)
    other = type(client)()
    other.force_login(account, backend=BACKEND)
    new = "mùa gặt ở Đại Lộc"
    data = {"old_password": "sai", "password": new, "password_again": new}
    assert "old_password" in client.post("/tai-khoan/mat-khau/", data).context["form"].errors
    data["old_password"] = PASSWORD
    assert client.post("/tai-khoan/mat-khau/", data)["Location"] == "/tai-khoan/"
    assert client.get("/tai-khoan/").status_code == 200
    assert other.get("/tai-khoan/")["Location"].startswith("/dang-nhap/")


def test_roles_are_dated_and_not_given_twice(account):
    unit = make_unit(valid_from=AT.date())
    with pytest.raises(UnitNotValid):
        assign_role(account, Role.INSTRUCTOR, unit=unit, valid_from=BEFORE, actor=None, at=AT)
    given = assign_role(
        account, Role.INSTRUCTOR, unit=unit, valid_from=AT.date(), actor=None, at=AT
    )
    assert [group.name for group in account.groups.all()] == [GROUP_NAMES[Role.INSTRUCTOR]]
    with pytest.raises(RoleHeld):
        assign_role(account, Role.INSTRUCTOR, unit=unit, valid_from=AT.date(), actor=None, at=AT)
    with pytest.raises(EndsBeforeItBegins):
        end_role(given, last_day=AT.date() - timedelta(days=2), actor=None, at=AT)
    ended = end_role(given, last_day=AT.date() - timedelta(days=1), actor=None, at=AT)
    assert (ended.valid_from, ended.valid_to, ended.withdrawn_on) == (AT.date(), AT.date(), FAR)
    assert RoleAssignment.objects.current().count() == 1
    assert not account.groups.exists()


def test_create_admin_makes_an_administrator_who_enrols_first(client, capsys):
    with pytest.raises(CommandError, match="load_units"):
        call_command("create_admin", name="Lê An", email="an@example.vn")
    assert not User.objects.exists()
    load_units(at=AT)
    call_command("create_admin", name="Lê An", email="an@example.vn")
    printed = capsys.readouterr().out
    code = re.search(r"7 days:\s+(\S+)", printed)[1]
    data = {"code": code, "password": PASSWORD, "password_again": PASSWORD}
    assert client.post("/ma-lan-dau/", data).status_code == 302
    assert client.get("/admin/")["Location"].startswith("/xac-thuc/dang-ky/")
    user = User.objects.get()
    assert not has_device(user)
    assert not user.is_superuser
    client.post("/xac-thuc/dang-ky/")
    device = user.totpdevice_set.get()
    client.post("/xac-thuc/dang-ky/", {"code": token_of(device)})
    client.post("/thong-bao/")
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/settings/people/officesettings/", follow=True).status_code == 200


def test_create_admin_names_what_is_wrong():
    load_units(at=AT)
    for options, text in (
        ({"name": " "}, "name"),
        ({"name": "An", "staff_code": "0905123456"}, "phone"),
    ):
        with pytest.raises(CommandError, match=text):
            call_command("create_admin", email="", **options)
    create_admin(full_name="An", staff_code="A1", at=AT)
    with pytest.raises(CommandError, match="Another person"):
        call_command("create_admin", name="Bình", email="", staff_code="a1")


def desk(role: str, unit, client):
    user = make_user(make_person())
    make_role(user, role, unit=unit)
    make_posting(user.staff, unit=unit)
    verified(client, user)
    return user


def test_a_focal_prints_a_slip_for_her_person_and_for_nobody_elses(client):
    district = make_unit(level="district")
    commune, neighbour = make_unit(parent=district), make_unit(parent=district)
    mine, theirs = make_person(full_name="A Lăng Bhuôi"), make_person()
    make_posting(mine, unit=commune)
    make_posting(theirs, unit=neighbour)
    focal = desk(Role.UNIT_FOCAL, commune, client)
    listed = client.get("/tai-khoan-don-vi/").context["people"]
    assert [row["person"] for row in listed] == [mine]
    response = client.post(f"/can-bo/{mine.pk}/tai-khoan/", {"way": "print"})
    code = response.context["code"]
    page = response.content.decode()
    assert code in page
    assert "no-store" in response["Cache-Control"]
    assert find_code(code, at=timezone.now()).user.staff == mine
    for send in (client.get, client.post):
        assert send(f"/can-bo/{theirs.pk}/tai-khoan/").status_code == 404
        assert send(f"/can-bo/{focal.staff.pk}/tai-khoan/").status_code == 404
    assert not User.objects.filter(staff=theirs).exists()


def test_a_link_by_mail_opens_the_account(client, django_capture_on_commit_callbacks):
    unit = make_unit()
    person = make_person(work_email="b@example.vn")
    make_posting(person, unit=unit)
    desk(Role.PROVINCE_MANAGER, unit, client)
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(f"/can-bo/{person.pk}/tai-khoan/", {"way": "email"})
    assert response["Location"] == f"/can-bo/{person.pk}/tai-khoan/"
    client.logout()
    assert client.get(link_in(mail.outbox[0].body)).status_code == 200


def test_an_account_without_a_mailbox_gets_no_link(client):
    unit = make_unit()
    person = make_person()
    make_posting(person, unit=unit)
    desk(Role.UNIT_FOCAL, unit, client)
    response = client.post(f"/can-bo/{person.pk}/tai-khoan/", {"way": "email"})
    assert "không có thư điện tử" in response.content.decode()
    assert not User.objects.filter(staff=person).exists()


def test_an_account_with_roles_is_opened_by_an_administrator_only(client):
    unit = make_unit()
    person = make_person()
    make_posting(person, unit=unit)
    manager = make_user(person)
    make_role(manager, Role.PROVINCE_MANAGER, unit=unit)
    desk(Role.UNIT_FOCAL, unit, client)
    address = f"/can-bo/{person.pk}/tai-khoan/"
    assert client.get(address).status_code == 200
    assert client.post(address, {"way": "print"}).status_code == 403
    assert not AccountCode.objects.exists()
    client.logout()
    desk(Role.SYSADMIN, unit, client)
    assert client.post(address, {"way": "print"}).status_code == 200


@pytest.mark.parametrize("role", (None, Role.PROVINCE_LEADER, Role.INSTRUCTOR))
def test_others_have_no_desk(client, role: str | None):
    unit = make_unit()
    person = make_person()
    make_posting(person, unit=unit)
    if role:
        desk(role, unit, client)
    else:
        client.force_login(make_user(make_person()), backend=BACKEND)
    for address in ("/tai-khoan-don-vi/", f"/can-bo/{person.pk}/tai-khoan/", "/yeu-cau-sua/"):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("people", (2, 30))
def test_list_of_accounts_query_count_does_not_grow(client, django_assert_num_queries, people):
    unit = make_unit()
    for _person in range(people):
        make_posting(make_person(), unit=unit)
    desk(Role.UNIT_FOCAL, unit, client)
    with django_assert_num_queries(6):
        # session, account, people, postings, names of units, office
        response = client.get("/tai-khoan-don-vi/")
    assert len(response.context["people"]) == people


def test_the_list_goes_on_by_key_and_is_searched_without_diacritics(client):
    unit = make_unit()
    for _person in range(51):
        make_posting(make_person(full_name="Nguyễn Văn Ánh"), unit=unit)
    desk(Role.UNIT_FOCAL, unit, client)
    first = client.get("/tai-khoan-don-vi/", {"q": "van anh"}).context
    rest = client.get("/tai-khoan-don-vi/", {"q": "van anh", "sau": first["next_after"]}).context
    keys = [row["person"].pk for page in (first, rest) for row in page["people"]]
    assert len(keys) == len(set(keys)) == 51
    for typed in ("abc", "9" * 30, "-1", "²"):
        assert client.get("/tai-khoan-don-vi/", {"sau": typed}).status_code == 200
