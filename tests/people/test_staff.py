"""People, postings, leaves, corrections: what is written and what is refused."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from lms.people.corrections import (
    AlreadyAnswered,
    TooManyOpen,
    answer_correction,
    ask_correction,
)
from lms.people.days import FAR
from lms.people.facts import FactWithdrawn
from lms.people.focals import find_focals
from lms.people.models import AuditEntry, CorrectionRequest, Leave, OfficeSettings, Posting
from lms.people.models.accounts import Role
from lms.people.office import office, read_hotlines
from lms.people.staff import (
    BadStaffCode,
    EndsBeforeItBegins,
    NameMissing,
    PrimaryOverlap,
    StaffCodeTaken,
    UnitNotValid,
    end_leave,
    end_posting,
    open_posting,
    primary_posting,
    record_leave,
    register_person,
    transfer,
)
from tests.factories import make_group, make_person, make_posting, make_role, make_unit, make_user
from tests.people.actors import BACKEND, verified
from tests.races import at_once, kinds_of

AT = datetime(2024, 5, 6, 2, 0, tzinfo=UTC)
DAY = date(2024, 5, 6)

pytestmark = pytest.mark.django_db


def test_a_person_is_registered_with_folded_keys():
    person = register_person(
        full_name="  Zơrâm  Thị Đào ", work_email="Dao@Example.vn", work_phone="+84 905 111 222",
        actor=None, at=AT,
    )  # fmt: skip
    assert (person.full_name, person.folded_name) == ("Zơrâm Thị Đào", "zoram thi dao")
    assert (person.work_email, person.work_phone) == ("dao@example.vn", "0905111222")
    assert person.staff_code == f"CB{person.pk:06}"
    entry = AuditEntry.objects.get(action="person.register")
    assert (entry.person, entry.data) == (person, {})  # no name in the trail


@pytest.mark.parametrize(
    ("fields", "refusal"),
    (
        ({"full_name": " "}, NameMissing),
        ({"full_name": "An", "staff_code": "0905 123 456"}, BadStaffCode),
        ({"full_name": "An", "staff_code": "an@example.vn"}, BadStaffCode),
        ({"full_name": "An", "staff_code": "cb9"}, StaffCodeTaken),
    ),
)
def test_a_person_is_refused(fields: dict, refusal: type[Exception]):
    make_person(staff_code="CB9")
    with pytest.raises(refusal):
        register_person(**fields, actor=None, at=AT)


def test_a_posting_begins_in_a_unit_of_that_day():
    unit = make_unit(valid_from=DAY)
    person, group = make_person(), make_group()
    with pytest.raises(UnitNotValid):
        open_posting(
            person, unit=unit, group=group, valid_from=DAY - timedelta(1), actor=None, at=AT
        )
    posting = open_posting(person, unit=unit, group=group, valid_from=DAY, actor=None, at=AT)
    assert (posting.duty_began_on, posting.valid_to) == (DAY, FAR)
    assert primary_posting(person, DAY) == posting


def test_two_primary_postings_are_refused_and_a_concurrent_one_is_not():
    first = make_posting()
    fields = {
        "unit": make_unit(),
        "group": make_group(),
        "valid_from": DAY,
        "actor": None,
        "at": AT,
    }
    with pytest.raises(PrimaryOverlap):
        open_posting(first.person, **fields)
    assert open_posting(first.person, is_primary=False, **fields).pk


def test_a_posting_ends_after_its_last_day():
    posting = make_posting(valid_from=date(2024, 1, 1))
    with pytest.raises(EndsBeforeItBegins):
        end_posting(posting, last_day=date(2023, 12, 30), actor=None, at=AT)
    closed = end_posting(posting, last_day=DAY, reason="nghỉ hưu", actor=None, at=AT)
    assert (closed.valid_to, closed.logical_id) == (DAY + timedelta(1), posting.logical_id)
    assert (closed.chain_id, closed.reason) == (posting.chain_id, "nghỉ hưu")
    assert Posting.objects.current().get() == closed
    with pytest.raises(FactWithdrawn):
        end_posting(posting, last_day=DAY, actor=None, at=AT)


def test_a_transfer_closes_the_old_posting_the_day_before():
    old = make_posting(valid_from=date(2024, 1, 1), victim_support=False)
    new = transfer(
        old.person, unit=make_unit(), group=make_group(), position_title=" Chuyên  viên ",
        on=DAY, actor=None, at=AT,
    )  # fmt: skip
    assert (new.valid_from, new.victim_support, new.position_title) == (DAY, False, "Chuyên viên")
    assert primary_posting(old.person, DAY - timedelta(1)).valid_to == DAY
    assert new.chain_id != old.chain_id
    with pytest.raises(PrimaryOverlap):
        transfer(old.person, unit=old.unit, group=old.group, on=DAY, actor=None, at=AT)


def test_leaves_are_dated_without_a_reason():
    person = make_person()
    with pytest.raises(EndsBeforeItBegins):
        record_leave(person, first_day=DAY, last_day=DAY - timedelta(1), actor=None, at=AT)
    leave = record_leave(person, first_day=DAY, actor=None, at=AT)
    assert leave.valid_to == FAR
    ended = end_leave(leave, last_day=DAY + timedelta(29), actor=None, at=AT)
    assert (ended.valid_to - ended.valid_from).days == 30
    assert Leave.objects.current().get() == ended
    assert "reason" not in str(AuditEntry.objects.filter(action="leave.record").values("data"))


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_primary_postings_at_once_one_stands():
    person, unit, group = make_person(), make_unit(), make_group()

    def post() -> Posting:
        return open_posting(person, unit=unit, group=group, valid_from=DAY, actor=None, at=AT)

    assert kinds_of(at_once(*[post] * 4)) == ["Posting"] + ["PrimaryOverlap"] * 3


# Corrections ------------------------------------------------------------------------------------


@pytest.fixture
def place():
    district = make_unit(level="district")
    commune = make_unit(parent=district)
    learner = make_user(make_person(full_name="Hồ Văn Hoà"))
    make_posting(learner.staff, unit=commune)
    return district, commune, learner


def test_the_nearest_focal_persons_are_found(place):
    district, commune, learner = place
    today = timezone.localdate()
    assert find_focals(learner.staff, today) == []
    above = make_user(make_person())
    make_role(above, Role.DISTRICT_FOCAL, unit=district)
    assert find_focals(learner.staff, today) == [above]
    near = make_user(make_person())
    make_role(near, Role.UNIT_FOCAL, unit=commune)
    make_role(learner, Role.UNIT_FOCAL, unit=commune)  # not her own
    assert find_focals(learner.staff, today) == [near]


def test_a_request_is_asked_once_told_and_answered(client, place):
    _district, commune, learner = place
    focal = make_user(make_person(), email="focal@example.vn")
    make_role(focal, Role.UNIT_FOCAL, unit=commune)
    client.force_login(learner, backend=BACKEND)
    data = {"subject": "name", "text": "Tôi tên Hòa, không phải Hoà"}
    for _click in range(2):
        assert client.post("/sai-thong-tin/", data)["Location"] == "/sai-thong-tin/"
    asked = CorrectionRequest.objects.get()
    assert focal.notices.get().kind == "correction-asked"
    assert "Hòa" not in focal.notices.get().body
    verified(client, focal)
    assert asked in client.get("/yeu-cau-sua/").context["open"]
    answer = {"full_name": "Hồ Văn Hòa", "answer": "Đã sửa."}
    assert client.post(f"/yeu-cau-sua/{asked.pk}/", answer)["Location"] == "/yeu-cau-sua/"
    asked.refresh_from_db()
    assert (asked.closed_by, asked.answer) == (focal, "Đã sửa.")
    learner.staff.refresh_from_db()
    assert learner.staff.full_name == "Hồ Văn Hòa"
    assert AuditEntry.objects.get(action="person.correct").data == {"fields": ["full_name"]}
    with pytest.raises(AlreadyAnswered):
        answer_correction(asked, answer="x", actor=focal, at=AT)


def test_a_neighbour_focal_sees_no_request(client, place):
    district, _commune, learner = place
    asked = ask_correction(learner.staff, subject="unit", text="x", actor=learner, at=AT)
    neighbour = make_user(make_person())
    make_role(neighbour, Role.UNIT_FOCAL, unit=make_unit(parent=district))
    verified(client, neighbour)
    assert list(client.get("/yeu-cau-sua/").context["open"]) == []
    for send in (client.get, client.post):
        assert send(f"/yeu-cau-sua/{asked.pk}/").status_code == 404
    asked.refresh_from_db()
    assert asked.closed_at is None


def test_open_requests_are_limited(place):
    _district, _commune, learner = place
    for number in range(5):
        ask_correction(learner.staff, subject="other", text=str(number), actor=learner, at=AT)
    with pytest.raises(TooManyOpen):
        ask_correction(learner.staff, subject="other", text="5", actor=learner, at=AT)


def test_a_bad_request_keeps_what_was_typed(client, place):
    client.force_login(place[2], backend=BACKEND)
    response = client.post("/sai-thong-tin/", {"subject": "x", "text": "đã gõ"})
    assert list(response.context["form"].errors) == ["subject"]
    assert "đã gõ" in response.content.decode()


@pytest.mark.parametrize("requests", (1, 15))
def test_list_of_requests_query_count_does_not_grow(
    client, place, django_assert_num_queries, requests: int
):
    district, commune, _learner = place
    for _request in range(requests):
        person = make_person()
        make_posting(person, unit=commune)
        asker = make_user(person)
        ask_correction(person, subject="other", text="x", actor=asker, at=AT)
    focal = make_user(make_person())
    make_role(focal, Role.DISTRICT_FOCAL, unit=district)
    verified(client, focal)
    with django_assert_num_queries(5):
        # session, account, open and closed requests, office
        client.get("/yeu-cau-sua/")


# The office -------------------------------------------------------------------------------------


def test_the_office_is_read_once_and_an_edit_shows_at_once(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert office().province_name == office().province_name == "Quảng Nam"
    assert not OfficeSettings.objects.exists()
    OfficeSettings.objects.create(province_name="Đà Nẵng")
    assert office().province_name == "Đà Nẵng"


def test_hotlines_are_lines_with_a_number():
    assert read_hotlines(" 111 | Tổng đài | 24 giờ\n\n|không số\n18001581") == (
        ("Tổng đài", "111", "24 giờ"),
        ("", "18001581", ""),
    )
