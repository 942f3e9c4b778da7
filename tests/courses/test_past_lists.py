"""Training from before the portal, taken over from Excel: read, judged, applied, undone."""

from __future__ import annotations

import io
import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from courses.models import Completion, CompletionList, CompletionWithdrawal, ExternalTraining
from courses.models.recognition import ListRowStatus
from courses.recognition.past import reading
from courses.recognition.past.lists import (
    KEPT_DAYS,
    NothingToApply,
    NotNow,
    apply,
    discard,
    forget_old,
    hand_in,
    undo,
)
from courses.recognition.past.planning import plan
from courses.recognition.past.reading import COLUMNS, SHEET, read_list, say
from courses.recognition.past.writing import template
from courses.reviews import withdraw_completion
from lms.people import batches
from lms.people.facts import record
from lms.people.models import AuditEntry, PersonMerge, User
from lms.people.workbooks.refusals import FileRefused
from tests import factories as f
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db

TITLES = [column.title for column in COLUMNS]
KEYS = [column.key for column in COLUMNS]
NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 1)
END = date(2023, 5, 12)
PAGE = "/cong-nhan/nhap-excel/"


def line(person: Any, course: Any, /, **values: Any) -> list[Any]:
    """A row of the list about ``person`` that is good unless told otherwise."""
    good = {
        "staff_code": person.staff_code,
        "full_name": person.full_name,
        "course": course.title,
        "organiser": "Cục Phòng, chống tệ nạn xã hội",
        "first_day": date(2023, 5, 10),
        "last_day": END,
        "periods": 24,
        "document_number": "32/QĐ-PCTNXH",
    }
    assert set(values) <= set(KEYS)
    return [(good | values).get(key) for key in KEYS]


def book(*rows: list[Any], titles: list[str] | None = None, change=lambda page: None) -> io.BytesIO:
    made = Workbook()
    page = made.active
    page.title = SHEET
    page.append(titles or TITLES)
    for row in rows:
        page.append(row)
    change(page)
    file = io.BytesIO()
    made.save(file)
    file.seek(0)
    return file


@pytest.fixture
def manager(world: World) -> User:
    return world.users["province_manager"]


@pytest.fixture
def rows(world: World) -> list[list[Any]]:
    """Two good rows and a bad one."""
    return [
        line(world.own.learner.staff, world.course),
        line(world.own.graduate.staff, world.locked_course, course="2", title="Lớp tâm lý"),
        line(world.other.learner.staff, world.course, periods=6),
    ]


def counts(kept: CompletionList) -> tuple[int, int, int]:
    return tuple(kept.counts[status] for status in ListRowStatus.values)


# Reading and judging ----------------------------------------------------------------------------
def test_good_rows_are_new_and_bad_ones_name_their_cell(world: World, manager, rows):
    kept = hand_in(book(*rows), actor=manager, at=NOW)
    assert counts(kept) == (2, 0, 1)
    (bad,) = [row for row in kept.rows if row["status"] == "refused"]
    assert [say(why) for why in bad["why"]] == ["H4: khóa này cần ít nhất 7 tiết"]
    assert not ExternalTraining.objects.filter(document_number="32/QĐ-PCTNXH").exists()


@pytest.mark.parametrize(
    ("values", "cell", "code"),
    (
        ({"staff_code": "KHONG-CO"}, "A2", "unknown-person"),
        ({"staff_code": None}, "A2", "missing"),
        ({"full_name": "Nguyễn Thị Khác"}, "B2", "other-name"),
        ({"full_name": "NguyÔn ThÞ Hµ"}, "B2", "legacy"),
        ({"course": "Khóa nào đó"}, "C2", "unknown-course"),
        ({"course": "=1+1"}, "C2", "formula"),
        ({"organiser": "  "}, "E2", "missing"),
        ({"first_day": date(2023, 5, 13)}, "G2", "days-reversed"),
        ({"last_day": date(2026, 11, 2)}, "G2", "not-over"),
        ({"last_day": "13.2023"}, "G2", "bad-day"),
        ({"periods": 6}, "H2", "too-few-periods"),
        ({"periods": "ba"}, "H2", "bad-periods"),
        ({"periods": 501}, "H2", "bad-periods"),
        ({"periods": 7.5}, "H2", "bad-periods"),
        ({"document_number": None}, "I2", "missing"),
        ({"document_number": "x" * 121}, "I2", "too-long"),
    ),
)
def test_each_fault_of_a_row_is_told_with_its_cell(world: World, values, cell, code):
    read = read_list(book(line(world.own.learner.staff, world.course, **values)), today=TODAY)
    (planned,) = plan(read, actor=None, today=TODAY)
    assert planned.status == ListRowStatus.REFUSED
    assert [(why.cell, why.code) for why in planned.row.reasons] == [(cell, code)]
    assert say(planned.row.reasons[0].as_json()).startswith(f"{cell}: ")


