"""The department's desk: what waits, what is to be reported, who answers for the units."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from lms.notices.models import Notice
from lms.people.corrections import ask_correction
from lms.people.units import get_unit_version
from lms.target.desk import calendar
from lms.target.models import ReportingPeriod
from lms.target.models.periods import PeriodKind
from lms.target.reports.freezing import freeze
from lms.target.rosters.asking import ask_units
from lms.target.rosters.deciding import confirm
from tests import factories as f

pytestmark = pytest.mark.django_db

DESK, FOCALS = "/ban-lam-viec/", "/ban-lam-viec/dau-moi/"
AT = datetime(2024, 7, 10, 3, 0, tzinfo=UTC)


def test_the_calendar_names_of_each_length_what_ended_and_what_runs(province):
    spans = calendar(AT.date())
    assert [(span.period.name, span.is_over) for span in spans] == [
        ("9 tháng đầu năm 2023", True),
        ("Năm 2023", True),
        ("6 tháng đầu năm 2024", True),
        ("Quý II/2024", True),
        ("Tháng 6/2024", True),
        ("Tháng 7/2024", False),
        ("9 tháng đầu năm 2024", False),
        ("Quý III/2024", False),
        ("Năm 2024", False),
        ("6 tháng cuối năm 2024", False),
    ]


def test_a_frozen_report_of_the_province_settles_its_span(province):
    province.person("51001")
    june = ReportingPeriod(
        kind=PeriodKind.MONTH,
        name="Tháng 6/2024",
        first_day=date(2024, 6, 1),
        last_day=date(2024, 6, 30),
    )
    commune = get_unit_version("51001", june.last_day)
    freeze(june, unit=commune, day=june.last_day, actor=None, at=AT)
    assert not any(span.report for span in calendar(AT.date()))
    root = get_unit_version("49", june.last_day)
    whole = freeze(ReportingPeriod.objects.get(), unit=root, day=june.last_day, actor=None, at=AT)
    reports = [span.report for span in calendar(AT.date()) if span.report]
    assert reports == [whole]


def test_the_desk_counts_what_waits(province, as_role):
    person = province.person("51001")
    ask_correction(person, subject="name", text="Sai tên", actor=f.make_user(person), at=AT)
    f.make_posting(f.make_person(), unit=province.units["CHUA-XEP"], group=province.groups["xa"])
    shown = as_role("province_manager").get(DESK)
    waiting = shown.context["waiting"]
    assert (waiting.corrections, waiting.unplaced, waiting.papers) == (1, 1, 0)
    assert shown.context["answers"].waiting == 1
    assert as_role("province_leader").get(DESK).context["waiting"] is None


@pytest.mark.parametrize("address", (DESK, FOCALS))
@pytest.mark.parametrize("role", ("unit_focal", "district_focal", "learner", "content_editor"))
def test_the_desk_is_the_departments(province, as_role, address, role):
    client = as_role(role, "510")
    assert client.get(address).status_code == 404
    assert client.post(address).status_code in (404, 405)


def test_contacts_and_vacancies_by_unit(province, as_role):
    for code in ("51001", "51002", "51101"):
        province.person(code)
    district = f.make_person(full_name="Đầu Mối Huyện", work_phone="0901234567")
    f.make_role(f.make_user(district), "district_focal", unit=province.units["510"])
    own = f.make_person(full_name="Đầu Mối Xã")
    f.make_role(f.make_user(own), "unit_focal", unit=province.units["51001"])
    manager = as_role("province_manager")
    shown = manager.get(FOCALS)
    found = [
        (line.unit.code, [user.display_name for user in line.focals], line.is_own)
        for line in shown.context["lines"]
    ]
    assert found == [
        ("51001", ["Đầu Mối Xã"], True),
        ("51002", ["Đầu Mối Huyện"], False),
        ("51101", [], False),
    ]
    assert "0901234567" in shown.content.decode()
    vacant = manager.get(FOCALS, {"trong": "1"}).context["lines"]
    assert [line.unit.code for line in vacant] == ["51002", "51101"]
    assert manager.get(DESK).context["vacancies"] == 2


def test_units_that_have_not_answered_are_asked_once_a_day(province, as_role):
    province.person("51001"), province.person("51002")
    focal = f.make_user(f.make_person(), email="dau-moi@example.vn")
    f.make_role(focal, "district_focal", unit=province.units["510"])
    manager = as_role("province_manager")
    key = manager.get(reverse("target:rosters")).context["key"]
    data = {
        "act": "ask",
        "ky": key,
        "units": [province.units["51001"].pk, province.units["51002"].pk],
    }
    for _time in range(2):
        manager.post(reverse("target:rosters"), data)
    letter = Notice.objects.get(kind="roster-ask")
    assert letter.recipient == focal
    assert "Xã 51001" in letter.body
    assert "Xã 51002" in letter.body


def test_a_unit_that_answered_is_not_asked_and_a_vacant_one_is_named(province, as_role):
    province.person("51001"), province.person("51101")
    focal = f.make_user(f.make_person(), email="dau-moi@example.vn")
    f.make_role(focal, "unit_focal", unit=province.units["51001"])
    manager = as_role("province_manager")
    shown = manager.get(reverse("target:rosters"))
    confirm(shown.context["period"], province.units["51001"], actor=None, at=timezone.now())
    data = {
        "act": "ask",
        "ky": shown.context["key"],
        "units": [province.units["51001"].pk, province.units["51101"].pk, "x"],
    }
    text = manager.post(reverse("target:rosters"), data, follow=True).content.decode()
    assert "Chưa có đầu mối: Xã Xã 51101" in text
    assert not Notice.objects.filter(kind="roster-ask").exists()


def test_the_day_after_they_are_asked_again(province):
    province.person("51001")
    focal = f.make_user(f.make_person(), email="dau-moi@example.vn")
    f.make_role(focal, "unit_focal", unit=province.units["51001"])
    period = ReportingPeriod.objects.create(
        name="Kỳ", first_day=date(2024, 7, 1), last_day=date(2024, 7, 31)
    )
    unit = get_unit_version("51001", AT.date())
    for days in (0, 0, 1):
        ask_units(period, [unit], actor=None, at=AT + timedelta(days=days))
    assert Notice.objects.filter(kind="roster-ask").count() == 2
