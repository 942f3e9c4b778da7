"""``/bao-cao/``: who reads what, freezing and correcting by the pages, the files without names."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from lms.people.models import AuditEntry, RoleAssignment, StaffMember, UnitVersion
from lms.people.reorganising import apply, draft, read_data
from lms.target.models import ReportingPeriod, ReportSnapshot
from lms.target.reports import spool
from lms.target.reports.calendar import offered
from lms.target.reports.freezing import correct, erase, freeze
from lms.target.reports.frozen import Frozen, NotInReport
from lms.target.reports.spool import in_order
from tests import factories as f

pytestmark = pytest.mark.django_db

D = date(2024, 6, 30)
AT = timezone.now() - timedelta(hours=1)


@pytest.fixture
def period() -> ReportingPeriod:
    return ReportingPeriod.objects.create(
        name="6 tháng đầu năm 2024", first_day=date(2024, 1, 1), last_day=D
    )


def fill(province) -> dict[str, list[StaffMember]]:
    """Seven people in 51001, two in 51002, one in the other district; the first of each trained."""
    people = {}
    for code, count in (("51001", 7), ("51002", 2), ("51101", 1)):
        people[code] = [
            province.person(code, name=f"Hồ Thị Thử {code}-{number}") for number in range(count)
        ]
        province.train(people[code][0])
    return people


def frozen(province, period, code: str = "49") -> ReportSnapshot:
    unit = UnitVersion.objects.current().valid_on(D).get(unit=province.units[code])
    return freeze(period, unit=unit, day=D, actor=None, at=AT)


def read_csv(response) -> list[list[str]]:
    text = response.getvalue().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


# Who reads what -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "home", "asked", "status"),
    (
        ("learner", "51001", "", 404),
        ("unit_focal", "51001", "", 200),
        ("unit_focal", "51001", "51001", 200),
        ("unit_focal", "51001", "51002", 404),
        ("unit_focal", "51001", "510", 404),
        ("unit_focal", "51001", "49", 404),
        ("district_focal", "510", "", 200),
        ("district_focal", "510", "51002", 200),
        ("district_focal", "510", "51101", 404),
        ("district_focal", "510", "49", 404),
        ("province_leader", "49", "51101", 200),
        ("province_manager", "49", "khong-co", 404),
        ("instructor", "49", "", 404),
        ("sysadmin", "49", "", 404),
    ),
)
def test_of_the_province_one_reads_ones_own_units(
    province, as_role, period, role, home, asked, status
):
    fill(province)
    row = frozen(province, period)
    client = as_role(role, home)
    assert client.get(row.get_absolute_url(), {"don-vi": asked}).status_code == status
    for form in ("csv", "xlsx"):
        address = reverse("target:report_table", args=[row.pk, "don-vi", form])
        assert client.get(address, {"don-vi": asked}).status_code == status
    whole = 200 if role.startswith("province") else 404
    for table in ("moi-don-vi", "nhom-vi-tri", "khoa-hoc"):
        address = reverse("target:report_table", args=[row.pk, table, "csv"])
        assert client.get(address).status_code == whole
    for document in ("bao-cao", "cong-van"):
        address = reverse("target:report_document", args=[row.pk, document, "docx"])
        assert client.get(address).status_code == whole
    names = reverse("target:report_names", args=[row.pk])
    assert client.post(names, {"tep": "csv"}).status_code == whole
    assert client.get(names).status_code == 405
    acts = 200 if role == "province_manager" else 404
    for name in ("report_correct", "report_erase"):
        assert client.get(reverse(f"target:{name}", args=[row.pk])).status_code == acts
        assert client.post(reverse(f"target:{name}", args=[row.pk]), {}).status_code == acts


def test_unit_page_says_its_own_figures_and_no_rate_of_few(province, as_role, period):
    fill(province)
    row = frozen(province, period)
    page = as_role("unit_focal", "51001").get(row.get_absolute_url()).context["page"]
    assert (page.view.name, page.view.total.denominator, page.view.total.numerator) == (
        "Xã Xã 51001",
        7,
        1,
    )
    assert [name for name, _code in page.trail] == ["Xã Xã 51001"]
    assert (page.groups, page.courses) == ([], [])
    few = as_role("unit_focal", "51002").get(row.get_absolute_url())
    assert (few.context["page"].shows_rate, few.context["page"].rate) == (False, None)
    assert "50,0%" not in few.content.decode()
    department = as_role("province_leader").get(row.get_absolute_url() + "?don-vi=510")
    assert [
        (line.label, line.rate and str(line.rate)) for line in department.context["page"].rows
    ] == [
        ("Xã Xã 51001", "14.2"),
        ("Xã Xã 51002", "50"),
    ]
    district = as_role("district_focal", "510").get(row.get_absolute_url())
    assert [line.rate and str(line.rate) for line in district.context["page"].rows] == [
        "14.2",
        None,
    ]


def test_the_headline_of_a_report_is_the_figure_that_led_when_it_was_frozen(
    province, as_role, period
):
    fill(province)
    before = frozen(province, period)
    f.make_target(unit=province.units["49"], headline="in_year")
    second = ReportingPeriod.objects.create(
        name="Quý II/2024", first_day=date(2024, 4, 1), last_day=D
    )
    after = frozen(province, second)
    client = as_role("province_leader")
    pages = [client.get(each.get_absolute_url()) for each in (before, after)]
    assert [page.context["page"].leads_in_year for page in pages] == [False, True]
    said = "Số liệu chính của chỉ tiêu khi chốt: (B)"
    assert [said in page.content.decode() for page in pages] == [False, True]


def test_former_unit_is_read_in_reports_of_its_time_only(province, as_role, period):
    """She looked after 51001 until May 2024 and looks after 51101 now."""
    fill(province)
    ended = ReportingPeriod.objects.create(
        name="Quý I", first_day=date(2024, 1, 1), last_day=date(2024, 3, 31)
    )
    unit = UnitVersion.objects.current().get(unit=province.units["51001"])
    then = freeze(ended, unit=unit, day=date(2024, 3, 31), actor=None, at=AT)
    since = frozen(province, period, "51001")
    client = as_role("unit_focal", "51101")
    listed = client.get("/bao-cao/").context["rows"]
    assert listed == []
    user = client.get("/bao-cao/").wsgi_request.user
    f.make_role(
        user,
        "unit_focal",
        unit=province.units["51001"],
        valid_from=date(2023, 1, 1),
        valid_to=date(2024, 5, 1),
    )
    assert [line["report"] for line in client.get("/bao-cao/").context["rows"]] == [then]
    assert client.get(then.get_absolute_url()).status_code == 200
    assert client.get(since.get_absolute_url()).status_code == 404


def test_unit_that_a_late_decision_ended_keeps_its_report_and_its_reader(province, as_role, period):
    """Frozen in July for June; the merger of 15 June is entered only afterwards."""
    fill(province)
    client = as_role("unit_focal", "51001")
    user = client.get("/bao-cao/").wsgi_request.user
    row = frozen(province, period, "51001")
    whole = frozen(province, period)
    merger = draft(
        read_data(
            {
                "title": "Sắp xếp",
                "decision_number": "01/NQ",
                "decided_on": "2024-06-01",
                "effective_on": "2024-06-15",
                "new_units": [],
                "events": [{"kind": "merge", "units": ["51001"], "into": "51002"}],
            }
        ),
        actor=None,
        at=AT + timedelta(days=2),
    )
    apply(merger, actor=None, at=AT + timedelta(days=2))
    assert {
        role.unit for role in RoleAssignment.objects.current().valid_on(D).filter(user=user)
    } == {province.units["51002"]}
    assert {line["unit_name"] for line in client.get("/bao-cao/").context["rows"]} == {
        "Xã Xã 51001",
        "Tỉnh Quảng Nam",
    }
    assert client.get(row.get_absolute_url()).context["page"].is_whole
    page = client.get(whole.get_absolute_url(), {"don-vi": "51001"}).context["page"]
    assert page.view.total.denominator == 7
    manager = as_role("province_manager")
    address = reverse("target:report_correct", args=[row.pk])
    assert manager.get(address).context["now"] is None
    refused = manager.post(address, {"reason": "Sắp xếp"})
    assert refused.context["form"].non_field_errors()
    assert ReportSnapshot.objects.count() == 2
    second = correct(whole, reason="Sắp xếp", actor=None, at=AT + timedelta(days=3))
    lines = (
        manager.get(reverse("target:report_differences", args=[second.pk])).context["page"].lines
    )
    assert {(line.before.partition(":")[0], line.after.partition(":")[0]) for line in lines} == {
        ("Xã Xã 51001", "Xã Xã 51002")
    }


def test_a_right_that_ended_reads_nothing(province, as_role, period):
    fill(province)
    row = frozen(province, period, "51001")
    client = as_role("learner", "51001")
    user = client.get("/tai-khoan/").wsgi_request.user
    f.make_role(user, "unit_focal", unit=province.units["51001"], valid_to=date(2025, 1, 1))
    assert client.get(row.get_absolute_url()).status_code == 404
    assert client.get("/bao-cao/").status_code == 404


def test_list_shows_each_report_once_with_its_versions(province, as_role, period):
    fill(province)
    first = frozen(province, period)
    second = correct(first, reason="Sửa", actor=None, at=AT)
    other = frozen(province, period, "510")
    rows = as_role("province_leader").get("/bao-cao/").context["rows"]
    assert [(row["report"], row["unit_name"], row["earlier"]) for row in rows] == [
        (other, "Huyện Nam Giang", []),
        (second, "Tỉnh Quảng Nam", [first]),
    ]


# By the pages ---------------------------------------------------------------------------------
def test_manager_sees_the_figures_freezes_corrects_and_reads_why(province, as_role, period):
    people = fill(province)
    client = as_role("province_manager")
    response = client.get("/bao-cao/chot/", {"ky": period.pk})
    assert response.context["preview"].total.denominator == 10
    assert not ReportSnapshot.objects.exists()
    sent = response.context["sent"]
    assert sent == {"ky": str(period.pk), "ngay": "30/06/2024", "don-vi": "49"}
    response = client.post("/bao-cao/chot/", sent, follow=True)
    first = ReportSnapshot.objects.get()
    assert response.redirect_chain == [(first.get_absolute_url(), 302)]
    period.refresh_from_db()
    assert period.closed_at is not None
    again = client.post("/bao-cao/chot/", sent)
    assert again.context["form"].non_field_errors()
    assert client.get("/bao-cao/chot/", {"ky": period.pk}).context["preview"].is_frozen

    late = people["51001"][1]
    for course in province.courses:
        f.make_completion(late, course, valid_from=date(2024, 6, 1), at=timezone.now())
    page = client.get(reverse("target:report_correct", args=[first.pk]))
    assert (page.context["was"].numerator, page.context["now"].numerator) == (3, 4)
    empty = client.post(reverse("target:report_correct", args=[first.pk]), {"reason": " "})
    assert empty.context["form"].errors["reason"]
    assert ReportSnapshot.objects.count() == 1
    client.post(
        reverse("target:report_correct", args=[first.pk]), {"reason": "Nhập kết quả còn thiếu"}
    )
    second = ReportSnapshot.objects.get(version=2)
    text = client.get(second.get_absolute_url()).content.decode()
    assert "Nhập kết quả còn thiếu" in text
    assert second.sha256 in text
    assert "phiên bản mới hơn" in client.get(first.get_absolute_url()).content.decode()
    assert client.get(reverse("target:report_correct", args=[first.pk])).status_code == 404
    lines = client.get(reverse("target:report_differences", args=[second.pk])).context["page"].lines
    assert [(line.name, line.entered, line.left, len(line.why)) for line in lines] == [
        (late.full_name, ["Đã được tập huấn", "Trong đó tập huấn trong năm"], ["Chưa bắt đầu"], 2)
    ]
    assert "01/06/2024" in lines[0].why[0]
    assert client.get(reverse("target:report_differences", args=[first.pk])).status_code == 404
    checked = client.get(reverse("target:report_check", args=[second.pk]))
    assert checked.context["is_whole"]
    assert len(checked.context["results"]) == 2


def test_span_of_the_calendar_becomes_a_period_when_it_is_frozen(province, as_role):
    fill(province)
    client = as_role("province_manager")
    year = timezone.localdate().year - 1
    key = f"{year}0101-{year}0630"
    preview = client.get("/bao-cao/chot/", {"ky": key}).context["preview"]
    assert (preview.period.name, preview.closes) == (f"6 tháng đầu năm {year}", True)
    assert not ReportingPeriod.objects.exists()
    for _twice in range(2):
        client.post("/bao-cao/chot/", {"ky": key, "ngay": f"30/06/{year}"})
    row = ReportSnapshot.objects.get()
    kept = ReportingPeriod.objects.get()
    assert (row.period, kept.first_day, kept.last_day) == (
        kept,
        date(year, 1, 1),
        date(year, 6, 30),
    )
    assert kept.closed_at is not None
    assert AuditEntry.objects.filter(action="period.open").count() == 1
    assert key not in dict(client.get("/bao-cao/chot/").context["form"].periods)


def test_spans_of_the_calendar_are_whole_and_begun(province):
    found = offered(date(2024, 5, 6))
    assert {(span.first_day, span.last_day) for span in found if span.name == "Quý II/2024"} == {
        (date(2024, 4, 1), date(2024, 6, 30))
    }
    assert {span.first_day.year for span in found} == {2023, 2024}
    assert all(span.first_day <= date(2024, 5, 6) for span in found)
    assert "Tháng 2/2024" in {span.name for span in found if span.last_day == date(2024, 2, 29)}
    ReportingPeriod.objects.create(
        name="Nửa đầu năm", first_day=date(2024, 1, 1), last_day=date(2024, 6, 30)
    )
    names = [span.name for span in offered(date(2024, 5, 6))]
    assert names[0] == "Nửa đầu năm"
    assert "6 tháng đầu năm 2024" not in names


def test_focal_person_reads_the_differences_of_her_units_only(province, as_role, period):
    people = fill(province)
    first = frozen(province, period)
    for code in ("51001", "51101"):
        for course in province.courses:
            f.make_completion(
                people[code][-1], course, valid_from=date(2024, 6, 1), at=timezone.now()
            )
    second = correct(first, reason="Sửa", actor=None, at=timezone.now())
    address = reverse("target:report_differences", args=[second.pk])
    lines = as_role("unit_focal", "51001").get(address).context["page"].lines
    assert [line.name for line in lines] == [people["51001"][-1].full_name]
    assert as_role("unit_focal", "51102").get(address).context["page"].lines == []


def test_differences_go_by_pages(province, as_role, period, monkeypatch):
    fill(province)
    first = frozen(province, period)
    added = [province.person("51001", at=timezone.now()) for _number in range(30)]
    second = correct(first, reason="Nhập danh sách", actor=None, at=timezone.now())
    client = as_role("province_manager")
    address = reverse("target:report_differences", args=[second.pk])
    page = client.get(address).context["page"]
    rest = client.get(address, {"sau": page.next_key}).context["page"]
    found = {line.person_id for line in (*page.lines, *rest.lines)}
    assert (len(page.lines), len(rest.lines), rest.next_key) == (25, 5, "")
    assert found == {person.pk for person in added}


@pytest.mark.parametrize(
    ("typed", "field"),
    (
        ({"ngay": "31/02/2024"}, "ngay"),
        ({"ngay": "01/07/2024"}, "ngay"),
        ({"ngay": "30/06/2024", "don-vi": "999999"}, "don-vi"),
        ({"ky": "0"}, "ky"),
        ({"ky": "abc"}, "ky"),
        ({"ngay": "\x00", "don-vi": "\x00"}, "ngay"),
    ),
)
def test_wrong_entry_is_said_beside_its_field_and_freezes_nothing(
    province, as_role, period, typed, field
):
    client = as_role("province_manager")
    for ask in (client.get, client.post):
        response = ask("/bao-cao/chot/", {"ky": period.pk} | typed)
        assert response.status_code == 200
        assert field in response.context["form"].errors
        assert "preview" not in response.context
    assert not ReportSnapshot.objects.exists()


def test_day_ahead_cannot_be_frozen(province, as_role):
    tomorrow = timezone.localdate() + timedelta(days=1)
    running = ReportingPeriod.objects.create(
        name="Đang chạy", first_day=tomorrow - timedelta(days=20), last_day=tomorrow
    )
    response = as_role("province_manager").post("/bao-cao/chot/", {"ky": running.pk})
    assert "ngay" in response.context["form"].errors


def test_erased_report_shows_its_hash_and_hands_out_nothing(province, as_role, period):
    fill(province)
    row = frozen(province, period)
    client = as_role("province_manager")
    address = reverse("target:report_erase", args=[row.pk])
    assert client.post(address, {"ground": "Hết hạn lưu"}).context["form"].errors["is_sure"]
    response = client.post(address, {"ground": "Hết hạn lưu", "is_sure": "on"}, follow=True)
    text = response.content.decode()
    assert row.sha256 in text
    assert "Hết hạn lưu" in text
    assert client.post(address, {"ground": "Lần hai", "is_sure": "on"}).context["form"].errors
    for name, args in (
        ("report_document", ["bao-cao", "docx"]),
        ("report_table", ["don-vi", "csv"]),
        ("report_differences", []),
    ):
        assert client.get(reverse(f"target:{name}", args=[row.pk, *args])).status_code == 404
    assert client.get(reverse("target:report_check", args=[row.pk])).context["is_whole"]
    assert client.get("/bao-cao/").status_code == 200


# Tables ---------------------------------------------------------------------------------------
def test_tables_hold_the_frozen_figures_and_no_name(province, as_role, period):
    people = fill(province)
    row = frozen(province, period)
    province.train(people["51001"][1])  # after the freeze: it must not show
    client = as_role("province_manager")

    def table(name: str, **query: str) -> list[list[str]]:
        address = reverse("target:report_table", args=[row.pk, name, "csv"])
        return read_csv(client.get(address, query))

    units = table("don-vi")
    assert [line[1:5] for line in units[1:]] == [
        ["49", "Tỉnh Quảng Nam (cơ quan trực thuộc)", "0", "0"],
        ["SO", "Sở Mẫu", "0", "0"],
        ["510", "Huyện Nam Giang", "9", "2"],
        ["511", "Huyện Phước Sơn", "1", "1"],
        ["", "Chưa xếp đơn vị", "0", "0"],
        ["49", "Tổng số", "10", "3"],
    ]
    for column in (3, 4, 6, 7, 8, 9, 10, 11):
        assert sum(int(line[column]) for line in units[1:-1]) == int(units[-1][column])
    assert [line[1] for line in table("don-vi", **{"don-vi": "510"})[1:]] == [
        "510",
        "51001",
        "51002",
        "510",
    ]
    every = table("moi-don-vi")
    assert {line[1]: (line[3], line[4]) for line in every[1:]} == {
        "49": ("", "10"),
        "SO": ("Tỉnh Quảng Nam", "0"),
        "510": ("Tỉnh Quảng Nam", "9"),
        "511": ("Tỉnh Quảng Nam", "1"),
        "51001": ("Huyện Nam Giang", "7"),
        "51002": ("Huyện Nam Giang", "2"),
        "51101": ("Huyện Phước Sơn", "1"),
        "51102": ("Huyện Phước Sơn", "0"),
    }
    assert table("khoa-hoc")[1][2:] == ["10", "3", "30,0"]
    assert table("nhom-vi-tri")[-1][2:4] == ["10", "3"]
    address = reverse("target:report_table", args=[row.pk, "don-vi", "xlsx"])
    page = load_workbook(io.BytesIO(client.get(address).getvalue())).active
    assert (page["D6"].value, page["F6"].value, page["F6"].number_format) == (9, 22.2, "0.0")
    assert "Hồ Thị" not in str(units) + str(every)


def test_internal_annex_lists_names_by_unit_and_is_logged(province, as_role, period):
    people = fill(province)
    row = frozen(province, period)
    StaffMember.objects.filter(pk=people["51002"][1].pk).update(
        full_name="", erased_at=timezone.now()
    )
    f.make_posting(
        people["51101"][0], unit=province.units["49"], valid_from=date(2025, 1, 1), is_primary=False
    )
    client = as_role("province_manager")
    address = reverse("target:report_names", args=[row.pk])
    rows = read_csv(client.post(address, {"tep": "csv"}))
    assert [line[0] for line in rows[1:]] == [str(number) for number in range(1, 11)]
    assert [line[2] for line in rows[1:8]] == [f"Hồ Thị Thử 51001-{n}" for n in range(7)]
    assert sorted(line[2] for line in rows[8:10]) == ["", "Hồ Thị Thử 51002-0"]
    assert rows[2][5:7] == ["Chưa bắt đầu", "Khóa số 1; Khóa số 2"]
    assert rows[1][5:] == ["Đã được tập huấn", "", "01/01/2024"]
    entry = AuditEntry.objects.get(action="report.export_names")
    assert entry.data == {"form": "csv", "version": 1}
    assert client.post(address, {"tep": "exe"}).status_code == 404
    assert AuditEntry.objects.filter(action="report.export_names").count() == 1


def test_annex_of_a_focal_person_names_whom_she_sees_today(province, as_role, period):
    people = fill(province)
    row = frozen(province, period, "51001")
    gone = people["51001"][3]
    gone.postings.update(valid_to=date(2024, 8, 1))
    f.make_posting(gone, unit=province.units["51101"], valid_from=date(2024, 8, 1))
    client = as_role("unit_focal", "51001")
    rows = read_csv(client.post(reverse("target:report_names", args=[row.pk]), {"tep": "csv"}))
    names = [line[2] for line in rows[1:]]
    assert len(names) == 7
    assert gone.full_name not in names
    assert people["51001"][2].full_name in names


@pytest.mark.parametrize("size", (1, 3, 100))
def test_rows_are_sorted_whatever_fits_into_memory(size):
    rows = [[number * 7 % 10, f"Hồ {number}"] for number in range(10)]
    assert list(in_order(iter(rows), size=size)) == sorted(rows)
    assert list(in_order([], size=size)) == []
    assert spool.SORTED_AT_ONCE > 1


@pytest.mark.parametrize("people", (1, 12))
def test_pages_cost_the_same_whatever_the_numbers(
    province, as_role, period, people, django_assert_max_num_queries
):
    for _number in range(people):
        fill(province)
    row = frozen(province, period)
    erase(frozen(province, period, "511"), ground="Hết hạn", actor=None, at=AT)
    client = as_role("province_manager")
    client.get("/bao-cao/")
    for address, most in (
        ("/bao-cao/", 6),
        (row.get_absolute_url(), 16),
        (row.get_absolute_url() + "?don-vi=510", 16),
        (f"/bao-cao/chot/?ky={period.pk}", 12),
    ):
        with django_assert_max_num_queries(most):
            client.get(address)


def test_unit_outside_the_report_is_no_unit_of_it(province, period):
    fill(province)
    report = Frozen(frozen(province, period, "510"))
    assert report.view("51001").trail == (("Huyện Nam Giang", "510"), ("Xã Xã 51001", "51001"))
    for code in ("511", "49", "khong-co"):
        with pytest.raises(NotInReport):
            report.view(code)


def test_page_without_a_report_says_so(province, as_role):
    text = as_role("unit_focal", "51001").get("/bao-cao/").content.decode()
    assert re.search(r"Chưa có báo cáo nào", text)
    assert "/bao-cao/chot/" not in text