def test_spelling_and_dates_as_text_do_not_matter(world: World):
    person, course = world.own.learner.staff, world.course
    typed = line(
        person,
        course,
        staff_code=f" {person.staff_code.lower()} ",
        full_name=unicodedata.normalize("NFD", person.full_name).replace(" ", "  "),
        course=course.short_title.upper(),
        first_day="10/05/2023",
        last_day="12-5-2023",
        periods="24",
    )
    (planned,) = plan(read_list(book(typed), today=TODAY), actor=None, today=TODAY)
    assert (planned.status, planned.person, planned.course) == (
        ListRowStatus.NEW,
        person,
        course,
    )


def test_hidden_merged_repeated_own_and_merged_people_are_refused(world: World, manager):
    person, course = world.own.learner.staff, world.course
    duplicate = f.make_person(full_name="Trần Thị Trùng")
    record(
        PersonMerge,
        actor=None,
        at=f.AT,
        duplicate=duplicate,
        survivor=person,
        valid_from=date(2024, 1, 1),
    )

    def hide(page) -> None:
        page.row_dimensions[3].hidden = True
        page.merge_cells("E4:F4")

    file = book(
        line(person, course),
        line(world.own.graduate.staff, course),
        line(world.other.learner.staff, course),
        line(person, course, organiser="Nơi khác"),
        line(manager.staff, course),
        line(duplicate, course),
        change=hide,
    )
    planned = plan(read_list(file, today=TODAY), actor=manager, today=TODAY)
    codes = [[why.code for why in each.row.reasons] for each in planned]
    assert codes[0] == []
    assert codes[1] == ["hidden-row"]
    assert "merged" in codes[2]
    assert codes[3:] == [["repeated"], ["own"], ["merged-person"]]


@pytest.mark.parametrize(
    ("titles", "code"),
    (
        (TITLES[:-1], "missing-columns"),
        ([*TITLES, "Số căn cước"], "unknown-column"),
        ([*TITLES, "Khóa"], "double-column"),
        (["a", "b"], "no-header"),
    ),
)
def test_a_sheet_with_other_columns_is_refused_whole(titles, code):
    with pytest.raises(FileRefused) as refused:
        read_list(book([1], titles=titles), today=TODAY)
    assert refused.value.reason.code == code


def test_files_that_are_no_plain_workbook_are_refused(world: World, monkeypatch):
    def code(file: io.BytesIO) -> str:
        with pytest.raises(FileRefused) as refused:
            read_list(file, today=TODAY)
        return refused.value.reason.code

    assert code(io.BytesIO(b"")) == "empty"
    assert code(io.BytesIO(b"Ma;Ten\n1;2\n")) == "text-file"
    assert code(io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)) == "old-xls"
    assert code(book()) == "no-rows"
    good = line(world.own.learner.staff, world.course)
    assert code(book(good, change=lambda page: page.merge_cells("A1:B1"))) == "missing-columns"

    def hide(page) -> None:
        page.column_dimensions["D"].hidden = True

    assert code(book(good, change=hide)) == "hidden-column"
    monkeypatch.setattr(reading, "MOST_ROWS", 1)
    assert code(book(good, good)) == "too-many-rows"


