"""The second factor and the other steps between sign-in and a page."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from lms.people.backends import StaffBackend
from lms.people.models import AuditEntry
from lms.people.models.accounts import Role
from lms.people.roles import GROUP_NAMES, sync_groups
from lms.people.scopes import SECOND_FACTOR_ROLES, scope_of
from lms.people.second_factor import (
    AlreadyEnrolled,
    WrongCode,
    make_recovery_codes,
    start_enrolment,
    verify,
)
from tests.factories import make_person, make_role, make_unit, make_user
from tests.people.actors import BACKEND, make_device, token_of, verified

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return make_unit()


@pytest.fixture
def focal(unit):
    user = make_user(make_person())
    make_role(user, Role.UNIT_FOCAL, unit=unit)
    return user


def test_only_the_roles_without_others_data_are_not_asked():
    assert set(Role) - SECOND_FACTOR_ROLES == set()


@pytest.mark.parametrize("role", sorted(SECOND_FACTOR_ROLES))
def test_each_role_is_led_to_enrolment_before_any_page(client, unit, role: str):
    user = make_user(make_person())
    make_role(user, role, unit=unit)
    client.force_login(user, backend=BACKEND)
    for address in ("/tai-khoan/", "/tai-khoan-don-vi/", "/admin/", "/khong-co/"):
        assert (
            client.get(address)["Location"]
            == f"/xac-thuc/dang-ky/?next={address.replace('/', '%2F')}"
        )


def test_a_learner_is_not_asked(client):
    client.force_login(make_user(make_person()), backend=BACKEND)
    assert client.get("/tai-khoan/").status_code == 200
    assert client.get("/xac-thuc/dang-ky/")["Location"] == "/tai-khoan/"
    assert client.get("/xac-thuc/")["Location"] == "/tai-khoan/"


def test_a_role_that_ended_yesterday_is_not_asked(client, unit):
    user = make_user(make_person())
    make_role(user, Role.UNIT_FOCAL, unit=unit, valid_to=timezone.localdate())
    client.force_login(user, backend=BACKEND)
    assert client.get("/tai-khoan/").status_code == 200
    assert client.get("/tai-khoan-don-vi/").status_code == 404


def test_enrolment_by_get_writes_nothing_then_connects_an_app(client, focal):
    client.force_login(focal, backend=BACKEND)
    client.get("/xac-thuc/dang-ky/")
    assert not TOTPDevice.objects.exists()
    client.post("/xac-thuc/dang-ky/")
    device = TOTPDevice.objects.get(user=focal, confirmed=False)
    page = client.get("/xac-thuc/dang-ky/").content.decode()
    assert '<svg viewBox="' in page
    assert "style=" not in page[page.index("<main") : page.index("</main>")]
    wrong = client.post("/xac-thuc/dang-ky/", {"code": "000000"})
    assert 'role="alert"' in wrong.content.decode()
    device.refresh_from_db()
    device.throttle_reset()
    key = client.session.session_key
    done = client.post("/xac-thuc/dang-ky/", {"code": token_of(device), "next": "/tai-khoan/"})
    codes = done.context["codes"]
    assert len(codes) == len(set(codes)) == 10
    assert client.session.session_key != key
    assert client.get("/tai-khoan/").status_code == 200
    # Kept as hashes, shown once.
    assert not StaticToken.objects.filter(token__in=[code.replace("-", "") for code in codes])
    assert codes[0] not in client.get("/tai-khoan/").content.decode()


def test_an_unverified_person_with_a_device_does_not_reach_enrolment(client, focal):
    device = make_device(focal)
    client.force_login(focal, backend=BACKEND)
    for send in (client.get, client.post):
        assert send("/xac-thuc/dang-ky/")["Location"] == "/xac-thuc/"
    assert client.post("/xac-thuc/ma-du-phong/")["Location"].startswith("/xac-thuc/?next=")
    assert list(TOTPDevice.objects.all()) == [device]
    with pytest.raises(AlreadyEnrolled):
        start_enrolment(focal, at=timezone.now())


def test_the_code_of_the_app_lets_in_once(client, focal):
    device = make_device(focal)
    client.force_login(focal, backend=BACKEND)
    token = token_of(device)
    response = client.post(
        "/xac-thuc/", {"code": f"{token[:3]} {token[3:]}", "next": "/tai-khoan/"}
    )
    assert response["Location"] == "/tai-khoan/"
    assert client.get("/tai-khoan/").status_code == 200
    assert AuditEntry.objects.get(action="second_factor.verify").data == {"device": "totpdevice"}
    with pytest.raises(WrongCode):
        verify(focal, token)


@pytest.mark.parametrize(
    ("steps", "accepted"), ((-2, False), (-1, True), (0, True), (1, True), (2, False))
)
def test_one_step_of_clock_difference_is_accepted(focal, steps: int, accepted: bool):
    device = make_device(focal)
    if accepted:
        assert verify(focal, token_of(device, steps)) == device
    else:
        with pytest.raises(WrongCode):
            verify(focal, token_of(device, steps))


def test_a_recovery_code_works_once_in_any_case(client, focal):
    make_device(focal)
    codes = make_recovery_codes(focal, actor=focal, at=timezone.now())
    client.force_login(focal, backend=BACKEND)
    client.post("/xac-thuc/", {"code": codes[0].lower().replace("-", " ")})
    assert client.get("/tai-khoan/").status_code == 200
    with pytest.raises(WrongCode):
        verify(focal, codes[0])
    assert StaticToken.objects.count() == 9


def test_a_recovery_code_is_of_one_account(focal, unit):
    other = make_user(make_person())
    codes = make_recovery_codes(other, actor=other, at=timezone.now())
    make_recovery_codes(focal, actor=focal, at=timezone.now())
    with pytest.raises(WrongCode):
        verify(focal, codes[0])


def test_a_wrong_recovery_code_does_not_slow_the_app_down(focal):
    device = make_device(focal)
    make_recovery_codes(focal, actor=focal, at=timezone.now())
    with pytest.raises(WrongCode):
        verify(focal, "AAAA-BBBB-CCCC")
    assert StaticDevice.objects.get(user=focal).throttling_failure_count == 1
    assert verify(focal, token_of(device)) == device


def test_after_a_failure_the_device_waits(client, focal):
    device = make_device(focal)
    client.force_login(focal, backend=BACKEND)
    client.post("/xac-thuc/", {"code": "000000"})
    page = client.post("/xac-thuc/", {"code": token_of(device)}).content.decode()
    assert "giây" in page
    assert client.get("/tai-khoan/")["Location"].startswith("/xac-thuc/")


def test_a_device_that_is_gone_verifies_nothing(client, focal):
    verified(client, focal)
    assert client.get("/tai-khoan/").status_code == 200
    TOTPDevice.objects.all().delete()
    assert client.get("/tai-khoan/")["Location"].startswith("/xac-thuc/dang-ky/")


def test_wagtails_own_sign_in_leads_to_ours(client, focal):
    assert client.get("/admin/login/")["Location"] == "/dang-nhap/?next=%2Fadmin%2F"
    assert client.post("/admin/login/", {"username": "x"})["Location"].startswith("/dang-nhap/")
    assert client.get("/admin/")["Location"] == "/dang-nhap/?next=/admin/"
    assert client.get("/admin/password_reset/").status_code == 404


def test_the_admin_is_for_todays_holders_of_a_role(client, focal, unit):
    verified(client, focal)
    assert client.get("/admin/").status_code == 403
    make_role(focal, Role.CONTENT_EDITOR, unit=unit)
    assert client.get("/admin/").status_code == 200


def test_a_learner_is_refused_at_the_admin(client):
    client.force_login(make_user(make_person()), backend=BACKEND)
    assert client.get("/admin/").status_code == 403


def test_permissions_of_a_role_that_ended_are_gone_at_the_next_request(client, unit):
    user = make_user(make_person())
    make_role(user, Role.INSTRUCTOR, unit=unit)
    editor = make_role(user, Role.CONTENT_EDITOR, unit=unit)
    sync_groups(user, timezone.now())
    verified(client, user)
    assert client.get("/admin/images/add/").status_code == 200
    type(editor).objects.filter(pk=editor.pk).update(valid_to=timezone.localdate())
    assert client.get("/admin/images/add/").status_code == 302  # Wagtail's own refusal
    assert list(user.groups.values_list("name", flat=True)) == [GROUP_NAMES[Role.INSTRUCTOR]]


def test_groups_not_derived_from_roles_are_left_alone(unit):
    user = make_user(make_person())
    own = Group.objects.create(name="Own")
    user.groups.add(own)
    make_role(user, Role.SYSADMIN, unit=unit)
    assert sync_groups(user, timezone.now()) is True
    assert sync_groups(user, timezone.now()) is False
    later = timezone.now() + timedelta(days=1)
    user.role_assignments.update(valid_to=timezone.localdate())
    assert sync_groups(user, later) is True
    assert list(user.groups.all()) == [own]


def test_the_notice_comes_before_the_first_page_and_once(client):
    user = make_user(make_person(), informed_at=None)
    client.force_login(user, backend=BACKEND)
    assert client.get("/tai-khoan/")["Location"] == "/thong-bao/?next=%2Ftai-khoan%2F"
    assert client.get("/thong-bao/").status_code == 200
    user.refresh_from_db()
    assert user.informed_at is None
    assert client.post("/thong-bao/", {"next": "/tai-khoan/"})["Location"] == "/tai-khoan/"
    client.post("/thong-bao/")
    assert AuditEntry.objects.filter(action="account.informed").count() == 1
    assert client.get("/tai-khoan/").status_code == 200


def test_a_given_password_is_changed_before_anything_else(client, focal):
    focal.must_change_password = True
    focal.save()
    client.force_login(focal, backend=BACKEND)
    assert client.get("/viec-hoc/")["Location"].startswith("/tai-khoan/mat-khau/")
    assert client.get("/tai-khoan/mat-khau/").status_code == 200


def test_language_and_sign_out_are_open_before_the_second_factor(client, focal):
    client.force_login(focal, backend=BACKEND)
    assert client.post("/ngon-ngu/setlang/", {"language": "en", "next": "/"})["Location"] == "/"
    assert client.get("/healthz").status_code == 200
    assert client.post("/dang-xuat/")["Location"] == "/"


# The session's device ---------------------------------------------------------------------------


def show(client, device) -> None:
    session = client.session
    session["otp_device_id"] = device.persistent_id
    session.save()


@pytest.mark.parametrize("case", ("another's", "unconfirmed", "taken away", "unknown"))
def test_a_session_counts_only_its_own_confirmed_device(client, focal, case: str):
    verified(client, focal)
    assert client.get("/tai-khoan-don-vi/").status_code == 200
    if case == "another's":
        show(client, make_device(make_user(make_person())))
    elif case == "unconfirmed":
        TOTPDevice.objects.filter(user=focal).update(confirmed=False)
    elif case == "taken away":
        TOTPDevice.objects.filter(user=focal).delete()
    else:
        show(client, TOTPDevice(pk=987654321))
    assert client.get("/tai-khoan-don-vi/")["Location"].startswith("/xac-thuc/")
    assert "otp_device_id" not in client.session


def test_a_recovery_code_is_a_device_of_the_session_too(client, focal):
    make_device(focal)
    codes = StaticDevice.objects.create(user=focal, name="recovery", confirmed=True)
    client.force_login(focal, backend=BACKEND)
    show(client, codes)
    assert client.get("/tai-khoan-don-vi/").status_code == 200


@pytest.mark.parametrize("devices", (1, 3))
@pytest.mark.parametrize("roles", (1, 4))
def test_roles_and_devices_come_with_the_account(focal, devices, roles, django_assert_num_queries):
    for _device in range(devices):
        make_device(focal)
    for _role in range(roles - 1):
        make_role(focal, Role.INSTRUCTOR, unit=make_unit())
    ended = make_role(focal, Role.SYSADMIN, unit=make_unit(), valid_to=timezone.localdate())
    with django_assert_num_queries(1):
        user = StaffBackend().get_user(focal.pk)
        assert len(scope_of(user).assignments) == roles
        assert len(user.device_ids) == devices
    assert scope_of(user) == scope_of(focal)
    assert (Role.SYSADMIN, ended.unit_id) not in scope_of(user).assignments
