"""A completion shaken by a correction: listed, kept with a reason, or taken away."""

from __future__ import annotations

import pytest
from django.test import Client

from courses.attendance import record_attendance
from courses.models import Completion, CompletionReview, CompletionWithdrawal
from lms.notices.models import Notice
from lms.people.models import User
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db
LIST = "/hoan-thanh/xem-lai/"


@pytest.fixture
def manager(world: World) -> User:
    manager = world.users["province_manager"]
    User.objects.filter(pk=manager.pk).update(email="quanly@example.vn")
    return manager


@pytest.fixture
def client(manager) -> Client:
    return sign_in(Client(), manager)


def shake(world: World, *sides) -> None:
    """Say after the fact that the graduates were absent."""
    for side in sides:
        record_attendance(
            side.session,
            {side.graduate.staff_id: "absent"},
            marked_by=world.users["trainer"],
            at=world.at,
        )


def address(completion: Completion) -> str:
    return f"/hoan-thanh/{completion.logical_id}/"


def test_a_corrected_mark_is_told_and_listed(world, client, manager):
    assert "Không có kết quả nào" in client.get(LIST).content.decode()
    shake(world, world.own)
    shake(world, world.own)
    notice = Notice.objects.get(kind="completion-review")
    assert notice.recipient == manager
    assert address(world.own.completion) in notice.body
    assert world.own.graduate.staff.full_name not in notice.body
    text = client.get(LIST).content.decode()
    assert world.own.graduate.staff.full_name in text
    assert "Dự chưa đủ số tiết trực tiếp" in text


def test_it_stays_with_a_reason(world, client, manager):
    shake(world, world.own)
    here = address(world.own.completion)
    empty = client.post(here, {"act": "keep", "keep-decision": "  "})
    assert empty.status_code == 200
    assert empty.context["keep"].errors
    reason = "Đã dự, sổ ghi nhầm"
    kept = client.post(here, {"act": "keep", "keep-decision": reason}, follow=True)
    assert reason in kept.content.decode()
    review = CompletionReview.objects.get()
    assert (review.closed_by, review.decision) == (manager, reason)
    assert Completion.objects.current().filter(pk=world.own.completion.pk).exists()
    # Decided before: nothing is left to keep, and asking again changes nothing.
    client.post(here, {"act": "keep", "keep-decision": "Lần hai"})
    review.refresh_from_db()
    assert review.decision == reason


@pytest.mark.parametrize("is_fraud", (False, True))
def test_it_is_taken_away_and_the_certificate_is_revoked(world, client, is_fraud):
    shake(world, world.own)
    held = world.own.completion
    day = held.valid_from  # of the days up to today the only one that is sure to be held
    form = {"act": "withdraw", "take-reason": "Vắng mặt"}
    form |= {"take-is_fraud": "on"} if is_fraud else {"take-effective_on": f"{day:%d/%m/%Y}"}
    shown = client.post(address(held), form, follow=True)
    assert "Đã rút lại" in shown.content.decode()
    withdrawal = CompletionWithdrawal.objects.get()
    assert (withdrawal.effective_on, withdrawal.is_fraud, withdrawal.reason) == (
        day,
        is_fraud,
        "Vắng mặt",
    )
    review = CompletionReview.objects.get()
    assert (review.closed_at is not None, review.decision) == (True, "Vắng mặt")
    if is_fraud:
        code = world.own.certificate.verification_code
        verified = Client().get(f"/kiem-tra/{code}/").content.decode()
        assert "đã bị thu hồi" in verified
    # A second time from a page left open: said, not done.
    client.post(address(held), form)
    assert CompletionWithdrawal.objects.count() == 1


@pytest.mark.parametrize(
    ("day", "words"),
    (
        ("", "Nhập ngày"),
        ("31/02/2026", "ngày hợp lệ"),
        ("01/01/2020", "Chọn một ngày"),
        ("01/01/9999", "chưa đến"),
    ),
)
def test_a_wrong_day_is_said_beside_it_and_keeps_the_reason(world, client, day, words):
    held = world.own.completion
    form = {"act": "withdraw", "take-reason": "Sai hồ sơ", "take-effective_on": day}
    shown = client.post(address(held), form)
    assert words in str(shown.context["take"].errors["effective_on"])
    assert "Sai hồ sơ" in shown.content.decode()
    assert CompletionWithdrawal.objects.count() == 0


def test_a_completion_without_a_review_can_be_taken_away_from_the_record(world, client):
    record = client.get(f"/can-bo/{world.own.graduate.staff_id}/").content.decode()
    assert address(world.own.completion) in record
    page = client.get(address(world.own.completion))
    assert page.context["review"] is None
    assert "Giữ nguyên kết quả" not in page.content.decode()


def test_unknown_completions_do_not_exist(client):
    missing = "/hoan-thanh/00000000-0000-4000-8000-000000000000/"
    assert client.get(missing).status_code == 404
    assert client.post(missing, {"act": "keep"}).status_code == 404


@pytest.mark.parametrize("shaken", (1, 2))
def test_query_count_does_not_grow(world, client, shaken, django_assert_max_num_queries):
    shake(world, *(world.own, world.other)[:shaken])
    client.get(LIST)
    with django_assert_max_num_queries(9):
        assert len(client.get(LIST).context["waiting"]) == shaken
    with django_assert_max_num_queries(10):
        client.get(address(world.own.completion))