# Applying, again, undoing -----------------------------------------------------------------------
def test_good_rows_are_applied_as_a_batch(world: World, manager, rows):
    kept = apply(hand_in(book(*rows), actor=manager, at=NOW), actor=manager, at=NOW)
    completion = Completion.objects.get(
        person=world.own.learner.staff, course=world.course, source="external"
    )
    assert (completion.valid_from, completion.recorded_on) == (END, timezone.localdate(NOW))
    training = ExternalTraining.objects.get(completion_logical_id=completion.logical_id)
    assert (training.recognition_status, training.evidence_sha256) == ("approved", "")
    assert completion.conditions["external"]["document_number"] == "32/QĐ-PCTNXH"
    assert ExternalTraining.objects.filter(title="Lớp tâm lý").exists()
    assert AuditEntry.objects.filter(action="recognition.import", person=training.person).exists()
    assert (kept.batch.kind, kept.batch.counts) == ("past-completions", {"rows": 2})
    # What was taken over stands in the records; the list keeps only what was refused.
    assert [row["status"] for row in kept.rows] == ["refused"]
    with pytest.raises(NotNow):
        apply(kept, actor=manager, at=NOW)


def test_the_same_file_twice_changes_nothing(world: World, manager, rows):
    apply(hand_in(book(*rows), actor=manager, at=NOW), actor=manager, at=NOW)
    before = Completion.objects.count(), ExternalTraining.objects.count()
    again = hand_in(book(*rows), actor=manager, at=NOW)
    assert counts(again) == (0, 2, 1)
    with pytest.raises(NothingToApply):
        apply(again, actor=manager, at=NOW)
    assert (Completion.objects.count(), ExternalTraining.objects.count()) == before
    # Two lists read before either was applied: the second finds nothing left to do.
    first, second = (
        hand_in(book(line(world.student.staff, world.course)), actor=manager, at=NOW)
        for _time in range(2)
    )
    apply(first, actor=manager, at=NOW)
    with pytest.raises(NothingToApply):
        apply(second, actor=manager, at=NOW)


def test_an_undone_list_leaves_things_as_before_and_can_come_again(world: World, manager, rows):
    held = Completion.objects.current().filter(source="external")
    kept = apply(hand_in(book(*rows), actor=manager, at=NOW), actor=manager, at=NOW)
    assert held.count() == 2
    undo(kept, actor=manager, at=NOW + timedelta(days=1))
    assert held.count() == 0
    assert held.model.objects.known_on(timezone.localdate(NOW)).filter(source="external").exists()
    assert not ExternalTraining.objects.filter(recognition_status="approved").exists()
    with pytest.raises(NotNow):
        undo(kept, actor=manager, at=NOW)
    assert counts(hand_in(book(*rows), actor=manager, at=NOW)) == (2, 0, 1)


def test_a_batch_undone_elsewhere_takes_its_papers_along(world: World, manager, rows):
    kept = apply(hand_in(book(*rows), actor=manager, at=NOW), actor=manager, at=NOW)
    batches.undo(kept.batch, actor=manager, at=NOW)
    assert not ExternalTraining.objects.filter(recognition_status="approved").exists()


def test_what_was_taken_away_stops_the_undo_and_does_not_come_back(world: World, manager, rows):
    kept = apply(hand_in(book(*rows), actor=manager, at=NOW), actor=manager, at=NOW)
    completion = Completion.objects.get(
        person=world.own.learner.staff, course=world.course, source="external"
    )
    withdraw_completion(
        completion, effective_on=END, reason="Giấy giả", is_fraud=True, actor=manager, at=NOW
    )
    assert CompletionWithdrawal.objects.count() == 1
    with pytest.raises(batches.DependedOn):
        undo(kept, actor=manager, at=NOW)
    again = hand_in(book(*rows), actor=manager, at=NOW)
    assert counts(again) == (0, 1, 2)
    assert again.rows[0]["why"][0]["code"] == "taken-away"


def test_queries_do_not_grow_with_the_rows(world: World, manager):
    def cost(number: int) -> int:
        people = [f.make_person(full_name="Hồ Thị Mẫu") for _person in range(number)]
        read = read_list(book(*(line(person, world.course) for person in people)), today=TODAY)
        with CaptureQueriesContext(connection) as queries:
            planned = plan(read, actor=manager, today=TODAY)
        assert {each.status for each in planned} == {ListRowStatus.NEW}
        return len(queries)

    assert cost(2) == cost(20) <= 6


def test_names_of_a_list_can_be_erased_and_grow_old(world: World, manager, rows):
    kept = discard(hand_in(book(*rows), actor=manager, at=NOW), actor=manager, at=NOW)
    assert (kept.rows, kept.is_waiting) == ([], False)
    with pytest.raises(NotNow):
        apply(kept, actor=manager, at=NOW)
    with pytest.raises(NotNow):
        discard(kept, actor=manager, at=NOW)
    old = hand_in(book(*rows), actor=manager, at=NOW)
    assert forget_old(at=NOW + timedelta(days=KEPT_DAYS)) == 0
    assert forget_old(at=NOW + timedelta(days=KEPT_DAYS, seconds=1)) == 1
    old.refresh_from_db()
    assert (old.rows, counts(old)) == ([], (2, 0, 1))


