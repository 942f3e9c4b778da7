"""Imports of staff: who a row is about, what it does, applied as one, undone as one."""

from __future__ import annotations

import io
import unicodedata
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from lms.people import batches
from lms.people.days import FAR
from lms.people.models import (
    AuditEntry,
    Leave,
    Posting,
    StaffImport,
    StaffMember,
    UnitVersion,
    User,
)
from lms.people.models.imports import ImportStatus, RowStatus
from lms.people.staff import correct_person, end_posting, open_posting, transfer
from lms.people.workbooks import applying, imports
from lms.people.workbooks.applying import apply_run
from lms.people.workbooks.imports import decide, hand_in, read, request_apply
from lms.people.workbooks.previews import editing_scope
from lms.people.workbooks.refusals import text_of
from lms.people.workbooks.undoing import undo_run
from lms.people.workbooks.writing import prefilled, units_below
from lms.target.figures import figures
from tests.factories import make_group, make_leave, make_person, make_posting
from tests.people.workbook_files import book_of, newcomer, row_of, rows_in
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db

UNIT = "20626 – Xã Duy Phước"
NEIGHBOUR = "20632 – Xã Duy Vinh"
TRANSFER_DAY = date(2026, 2, 2)


def preview(world: World, *rows: list[Any], user: User | None = None, **options: Any):
    """Hand in a file with these rows and have it read."""
    return preview_of(book_of(*rows, **options), user or world.own.focal)


def preview_of(file: io.BytesIO, user: User | None) -> StaffImport:
    at = timezone.now()
    kept = hand_in(file, name="ds.xlsx", actor=user, at=at, by_worker=False)
    read(kept.pk, str(kept.run))
    kept.refresh_from_db()
    assert kept.status == ImportStatus.READY, text_of(kept.failure)
    return kept


def apply(kept: StaffImport, *, all_good: bool = False) -> StaffImport:
    at = timezone.now()
    kept = request_apply(
        kept, only_if_all_good=all_good, actor=kept.created_by, at=at, by_worker=False
    )
    apply_run(kept.pk, str(kept.run), actor=kept.created_by, at=at)
    kept.refresh_from_db()
    return kept


def undo(kept: StaffImport) -> StaffImport:
    at = timezone.now()
    kept = imports.request_undo(kept, actor=kept.created_by, at=at)
    undo_run(kept.pk, str(kept.run), actor=kept.created_by, at=at)
    kept.refresh_from_db()
    return kept


def verdicts(kept: StaffImport) -> list[tuple[str, list[str]]]:
    return [
        (row.status, [each["code"] for each in row.reasons]) for row in kept.rows.order_by("number")
    ]


def only(kept: StaffImport) -> tuple[str, list[str]]:
    (verdict,) = verdicts(kept)
    return verdict


def line_of(posting: Posting, **changes: Any) -> list[Any]:
    """The row of the template that says what a posting is."""
    return row_of(
        **{
            "staff_code": posting.person.staff_code,
            "full_name": posting.person.full_name,
            "unit": UNIT,
            "group": posting.group.code,
            "position_title": posting.position_title,
            "is_primary": "Có" if posting.is_primary else "Không",
            "victim_support": "Có" if posting.victim_support else "Không",
            "valid_from": posting.valid_from,
        }
        | changes
    )


def standing(person: StaffMember) -> list[tuple[Any, ...]]:
    return list(
        Posting.objects.current()
        .filter(person=person)
        .order_by("valid_from", "pk")
        .values_list("unit_id", "group__code", "position_title", "valid_from", "valid_to")
    )


@pytest.fixture
def posting(world: World) -> Posting:
    """The duty of the learner of the commune."""
    return Posting.objects.current().get(person=world.own.learner.staff)


