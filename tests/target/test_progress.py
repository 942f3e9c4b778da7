"""``/tien-do/``: who may look, what the page says, what it costs."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from lms.people.models import AuditEntry
from lms.people.rules import rules_on
from lms.target.rulebook.numbers import FIELDS
from lms.target.rulebook.planning import plan, save, take_back
from lms.target.sheets import safe_text
from tests import factories as f

pytestmark = pytest.mark.django_db

DAY = {"ngay": "30/06/2024"}


def fill(province, per_unit: int = 1) -> None:
    for code in ("51001", "51002", "51101", "510", "SO"):
        for number in range(per_unit):
            person = province.person(code, name=f"Nguyễn Thị Mẫu {code}-{number}")
            if number % 2 == 0:
                province.train(person)


def test_department_sees_the_province(province, as_role):
    fill(province, 2)
    response = as_role("province_manager").get("/tien-do/", DAY)
    board = response.context["board"]
    assert (board.total.numerator, board.total.denominator) == (5, 10)
    assert [(row.label, row.have, row.whole) for row in board.units] == [
        ("Huyện Nam Giang", 3, 6),
        ("Huyện Phước Sơn", 1, 2),
        ("Sở Mẫu", 1, 2),
    ]
    text = response.content.decode()
    assert "50,0%" in text
    assert "Nguyễn Thị Mẫu 51001-1" in text


def test_iso_day_and_default_day_are_read(province, as_role):
    client = as_role("province_leader")
    assert client.get("/tien-do/", {"ngay": "2024-06-30"}).context["board"].asked.day == date(
        2024, 6, 30
    )
    assert client.get("/tien-do/").status_code == 200


@pytest.mark.parametrize(
    ("role", "home", "asked", "status"),
    (
        ("learner", "51001", "", 404),
        ("learner", "51001", "51001", 404),
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
        ("province_manager", "49", "49", 200),
        ("instructor", "49", "", 404),
        ("sysadmin", "49", "", 404),
    ),
)
def test_scope_of_the_dashboard(province, as_role, role, home, asked, status):
    fill(province)
    client = as_role(role, home)
    query = {"don-vi": asked, **DAY}
    assert client.get("/tien-do/", query).status_code == status
    for form in ("csv", "xlsx"):
        for table in ("don-vi", "nhom-vi-tri", "khoa-hoc", "theo-thang"):
            address = reverse("target:table_file", args=[table, form])
            assert client.get(address, query).status_code == status, (table, form)
        names = client.post("/tien-do/xuat-ten/", query | {"tep": form})
        assert names.status_code == status
    assert client.get("/tien-do/xuat-ten/").status_code in {404, 405}
    assert client.post("/tien-do/", query).status_code == 405


def test_stranger_is_sent_to_sign_in(client, province):
    for address in ("/tien-do/", "/viec-hoc/", "/can-bo/", "/tien-do/don-vi.csv"):
        assert client.get(address)["Location"].startswith("/dang-nhap/")


@pytest.mark.parametrize(
    ("query", "words"),
    (
        ({"ngay": "31/02/2024"}, "31/02/2024"),
        ({"ngay": "abc"}, "abc"),
        ({"ngay": "01/01/9999"}, "01/01/9999"),
        ({"ngay": "30/06/2024", "don-vi": "999999"}, "999999"),
        ({"ngay": "30/06/2024", "nhom": "khong-co"}, "khong-co"),
        ({"ngay": "30/06/2024", "khoa": "khong-co"}, "khong-co"),
        ({"ngay": "\x00", "don-vi": "\x00"}, ""),
    ),
)
def test_wrong_entry_is_a_plain_page_with_the_error(province, as_role, query, words):
    response = as_role("province_manager").get("/tien-do/", query)
    assert response.status_code == 200
    assert response.context["form"].errors
    assert "board" not in response.context
    assert words in response.content.decode()


def test_filters_narrow_the_figures(province, as_role):
    fill(province, 2)
    half = province.person("51001", name="Trần Văn Nửa")
    province.train(half, count=1)
    client = as_role("province_manager")
    course = province.courses[0].key
    board = client.get("/tien-do/", DAY | {"khoa": course}).context["board"]
    assert (board.total.numerator, board.total.denominator) == (6, 11)
    board = client.get("/tien-do/", DAY | {"nhom": "cong_an"}).context["board"]
    assert board.total.denominator == 0
    assert board.rate is None


def test_small_units_show_no_rate_outside_the_department(province, as_role):
    fill(province, 2)
    board = as_role("district_focal", "510").get("/tien-do/", DAY).context["board"]
    assert [(row.have, row.whole, row.rate) for row in board.units] == [(1, 2, None)] * 3
    assert board.total.denominator == 6
    assert board.show_rate
    inside = as_role("province_manager").get("/tien-do/", DAY | {"don-vi": "510"})
    assert all(row.rate == 50 for row in inside.context["board"].units)
    leaf = as_role("unit_focal", "51001").get("/tien-do/", DAY)
    assert not leaf.context["board"].show_rate
    assert "50,0%" not in leaf.content.decode()


def test_a_new_number_of_the_rules_shows_at_once(province, as_role):
    fill(province, 2)
    client = as_role("unit_focal", "51001")
    assert not client.get("/tien-do/", DAY).context["board"].show_rate
    today = timezone.localdate()
    held = rules_on(today)
    numbers = {name: getattr(held, name) for name in FIELDS} | {"small_unit_below": 2}
    with TestCase.captureOnCommitCallbacks(execute=True):
        batch = save(
            numbers,
            today,
            seen=plan(numbers, today).seen,
            reason="Thử",
            actor=None,
            at=timezone.now(),
        )
    assert client.get("/tien-do/", DAY).context["board"].show_rate
    with TestCase.captureOnCommitCallbacks(execute=True):
        take_back(batch, actor=None, at=timezone.now())
    assert not client.get("/tien-do/", DAY).context["board"].show_rate


def test_people_who_left_are_counted_and_not_named(province, as_role):
    stays = province.person("51001", name="Lê Thị Ở Lại")
    gone = f.make_person(full_name="Phạm Văn Đã Đi")
    f.make_posting(
        gone,
        unit=province.units["51001"],
        group=province.groups["xa"],
        valid_to=date(2024, 9, 1),
    )
    f.make_posting(
        gone,
        unit=province.units["51101"],
        group=province.groups["xa"],
        valid_from=date(2024, 9, 1),
    )
    client = as_role("unit_focal", "51001")
    response = client.get("/tien-do/", DAY)
    text = response.content.decode()
    assert response.context["board"].people.count == 2
    assert stays.full_name in text
    assert gone.full_name not in text
    file = client.post("/tien-do/xuat-ten/", DAY | {"tep": "csv"}).getvalue().decode("utf-8-sig")
    assert stays.full_name in file
    assert gone.full_name not in file


def test_list_goes_by_pages_in_vietnamese_name_order(province, as_role):
    names = ["Đinh Văn Đức", "Lê Thị Ánh", "Trần An", "Võ Thị Bé", "Hồ Dũng"]
    for number in range(6):
        for name in names:
            province.person("51001", name=f"{name} {number}"[:-2] if number == 0 else name)
    client = as_role("province_manager")
    seen, address = [], "/tien-do/?ngay=30/06/2024&xep=ten"
    for _page in range(9):
        response = client.get(address)
        seen += [row["line"].full_name for row in response.context["rows"]]
        address = response.context["next_url"]
        if not address:
            break
    assert len(seen) == 30
    given = list(dict.fromkeys(name.split()[-1] for name in seen))
    assert given == ["An", "Ánh", "Bé", "Dũng", "Đức"]


def test_foreign_page_key_is_the_first_page(province, as_role):
    fill(province)
    client = as_role("province_manager")
    for key in ("abc", "9999-99-99_1", "_", "1", "2024-01-01_" + "9" * 30):
        assert client.get("/tien-do/", DAY | {"sau": key}).status_code == 200


@pytest.mark.parametrize("people", (2, 14))
def test_dashboard_query_count_does_not_grow(
    province, as_role, people, django_assert_max_num_queries
):
    fill(province, people)
    client = as_role("province_manager")
    client.get("/tien-do/", DAY)
    with django_assert_max_num_queries(15):
        client.get("/tien-do/", DAY)
    focal = as_role("district_focal", "510")
    # The number under which no rate is shown, once a minute.
    with django_assert_max_num_queries(16):
        focal.get("/tien-do/", DAY | {"don-vi": "51001"})


END = date(2024, 6, 30)


@pytest.mark.parametrize(
    ("days", "list_name"),
    (
        (0, ""),
        (1, "het-han-30"),
        (30, "het-han-30"),
        (31, "het-han-60"),
        (60, "het-han-60"),
        (61, "het-han-90"),
        (90, "het-han-90"),
        (91, ""),
    ),
)
def test_course_that_ends_stands_in_the_window_of_its_first_day_without(
    province, as_role, days, list_name
):
    ends = END + timedelta(days=days)
    person = province.person("51001", name="Hồ Thị Sắp Hết")
    f.make_completion(person, province.courses[0], valid_from=date(2024, 1, 1), valid_to=ends)
    client = as_role("province_manager")
    entries = client.get("/tien-do/", DAY).context["board"].entries
    ending = [each for each in entries if each.list_name.startswith("het-han-")]
    assert {each.list_name for each in ending if each.count} == ({list_name} - {""})
    for each in ending:
        response = client.get("/tien-do/", DAY | {"ds": each.list_name})
        lines = response.context["board"].people.lines
        found = [(line.person_id, line.due_on, line.missing) for line in lines]
        bit = province.courses[0].bit
        expected = [(person.pk, ends, (bit,))] if each.list_name == list_name else []
        assert found == expected
        shown = f"từ {ends:%d/%m/%Y}" in response.content.decode()
        assert shown is bool(expected)


def test_nothing_ends_for_who_renewed_does_not_need_it_or_is_away(province, as_role):
    soon = date(2024, 7, 10)
    first, second = province.courses
    begins = {"valid_from": date(2024, 1, 1), "valid_to": soon}
    renewed = province.person("51001", name="Đã Học Lại")
    f.make_completion(renewed, first, **begins)
    f.make_completion(renewed, first, valid_from=date(2024, 6, 1))
    other_duty = province.person("51001", group="doan", name="Ngoài Chỉ Tiêu")
    f.make_completion(other_duty, first, **begins)
    away = province.person("51001", name="Nghỉ Dài")
    f.make_completion(away, first, **begins)
    f.make_leave(away, valid_from=date(2024, 5, 1), valid_to=date(2024, 9, 1))
    not_needed = province.person("51001", name="Không Cần")
    f.make_completion(not_needed, f.make_course(title="Khóa tự chọn"), **begins)
    counted = province.person("51001", name="Được Tính")
    f.make_completion(counted, second, **begins)
    client = as_role("province_manager")
    board = client.get("/tien-do/", DAY | {"ds": "het-han-30"}).context["board"]
    assert [line.full_name for line in board.people.lines] == ["Được Tính"]
    assert [each.count for each in board.entries if each.list_name.startswith("het-han-")] == [
        1,
        0,
        0,
    ]
    narrowed = DAY | {"ds": "het-han-30", "khoa": first.key}
    assert client.get("/tien-do/", narrowed).context["board"].people.count == 0
    nobody = client.get("/tien-do/", DAY | {"ds": "khong-co"}).context["board"]
    assert not nobody.is_of_ending


def test_list_of_what_ends_goes_by_pages_first_to_end_first(province, as_role):
    for number in range(30):
        person = province.person("51001", name=f"Nguyễn Văn Số {number}")
        f.make_completion(
            person,
            province.courses[0],
            valid_from=date(2024, 1, 1),
            valid_to=END + timedelta(days=30 - number),
        )
    client = as_role("province_manager")
    first = client.get("/tien-do/", DAY | {"ds": "het-han-30"})
    second = client.get(first.context["next_url"])
    days = [row["line"].due_on for page in (first, second) for row in page.context["rows"]]
    assert days == [END + timedelta(days=number) for number in range(1, 31)]


def test_unit_table_as_csv(province, as_role):
    fill(province, 2)
    response = as_role("province_manager").get("/tien-do/don-vi.csv", DAY)
    content = response.getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    codes = [row[1] for row in rows[1:]]
    assert codes == ["49", "SO", "510", "511", "", "49"]
    total, parts = rows[-1], rows[1:-1]
    for column in (3, 4, 6, 7, 8, 9, 10, 11):
        assert sum(int(row[column]) for row in parts) == int(total[column])
    assert total[5] == "50,0"


def test_unit_table_as_xlsx_has_real_numbers(province, as_role):
    fill(province, 2)
    response = as_role("province_manager").get("/tien-do/don-vi.xlsx", DAY)
    page = load_workbook(io.BytesIO(response.getvalue())).active
    assert page.freeze_panes == "A4"
    total = [cell.value for cell in page[page.max_row]]
    assert total[3:6] == [10, 5, 50]
    assert all(cell.data_type == "n" for cell in page[page.max_row][3:6])


def test_names_export_is_logged_and_cannot_run_a_formula(province, as_role):
    province.person("51001", name="=HYPERLINK(1)")
    client = as_role("province_manager")
    file = client.post("/tien-do/xuat-ten/", DAY | {"tep": "csv"})
    assert "'=HYPERLINK(1)" in file.getvalue().decode("utf-8-sig")
    file = client.post("/tien-do/xuat-ten/", DAY | {"tep": "xlsx"})
    page = load_workbook(io.BytesIO(file.getvalue())).active
    assert not [cell for row in page for cell in row if cell.data_type == "f"]
    entries = AuditEntry.objects.filter(action="target.export_names")
    assert [entry.data["people"] for entry in entries] == [1, 1]
    assert client.post("/tien-do/xuat-ten/", DAY | {"tep": "pdf"}).status_code == 404


@pytest.mark.parametrize("start", ("=1", "+1", "-1", "@a", "\ta", "\ra"))
def test_text_that_begins_like_a_formula_is_text(start):
    assert safe_text(start) == f"'{start}"
    assert safe_text("Nguyễn") == "Nguyễn"
