"""The pages of the lists: who answers for which unit, and what each step shows."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from lms.people.models import AuditEntry
from lms.people.units import find_root
from lms.target.figures import figures
from lms.target.models import ReportingPeriod, Roster, RosterLine, RosterStatus
from lms.target.rosters.deciding import confirm

pytestmark = pytest.mark.django_db

EXCLUDED = {
    "answer": "excluded:no_duty",
    "first_day": f"{timezone.localdate():%d/%m/%Y}",
    "reason": "QĐ 5/QĐ-UBND",
    "act": "answer",
}


@pytest.fixture
def period() -> ReportingPeriod:
    today = timezone.localdate()
    return ReportingPeriod.objects.create(
        name="Kỳ thử", first_day=today - timedelta(days=60), last_day=today + timedelta(days=5)
    )


@pytest.fixture
def page(province, period) -> str:
    return reverse("target:roster", args=[period.pk, province.units["51001"].pk])


def settle(province, period, code: str = "51001") -> Roster:
    return confirm(period, province.units[code], actor=None, at=timezone.now())


def test_a_focal_answers_confirms_and_the_department_approves(province, period, page, as_role):
    police = province.person("51001", name="Lê Văn Công", group="cong_an")
    clerk = province.person("51001", name="Alăng Bé")
    focal = as_role("unit_focal", "51001")
    text = focal.get(page).content.decode()
    assert "Chờ trả lời" in text
    refused = focal.post(page, {"act": "confirm"})
    assert "1 người còn chờ" in refused.content.decode()
    focal.post(page, {"people": [police.pk], "answer": "named", "act": "answer"})
    focal.post(page, EXCLUDED | {"people": [clerk.pk]})
    focal.post(page, {"act": "confirm"})
    assert Roster.objects.get().status == RosterStatus.CONFIRMED
    manager = as_role("province_manager")
    assert manager.post(page, {"act": "approve"}).status_code == 302
    root = find_root(timezone.localdate())
    assert figures(root, timezone.localdate()).total.denominator == 1
    shown = manager.get(page).content.decode()
    assert "QĐ 5/QĐ-UBND" in shown
    assert "Tỉnh đã duyệt" in shown


def test_the_list_of_units_counts_and_filters(province, period, as_role):
    for code in ("51001", "51002", "51101", "SO"):
        province.person(code)
    # Reported apart: no list is asked of a unit with such people alone.
    province.person("51102", group="doan")
    settle(province, period, "51002")
    manager = as_role("province_manager")
    url = f"{reverse('target:rosters')}?ky={period.pk}"
    shown = manager.get(url)
    assert [row.code for row in shown.context["rows"]] == ["SO", "51001", "51002", "51101"]
    answers = shown.context["answers"]
    assert (answers.units, answers.confirmed, answers.approved, answers.waiting) == (4, 1, 0, 3)
    waiting = manager.get(f"{url}&tinh-trang=waiting").context["rows"]
    assert [row.code for row in waiting] == ["SO", "51001", "51101"]
    done = manager.post(
        reverse("target:rosters"), {"ky": period.pk, "units": [province.units["51002"].pk]},
        follow=True,
    )  # fmt: skip
    assert "Đã phê duyệt 1 danh sách" in done.content.decode()
    assert [row.code for row in manager.get(f"{url}&tinh-trang=approved").context["rows"]] == [
        "51002"
    ]


def test_the_whole_list_is_handed_out_as_a_table(province, period, page, as_role):
    province.person("51001", name="Lê Văn Công", group="cong_an")
    clerk = province.person("51001", name="=Alăng Bé")
    focal = as_role("unit_focal", "51001")
    focal.post(page, EXCLUDED | {"people": [clerk.pk]})
    answer = focal.post(f"{page}tep/", {"tep": "csv"})
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig")), delimiter=";"))
    found = {row[2]: row[5:] for row in rows[1:]}
    assert found["'=Alăng Bé"] == [
        "Không tính",
        "Nhiệm vụ không gồm hỗ trợ nạn nhân",
        EXCLUDED["first_day"],
        "",
        "QĐ 5/QĐ-UBND",
    ]
    assert found["Lê Văn Công"][0] == "Chờ trả lời"
    book = load_workbook(io.BytesIO(focal.post(f"{page}tep/", {"tep": "xlsx"}).getvalue()))
    cells = list(book.active.iter_rows(values_only=True))
    assert "Kỳ thử" in cells[1][0]
    assert [row[2] for row in cells[3:]] == list(found)
    entries = AuditEntry.objects.filter(action="roster.export").order_by("pk")
    assert [entry.data["form"] for entry in entries] == ["csv", "xlsx"]
    assert focal.post(f"{page}tep/", {"tep": "pdf"}).status_code == 404
    assert as_role("unit_focal", "51002").post(f"{page}tep/", {"tep": "csv"}).status_code == 404


def test_a_focal_sees_her_units_only(province, period, page, as_role):
    province.person("51001"), province.person("51002")
    focal = as_role("unit_focal", "51002")
    rows = focal.get(reverse("target:rosters"), {"ky": period.pk}).context["rows"]
    assert [row.code for row in rows] == ["51002"]
    for act in ("answer", "confirm", "approve"):
        assert focal.post(page, {"act": act}).status_code == 404
    assert focal.get(page).status_code == 404
    assert not Roster.objects.exists()


def test_a_district_answers_for_its_communes(province, period, page, as_role):
    province.person("51001")
    assert as_role("district_focal", "510").post(page, {"act": "confirm"}).status_code == 302
    assert as_role("district_focal", "511").post(page, {"act": "confirm"}).status_code == 404


@pytest.mark.parametrize("act", ("approve", "return", "reopen"))
def test_the_province_alone_moves_a_confirmed_list(province, period, page, as_role, act):
    province.person("51001")
    settle(province, period)
    client = as_role("unit_focal", "51001")
    assert client.post(page, {"act": act, "note": "x"}).status_code == 404
    assert as_role("province_leader").post(page, {"act": act}).status_code == 404
    assert Roster.objects.get().status == RosterStatus.CONFIRMED


def test_a_return_needs_a_note_which_the_unit_reads(province, period, page, as_role):
    province.person("51001")
    settle(province, period)
    manager = as_role("province_manager")
    refused = manager.post(page, {"act": "return", "note": " "})
    assert refused.status_code == 200
    assert Roster.objects.get().status == RosterStatus.CONFIRMED
    manager.post(page, {"act": "return", "note": "Thiếu cán bộ mới"})
    assert "Thiếu cán bộ mới" in as_role("unit_focal", "51001").get(page).content.decode()


def test_an_approval_is_taken_back_on_the_page(province, period, page, as_role):
    clerk = province.person("51001")
    manager = as_role("province_manager")
    manager.post(page, EXCLUDED | {"people": [clerk.pk]})
    manager.post(page, {"act": "confirm"})
    manager.post(page, {"act": "approve"})
    root, today = find_root(timezone.localdate()), timezone.localdate()
    assert figures(root, today).total.denominator == 0
    manager.post(page, {"act": "reopen", "note": "Nhầm người"})
    assert figures(root, today).total.denominator == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    (
        ({"people": []}, "people"),
        ({"people": ["999999"]}, "people"),
        ({"people": ["x"]}, "people"),
        ({"answer": ""}, "answer"),
        ({"answer": "excluded:illness"}, "answer"),
        ({"answer": "named"}, "answer"),
        ({"answer": "take_back"}, "answer"),
        ({"answer": "excluded:not_assigned"}, "answer"),
        ({"reason": " "}, "reason"),
        ({"first_day": ""}, "first_day"),
        ({"first_day": "31/02/2024"}, "first_day"),
        ({"first_day": "01/01/2090"}, "first_day"),
        ({"answer": "excluded:long_leave", "last_day": "01/01/2020"}, "last_day"),
    ),
)
def test_what_is_wrong_is_said_at_its_field(province, period, page, as_role, fields, field):
    clerk = province.person("51001")
    data = EXCLUDED | {"people": [clerk.pk]} | fields
    shown = as_role("unit_focal", "51001").post(page, data)
    assert shown.status_code == 200
    assert field in shown.context["form"].errors
    if "reason" not in fields:
        assert "QĐ 5/QĐ-UBND" in shown.content.decode()
    assert not RosterLine.objects.exists()


@pytest.mark.parametrize(("days", "is_taken"), ((29, False), (30, True)))
def test_a_leave_shorter_than_the_rule_is_no_ground(
    province, period, page, as_role, days, is_taken
):
    clerk = province.person("51001")
    first = period.first_day
    last = first + timedelta(days=days - 1)
    data = EXCLUDED | {
        "people": [clerk.pk],
        "answer": "excluded:long_leave",
        "first_day": f"{first:%d/%m/%Y}",
        "last_day": f"{last:%d/%m/%Y}",
    }
    as_role("unit_focal", "51001").post(page, data)
    assert RosterLine.objects.exists() == is_taken


def test_only_answers_that_fit_somebody_are_offered(province, period, page, as_role):
    clerk = province.person("51001")
    client = as_role("unit_focal", "51001")

    def offered() -> set[str]:
        return {
            value for value, _label in client.get(page).context["form"].fields["answer"].choices
        }

    grounds = {"excluded:no_duty", "excluded:left", "excluded:long_leave"}
    assert offered() == grounds
    client.post(page, EXCLUDED | {"people": [clerk.pk]})
    assert offered() == grounds | {"take_back"}
    police = province.person("51001", group="cong_an")
    assert offered() == grounds | {"take_back", "named", "excluded:not_assigned"}
    unnamed = {"people": [police.pk], "answer": "excluded:not_assigned", "first_day": ""}
    client.post(page, EXCLUDED | unnamed)
    assert RosterLine.objects.get(person=police).first_day == period.first_day


def test_a_period_of_the_calendar_is_kept_by_its_first_answer(province, as_role):
    clerk = province.person("51001")
    manager = as_role("province_manager")
    key = manager.get(reverse("target:rosters")).context["key"]
    page = reverse("target:roster", args=[key, province.units["51001"].pk])
    assert not ReportingPeriod.objects.exists()
    assert manager.post(page, EXCLUDED | {"people": [clerk.pk]}, follow=True).status_code == 200
    assert ReportingPeriod.objects.count() == 1
    # The address by days still leads to it.
    assert "QĐ 5/QĐ-UBND" in manager.get(page).content.decode()


@pytest.mark.parametrize("path", ("khong-co/1/", "99/1/", "1/999999/"))
def test_addresses_that_name_nothing_are_404(province, period, as_role, path):
    path = path.replace("99/1/", f"99/{province.units['51001'].pk}/")
    assert as_role("province_manager").get(f"/danh-sach/{path}").status_code == 404


def test_an_unknown_period_is_said(province, as_role):
    shown = as_role("province_manager").get(reverse("target:rosters"), {"ky": "khong"})
    assert "Không có kỳ báo cáo này" in shown.content.decode()


def test_a_long_list_is_paged_by_name(province, period, page, as_role, monkeypatch):
    monkeypatch.setattr("lms.target.rosters.pages.PEOPLE_A_PAGE", 2)
    for name in ("Bé", "An", "Chi"):
        province.person("51001", name=f"Hồ {name}")
    client = as_role("unit_focal", "51001")
    first = client.get(page)
    assert [row.person.full_name for row, _seen in first.context["rows"]] == ["Hồ An", "Hồ Bé"]
    second = client.get(page + first.context["next_url"])
    assert [row.person.full_name for row, _seen in second.context["rows"]] == ["Hồ Chi"]


@pytest.mark.parametrize("people", (2, 20))
def test_queries_do_not_grow_with_people(
    province, period, page, as_role, people, django_assert_max_num_queries
):
    for _number in range(people):
        province.person("51001")
    settle(province, period)
    client = as_role("unit_focal", "51001")
    client.get(page)
    with django_assert_max_num_queries(16):
        client.get(page)