# Round trip -----------------------------------------------------------------------------------
def test_the_prefilled_workbook_handed_in_as_it_is_changes_nothing(world: World):
    unit, today = world.own.unit, timezone.localdate()
    person = make_person(full_name="Bh'nướch Zơrâm", birth_date=date(1990, 2, 28))
    make_posting(person, unit=unit, group=world.group, valid_from=date(2025, 1, 1))
    make_posting(
        person,
        unit=unit,
        group=make_group(),
        valid_from=date(2025, 6, 1),
        valid_to=date(2030, 1, 1),
        is_primary=False,
        victim_support=False,
    )
    make_leave(person, valid_from=today - timedelta(days=5), valid_to=today + timedelta(days=60))
    StaffMember.objects.filter(pk=person.pk).update(work_phone="0235 385 1234")
    content = b"".join(prefilled(units_below(unit.pk, today), today))
    kept = preview_of(io.BytesIO(content), world.own.focal)
    people = Posting.objects.current().filter(unit=unit).count()
    assert kept.counts == dict.fromkeys(RowStatus.values, 0) | {"unchanged": people}
    with pytest.raises(imports.NothingToApply):
        apply(kept)


def test_the_same_file_twice_changes_nothing_the_second_time(world: World, posting):
    rows = (
        newcomer(),
        newcomer(full_name="Arất Thị Hai", birth_date=date(1991, 1, 1), work_phone="0905111222"),
        line_of(posting, position_title="Trưởng ban", leave_from=date(2026, 1, 1)),
    )
    first = apply(preview(world, *rows))
    assert first.status == ImportStatus.APPLIED
    assert first.counts == dict.fromkeys(RowStatus.values, 0) | {"new": 2, "changed": 1}
    before = StaffMember.objects.count(), Posting.objects.count(), Leave.objects.count()
    again = preview(world, *rows)
    assert verdicts(again) == [(RowStatus.UNCHANGED, [])] * 3
    decomposed = [
        [unicodedata.normalize("NFD", c) if isinstance(c, str) else c for c in row] for row in rows
    ]
    assert verdicts(preview(world, *decomposed)) == [(RowStatus.UNCHANGED, [])] * 3
    assert (StaffMember.objects.count(), Posting.objects.count(), Leave.objects.count()) == before


# What a row says ------------------------------------------------------------------------------
def test_new_person_is_registered_with_duty_and_leave(world: World):
    row = newcomer(
        full_name="Y Wang",
        birth_date="28/02/1990",
        work_email="Y.Wang@vd.vn",
        work_phone=905333444,
        position_title="Công chức VH-XH",
        last_day=date(2027, 12, 31),
        leave_from="01/01/2026",
        leave_last_day="31/03/2026",
    )
    kept = apply(preview(world, row))
    person = StaffMember.objects.get(full_name="Y Wang")
    assert person.staff_code.startswith(f"CB{person.pk:06}")
    assert (person.birth_date, person.work_email, person.work_phone, person.folded_name) == (
        date(1990, 2, 28),
        "y.wang@vd.vn",
        "0905333444",
        "y wang",
    )
    assert standing(person) == [
        (world.own.unit.pk, "xa_ldtbxh", "Công chức VH-XH", date(2024, 3, 5), date(2028, 1, 1))
    ]
    leave = Leave.objects.current().get(person=person)
    assert (leave.valid_from, leave.valid_to) == (date(2026, 1, 1), date(2026, 4, 1))
    entries = AuditEntry.objects.filter(person=person).order_by("pk")
    assert [each.action for each in entries] == ["person.register", "posting.open", "leave.record"]
    assert (kept.batch.kind, kept.batch.actor) == ("import", world.own.focal)


def test_changes_are_shown_old_and_new_and_written_as_new_versions(world: World, posting):
    row = line_of(
        posting, full_name="Trần Thị Họa", position_title="Phó trưởng ban", last_day="31/12/2026"
    )
    kept = preview(world, row)
    assert kept.rows.get().changes == [
        ["full_name", posting.person.full_name, "Trần Thị Họa"],
        ["position_title", "Công chức VH-XH", "Phó trưởng ban"],
        ["last_day", "", "2026-12-31"],
    ]
    apply(kept)
    posting.person.refresh_from_db()
    assert posting.person.full_name == "Trần Thị Họa"
    after = Posting.objects.current().get(logical_id=posting.logical_id)
    assert (after.position_title, after.valid_to) == ("Phó trưởng ban", date(2027, 1, 1))
    posting.refresh_from_db()
    assert not posting.stands


