"""What a training record tells of the days, and to whom it tells scores."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from courses.attendance import record_attendance, register_of, undo_marks
from tests.world import sign_in

pytestmark = pytest.mark.django_db


def happened(world, viewer, person) -> list[str]:
    """The lines of the list of events, as words."""
    page = sign_in(Client(), viewer).get(f"/can-bo/{person.pk}/")
    assert page.status_code == 200
    section = BeautifulSoup(page.content, "html.parser").find(id="h-nk").find_parent("section")
    return [" ".join(line.get_text(" ").split()) for line in section.find_all("li")]


def lines_with(lines: list[str], words: str) -> list[str]:
    return [line for line in lines if words in line]


def test_department_and_graduate_read_scores_and_the_focal_person_does_not(world):
    graduate = world.own.graduate.staff
    scored = "Đạt bài kiểm tra cuối khóa: 100/100 điểm, lần 1"
    for viewer in (world.users["province_manager"], world.own.graduate):
        lines = happened(world, viewer, graduate)
        assert len(lines_with(lines, scored)) == 1
        assert len(lines_with(lines, "Đã học 3 bài")) == 1
        assert len(lines_with(lines, f"Dự lớp {world.own.training_class.title}")) == 1
        assert len(lines_with(lines, "Được cấp giấy chứng nhận")) == 1
    lines = happened(world, world.own.focal, graduate)
    assert len(lines_with(lines, "Đạt bài kiểm tra cuối khóa")) == 1
    assert lines_with(lines, "điểm") == []


def test_a_mark_taken_back_is_no_event(world):
    graduate, trainer = world.own.graduate.staff, world.users["trainer"]
    _standing, last = register_of(world.own.session)
    undo_marks(world.own.session, {graduate.pk: last[graduate.pk]}, marked_by=trainer, at=world.at)
    assert lines_with(happened(world, world.users["province_manager"], graduate), "Dự lớp") == []
    record_attendance(world.own.session, {graduate.pk: "absent"}, marked_by=trainer, at=world.at)
    assert lines_with(happened(world, world.users["province_manager"], graduate), "Dự lớp") == []


@pytest.mark.parametrize(
    ("viewer", "sees_link"),
    (("unit_focal", True), ("province_manager", True), ("province_leader", False)),
)
def test_who_opens_accounts_finds_the_account_from_the_record(world, viewer, sees_link):
    person = world.own.learner.staff
    page = sign_in(Client(), world.users[viewer]).get(f"/can-bo/{person.pk}/")
    assert (f"/can-bo/{person.pk}/tai-khoan/" in page.content.decode()) is sees_link


def test_nobody_is_offered_her_own_account(world):
    focal = world.own.focal
    page = sign_in(Client(), focal).get(f"/can-bo/{focal.staff_id}/")
    assert f"/can-bo/{focal.staff_id}/tai-khoan/" not in page.content.decode()
