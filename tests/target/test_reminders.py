"""Reminders: on the day of each step, once, with a copy and a row that proves it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from lms.notices.models import Notice
from lms.people.models import AuditEntry
from lms.people.staff import record_leave
from lms.target.models import Reminder, ReminderCopy, ReminderHandover
from lms.target.reminders.coming import coming, step_of
from lms.target.reminders.telling import Told, hand_over, remind
from tests import factories as f
from tests.races import at_once
from tests.target.conftest import Province, sign_in

pytestmark = pytest.mark.django_db

# The duty of the factories began on 01/01/2024, so its courses are due on the last day of 2024.
DUE = date(2024, 12, 31)


def morning(day: date) -> datetime:
    """07:30 of ``day`` in Asia/Ho_Chi_Minh."""
    return datetime(day.year, day.month, day.day, 0, 30, tzinfo=UTC)


def learner(province, code="51001", *, email="hoa@xa.example", name="Trần Thị Hoa", **fields):
    person = province.person(code, name=name, **fields)
    f.make_user(person, email=email or None)
    return person


def focal(province, code="51001", *, role="unit_focal", email="daumoi@xa.example"):
    person = f.make_person(full_name="Lê Thị Đầu Mối", work_phone="0905000111")
    user = f.make_user(person, email=email)
    f.make_role(user, role, unit=province.units[code])
    return user


@pytest.mark.parametrize(
    ("left", "step"),
    ((31, None), (30, 30), (15, 30), (14, 14), (8, 14), (7, 7), (1, 7), (0, 0), (-1, None)),
)
def test_a_step_lasts_until_the_next(left: int, step: int | None):
    assert step_of(left) == step


@pytest.mark.parametrize(
    ("days_before", "steps"),
    ((31, []), (30, [30]), (14, [14]), (7, [7]), (0, [0]), (-1, [])),
)
def test_a_course_is_announced_up_to_its_last_day(province, days_before: int, steps: list[int]):
    person = learner(province)
    found = list(coming(DUE - timedelta(days=days_before)))
    assert [(each.person_id, each.step_days) for each in found] == [(person.pk, s) for s in steps]
    for each in found:
        assert (each.kind, each.ends_on, each.unit_id) == (
            "due",
            DUE,
            province.units["51001"].pk,
        )
        assert each.courses == sum(1 << course.bit for course in province.courses)


@pytest.mark.parametrize(("days_before", "steps"), ((30, [30]), (0, [0]), (-1, []), (31, [])))
def test_a_course_that_ends_is_announced_up_to_its_last_day(province, days_before, steps):
    person = learner(province)
    province.train(person)
    ends = date(2026, 3, 1)
    other = learner(province, email="", name="Một Người Khác")
    first, second = province.courses
    f.make_completion(other, first, valid_from=date(2024, 3, 1), valid_to=ends)
    f.make_completion(other, second, valid_from=date(2024, 3, 1))
    last = ends - timedelta(days=1)
    found = list(coming(last - timedelta(days=days_before)))
    assert [(each.person_id, each.kind, each.ends_on, each.step_days) for each in found] == [
        (other.pk, "expiry", last, step) for step in steps
    ]
    assert all(each.courses == 1 << first.bit for each in found)


def test_who_renewed_who_is_away_and_who_does_not_count_are_let_alone(province):
    renewed = learner(province)
    province.train(renewed)
    f.make_completion(
        renewed,
        province.courses[0],
        valid_from=date(2024, 1, 1),
        valid_to=DUE + timedelta(days=1),
    )
    away = learner(province, email="away@xa.example")
    record_leave(away, first_day=date(2024, 11, 1), actor=None, at=f.AT)
    learner(province, email="doan@xa.example", group="doan")
    assert list(coming(DUE - timedelta(days=3))) == []


def test_courses_of_two_days_are_two_letters(province):
    person = learner(province)
    course = f.make_course(title="Khóa số 3")
    f.make_requirement(province.groups["xa"], course, due_on=DUE - timedelta(days=5))
    days = [(each.ends_on, each.courses) for each in coming(DUE - timedelta(days=10))]
    assert days == [
        (DUE - timedelta(days=5), 1 << course.bit),
        (DUE, sum(1 << each.bit for each in province.courses)),
    ]
    remind(at=morning(DUE - timedelta(days=10)))
    assert Reminder.objects.filter(person=person).count() == 2


def test_each_step_is_told_once_and_a_missed_day_is_made_up(province):
    learner(province)
    told = [
        remind(at=morning(DUE - timedelta(days=left))).email_count
        for left in (35, 29, 28, 14, 14, 6, 0)
    ]
    assert told == [0, 1, 0, 1, 0, 1, 1]
    assert sorted(Reminder.objects.values_list("step_days", flat=True)) == [0, 7, 14, 30]


def test_somebody_new_with_ten_days_left_is_told_once(province):
    learner(province)
    assert remind(at=morning(DUE - timedelta(days=10))) == Told(1, 0, 0)
    assert Reminder.objects.get().step_days == 14


def test_the_letter_says_what_by_when_and_whom_to_ask(province, django_capture_on_commit_callbacks):
    focal(province)
    learner(province)
    with django_capture_on_commit_callbacks(execute=True):
        assert remind(at=morning(DUE - timedelta(days=14))) == Told(1, 0, 1)
    letter, copy = mail.outbox
    assert letter.to == ["hoa@xa.example"]
    assert "31/12/2024" in letter.subject
    for words in ("Trần Thị Hoa", "14 ngày", "- Khóa số 1\n- Khóa số 2", "Lê Thị Đầu Mối", "0905"):
        assert words in letter.body
    assert "{" not in letter.body + letter.subject + copy.body + copy.subject
    assert copy.to == ["daumoi@xa.example"]
    assert "- Trần Thị Hoa (Xã Xã 51001): hạn 31/12/2024" in copy.body
    reminder = Reminder.objects.get()
    assert reminder.notice.sent_at is not None
    assert list(ReminderCopy.objects.values_list("reminder", flat=True)) == [reminder.pk]
    assert AuditEntry.objects.filter(action="reminder.send").count() == 1


def test_a_copy_goes_to_the_nearest_level_that_has_a_focal_person(province):
    learner(province, "51001")
    learner(province, "51101", email="ba@xa.example", name="Nguyễn Văn Ba")
    own = focal(province, "51001")
    district = focal(province, "510", role="district_focal", email="huyen@example.vn")
    manager = focal(province, "49", role="province_manager", email="so@example.vn")
    remind(at=morning(DUE))
    copies = ReminderCopy.objects.values_list("recipient", "reminder__person__full_name")
    assert sorted(copies) == sorted([(own.pk, "Trần Thị Hoa"), (manager.pk, "Nguyễn Văn Ba")])
    assert district.pk not in dict(copies)


def test_a_focal_person_is_neither_her_own_contact_nor_told_about_herself(province):
    own = focal(province, "51001")
    f.make_posting(own.staff, unit=province.units["51001"], group=province.groups["xa"])
    learner(province, "51001")
    district = focal(province, "510", role="district_focal", email="huyen@example.vn")
    type(district.staff).objects.filter(pk=district.staff_id).update(full_name="Hồ Thị Huyện")
    remind(at=morning(DUE))
    copies = ReminderCopy.objects.values_list("recipient", "reminder__person__full_name")
    assert sorted(copies) == sorted([(own.pk, "Trần Thị Hoa"), (district.pk, "Lê Thị Đầu Mối")])
    letter = Reminder.objects.get(person=own.staff).notice
    assert "Hồ Thị Huyện, 0905000111" in letter.body
    assert "Lê Thị Đầu Mối, 0905000111" not in letter.body


def test_later_reminders_of_a_day_make_a_second_copy_with_them_alone(province):
    focal(province)
    learner(province)
    at = morning(DUE)
    assert remind(at=at).copy_count == 1
    assert remind(at=at).copy_count == 0
    learner(province, email="muon@xa.example", name="Phạm Thị Muộn")
    assert remind(at=at).copy_count == 1
    first, second = Notice.objects.filter(kind="reminder-copy").order_by("pk")
    assert "Phạm Thị Muộn" not in first.body
    assert "Trần Thị Hoa" not in second.body


def test_without_an_account_the_work_address_serves_and_without_one_the_list(province):
    by_mail = province.person("51001", name="Alăng Thị Có Thư")
    type(by_mail).objects.filter(pk=by_mail.pk).update(work_email="cothu@xa.example")
    on_paper = learner(province, email="", name="Zơrâm Không Thư")
    assert remind(at=morning(DUE)) == Told(1, 1, 0)
    mailed = Reminder.objects.get(person=by_mail)
    assert (mailed.channel, mailed.notice.recipient, mailed.notice.address) == (
        "email",
        None,
        "cothu@xa.example",
    )
    paper = Reminder.objects.get(person=on_paper)
    assert (paper.channel, paper.notice) == ("print", None)


def test_the_command_says_how_many(province, capsys):
    learner(province)
    call_command("send_reminders")
    assert capsys.readouterr().out == (
        "0 by e-mail, 0 on printed lists, 0 copies to focal persons\n"
    )


def test_ten_people_cost_no_more_statements_a_person_than_one(
    province, django_assert_max_num_queries
):
    for number in range(10):
        learner(province, email=f"nguoi{number}@xa.example")
    with django_assert_max_num_queries(30 + 10 * 9):
        remind(at=morning(DUE))
    with django_assert_max_num_queries(8):
        remind(at=morning(DUE))


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_tell_once():
    province = make_little_province()
    people = [learner(province, email=f"{number}@xa.example") for number in range(5)]
    at = morning(DUE)
    results = at_once(lambda: remind(at=at), lambda: remind(at=at))
    assert sum(result.email_count for result in results) == len(people)
    assert Notice.objects.filter(kind="reminder-due").count() == len(people)


def make_little_province():
    world = Province()
    world.units["49"] = f.make_unit(code="49", name="Quảng Nam", kind="Tỉnh", level="province")
    world.units["51001"] = f.make_unit(code="51001", name="Xã 51001", parent=world.units["49"])
    world.groups["xa"] = f.make_group(code="xa", name="Công chức xã")
    world.courses = [f.make_course(title="Khóa số 1")]
    f.make_requirement(world.groups["xa"], world.courses[0])
    f.make_rules()
    return world


def test_the_database_refuses_a_step_told_twice_and_a_step_that_is_none(province):
    learner(province)
    remind(at=morning(DUE))
    row = Reminder.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
    row.step_days = 5
    with pytest.raises(IntegrityError, match="target_reminder_known_step"), transaction.atomic():
        row.save()
    row.step_days, row.notice = 7, None
    with (
        pytest.raises(IntegrityError, match="target_reminder_email_has_notice"),
        transaction.atomic(),
    ):
        row.save()


# The printed list --------------------------------------------------------------------------------


def test_handing_over_is_noted_once_with_who_and_when(province):
    user = focal(province)
    learner(province, email="")
    learner(province)
    remind(at=morning(DUE))
    everything = list(Reminder.objects.all())
    assert hand_over(everything, actor=user, at=morning(DUE)) == 1
    assert hand_over(everything, actor=user, at=morning(DUE)) == 0
    row = ReminderHandover.objects.get()
    assert (row.reminder.channel, row.handed_on, row.handed_by) == ("print", DUE, user)
    assert AuditEntry.objects.filter(action="reminder.hand_over").count() == 1


@pytest.fixture
def due_today(province):
    """Both courses of the communes are due today: two people on paper, one by e-mail."""
    today = timezone.localdate()
    began = today - timedelta(days=90)
    fields = {"valid_from": began, "duty_began_on": began}
    province.groups["xa"].requirements.update(due_on=today)
    own = learner(province, email="", name="Zơrâm Thị Giấy", **fields)
    other = learner(province, "51101", email="", name="Bhling Thị Khác", **fields)
    mailed = learner(province, name="Trần Thị Thư", **fields)
    assert remind(at=timezone.now()) == Told(1, 2, 0)
    return own, other, mailed


def test_a_focal_person_sees_and_notes_her_own_people_only(province, as_role, due_today):
    own, other, mailed = due_today
    client = as_role("unit_focal", "51001")
    log = client.get("/nhac-viec/").content.decode()
    assert own.full_name in log
    assert mailed.full_name in log
    assert other.full_name not in log
    sheet = client.get("/nhac-viec/in/").content.decode()
    assert own.full_name in sheet
    assert other.full_name not in sheet
    assert mailed.full_name not in sheet
    ids = list(Reminder.objects.values_list("pk", flat=True))
    response = client.post("/nhac-viec/in/", {"reminders": ids}, follow=True)
    assert "1 phiếu nhắc" in response.content.decode()
    assert list(ReminderHandover.objects.values_list("reminder__person", flat=True)) == [own.pk]
    assert "Đã báo trực tiếp" in client.get("/nhac-viec/").content.decode()


def test_nothing_ticked_is_said_and_odd_values_are_nobody(province, as_role, due_today):
    client = as_role("unit_focal", "51001")
    for data in ({}, {"reminders": ["x", "-1", "٣", "9" * 30]}):
        response = client.post("/nhac-viec/in/", data)
        assert response.status_code == 200
        assert response.context["form"].errors
    assert ReminderHandover.objects.count() == 0


def test_a_learner_and_a_leader_note_nothing(province, as_role, due_today):
    ids = list(Reminder.objects.values_list("pk", flat=True))
    for role in ("learner", "province_leader", "instructor"):
        client = as_role(role)
        assert client.post("/nhac-viec/in/", {"reminders": ids}).status_code == 404
    assert as_role("learner").get("/nhac-viec/").status_code == 404
    assert as_role("province_leader").get("/nhac-viec/").status_code == 200
    assert ReminderHandover.objects.count() == 0


def test_the_log_is_narrowed_and_goes_on_by_key(province, as_role, due_today, monkeypatch):
    own, other, mailed = due_today
    client = as_role("province_manager")

    def names(query: str) -> list[str]:
        response = client.get(f"/nhac-viec/?{query}")
        return [line.reminder.person.full_name for line in response.context["lines"]]

    assert set(names("")) == {own.full_name, other.full_name, mailed.full_name}
    assert names("q=zoram") == [own.full_name]
    assert names("cach=email") == [mailed.full_name]
    assert names("loai=expiry") == []
    assert len(names("loai=x&cach=y&sau=%00")) == 3
    monkeypatch.setattr("lms.target.views.reminders.PAGE_SIZE", 2)
    first = client.get("/nhac-viec/")
    assert len(first.context["lines"]) == 2
    second = client.get(f"/nhac-viec/{first.context['next_url']}")
    assert len(second.context["lines"]) == 1
    assert second.context["next_url"] == ""


def test_the_record_says_what_the_person_was_told(province, as_role, due_today):
    own, _other, mailed = due_today
    today = f"{timezone.localdate():%d/%m/%Y}"
    client = as_role("province_manager")
    for person, how in ((own, "Trong danh sách in"), (mailed, "Thư điện tử đang chờ gửi")):
        body = client.get(f"/can-bo/{person.pk}/").content.decode()
        assert f"Đã nhắc: hạn {today}" in body
        assert how in body


# The wording -------------------------------------------------------------------------------------


def test_the_office_words_a_letter_previews_it_and_goes_back(province, as_role):
    client = as_role("province_manager")
    address = "/nhac-viec/mau-thu/reminder-due/"
    assert "Nguyễn Thị Mẫu" in client.get(address).content.decode()
    typed = {"subject": "Nhắc học đến {day}", "body": "Chào {name}, còn {days} ngày."}
    shown = client.post(address, typed | {"preview": "1"})
    assert "Chào Nguyễn Thị Mẫu, còn 14 ngày." in shown.content.decode()
    assert client.post(address, typed).status_code == 302
    learner(province)
    remind(at=morning(DUE))
    notice = Notice.objects.get(kind="reminder-due")
    assert (notice.subject, notice.body) == (
        "Nhắc học đến 31/12/2024",
        "Chào Trần Thị Hoa, còn 0 ngày.",
    )
    client.post(address, {"restore": "1"})
    assert "Chào" not in client.get(address).context["form"]["body"].value()
    actions = AuditEntry.objects.filter(action__startswith="notice_text")
    assert list(actions.order_by("pk").values_list("action", flat=True)) == [
        "notice_text.write",
        "notice_text.restore",
    ]


@pytest.mark.parametrize(
    ("kind", "typed", "field"),
    (
        ("reminder-due", {"subject": "x", "body": "Chào {ten}"}, "body"),
        ("reminder-due", {"subject": "", "body": "Chào"}, "subject"),
        ("reminder-due", {"subject": "x" * 201, "body": "Chào"}, "subject"),
        ("reset-password", {"subject": "x", "body": "Chào {name}"}, "body"),
    ),
)
def test_a_letter_that_could_not_be_sent_is_refused_with_what_was_typed(
    as_role, kind, typed, field
):
    response = as_role("province_manager").post(f"/nhac-viec/mau-thu/{kind}/", typed)
    assert (response.status_code, list(response.context["form"].errors)) == (200, [field])
    assert response.context["form"]["body"].value() == typed["body"]


def test_an_unknown_letter_is_not_found(as_role):
    assert as_role("province_manager").get("/nhac-viec/mau-thu/khong-co/").status_code == 404


def test_screens_cost_a_fixed_number_of_queries(
    province, as_role, due_today, django_assert_max_num_queries
):
    client = as_role("province_manager")
    client.get("/nhac-viec/")
    for number in range(12):
        learner(
            province,
            email="",
            name=f"Người Thứ {number}",
            valid_from=timezone.localdate() - timedelta(days=90),
        )
    remind(at=timezone.now())
    with django_assert_max_num_queries(7):
        client.get("/nhac-viec/")
    with django_assert_max_num_queries(6):
        client.get("/nhac-viec/in/")


def test_a_stranger_is_led_to_the_sign_in(client):
    assert sign_in(f.make_user(f.make_person())).get("/nhac-viec/").status_code == 404
    assert client.get("/nhac-viec/")["Location"].startswith("/dang-nhap/")