def test_empty_cells_keep_and_a_dash_clears(world: World, posting):
    person = posting.person
    StaffMember.objects.filter(pk=person.pk).update(work_email="a@vd.vn", work_phone="0905000111")
    kept = preview(world, line_of(posting, position_title=None, work_email="-"))
    assert kept.rows.get().changes == [["work_email", "a@vd.vn", ""]]
    apply(kept)
    person.refresh_from_db()
    assert (person.work_email, person.work_phone) == ("", "0905000111")


def test_another_unit_needs_the_day_of_the_change_and_is_then_a_transfer(world: World, posting):
    manager = world.users["province_manager"]
    kept = preview(world, line_of(posting, unit=NEIGHBOUR), user=manager)
    assert only(kept) == (RowStatus.REFUSED, ["needs-own-day"])
    row = line_of(posting, unit=NEIGHBOUR, valid_from=TRANSFER_DAY)
    kept = apply(preview(world, row, user=manager))
    assert standing(posting.person) == [
        (world.own.unit.pk, "xa_ldtbxh", "Công chức VH-XH", posting.valid_from, TRANSFER_DAY),
        (world.other.unit.pk, "xa_ldtbxh", "Công chức VH-XH", TRANSFER_DAY, FAR),
    ]
    newest = Posting.objects.current().filter(person=posting.person).latest("valid_from")
    assert newest.duty_began_on == TRANSFER_DAY


def test_another_title_from_a_day_continues_the_duty(world: World, posting):
    row = line_of(posting, position_title="Chủ tịch", valid_from=TRANSFER_DAY)
    apply(preview(world, row))
    newest = Posting.objects.current().filter(person=posting.person).latest("valid_from")
    assert (newest.position_title, newest.valid_from) == ("Chủ tịch", TRANSFER_DAY)
    assert (newest.duty_began_on, newest.chain_id) == (posting.duty_began_on, posting.chain_id)


def test_concurrent_duty_is_a_row_of_its_own(world: World, posting):
    other = make_group(name="Tổng đài")
    rows = (
        line_of(posting),
        line_of(posting, group="Tổng đài", is_primary="Không", valid_from=TRANSFER_DAY),
    )
    kept = apply(preview(world, *rows))
    assert [row.status for row in kept.rows.order_by("number")] == ["unchanged", "changed"]
    second = Posting.objects.current().get(person=posting.person, is_primary=False)
    assert (second.group, second.valid_from) == (other, TRANSFER_DAY)
    assert verdicts(preview(world, *rows)) == [(RowStatus.UNCHANGED, [])] * 2


@pytest.mark.parametrize(
    ("changes", "code"),
    (
        ({"valid_from": date(2026, 5, 5)}, "start-differs"),
        ({"is_primary": "Không"}, "primary-differs"),
        ({"group": "khong-co"}, "unknown-group"),
        ({"unit": "Xã Không Có", "valid_from": TRANSFER_DAY}, "unknown-unit"),
        ({"unit": NEIGHBOUR, "valid_from": TRANSFER_DAY}, "unknown-unit"),
        ({"last_day": date(2000, 1, 1)}, "ends-before"),
        ({"leave_last_day": date(2026, 1, 1)}, "leave-without-start"),
        ({"staff_code": "CB999999"}, "unknown-code"),
        ({"valid_from": date(2000, 1, 1), "position_title": "Khác"}, "start-differs"),
    ),
)
def test_row_is_refused_for_its_reason(world: World, posting, changes, code):
    kept = preview(world, line_of(posting, **changes))
    assert only(kept) == (RowStatus.REFUSED, [code])
    assert text_of(kept.rows.get().reasons[0])


