"""Find a unit by any spelling; what a unit was and became."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from lms.people.finding import find_units, split_type, visible_unit_ids
from lms.people.loading import load_units
from lms.people.reorganising import apply, draft, read_data, read_text
from lms.people.reorganising.history import history_of
from lms.people.reorganising.shipped import JANUARY, JULY, shipped
from lms.people.scopes import Scope
from lms.people.units import get_unit_version

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LAST_DAY = date(2024, 12, 31)
TODAY = date(2026, 11, 20)

pytestmark = pytest.mark.django_db


def scope(code: str, role: str = "province_manager", day: date = LAST_DAY) -> Scope:
    return Scope(1, None, day, ((role, get_unit_version(code, day).unit_id),))


@pytest.fixture(scope="module")
def old_map(django_db_setup, django_db_blocker):
    from django.db import transaction  # noqa: PLC0415 (only here)

    with django_db_blocker.unblock(), transaction.atomic():
        load_units(at=AT)
        yield
        transaction.set_rollback(True)


SPELLINGS = (
    ("A Vương", "20461"),
    ("Avương", "20461"),
    ("a vuong", "20461"),
    ("AVUONG", "20461"),
    ("A VƯƠNG", "20461"),
    ("Laêê", "20698"),
    ("La Êê", "20698"),
    ("H. Đại Lộc", "506"),
    ("H Đại Lộc", "506"),
    ("h.đại lộc", "506"),
    ("huyện dai loc", "506"),
    ("TP Tam Kỳ", "502"),
    ("TP. Tam Ky", "502"),
    ("TX Điện Bàn", "507"),
    ("TT Ái Nghĩa", "20500"),
    ("P. An Mỹ", "20341"),
    ("X. Ba", "20485"),
    ("Xã Ba", "20485"),
    ("Phước Hoà", "20729"),
    ("Phước Hòa", "20338"),
    ("Hoà Thuận", "20375"),
    ("Hòa Thuận", "20375"),
    ("Ch'ơm", "20437"),
    ("Chơm", "20437"),
    ("20338", "20338"),
    ("qn-syt", "QN-SYT"),
    ("sở y tế", "QN-SYT"),
)


@pytest.mark.parametrize(("typed", "code"), SPELLINGS)
def test_a_unit_is_found_first_by_any_spelling(old_map, typed, code):
    assert find_units(typed, scope("49"))[0].version.code == code


def test_a_type_parts_a_district_from_a_commune_of_the_same_name(old_map):
    codes = {typed: find_units(typed, scope("49"))[0].version.code for typed in (
        "H. Núi Thành", "TT Núi Thành",
    )}  # fmt: skip
    assert codes == {"H. Núi Thành": "517", "TT Núi Thành": "20965"}
    assert {each.version.code for each in find_units("Núi Thành", scope("49"))} == {"517", "20965"}


@pytest.mark.parametrize("typed", ("", "   ", "…", "'", "khong co dau", "%", "_"))
def test_nothing_is_found_by_what_is_no_name(old_map, typed):
    assert find_units(typed, scope("49")) == []


@pytest.mark.parametrize(
    ("typed", "parts"),
    (
        ("H. Đại Lộc", ("huyen", "Đại Lộc")),
        ("TP.Tam Kỳ", ("thanh pho", "Tam Kỳ")),
        ("A Vương", ("", "A Vương")),
        ("P.", ("", "P.")),
        ("Ba", ("", "Ba")),
    ),
)
def test_short_types_are_read(typed, parts):
    assert split_type(typed) == parts


def test_a_focal_person_finds_only_her_own(old_map):
    focal = scope("508", "district_focal")
    assert [each.version.code for each in find_units("Duy Phước", focal)] == ["20626"]
    assert find_units("A Vương", focal) == []
    assert find_units("20455", focal) == []


@pytest.fixture
def new_map(old_map, db):
    for name in (JANUARY, JULY):
        apply(draft(read_text(shipped(name)), actor=None, at=AT), actor=None, at=AT)


def test_an_old_name_finds_the_unit_that_ended_and_the_one_that_bears_it_now(new_map):
    manager = scope("48", day=TODAY)
    (found,) = [
        each for each in find_units("Phường Tân Thạnh", manager) if each.version.code == "20335"
    ]
    assert (found.version.full_name, found.is_valid) == ("Phường Tân Thạnh", False)
    # Renamed in January 2025 and ended in July: found by both names, once.
    (hiep_hoa,) = [each for each in find_units("Hiệp Hòa", manager) if each.version.code == "20758"]
    assert (hiep_hoa.version.full_name, hiep_hoa.old_name) == ("Xã Quế Tân", "Xã Hiệp Hòa")
    # A live unit of the name stands before one that ended.
    first, *_rest = find_units("Đại Lộc", manager)
    assert (first.version.full_name, first.is_valid) == ("Xã Đại Lộc", True)


def test_a_focal_person_finds_what_was_merged_into_hers(new_map):
    unit = get_unit_version("20335", TODAY)
    focal = Scope(1, None, TODAY, (("unit_focal", unit.unit_id),))
    visible = visible_unit_ids(focal)
    gone = get_unit_version("20362", LAST_DAY).unit_id
    neighbour = get_unit_version("20347", LAST_DAY).unit_id
    district = get_unit_version("502", LAST_DAY).unit_id
    assert {unit.unit_id, gone} <= visible
    assert visible.isdisjoint({neighbour, district})


def test_history_names_predecessors_successors_and_decisions(new_map):
    old, new = get_unit_version("20335", LAST_DAY), get_unit_version("20335", TODAY)
    became = history_of(old.unit_id)
    assert [(each.version.full_name, each.last_day) for each in became.periods] == [
        ("Phường Tân Thạnh", date(2025, 6, 30))
    ]
    (line,) = became.events
    assert [each.full_name for each in line.went_to] == ["Phường Bàn Thạch"]
    assert line.event.decision_number == "1659/NQ-UBTVQH15"
    came = history_of(new.unit_id)
    assert {each.full_name for each in came.events[0].came_from} == {
        "Phường Tân Thạnh",
        "Phường Hoà Thuận",
        "Xã Tam Thăng",
    }
    moved = history_of(get_unit_version("20695", TODAY).unit_id)
    assert [(each.version.full_name, each.parent.full_name) for each in moved.periods] == [
        ("Thị trấn Thạnh Mỹ", "Huyện Nam Giang"),
        ("Xã Thạnh Mỹ", "Thành phố Đà Nẵng"),
    ]


def test_an_undone_decision_leaves_the_history(old_map, db):
    from lms.people.reorganising import undo  # noqa: PLC0415 (only here)

    resolution = read_data(
        {
            "title": "Thử",
            "decision_number": "1",
            "effective_on": "2025-01-01",
            "events": [{"kind": "rename", "unit": "20455", "name": "Khác"}],
        }
    )
    unit = get_unit_version("20455", LAST_DAY).unit_id
    done = apply(draft(resolution, actor=None, at=AT), actor=None, at=AT).reorganisation
    assert len(history_of(unit).events) == 1
    undo(done, actor=None, at=AT)
    assert history_of(unit).events == []
    assert len(history_of(unit).periods) == 1
