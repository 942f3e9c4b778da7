"""``/viec-hoc/``, ``/can-bo/`` and one training record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from courses.models import ClassRosterEntry, ClassSession, TrainingClass
from lms.target.learning_desk import desk_of
from tests import factories as f
from tests.target.conftest import sign_in

pytestmark = pytest.mark.django_db


def learner(province, code="51001", name="Nguyễn Thị Học"):
    person = province.person(code, name=name)
    client = Client()
    client.force_login(f.make_user(person))
    return person, client


def add_meeting(province, person, *, title="Thực hành hỏi chuyện") -> None:
    course = province.courses[0]
    training_class = TrainingClass.objects.create(
        course=course,
        unit=province.units["510"],
        title="Lớp mẫu",
        place="Hội trường Thạnh Mỹ",
        created_at=f.AT,
    )
    starts = timezone.now() + timedelta(days=3)
    ClassSession.objects.create(
        training_class=training_class,
        title=title,
        periods=[1],
        starts_at=starts,
        ends_at=starts + timedelta(hours=3),
    )
    enrolment = person.enrolments.filter(course=course).first() or f.make_enrolment(person, course)
    ClassRosterEntry.objects.create(
        training_class=training_class, person=person, enrolment=enrolment, added_at=f.AT
    )


def add_focal(province, code="51001", name="Lê Thị Đầu Mối"):
    focal = f.make_person(full_name=name, work_phone="0905000111")
    user = f.make_user(focal)
    f.make_role(user, "unit_focal", unit=province.units[code])
    return user


def test_learner_sees_what_is_required_and_who_helps(province):
    add_focal(province)
    person, client = learner(province)
    province.train(person, count=1)
    add_meeting(province, person)
    text = client.get("/viec-hoc/").content.decode()
    for words in (
        "Khóa số 1",
        "Khóa số 2",
        "Thực hành hỏi chuyện",
        "Hội trường Thạnh Mỹ",
        "Lê Thị Đầu Mối",
        "0905000111",
        "/sai-thong-tin/",
    ):
        assert words in text
    desk = desk_of(person, at=timezone.now())
    assert [(r.course.title, r.is_done) for r in desk.required] == [
        ("Khóa số 2", False),
        ("Khóa số 1", True),
    ]


def test_group_outside_the_target_has_required_courses_too(province):
    person = province.person("51001", group="doan")
    desk = desk_of(person, at=timezone.now())
    assert [required.course for required in desk.required] == [province.courses[0]]


def test_account_without_staff_record_has_an_empty_desk(province):
    client = sign_in(f.make_user(username="quan-tri"))
    assert client.get("/viec-hoc/").status_code == 200


@pytest.mark.parametrize("size", (1, 4))
def test_my_learning_query_count_does_not_grow(province, size, django_assert_max_num_queries):
    add_focal(province)
    person, client = learner(province)
    for number in range(size):
        course = f.make_course(title=f"Khóa thêm {number}")
        f.make_lesson(f.make_module(course))
        f.make_quiz(course)
        f.make_requirement(province.groups["xa"], course)
        locked = f.make_course(title=f"Khóa sau {number}")
        f.make_course_version(locked, gates=[course.pk])
        f.make_requirement(province.groups["xa"], locked)
        f.make_enrolment(person, course)
        add_meeting(province, person, title=f"Buổi {number}")
    client.get("/viec-hoc/")
    with django_assert_max_num_queries(14):
        response = client.get("/viec-hoc/")
    assert len(response.context["desk"].required) == 2 + 2 * size


def test_record_is_for_herself_her_focal_and_the_department(province, as_role):
    person, client = learner(province)
    other, _other_client = learner(province, "51002", "Trần Thị Láng Giềng")
    address = f"/can-bo/{person.pk}/"
    assert client.get(address).status_code == 200
    assert client.get(f"/can-bo/{other.pk}/").status_code == 404
    assert client.get("/can-bo/").status_code == 404
    for role, code, status in (
        ("unit_focal", "51001", 200),
        ("unit_focal", "51002", 404),
        ("district_focal", "510", 200),
        ("district_focal", "511", 404),
        ("province_manager", "49", 200),
        ("province_leader", "49", 200),
        ("instructor", "49", 404),
        ("sysadmin", "49", 404),
    ):
        viewer = as_role(role, code)
        assert viewer.get(address).status_code == status, (role, code)
        assert viewer.post(address).status_code == 405
    assert client.get("/can-bo/999999/").status_code == 404


def test_scores_are_for_the_person_and_the_manager(province, as_role):
    person, client = learner(province)
    province.train(person, count=1)
    address = f"/can-bo/{person.pk}/"
    assert client.get(address).context["record"].sees_scores
    assert as_role("province_manager").get(address).context["record"].sees_scores
    assert not as_role("unit_focal", "51001").get(address).context["record"].sees_scores


def test_staff_list_is_scoped_searched_and_paged(province, as_role):
    for number in range(60):
        province.person("51001", name=f"Bhnướch Thị Hạ {number}")
    province.person("51101", name="Hồ Thị Hạ Ngoài")
    client = as_role("unit_focal", "51001")
    first = client.get("/can-bo/", {"q": "thi ha"})
    assert len(first.context["rows"]) == 50
    second = client.get(first.context["next_url"])
    names = {row.person.full_name for row in second.context["rows"]}
    assert len(names) == 10
    assert "Ngoài" not in first.content.decode() + second.content.decode()
    assert client.get("/can-bo/", {"q": "khong ai", "sau": "x" * 40}).status_code == 200


@pytest.mark.parametrize("people", (2, 30))
def test_staff_list_query_count_does_not_grow(
    province, as_role, people, django_assert_max_num_queries
):
    for _number in range(people):
        province.person("51001")
    client = as_role("unit_focal", "51001")
    client.get("/can-bo/")
    with django_assert_max_num_queries(8):
        client.get("/can-bo/")


@pytest.mark.parametrize("rounds", (1, 5))
def test_record_query_count_does_not_grow(province, as_role, rounds, django_assert_max_num_queries):
    person, _client = learner(province)
    for number in range(rounds):
        course = f.make_course()
        f.make_completion(
            person, course, valid_from=datetime(2024, 1, 1 + number, tzinfo=UTC).date()
        )
    client = as_role("province_manager")
    address = f"/can-bo/{person.pk}/"
    client.get(address)
    with django_assert_max_num_queries(29):
        client.get(address)
