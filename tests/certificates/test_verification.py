"""What a stranger learns: the state in words, a masked name, and no more; guessing is limited."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from certificates.codes import in_groups, new_code
from certificates.issuing import issue_certificate, reissue, revoke
from certificates.verification import LIMIT_COUNT, State, masked, verdict_on
from courses.reviews import withdraw_completion
from tests.certificates.made import DONE, ISSUED_AT, make_done
from tests.factories import make_person, make_user
from tests.numbers import IS_LONG_RUN

LATER = ISSUED_AT + timedelta(days=30)
GUESSES = 10_000 if IS_LONG_RUN else 300
# Nothing of these may stand on a public page.
PRIVATE = (
    "Ngọc",
    "Ánh",
    "Công chức",
    "Chà Vàl",
    "03/02/1990",
    "0905",
    "mau@example.org",
    "CB0",
    "Thi hộ",
    "Nghỉ việc",
)


@pytest.fixture
def issued(db):
    person = make_person(
        full_name="Nguyễn Thị Ngọc Ánh",
        birth_date=date(1990, 2, 3),
        work_phone="0905000001",
        work_email="mau@example.org",
    )
    return issue_certificate(make_done(person, valid_to=date(2124, 5, 7)), actor=None, at=ISSUED_AT)


def page_of(client, certificate) -> str:
    response = client.get(
        reverse("verify_certificate", args=[in_groups(certificate.verification_code)])
    )
    assert response.status_code == 200
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Cache-Control"] == "no-store"
    text = response.content.decode()
    assert 'name="robots" content="noindex' in text
    assert [word for word in PRIVATE if word in text] == []
    return " ".join(text.split())


def test_valid(client, issued):
    text = page_of(client, issued)
    assert 'class="verdict ok"' in text
    for shown in (
        "N*** T*** N*** Á***",
        "0001/2024/GCN-TH",
        "07/05/2024",
        issued.facts["owner_name"],
    ):
        assert shown in text


def test_expired_the_day_after_the_last_day(issued, client):
    issued.valid_until = date(2026, 5, 6)
    assert verdict_on(issued, date(2026, 5, 6)).state == State.VALID
    assert verdict_on(issued, date(2026, 5, 7)).state == State.EXPIRED
    issued.valid_until = date(2024, 6, 1)
    issued.save(update_fields=["valid_until"])
    assert 'class="verdict old"' in page_of(client, issued)


def test_superseded_names_no_other_code(client, issued):
    second = reissue(issued, reason="Sai tên", actor=make_user(), at=LATER)
    text = page_of(client, issued)
    assert 'class="verdict old"' in text
    assert second.verification_code not in text.replace("-", "")
    assert 'class="verdict ok"' in page_of(client, second)


@pytest.mark.parametrize(
    ("reason_class", "reason", "tells_fraud"),
    (("fraud", "Thi hộ", True), ("other", "Nghỉ việc", False), ("error", "Nghỉ việc", False)),
)
def test_revoked_tells_fraud_from_the_rest_and_never_the_reason(
    client, issued, reason_class, reason, tells_fraud
):
    revoke(issued, reason_class=reason_class, reason=reason, actor=make_user(), at=LATER)
    text = page_of(client, issued)
    assert 'class="verdict no"' in text
    assert "06/06/2024" in text
    issued.refresh_from_db()
    verdict = verdict_on(issued, date(2024, 7, 1))
    assert (verdict.state, verdict.is_fraud) == (State.REVOKED, tells_fraud)


def test_a_completion_taken_away_revokes_the_paper_too(issued):
    completion = issued.person.completions.get()
    withdraw_completion(
        completion, effective_on=DONE + timedelta(days=9), reason="Sai", actor=make_user(), at=LATER
    )
    assert verdict_on(issued, DONE + timedelta(days=8)).state == State.VALID
    assert verdict_on(issued, date(2024, 7, 1)).state == State.REVOKED


def test_revoked_before_superseded_before_expired(issued):
    second = reissue(issued, reason="Sai tên", actor=make_user(), at=LATER)
    issued.refresh_from_db()
    issued.valid_until = date(2024, 6, 1)
    assert verdict_on(issued, date(2025, 1, 1)).state == State.SUPERSEDED
    revoke(second, reason_class="other", reason="Vì", actor=make_user(), at=LATER)
    assert verdict_on(issued, date(2025, 1, 1)).state == State.REVOKED


def test_a_later_rename_shows_as_issued(client, issued):
    issued.course.title = "Tên khóa mới"
    issued.course.save()
    issued.person.full_name = "Zơrâm Văn Khác"
    issued.person.save(update_fields=["full_name"])
    text = page_of(client, issued)
    assert "N*** T*** N*** Á***" in text
    assert "Nhận diện nạn nhân bị mua bán" in text
    assert "Tên khóa mới" not in text


def test_unknown_code(client, db):
    response = client.get(reverse("verify_certificate", args=[new_code()]))
    assert response.status_code == 404
    assert 'class="verdict unk"' in response.content.decode()
    assert response["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("typed", ("abc", "QN7K-4M2P-9D", "<script>", "a/b", "%00", "Đ" * 80))
def test_what_cannot_be_a_code_gets_a_plain_page(client, db, typed):
    response = client.get(f"/kiem-tra/{typed}/")
    assert response.status_code == 404
    assert "<script>" not in response.content.decode().replace("<script src", "")
    response = client.get("/kiem-tra/", {"ma": typed})
    assert response.status_code == 200
    assert "Mã này không thể là mã của cổng" in response.content.decode()


def test_typed_code_leads_to_its_page(client, issued):
    typed = in_groups(issued.verification_code).lower().replace("-", " ")
    response = client.get("/kiem-tra/", {"ma": typed})
    assert response.status_code == 302
    assert client.get(response["Location"]).status_code == 200


def test_guesses_are_stopped_and_never_reach_the_register(client, issued):
    asked = [
        client.get(reverse("verify_certificate", args=[new_code()])).status_code
        for _ in range(LIMIT_COUNT)
    ]
    assert asked == [404] * LIMIT_COUNT
    guess = reverse("verify_certificate", args=[new_code()])
    with CaptureQueriesContext(connection) as queries:
        refused = {client.get(guess).status_code for _ in range(GUESSES - LIMIT_COUNT)}
    assert refused == {429}
    assert [q["sql"] for q in queries if "certificates_certificate" in q["sql"]] == []
    # Not even the right code is answered now.
    right = reverse("verify_certificate", args=[issued.verification_code])
    response = client.get(right)
    assert (response.status_code, response["Retry-After"]) == (429, "600")
    # Another office is not shut out.
    assert client.get(right, REMOTE_ADDR="10.0.0.9").status_code == 200


def test_check_costs_a_fixed_number_of_queries(client, issued, django_assert_num_queries):
    client.get("/kiem-tra/")  # warms the settings of the office
    with django_assert_num_queries(2):  # certificate with its outcome, withdrawal
        client.get(reverse("verify_certificate", args=[issued.verification_code]))


def test_nothing_is_drawn_or_written_by_a_check(client, issued):
    page_of(client, issued)
    issued.refresh_from_db()
    assert issued.document_status == "pending"


@pytest.mark.parametrize(
    ("name", "shown"),
    (
        ("Nguyễn Thị Mẫu", "N*** T*** M***"),
        ("Ạ", "Ạ***"),
        ("M'Nông Wĭn", "M*** W***"),
        ("", ""),
    ),
)
def test_masking_hides_all_but_first_letters(name, shown):
    assert masked(name) == shown