def test_leave_that_overlaps_an_entered_one_is_refused(world: World, posting):
    make_leave(posting.person, valid_from=date(2026, 1, 1), valid_to=date(2026, 3, 1))
    row = line_of(posting, leave_from=date(2026, 2, 1))
    assert only(preview(world, row)) == (RowStatus.REFUSED, ["leave-overlaps"])
    row = line_of(posting, leave_from=date(2026, 1, 1), leave_last_day=date(2026, 4, 30))
    apply(preview(world, row))
    leave = Leave.objects.current().get(person=posting.person)
    assert (leave.valid_from, leave.valid_to) == (date(2026, 1, 1), date(2026, 5, 1))


def test_rows_of_one_person_must_agree_and_not_repeat(world: World, posting):
    rows = (
        line_of(posting, work_phone="0905111222"),
        line_of(posting, work_phone="0905111333"),
        line_of(posting),
        newcomer(),
        newcomer(),
    )
    assert verdicts(preview(world, *rows)) == [
        (RowStatus.CHANGED, []),
        (RowStatus.REFUSED, ["differs-from-row"]),
        (RowStatus.REFUSED, ["repeated"]),
        (RowStatus.NEW, []),
        (RowStatus.REFUSED, ["same-new-person"]),
    ]


# Whom a row is about --------------------------------------------------------------------------
def test_focal_person_learns_nothing_of_people_elsewhere(world: World, posting):
    elsewhere = Posting.objects.current().get(person=world.other.learner.staff)
    nobody = line_of(elsewhere, staff_code="CB999999", full_name="Không Có Ai")
    kept = preview(world, line_of(elsewhere), nobody)
    first, second = kept.rows.order_by("number")
    assert [row.reasons[0]["code"] for row in (first, second)] == ["unknown-code"] * 2
    assert first.person is None
    said = [text_of(row.reasons[0]).partition(": ")[2] for row in (first, second)]
    assert said[0].replace(elsewhere.person.staff_code, "CB999999") == said[1]
    # Without the code she is a new person: that she stands on another list is not told.
    row = newcomer(full_name=elsewhere.person.full_name)
    assert only(preview(world, row)) == (RowStatus.NEW, [])
    # The manager sees both.
    kept = preview(world, line_of(elsewhere, unit=NEIGHBOUR), user=world.users["province_manager"])
    assert only(kept) == (RowStatus.UNCHANGED, [])


def test_duty_in_a_unit_of_somebody_else_stays_untouched(world: World):
    person = make_person(full_name="Kiêm Hai Nơi")
    make_posting(person, unit=world.other.unit, group=world.group, valid_from=date(2024, 1, 1))
    second = make_posting(
        person,
        unit=world.own.unit,
        group=world.group,
        valid_from=date(2024, 1, 1),
        is_primary=False,
    )
    row = line_of(second, is_primary="Có", valid_from=TRANSFER_DAY)
    assert only(preview(world, row)) == (RowStatus.REFUSED, ["foreign-duty"])
    # What is as it was is taken; a change is for those who answer for the main duty.
    assert only(preview(world, line_of(second))) == (RowStatus.UNCHANGED, [])
    row = line_of(second, work_phone="0905111222")
    assert only(preview(world, row)) == (RowStatus.REFUSED, ["not-managed"])


def test_nobody_changes_her_own_record(world: World):
    own = Posting.objects.current().get(person=world.own.focal.staff)
    assert only(preview(world, line_of(own))) == (RowStatus.UNCHANGED, [])
    row = line_of(own, position_title="Chủ tịch")
    assert only(preview(world, row)) == (RowStatus.REFUSED, ["not-managed"])


