"""Signing in and out: three identifiers, one text, a lockout for one account at one address."""

import pytest
from django.core import mail

from lms.people.identifiers import fold_email, fold_phone, fold_staff_code
from tests.factories import make_person, make_user

PASSWORD = "sông thu bồn mùa lũ"

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    person = make_person(staff_code="CB000777", full_name="Nguyễn Thị Hoa")
    return make_user(person, password=PASSWORD, phone="0905123456", email="hoa@example.vn")


def sign_in(client, identifier: str, password: str = PASSWORD, **data):
    return client.post("/dang-nhap/", {"identifier": identifier, "password": password, **data})


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
