"""``/tien-do/bien-dong/`` and its command: the steps as people read them."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from lms.people.staff import open_posting, register_person, transfer
from lms.target.bridge import Part
from lms.target.bridge.parts import PartCount, steps_of
from lms.target.bridge.waterfall import draw
from lms.target.figures import Counts
from lms.target.models import StandingBook
from lms.target.standing.refreshing import rebuild
from lms.templatetags.portal import signed
from tests import factories as f

pytestmark = pytest.mark.django_db
ADDRESS = reverse("target:bridge")


@pytest.fixture
def moved(province) -> dict:
    """One hired in a commune and one moved away from it within ten days, the standings kept."""
    rebuild(at=timezone.now())
    today = timezone.localdate()
    group = f.make_group(code="nhom-cau", tier="C")
    people = []
    for name, since in (("Trần Thị Mới", 3), ("Lê Văn Rời", 400)):
        person = register_person(full_name=name, actor=None, at=timezone.now())
        open_posting(
            person, unit=province.units["51001"], group=group,
            valid_from=today - timedelta(days=since), actor=None, at=timezone.now(),
        )  # fmt: skip
        people.append(person)
    transfer(
        people[1], unit=province.units["51101"], group=group, on=today - timedelta(days=2),
        actor=None, at=timezone.now(),
    )  # fmt: skip
    return {"from": today - timedelta(days=10), "to": today, "hired": people[0], "gone": people[1]}


def ask(client, moved: dict, **more: str):
    days = {"tu": f"{moved['from']:%d/%m/%Y}", "ngay": f"{moved['to']:%d/%m/%Y}"}
    return client.get(ADDRESS, days | more)


def test_manager_reads_the_steps_and_opens_the_people_of_one(as_role, moved):
    client = as_role("province_manager")
    commune = {"don-vi": "51001"}
    page = ask(client, moved, **commune)
    steps = {each["step"].part: each["step"].count for each in page.context["steps"]}
    assert steps[Part.HIRED] == PartCount(1, 0, 1, 0)
    assert steps[Part.MOVED_OUT] == PartCount(0, 1, 0, 1)
    listed = ask(client, moved, phan="hired", **commune)
    assert [line.full_name for line in listed.context["people"].lines] == ["Trần Thị Mới"]
    assert reverse("target:record", args=[moved["hired"].pk]) in listed.content.decode()


def test_who_has_left_is_a_number_to_the_commune_and_a_name_to_the_department(as_role, moved):
    commune = {"don-vi": "51001", "phan": "moved_out"}
    own = ask(as_role("unit_focal", "51001"), moved, **commune).content.decode()
    assert "Lê Văn Rời" not in own
    assert "Hôm nay không thuộc đơn vị của ông/bà" in own
    seen = ask(as_role("province_manager"), moved, **commune).content.decode()
    assert "Lê Văn Rời" in seen


@pytest.mark.parametrize(
    ("role", "home", "asked", "status"),
    (
        ("learner", "51001", "51001", 404),
        ("unit_focal", "51001", "", 200),
        ("unit_focal", "51001", "51002", 404),
        ("district_focal", "510", "51002", 200),
        ("district_focal", "510", "51101", 404),
        ("province_leader", "49", "51101", 200),
        ("instructor", "49", "", 404),
    ),
)
def test_scope_of_the_page(as_role, moved, role, home, asked, status):
    client = as_role(role, home)
    assert ask(client, moved, **{"don-vi": asked}).status_code == status


@pytest.mark.parametrize(
    ("typed", "field"),
    (
        ({"tu": "31/02/2024"}, "tu"),
        ({"tu": "01/01/2030", "ngay": "01/01/2026"}, "tu"),
        ({"tu": "01/06/2024", "ngay": "01/06/2025", "biet-tu": "01/05/2024"}, "biet-tu"),
        ({"tu": "01/06/2024", "ngay": "01/06/2025", "biet": "01/05/2025"}, "biet"),
        (
            {"tu": "01/06/2024", "ngay": "01/06/2025", "biet": "02/06/2025",
             "biet-tu": "03/06/2025"},
            "biet-tu",
        ),
    ),
)  # fmt: skip
def test_wrong_days_are_said_beside_their_field(province, as_role, typed, field):
    page = as_role("province_manager").get(ADDRESS, typed)
    assert page.status_code == 200
    assert list(page.context["form"].errors) == [field]
    assert "bridge" not in page.context


def test_page_says_that_the_table_is_being_made(province, as_role):
    StandingBook.objects.update(built_at=None)
    assert "đang được lập" in as_role("province_manager").get(ADDRESS).content.decode()


def test_command_prints_steps_that_add_up(moved, capsys):
    call_command(
        "completion_bridge", first=f"{moved['from']:%d/%m/%Y}", last=f"{moved['to']:%d/%m/%Y}",
        format="json",
    )  # fmt: skip
    found = json.loads(capsys.readouterr().out)
    for name in ("denominator", "numerator"):
        total = found["first"][name] + sum(step[name] for step in found["steps"])
        assert total == found["last"][name]
    call_command("completion_bridge", first=f"{moved['from']:%d/%m/%Y}")
    assert "Mới nhận nhiệm vụ" in capsys.readouterr().out


def test_command_refuses_a_wrong_order(moved):
    with pytest.raises(CommandError, match="Ngày đầu không được sau ngày cuối"):
        call_command("completion_bridge", first="01/06/2025", last="01/06/2024")


def test_bars_hang_together():
    counts = {Part.LEFT: PartCount(0, 5, 0, 5), Part.TRAINED: PartCount(0, 0, 3, 0)}
    bars = draw(steps_of(Counts(10, 5), Counts(5, 3), counts))
    assert [bar.tone for bar in bars] == ["whole", "down", "up", "whole"]
    assert [(bar.y, bar.height) for bar in bars] == [
        ("100.0", "100.0"), ("100.0", "100.0"), ("80.0", "120.0"), ("80.0", "120.0"),
    ]  # fmt: skip
    assert draw(steps_of(Counts(0, 0), Counts(0, 0), {})) == []


@pytest.mark.parametrize(
    ("value", "text"),
    ((1204, "+1.204"), (-3, "−3"), (0, "0"), (Decimal("-3.5"), "−3,5"), (None, "—")),
)
def test_change_is_printed_with_its_sign(value, text):
    assert signed(value) == text


def test_dashboard_shows_the_steps_of_the_year_where_they_are_asked_for(as_role, moved):
    client = as_role("unit_focal", "51001")
    plain = client.get("/tien-do/")
    assert "walk" not in plain.context
    shown = client.get(plain.context["walk_url"].partition("#")[0])
    steps = {each["step"].part: each["step"].count for each in shown.context["walk"]["steps"]}
    assert steps[Part.HIRED].denominator >= 1
    first, last = shown.context["walk"]["first"], shown.context["walk"]["last"]
    assert (first.day, last.day) == (
        timezone.localdate().replace(month=1, day=1) - timedelta(days=1),
        timezone.localdate(),
    )
    people = shown.context["walk"]["steps"][0]["url"]
    assert client.get(people.partition("#")[0]).context["people"].lines


def test_dashboard_says_that_the_table_is_being_made(province, as_role):
    StandingBook.objects.update(built_at=None)
    shown = as_role("province_manager").get("/tien-do/", {"cau": "1"})
    assert shown.context["is_closed"]


def test_steps_on_the_dashboard_cost_a_bounded_number_of_statements(
    as_role, moved, django_assert_max_num_queries
):
    client = as_role("province_manager")
    client.get("/tien-do/", {"cau": "1"})
    with django_assert_max_num_queries(30):
        client.get("/tien-do/", {"cau": "1"})