def test_preview_warns_of_days_that_are_reported(world: World, client):
    sign_in(client, world.own.focal)
    kept = preview(world, newcomer(valid_from=timezone.localdate() - timedelta(days=5)))
    assert kept.first_day == timezone.localdate() - timedelta(days=5)
    assert len(client.get(kept.get_absolute_url()).context["warnings"]) == 1
    kept = preview(world, newcomer(valid_from=timezone.localdate()))
    assert client.get(kept.get_absolute_url()).context["warnings"] == []


def test_likely_duplicate_waits_for_a_decision(world: World, posting):
    person = posting.person
    StaffMember.objects.filter(pk=person.pk).update(birth_date=date(1985, 6, 7))
    row = newcomer(
        full_name=person.full_name.upper(), birth_date=date(1985, 6, 7), work_phone="0905777888"
    )
    kept = preview(world, row)
    assert only(kept) == (RowStatus.UNDECIDED, ["duplicate"])
    with pytest.raises(imports.NothingToApply):
        apply(kept)
    kept_row = kept.rows.get()
    assert kept_row.candidates == [person.pk]
    write = {"actor": world.own.focal, "at": timezone.now()}
    with pytest.raises(imports.NoSuchChoice):
        decide(kept, 2, choice="same", person_id=world.other.learner.staff_id, **write)
    decide(kept, 2, choice="skip", **write)
    assert only(kept) == (RowStatus.UNDECIDED, ["set-aside"])
    # Said to be her, the row is held against her record: another first day is no overwrite.
    decide(kept, 2, choice="same", person_id=person.pk, **write)
    assert only(kept) == (RowStatus.REFUSED, ["start-differs"])
    kept = decide(kept, 2, choice="new", **write)
    assert only(kept) == (RowStatus.NEW, [])
    apply(kept)
    assert StaffMember.objects.filter(folded_name=person.folded_name).count() == 2


def test_decision_for_the_same_person_is_applied_to_her(world: World, posting):
    row = line_of(posting, staff_code=None, work_phone="0905777888")
    kept = preview(world, row)
    assert only(kept) == (RowStatus.UNDECIDED, ["duplicate"])
    write = {"actor": world.own.focal, "at": timezone.now()}
    kept = decide(kept, 2, choice="same", person_id=posting.person_id, **write)
    assert kept.counts["changed"] == 1
    apply(kept)
    posting.person.refresh_from_db()
    assert posting.person.work_phone == "0905777888"


def test_namesakes_are_told_apart(world: World, posting):
    StaffMember.objects.filter(pk=posting.person_id).update(birth_date=date(1985, 6, 7))
    row = newcomer(full_name=posting.person.full_name, birth_date=date(1990, 1, 1))
    assert only(preview(world, row)) == (RowStatus.NEW, [])


def test_code_of_another_person_and_of_a_merged_record(world: World, posting):
    StaffMember.objects.filter(pk=posting.person_id).update(birth_date=date(1985, 6, 7))
    row = line_of(posting, full_name="Hoàn Toàn Khác", birth_date=date(1990, 1, 1))
    assert only(preview(world, row)) == (RowStatus.REFUSED, ["other-person"])


def test_number_in_the_code_column_is_refused_unless_it_is_the_code(world: World):
    person = make_person(full_name="Lê Số", staff_code="00712")
    posting = make_posting(person, unit=world.own.unit, group=world.group)
    kept = preview(world, line_of(posting, staff_code=712))
    assert only(kept) == (RowStatus.REFUSED, ["number-code"])
    whole = make_posting(
        make_person(full_name="Lê Nguyên", staff_code="4711"),
        unit=world.own.unit,
        group=world.group,
    )
    assert only(preview(world, line_of(whole, staff_code=4711))) == (RowStatus.UNCHANGED, [])


def test_manager_may_bring_own_codes(world: World):
    manager = world.users["province_manager"]
    row = newcomer(staff_code="nv-2024-1")
    kept = apply(preview(world, row, user=manager))
    assert StaffMember.objects.get(staff_code="NV-2024-1").full_name == "Đinh Thị Mới"
    assert only(preview(world, row, user=manager)) == (RowStatus.UNCHANGED, [])
    # Undone, the code is free for the next file.
    undo(kept)
    assert only(preview(world, row, user=manager)) == (RowStatus.NEW, [])


