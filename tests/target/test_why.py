"""The training record says why somebody is not counted, or not as trained: each condition once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from courses.models import Completion
from courses.reviews import withdraw_completion
from lms.target.explanation import Standing, explain
from lms.target.standing.refreshing import rebuild
from tests import factories as f
from tests.courses.rounds import make_attempt
from tests.target.conftest import sign_in
from tests.target.test_maps import NOON, decide

pytestmark = pytest.mark.django_db

LONG_AGO = date(2024, 1, 1)


@pytest.fixture
def told(as_role):
    """Return a function: a person in, the text of her record's first part out, as known today."""

    def read(person: Any) -> str:
        page = as_role("province_manager").get(f"/can-bo/{person.pk}/")
        assert page.status_code == 200
        return page.content.decode()

    return read


@pytest.fixture(params=(False, True), ids=("over facts", "over standings"))
def settle(request):
    """Build the table behind the figures, or leave it: the answer is the same."""
    return (lambda: rebuild(at=NOON)) if request.param else (lambda: None)


def learnable(province) -> tuple[Any, Any, Any]:
    """The first course gets a lesson, a post-test and three periods of class."""
    course = province.courses[0]
    module = f.make_module(course)
    lesson, quiz = f.make_lesson(module), f.make_quiz(course)
    course.refresh_from_db()
    f.make_course_version(course)
    return course, lesson, quiz


def test_what_is_missing_in_a_course_is_named(province, told, settle):
    course, lesson, quiz = learnable(province)
    person = province.person("51001", valid_from=LONG_AGO)
    f.make_completion(person, province.courses[1], valid_from=LONG_AGO)
    settle()
    assert f"{course.short_title}: chưa bắt đầu" in told(person)
    at = datetime(2024, 2, 1, 3, 0, tzinfo=UTC)
    enrolment = f.make_enrolment(person, course, at=at)
    make_attempt(enrolment, quiz, started_at=at, passed=False, score="40")
    text = told(person)
    assert f"{course.short_title}: chưa hoàn thành" in text
    assert "Học thêm 1 bài" in text
    assert "Dự thêm 3 tiết" in text
    assert "kiểm tra" in text
    enrolment.lesson_progress.create(
        lesson=lesson, lesson_version=lesson.latest_version, done_at=at, done_on=at.date(),
        recorded_at=at, recorded_on=at.date(),
    )  # fmt: skip
    make_attempt(enrolment, quiz, started_at=at + timedelta(days=1))
    text = told(person)
    assert "Học thêm" not in text
    assert "Dự thêm 3 tiết" in text


def test_trained_people_have_no_reason(province, told, settle):
    person = province.person("51001", valid_from=LONG_AGO)
    province.train(person)
    settle()
    assert "Vì sao" not in told(person)


def test_expired_and_taken_away_are_told_apart(province, told, settle):
    first, second = province.courses
    person = province.person("51001", valid_from=LONG_AGO)
    f.make_completion(person, first, valid_from=LONG_AGO, valid_to=date(2025, 1, 1))
    f.make_completion(person, second, valid_from=LONG_AGO)
    decider = f.make_user(f.make_person())
    withdraw_completion(
        Completion.objects.get(course=second),
        effective_on=date(2025, 3, 1),
        reason="Nhập nhầm",
        is_fraud=False,
        actor=decider,
        at=timezone.now(),
    )
    settle()
    assert explain(person, timezone.localdate()).standing is Standing.RETRAIN
    text = told(person)
    assert f"{first.short_title}: có giá trị đến hết 31/12/2024" in text
    assert f"{second.short_title}: kết quả bị thu hồi từ 01/03/2025" in text
    # Why it was taken away is not for everybody who may see the record.
    assert text.count("Nhập nhầm") == 0


def test_a_false_completion_never_held_and_is_said_to_be_taken_away(province, told):
    course = province.courses[0]
    person = province.person("51001", valid_from=LONG_AGO)
    f.make_completion(person, course, valid_from=LONG_AGO)
    withdraw_completion(
        Completion.objects.get(course=course),
        effective_on=LONG_AGO,
        reason="Không có thật",
        is_fraud=True,
        actor=f.make_user(f.make_person()),
        at=timezone.now(),
    )
    assert f"{course.short_title}: kết quả bị thu hồi từ 01/01/2024" in told(person)


def test_leave_says_until_when(province, told, settle):
    today = timezone.localdate()
    ending = province.person("51001", valid_from=LONG_AGO)
    f.make_leave(ending, valid_from=today - timedelta(days=5), valid_to=today + timedelta(days=60))
    open_ended = province.person("51001", valid_from=LONG_AGO)
    f.make_leave(open_ended, valid_from=date(2025, 6, 1))
    settle()
    last = today + timedelta(days=59)
    assert f"đến hết {last:%d/%m/%Y}" in told(ending)
    assert "Nghỉ từ 01/06/2025, chưa có ngày kết thúc" in told(open_ended)


@pytest.mark.parametrize(
    ("fields", "words"),
    (
        ({"group": "doan"}, "Không thuộc chỉ tiêu"),
        ({"group": "cong_an"}, "chưa có tên trong danh sách được duyệt"),
        ({"victim_support": False}, "nhiệm vụ hỗ trợ nạn nhân"),
        ({"valid_to": date(2025, 1, 1)}, "kết thúc ngày 31/12/2024"),
        ({"valid_from": date(2090, 1, 1)}, "bắt đầu từ 01/01/2090"),
    ),
)
def test_who_does_not_count_is_told_why(province, told, settle, fields, words):
    person = province.person("51001", **{"valid_from": LONG_AGO} | fields)
    settle()
    text = told(person)
    assert words in text
    # What she would have to learn is no reason while she does not count.
    assert "chưa bắt đầu." not in text


def test_a_unit_without_a_place_is_named(province, told, settle):
    person = province.person("51001", valid_from=LONG_AGO)
    decide({"kind": "dissolve", "units": ["51001"]})
    settle()
    assert "chưa có chỗ trên bản đồ đơn vị" in told(person)
    placed = province.person("51002", valid_from=LONG_AGO)
    settle()
    assert "chưa có chỗ trên bản đồ đơn vị" not in told(placed)


def test_the_person_reads_her_own_reasons_and_a_neighbour_none(province, as_role, settle):
    person = province.person("51001", valid_from=LONG_AGO)
    settle()
    own = sign_in(f.make_user(person)).get(f"/can-bo/{person.pk}/")
    assert "Vì sao" in own.content.decode()
    assert as_role("unit_focal", "51001").get(f"/can-bo/{person.pk}/").status_code == 200
    assert as_role("unit_focal", "51002").get(f"/can-bo/{person.pk}/").status_code == 404
