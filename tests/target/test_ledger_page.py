"""``/tien-do/so-mau-so/``, its files and its command: the ledger as people read it."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from lms.people.facts import record
from lms.people.models import AuditEntry, PersonMerge, Unit, UnitVersion
from lms.people.units import rebuild_paths
from lms.target.figures import Counts
from lms.target.ledger import Kind, Line, Subject, every_line
from lms.target.ledger.wording import detail_text
from lms.target.models import StandingBook
from lms.target.standing.refreshing import rebuild
from lms.target.views import ledger as ledger_view
from tests import factories as f

pytestmark = pytest.mark.django_db
ADDRESS = reverse("target:ledger")
FILE = reverse("target:ledger_file")
DAY = date(2024, 6, 30)
SEEN = {"ngay": "30/06/2024"}


@pytest.fixture
def people(province) -> dict[str, Any]:
    """One for each reason in commune 51001, and one who counts in each state."""
    add, found = province.person, {}
    found["trained"] = add("51001", name="Hồ Thị Ánh", valid_from=date(2023, 2, 1))
    province.train(found["trained"])
    found["new"] = add("51001", name="Nguyễn Văn Bình", valid_from=date(2024, 6, 1))
    found["away"] = add("51001", name="Trần Thị Cúc", valid_from=date(2023, 1, 1))
    for first, end in (
        (date(2024, 6, 1), date(2024, 6, 20)),
        (date(2024, 6, 20), date(2024, 8, 1)),
    ):
        f.make_leave(found["away"], valid_from=first, valid_to=end)
    found["short_leave"] = add("51001", name="Lê Thị Dung", valid_from=date(2023, 1, 1))
    f.make_leave(found["short_leave"], valid_from=date(2024, 6, 20), valid_to=date(2024, 7, 10))
    found["unnamed"] = add("51001", group="cong_an", name="Phạm Văn Đạt")
    found["once_named"] = add("51001", group="cong_an", name="Phạm Văn Giang")
    f.make_roster_entry(
        found["once_named"], unit=province.units["51001"],
        valid_from=date(2023, 1, 1), valid_to=date(2024, 1, 1),
    )  # fmt: skip
    found["extended"] = add("51001", group="doan", name="Võ Thị Hoa")
    found["no_duty"] = add("51001", name="Đỗ Văn Khải", victim_support=False)
    found["duty_ended"] = add(
        "51001", name="Đỗ Văn Lâm", valid_from=date(2023, 1, 1), valid_to=date(2024, 2, 1)
    )
    f.make_posting(
        found["duty_ended"], unit=province.units["51001"], group=province.groups["xa"],
        valid_from=date(2024, 2, 1), victim_support=False,
    )  # fmt: skip
    found["left"] = add(
        "51001", name="Bùi Thị Mai", valid_from=date(2023, 1, 1), valid_to=date(2024, 6, 30)
    )
    found["last_day"] = add(
        "51001", name="Bùi Thị Nga", valid_from=date(2023, 1, 1), valid_to=date(2024, 7, 1)
    )
    found["ahead"] = add("51001", name="Vũ Văn Oanh", valid_from=date(2024, 7, 1))
    found["moved"] = add(
        "51001", name="Ngô Văn Phúc", valid_from=date(2023, 1, 1), valid_to=date(2024, 3, 1)
    )
    f.make_posting(
        found["moved"], unit=province.units["51101"], group=province.groups["xa"],
        valid_from=date(2024, 3, 1),
    )  # fmt: skip
    found["twice"] = add("51001", name="Hồ Thị Anh", valid_from=date(2023, 1, 1))
    record(PersonMerge, actor=None, at=f.AT, duplicate=found["twice"], survivor=found["trained"])
    rebuild(at=timezone.now())
    return found


def lines_of(code: str, day: date = DAY) -> dict[int, Line]:
    subject = Subject(UnitVersion.objects.current().valid_on(day).get(code=code), day)
    return {line.person_id: line for batch in every_line(subject) for line in batch}


KINDS = {
    "trained": Kind.COUNTS, "new": Kind.COUNTS, "short_leave": Kind.COUNTS,
    "last_day": Kind.COUNTS, "away": Kind.ON_LEAVE, "unnamed": Kind.NOT_NAMED,
    "once_named": Kind.NOT_NAMED, "extended": Kind.EXTENDED, "no_duty": Kind.NO_DUTY,
    "duty_ended": Kind.DUTY_ENDED, "left": Kind.LEFT, "ahead": Kind.NOT_BEGUN,
    "moved": Kind.ELSEWHERE, "twice": Kind.MERGED,
}  # fmt: skip
TEXTS = {
    "trained": "Được tính từ 01/01/2023.",
    "new": "Được tính từ 01/06/2024. Mới nhận nhiệm vụ.",
    "away": "Nghỉ từ 01/06/2024 đến hết 31/07/2024.",
    "unnamed": "Chưa từng có tên trong danh sách.",
    "once_named": "Không còn tên trong danh sách từ 01/01/2024.",
    "extended": "",
    "no_duty": "",
    "duty_ended": "Nhiệm vụ kết thúc ngày 31/01/2024.",
    "left": "Phân công gần nhất kết thúc ngày 29/06/2024.",
    "ahead": "Phân công đầu tiên bắt đầu từ 01/07/2024.",
    "moved": "Thuộc Xã Xã 51101 từ 01/03/2024.",
}


def test_each_case_has_its_one_reason_and_its_days(people):
    found = lines_of("51001")
    assert {name: found[person.pk].kind for name, person in people.items()} == KINDS
    assert {name: detail_text(found[people[name].pk]) for name in TEXTS} == TEXTS
    assert detail_text(found[people["twice"].pk]).endswith(f"{people['trained'].staff_code}.")
    # Up the tree she has moved within, so she counts.
    assert lines_of("49")[people["moved"].pk].counts
    assert people["moved"].pk in lines_of("51101")
    assert people["left"].pk not in lines_of("51101")


def test_a_unit_that_ends_on_the_day_of_the_posting_is_the_reason(province):
    """Whoever left a day earlier left; whose posting goes on counts in the province alone."""
    ends = date(2024, 3, 1)
    add = province.person
    with_it = add("51001", valid_from=date(2023, 1, 1), valid_to=ends)
    before_it = add("51001", valid_from=date(2023, 1, 1), valid_to=ends - timedelta(days=1))
    goes_on = add("51001", valid_from=date(2023, 1, 1))
    UnitVersion.objects.filter(unit=province.units["51001"]).update(valid_to=ends)
    rebuild_paths()
    rebuild(at=timezone.now())
    kinds = {person: line.kind for person, line in lines_of("510").items()}
    assert kinds == {
        with_it.pk: Kind.UNIT_ENDED, before_it.pk: Kind.LEFT, goes_on.pk: Kind.UNIT_ENDED,
    }  # fmt: skip
    in_province = lines_of("49")[goes_on.pk]
    assert in_province.counts
    assert not in_province.is_placed
    assert "chưa xếp" in detail_text(in_province)


def test_page_adds_up_and_links_to_the_records(people, as_role):
    page = as_role("province_manager").get(ADDRESS, SEEN | {"don-vi": "51001"})
    assert page.context["is_equal"] is True
    assert page.context["sums"].counts.denominator == 4
    assert page.context["sums"].not_counted == 10
    text = page.content.decode()
    assert "Cộng các dòng khớp với số liệu: 4 người được tính" in text
    assert reverse("target:record", args=[people["left"].pk]) in text
    names = [row["line"].full_name.split()[-1] for row in page.context["rows"]]
    # Vietnamese order: Đ after D, Ánh after Anh.
    assert names[:6] == ["Anh", "Ánh", "Bình", "Cúc", "Dung", "Đạt"]


@pytest.mark.parametrize(
    ("part", "people_found"),
    (
        ("tinh", {"trained", "new", "short_leave", "last_day"}),
        ("da-tap-huan", {"trained"}),
        ("moi-nhan-nhiem-vu", {"new"}),
        ("khong-co-ten", {"unnamed", "once_named"}),
        ("ho-so-gop", {"twice"}),
        ("chua-xep", set()),
    ),
)
def test_parts(people, as_role, part, people_found):
    page = as_role("province_leader").get(ADDRESS, SEEN | {"don-vi": "51001", "phan": part})
    assert {row["line"].person_id for row in page.context["rows"]} == {
        people[name].pk for name in people_found
    }


def test_search_by_folded_name_and_by_code(people, as_role):
    client = as_role("province_manager")

    def found(words: str) -> set[int]:
        page = client.get(ADDRESS, SEEN | {"don-vi": "51001", "tim": words})
        return {row["line"].person_id for row in page.context["rows"]}

    assert found("ho thi anh") == {people["trained"].pk, people["twice"].pk}
    assert found(people["left"].staff_code.lower()) == {people["left"].pk}
    assert found("100%_") == set()


def test_who_has_moved_away_is_a_line_without_a_name_to_the_commune(people, as_role):
    client = as_role("unit_focal", "51001")
    page = client.get(ADDRESS, SEEN | {"don-vi": "51001"})
    text = page.content.decode()
    assert page.context["sums"].reasons[Kind.ELSEWHERE] == 1
    assert "Ngô Văn Phúc" not in text
    assert "51101" not in text
    assert "Thuộc đơn vị khác" in text
    assert "Bùi Thị Mai" in text
    searched = client.get(ADDRESS, SEEN | {"don-vi": "51001", "tim": "phuc"})
    assert searched.context["rows"] == []
    file = client.post(FILE, SEEN | {"don-vi": "51001", "tep": "csv"}).getvalue().decode()
    assert "Ngô Văn Phúc" not in file
    assert file.count("\r\n") == 1 + len(people)


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
def test_scope_by_get_and_by_post(people, as_role, role, home, asked, status):
    client = as_role(role, home)
    assert client.get(ADDRESS, {"don-vi": asked}).status_code == status
    assert client.post(FILE, {"don-vi": asked, "tep": "csv"}).status_code == status


def test_files_hold_every_line_and_are_logged(people, as_role):
    client = as_role("province_manager")
    asked = SEEN | {"don-vi": "51001"}
    book = load_workbook(io.BytesIO(client.post(FILE, asked | {"tep": "xlsx"}).getvalue())).active
    rows = list(book.iter_rows(min_row=4, values_only=True))
    assert len(rows) == len(people)
    trained = next(row for row in rows if row[1] == people["trained"].staff_code)
    assert trained[9].date() == date(2023, 1, 1)
    entry = AuditEntry.objects.get(action="target.export_ledger")
    assert entry.data["as_of"] == "2024-06-30"
    assert client.post(FILE, asked | {"tep": "pdf"}).status_code == 404


def test_wrong_day_is_said_beside_its_field(people, as_role):
    page = as_role("province_manager").get(ADDRESS, {"ngay": "31/02/2024", "tim": "hoa"})
    assert list(page.context["form"].errors) == ["ngay"]
    assert 'value="hoa"' in page.content.decode()


def test_page_and_file_say_that_the_table_is_being_made(people, as_role):
    StandingBook.objects.update(built_at=None)
    client = as_role("province_manager")
    assert "đang được lập" in client.get(ADDRESS).content.decode()
    assert client.post(FILE, {"tep": "csv"}).status_code == 503
    with pytest.raises(CommandError, match="rebuild_standing"):
        call_command("denominator_ledger")


def test_page_tells_of_lines_that_disagree_with_the_figure(people, as_role, monkeypatch):
    monkeypatch.setattr(ledger_view, "figures_of", lambda subject, basis: Counts(9))
    text = as_role("province_manager").get(ADDRESS, SEEN).content.decode()
    assert "không khớp" in text


def test_command_prints_sums_and_lines(people, capsys):
    call_command("denominator_ledger", unit="51001", as_of="30/06/2024")
    found = json.loads(capsys.readouterr().out)
    assert found["sums"]["denominator"] == sum(line["counts"] for line in found["lines"]) == 4
    assert found["sums"]["not_counted"] == sum(found["sums"]["reasons"].values()) == 10
    away = next(line for line in found["lines"] if line["reason"] == "on_leave")
    assert (away["first_day"], away["last_day"]) == ("2024-06-01", "2024-07-31")
    call_command("denominator_ledger", unit="51001", as_of="30/06/2024", format="csv")
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(people)
    with pytest.raises(CommandError, match="99999"):
        call_command("denominator_ledger", unit="99999")


def test_dashboard_and_unit_lead_to_the_ledger(people, as_role):
    client = as_role("province_manager")
    assert ADDRESS in client.get(reverse("target:progress")).content.decode()
    unit = Unit.objects.get(versions__code="51001")
    assert ADDRESS in client.get(reverse("target:unit", args=[unit.pk])).content.decode()