# Applying and undoing -------------------------------------------------------------------------
def test_all_or_the_good_rows(world: World, posting):
    rows = (newcomer(), newcomer(full_name="Có Lỗi", valid_from="13/13/2024"))
    kept = preview(world, *rows)
    with pytest.raises(imports.NotAllGood):
        apply(kept, all_good=True)
    assert apply(kept).status == ImportStatus.APPLIED
    assert StaffMember.objects.filter(full_name="Đinh Thị Mới").exists()
    assert not StaffMember.objects.filter(full_name="Có Lỗi").exists()
    with pytest.raises(imports.NotNow):
        apply(kept)


def test_record_changed_since_the_preview_stops_the_apply(world: World, posting):
    kept = preview(world, line_of(posting, position_title="Trưởng ban"), newcomer())
    end_posting(posting, last_day=date(2026, 6, 30), actor=None, at=timezone.now())
    kept = apply(kept)
    assert (kept.status, kept.is_renewed) == (ImportStatus.READY, True)
    assert not StaffMember.objects.filter(full_name="Đinh Thị Mới").exists()
    assert apply(kept).status == ImportStatus.APPLIED


def state_of_everything() -> dict[str, Any]:
    """What the portal holds to be true, whatever the versions are called."""
    return {
        "people": list(
            StaffMember.objects.filter(erased_at=None)
            .order_by("pk")
            .values_list("pk", "staff_code", "full_name", "work_email", "work_phone", "birth_date")
        ),
        "postings": sorted(
            Posting.objects.current().values_list(
                *("person_id", "unit_id", "group_id", "position_title", "valid_from", "valid_to"),
                *("is_primary", "victim_support", "duty_began_on", "chain_id", "logical_id"),
            ),
            key=str,
        ),
        "leaves": sorted(
            Leave.objects.current().values_list(
                "person_id", "valid_from", "valid_to", "logical_id"
            ),
            key=str,
        ),
    }


def test_undo_brings_back_everything(world: World, posting):
    leave = make_leave(posting.person, valid_from=date(2026, 1, 1))
    graduate = Posting.objects.current().get(person=world.own.graduate.staff)
    before = state_of_everything()
    rows = (
        newcomer(),
        line_of(
            posting,
            full_name="Tên Mới",
            work_phone="0905123123",
            last_day="31/12/2026",
            leave_from=leave.valid_from,
            leave_last_day="28/02/2026",
        ),
        line_of(graduate, position_title="Chủ tịch", valid_from=TRANSFER_DAY),
    )
    kept = apply(preview(world, *rows))
    assert state_of_everything() != before
    kept = undo(kept)
    assert kept.status == ImportStatus.UNDONE
    assert state_of_everything() == before
    # Undone, the same file may be applied anew.
    assert apply(preview(world, *rows)).status == ImportStatus.APPLIED


def test_figures_follow_an_import_and_its_undo(world: World, posting):
    unit = UnitVersion.objects.current().get(unit=world.own.unit)
    today = timezone.localdate()
    before = figures(unit, today).total
    rows = (newcomer(), newcomer(full_name="Zơrâm Hai"), line_of(posting, last_day="30/06/2026"))
    kept = apply(preview(world, *rows))
    between = figures(unit, today).total
    assert between.denominator == before.denominator + 1
    undo(kept)
    assert figures(unit, today).total == before


def test_undo_is_refused_while_something_rests_on_it(world: World, posting):
    row = line_of(posting, position_title="Trưởng ban")
    kept = apply(preview(world, row, newcomer()))
    transfer(
        posting.person,
        unit=world.own.unit,
        group=world.group,
        on=date(2026, 9, 1),
        actor=None,
        at=timezone.now(),
    )
    before = state_of_everything()
    kept = undo(kept)
    assert kept.status == ImportStatus.APPLIED
    assert len(kept.failure["reasons"]) == 1
    assert state_of_everything() == before