# Pages, files, command --------------------------------------------------------------------------
def test_manager_looks_applies_downloads_and_undoes(world: World, manager, rows):
    client = sign_in(Client(), manager)
    rows[2][KEYS.index("organiser")] = "=HYPERLINK(1)"
    rows[2][KEYS.index("document_number")] = "@SUM(1)"
    sent = book(*rows, change=lambda page: setattr(page["E4"], "data_type", "s"))
    here = client.post(PAGE, {"file": SimpleUploadedFile("ds.xlsx", sent.read())})
    kept = CompletionList.objects.latest("pk")
    assert (here.status_code, here.url) == (302, f"{PAGE}{kept.pk}/")
    text = client.get(here.url).content.decode()
    assert world.own.learner.staff.full_name in text
    assert "H4: khóa này cần ít nhất 7 tiết" in text
    assert world.own.learner.staff.full_name not in (
        client.get(here.url, {"loai": "refused"}).content.decode()
    )
    back = load_workbook(io.BytesIO(client.get(f"{here.url}bi-tu-choi.xlsx").content)).active
    (cells,) = back.iter_rows(min_row=2)
    assert [cell.data_type for cell in cells].count("f") == 0
    assert (cells[4].value, cells[6].value.date()) == ("=HYPERLINK(1)", END)
    assert cells[-1].value == "H4: khóa này cần ít nhất 7 tiết"
    shown = client.post(here.url, {"act": "apply"}, follow=True).content.decode()
    assert "Đã ghi nhận 2 dòng" in shown
    client.post(here.url, {"act": "undo"})
    kept.refresh_from_db()
    assert kept.is_undone
    client.post(here.url, {"act": "discard"})
    kept.refresh_from_db()
    assert kept.rows == []
    bad = client.post(PAGE, {"file": SimpleUploadedFile("ds.xlsx", b"Ma;Ten")})
    assert "không phải" in str(bad.context["form"].errors) or bad.context["form"].errors


def test_a_long_list_is_shown_in_parts(world: World, manager, monkeypatch):
    monkeypatch.setattr("courses.views.past.PAGE_SIZE", 2)
    people = [f.make_person(full_name="Hồ Thị Mẫu") for _person in range(3)]
    kept = hand_in(book(*(line(p, world.course) for p in people)), actor=manager, at=NOW)
    client = sign_in(Client(), manager)
    first = client.get(kept.get_absolute_url())
    assert [row["number"] for row in first.context["rows"]] == [2, 3]
    second = client.get(kept.get_absolute_url() + first.context["next_url"])
    assert [row["number"] for row in second.context["rows"]] == [4]


def test_the_empty_workbook_is_one_that_the_portal_reads(world: World, manager):
    made = load_workbook(io.BytesIO(template()))
    page = made[SHEET]
    assert [cell.value for cell in page[1]] == TITLES
    page.append(line(world.own.learner.staff, world.course))
    file = io.BytesIO()
    made.save(file)
    (planned,) = plan(read_list(file, today=TODAY), actor=manager, today=TODAY)
    assert planned.status == ListRowStatus.NEW


def test_the_command_shows_first_and_writes_when_told(world: World, rows, tmp_path, capsys):
    file, before = tmp_path / "ds.xlsx", CompletionList.objects.count()
    file.write_bytes(book(*rows).read())
    call_command("import_completions", str(file))
    told = capsys.readouterr()
    assert "2 new, 0 known, 1 refused. Nothing was written." in told.out
    assert "line 4: H4: " in told.err
    assert CompletionList.objects.count() == before
    call_command("import_completions", str(file), execute=True)
    assert "2 rows recorded" in capsys.readouterr().out
    call_command("import_completions", str(file), execute=True)
    assert "0 rows changed." in capsys.readouterr().out
    assert Completion.objects.filter(source="external").count() == 2
    with pytest.raises(CommandError):
        call_command("import_completions", str(tmp_path / "none.xlsx"))
