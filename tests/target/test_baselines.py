"""Figures from before the portal: entered from a document, corrected, shown apart, exported."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from lms.people.facts import record
from lms.people.models import AuditEntry
from lms.people.scopes import scope_of
from lms.people.units import get_unit_version
from lms.target.baselines import AlreadyReported, Entry, Source, drawn_on, enter, points_of
from lms.target.baselines.reading import Point
from lms.target.figures import figures
from lms.target.filters import Asked
from lms.target.models import BaselineFigure
from tests import factories as f
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db

LIST = "/chi-tieu/so-lieu-truoc/"
NEW = "/chi-tieu/so-lieu-truoc/moi/"
DAY = date(2023, 12, 31)
SOURCE = Source(DAY, "", "12/BC-SLĐTBXH", date(2024, 1, 5))


@pytest.fixture
def manager(world: World, client):
    return sign_in(client, world.users["province_manager"])


def typed(**changes: str) -> dict[str, str]:
    return {
        "day": "31/12/2023",
        "document_number": "12/BC-SLĐTBXH",
        "document_on": "05/01/2024",
        "plan": "1578/KH-UBND",
        "lines": "49; 1.024; 812\r\n\r\nh. duy xuyen\t90\t41\r\n",
        "note": "Đếm theo giấy chứng nhận",
    } | changes


def put_in(world: World, *, day: date = DAY, counted: int = 40, trained: int = 31, **changes):
    source = Source(**(SOURCE.__dict__ | {"day": day} | changes))
    manager = world.users["province_manager"]
    unit = changes.pop("unit", world.district)
    return enter([Entry(unit, counted, trained)], source, actor=manager, at=world.at)[0]


def shown(world: World, code: str = "508", day: date | None = None, *, least: int = 0, **asked):
    day = day or scope_of(world.own.focal).day
    return points_of(Asked(unit=get_unit_version(code, day), day=day, **asked), least=least)


def test_a_document_is_looked_at_and_then_kept_whole(world: World, manager):
    before = BaselineFigure.objects.count()
    looked = manager.post(NEW, typed())
    assert looked.status_code == 200
    assert [(name, str(rate)) for name, _entry, rate in looked.context["form"].shown] == [
        ("Tỉnh Quảng Nam", "79.2"),
        ("Huyện Duy Xuyên", "45.5"),
    ]
    assert BaselineFigure.objects.count() == before
    data = typed() | {"seen": looked.context["seen"]}
    # Another figure than the one looked at is looked at first.
    assert manager.post(NEW, data | {"lines": "49; 1024; 813"}).status_code == 200
    assert BaselineFigure.objects.count() == before
    assert manager.post(NEW, data).status_code == 302
    kept = BaselineFigure.objects.filter(day=DAY).order_by("pk")
    assert list(kept.values_list("unit__versions__code", "counted", "trained", "plan")) == [
        ("49", 1024, 812, "1578/KH-UBND"),
        ("508", 90, 41, "1578/KH-UBND"),
    ]
    assert AuditEntry.objects.filter(action="baseline.enter").count() == before + 2
    # The same document once more is refused beside its lines.
    again = manager.post(NEW, data)
    assert again.status_code == 200
    assert "Tỉnh Quảng Nam" in str(again.context["form"].errors["lines"])
    assert again.context["seen"] == ""
    assert kept.count() == 2


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    (
        ({"lines": "49; 10"}, "lines", "Dòng 1"),
        ({"lines": "49; 10; 5\n508; 5; 6"}, "lines", "Dòng 2"),
        ({"lines": "49; 0; 0"}, "lines", "Dòng 1"),
        ({"lines": "49; mười; 5"}, "lines", "mười"),
        ({"lines": "49; 10; -1"}, "lines", "-1"),
        ({"lines": "Xã Không Có; 10; 5"}, "lines", "Dòng 1"),
        ({"lines": "49; 10; 5\nTỉnh Quảng Nam; 10; 5"}, "lines", "Dòng 2"),
        ({"day": "31/12/2999"}, "day", ""),
        ({"day": "31/12/1999"}, "day", ""),
        ({"document_number": " "}, "document_number", ""),
        ({"document_on": "5/13/2024"}, "document_on", ""),
    ),
)
def test_a_wrong_entry_is_said_beside_its_field_and_nothing_is_kept(
    world: World, manager, changes: dict, field: str, said: str
):
    before = BaselineFigure.objects.count()
    response = manager.post(NEW, typed(**changes))
    assert set(response.context["form"].errors) == {field}
    assert said in str(response.context["form"].errors[field])
    assert response.context["seen"] == ""
    assert BaselineFigure.objects.count() == before


def test_the_day_itself_must_have_passed(world: World, manager):
    today = scope_of(world.own.focal).day
    for day, field in ((today, {"day"}), (today - timedelta(days=1), set())):
        response = manager.post(NEW, typed(day=f"{day:%d/%m/%Y}", lines="49; 10; 5"))
        assert set(response.context["form"].errors) == field


def test_a_correction_is_a_new_version_with_its_reason(
    world: World, manager, django_capture_on_commit_callbacks
):
    figure = put_in(world)
    assert [point.trained for point in shown(world)] == [31, 31]
    address = reverse("target:baseline", args=[figure.logical_id])
    data = typed(counted="40", trained="29", reason="Đếm nhầm hai người")
    with django_capture_on_commit_callbacks(execute=True):
        assert manager.post(address, data).status_code == 302
    # The cache is emptied with the commit: the next page shows what was corrected.
    assert [point.trained for point in shown(world)] == [29, 31]
    versions = BaselineFigure.objects.filter(logical_id=figure.logical_id).order_by("pk")
    assert [(each.trained, each.stands, each.reason) for each in versions] == [
        (31, False, ""),
        (29, True, "Đếm nhầm hai người"),
    ]
    page = manager.get(address)
    assert [each.trained for each in page.context["versions"]] == [29, 31]
    wrong = manager.post(address, data | {"trained": "41"})
    assert set(wrong.context["form"].errors) == {"trained"}


def test_taken_back_it_is_shown_no_more_and_stays_in_the_history(
    world: World, manager, django_capture_on_commit_callbacks
):
    address = reverse("target:baseline", args=[world.baseline.logical_id])
    assert len(shown(world)) == 1
    unsaid = manager.post(address, {"act": "take_back", "back-reason": " "})
    assert set(unsaid.context["back_form"].errors) == {"reason"}
    with django_capture_on_commit_callbacks(execute=True):
        manager.post(address, {"act": "take_back", "back-reason": "Nhầm đơn vị"})
    assert shown(world) == []
    entry = AuditEntry.objects.get(action="baseline.take_back")
    assert entry.data["reason"] == "Nhầm đơn vị"
    assert manager.get(address).status_code == 200
    # Nothing more can be done to it.
    assert manager.post(address, {"act": "take_back", "back-reason": "x"}).status_code == 404


def test_no_computed_figure_knows_of_it(world: World, client):
    day = scope_of(world.own.focal).day
    unit = get_unit_version("508", day)
    before = figures(unit, day).total
    figure = put_in(world, day=day - timedelta(days=1), counted=900, trained=900)
    assert figures(unit, day).total == before
    sign_in(client, world.users["province_leader"])
    page = client.get("/tien-do/?don-vi=508")
    assert page.context["board"].total == before
    assert [point.counted for point in page.context["baselines"]["points"]] == [40, 900]
    text = page.content.decode()
    assert "900/900" in text
    assert figure.document_number in text


def test_points_are_of_the_unit_whole_and_of_days_gone(world: World):
    put_in(world, day=date(2024, 6, 30), trained=35)
    on = [(day, [p.trained for p in shown(world, day=day)]) for day in (DAY, date(2024, 6, 30))]
    assert on == [(DAY, []), (date(2024, 6, 30), [35])]
    assert shown(world, code="504") == []
    assert shown(world, group=world.group) == []
    assert shown(world, course=world.course) == []


def test_as_known_before_the_entry_there_was_none(world: World):
    today = scope_of(world.own.focal).day
    yesterday = today - timedelta(days=1)
    unit = get_unit_version("508", yesterday)
    points = points_of(Asked(unit=unit, day=yesterday, known=yesterday), least=0)
    assert points == []


def test_a_rate_of_few_people_is_kept_inside_the_department(world: World):
    for number, day in enumerate((date(2021, 12, 31), date(2022, 12, 31))):
        put_in(world, day=day, counted=4 + number, trained=2)
    assert [point.rate for point in shown(world, least=5)][:2] == [None, Decimal("40.0")]
    assert [point.rate for point in shown(world, least=0)][:2] == [
        Decimal("50.0"),
        Decimal("40.0"),
    ]


@pytest.mark.parametrize(
    ("day", "place"),
    (
        (date(2023, 12, 31), ("0.0%", True)),
        (date(2024, 1, 31), ("0.0%", False)),
        (date(2024, 3, 1), ("50.0%", False)),
        (date(2024, 3, 31), ("100.0%", False)),
    ),
)
def test_the_ring_stands_at_its_day(day: date, place: tuple):
    point = Point(day, 10, 8, "", "1/BC", day, "", Decimal("80.0"))
    mark = drawn_on([point], date(2024, 1, 31), date(2024, 3, 31))
    assert (mark.x, mark.is_before) == place
    assert mark.y == "20.0%"
    hidden = Point(day, 4, 3, "", "1/BC", day, "", None)
    assert drawn_on([hidden], date(2024, 1, 31), date(2024, 3, 31)) is None


def test_the_export_marks_what_the_portal_did_not_count(world: World, client):
    sign_in(client, world.users["province_leader"])
    response = client.get("/tien-do/theo-thang.csv?don-vi=508")
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content), delimiter=";"))
    reported = [row for row in rows if "12/BC-UBND" in row[-1]]
    assert len(reported) == 1
    assert reported[0][1:5] == ["40", "31", "77,5", ""]
    assert reported[0][5].startswith("Số liệu trước khi có hệ thống")
    assert {row[-1] for row in rows if row[-1] == "Hệ thống tính"} == {"Hệ thống tính"}


def test_database_and_writer_refuse_what_must_never_be(world: World):
    fields = {
        "unit": world.district,
        "day": DAY,
        "counted": 10,
        "trained": 5,
        "document_number": "1/BC",
        "document_on": DAY,
    }

    def refuse(name: str, **changes) -> None:
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            record(BaselineFigure, actor=None, at=f.AT, **(fields | changes))
        assert name in str(refusal.value) or "UNIQUE" in str(refusal.value)

    refuse("target_baselinefigure_counts", trained=11)
    refuse("target_baselinefigure_counts", counted=0, trained=0)
    refuse("target_baselinefigure_has_source", document_number="")
    put_in(world)
    refuse("target_baselinefigure_one_a_day")
    with pytest.raises(AlreadyReported) as taken:
        put_in(world)
    assert taken.value.units == {world.district.pk}
    # Of another plan it is another figure.
    put_in(world, plan="1522/KH-UBND")


def test_the_list_goes_on_page_by_page_the_newest_day_first(world: World, manager):
    days = [date(2020, 1, 1) + timedelta(days=number) for number in range(55)]
    for day in days:
        put_in(world, day=day)
    first = manager.get(LIST)
    second = manager.get(LIST + first.context["next_url"])
    listed = [line["figure"].day for page in (first, second) for line in page.context["lines"]]
    assert listed == [world.baseline.day, *reversed(days)]
    assert second.context["next_url"] == ""
    assert first.context["lines"][0]["unit"].full_name == "Huyện Duy Xuyên"