def test_undo_is_refused_where_a_later_duty_fills_the_place(world: World, posting):
    kept = apply(preview(world, line_of(posting, last_day="31/12/2025")))
    open_posting(
        posting.person,
        unit=world.own.unit,
        group=world.group,
        valid_from=TRANSFER_DAY,
        actor=None,
        at=timezone.now(),
    )
    assert undo(kept).status == ImportStatus.APPLIED


def test_new_person_with_records_of_her_own_stays_and_is_named(world: World):
    kept = apply(preview(world, newcomer(), newcomer(full_name="Có Tài Khoản")))
    person = StaffMember.objects.get(full_name="Có Tài Khoản")
    from tests.factories import make_user  # noqa: PLC0415 (one test)

    make_user(person)
    kept = undo(kept)
    assert kept.status == ImportStatus.UNDONE
    assert [each["code"] for each in kept.notices] == ["undo-stayed"]
    assert person.staff_code in text_of(kept.notices[0])
    person.refresh_from_db()
    assert (person.full_name, standing(person)) == ("Có Tài Khoản", [])
    assert not StaffMember.objects.filter(full_name="Đinh Thị Mới").exists()


def test_name_corrected_since_survives_the_undo(world: World, posting):
    kept = apply(preview(world, line_of(posting, full_name="Tên Tạm", work_phone="0905123123")))
    correct_person(posting.person, full_name="Tên Đúng", actor=None, at=timezone.now())
    kept = undo(kept)
    posting.person.refresh_from_db()
    assert (posting.person.full_name, posting.person.work_phone) == ("Tên Đúng", "0905123123")
    assert [each["code"] for each in kept.notices] == ["undo-corrected"]


def test_import_whose_batch_was_taken_back_elsewhere_is_undone(world: World, client):
    kept = apply(preview(world, newcomer()))
    batches.undo(kept.batch, actor=None, at=timezone.now())
    kept.refresh_from_db()
    assert kept.shown_status == ImportStatus.UNDONE
    with pytest.raises(imports.NotNow):
        undo(kept)


# Stopped in the middle ------------------------------------------------------------------------
def test_killed_apply_leaves_nothing_and_can_be_begun_again(world: World, monkeypatch):
    kept = preview(world, *(newcomer(full_name=f"Người {n}") for n in "ABC"))
    before = state_of_everything()

    class Killed(BaseException):
        """What a signal does: no handler of ours runs."""

    def die(*_args: Any, **_kwargs: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(applying, "log_many", die)
        with pytest.raises(Killed):
            apply(kept)
    kept.refresh_from_db()
    assert (kept.status, state_of_everything()) == (ImportStatus.APPLYING, before)
    at = timezone.now()
    with pytest.raises(imports.NotNow):
        imports.restart(kept, actor=None, at=at)
    later = at + timedelta(hours=1)
    assert kept.is_stalled(later)
    kept = imports.restart(kept, actor=None, at=later)
    assert kept.status == ImportStatus.READY
    assert apply(kept).status == ImportStatus.APPLIED


def test_stopped_reader_is_replaced_and_cannot_write_any_more(world: World):
    at = timezone.now()
    file = book_of(newcomer())
    kept = hand_in(file, name="a.xlsx", actor=world.own.focal, at=at, by_worker=False)
    given_up = str(kept.run)
    kept = imports.restart(kept, actor=None, at=at + timedelta(minutes=5))
    read(kept.pk, given_up)
    kept.refresh_from_db()
    assert (kept.status, kept.rows.count()) == (ImportStatus.READING, 0)
    read(kept.pk, str(kept.run))
    kept.refresh_from_db()
    assert (kept.status, kept.rows.count()) == (ImportStatus.READY, 1)


def test_refused_file_is_shown_as_such_and_erased_on_demand(world: World):
    at = timezone.now()
    file = book_of(newcomer(), titles=["Tên", "Cơ quan"])
    kept = hand_in(file, name="a.xlsx", actor=world.own.focal, at=at, by_worker=False)
    read(kept.pk, str(kept.run))
    kept.refresh_from_db()
    assert (kept.status, kept.failure["code"]) == (ImportStatus.FAILED, "no-header")
    imports.discard(kept, actor=world.own.focal, at=at)
    kept.refresh_from_db()
    assert (kept.status, kept.file.name, kept.file_name) == (ImportStatus.DISCARDED, "", "")


def test_names_of_old_imports_are_forgotten(world: World):
    kept = apply(preview(world, newcomer()))
    storage, name = kept.file.storage, kept.file.name
    later = timezone.now() + timedelta(days=imports.KEPT_DAYS + 1)
    assert imports.forget_old(at=timezone.now()) == 0
    # That of the world, which nobody applied, goes too.
    assert imports.forget_old(at=later) == 3
    kept.refresh_from_db()
    assert (kept.status, kept.rows.count(), kept.file_name) == (ImportStatus.APPLIED, 0, "")
    assert kept.counts["new"] == 1
    assert storage.exists(name)  # until the transaction ends
    assert imports.forget_old(at=later) == 0


def test_scope_of_an_import_is_that_of_the_editing_roles_alone(world: World):
    scope = editing_scope(world.own.focal)
    assert (scope.person_id, len(scope.assignments)) == (world.own.focal.staff_id, 1)
    assert not editing_scope(world.users["province_leader"]).sees_people


def test_refused_rows_come_back_with_their_reasons_and_can_be_handed_in(world: World):
    from lms.people.workbooks.writing import refused_rows  # noqa: PLC0415 (one test)

    bad = newcomer(full_name="=HYPERLINK", valid_from="13/13/2024")

    def as_text(page) -> None:
        page["B2"].data_type = "s"

    kept = preview(world, bad, change=as_text)
    content = b"".join(refused_rows(kept, kept.rows.order_by("number")))
    titles, row = rows_in(content)
    assert titles[-1] == "Lý do"
    assert row[1] == "=HYPERLINK"
    assert [word in row[-1] for word in ("B2", "K2", "13/13/2024")] == [True] * 3
    again = preview_of(io.BytesIO(content), world.own.focal)
    assert only(again) == only(kept)


def test_the_prefilled_workbook_helps_and_protects(world: World):
    today = timezone.localdate()
    content = b"".join(prefilled(units_below(world.own.unit.pk, today), today))
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Danh sách", "Hướng dẫn", "Danh mục"]
    page = book["Danh sách"]
    rules = {
        str(rule.sqref).partition("2")[0]: rule for rule in page.data_validations.dataValidation
    }
    lists = {letter: rule.formula1 for letter, rule in rules.items() if rule.type == "list"}
    assert lists == {
        "F": "'Danh mục'!$A$2:$A$2",
        "G": "'Danh mục'!$B$2:$B$2",
        "I": '"Có,Không"',
        "J": '"Có,Không"',
    }
    assert {letter for letter, rule in rules.items() if rule.type == "date"} == set("CKLMN")
    filled = sum(row[0].value is not None for row in page.iter_rows(min_row=2))
    # The key is locked where there is one, everything else and the rows below stay open.
    assert page.protection.sheet
    assert [page["A2"].protection.locked, page["B2"].protection.locked] == [True, False]
    assert not page.cell(filled + 2, 1).protection.locked
    assert (page["K2"].is_date, page["K2"].number_format) == (True, "dd/mm/yyyy")
    assert (page["E2"].number_format, page["A2"].data_type) == ("@", "s")
    assert page.freeze_panes == "C2"
    assert "NGÀY CHUYỂN" in "\n".join(row[0].value for row in book["Hướng dẫn"].iter_rows())
    assert book["Danh mục"]["A2"].value == UNIT
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)
