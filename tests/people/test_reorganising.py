"""Units that merge, split, move and end: what follows, what is refused, what an undo restores."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from lms.people.days import FAR
from lms.people.loading import DATA, load_units, read_rows
from lms.people.models import (
    AuditEntry,
    Posting,
    Reorganisation,
    ReorganisedRow,
    Unit,
    UnitEvent,
    UnitEventPart,
    UnitPath,
    UnitVersion,
)
from lms.people.reorganising import (
    AlreadyApplied,
    DependedOn,
    NotADraft,
    NotApplied,
    Refused,
    apply,
    discard,
    draft,
    map_units,
    place,
    plan_of,
    read_data,
    read_text,
    undo,
    waiting_postings,
    what_depends,
)
from lms.people.reorganising.people import page_of, summary_of
from lms.people.reorganising.reading import read_people_list
from lms.people.reorganising.roles import role_moves
from lms.people.reorganising.shipped import JANUARY, JULY, files, shipped
from lms.people.scopes import scope_of
from lms.people.staff import end_posting, open_posting
from lms.people.units import find_root, get_unit_version, rebuild_paths
from lms.target.models import RosterEntry
from tests.factories import (
    make_group,
    make_person,
    make_posting,
    make_role,
    make_roster_entry,
    make_unit,
    make_user,
)
from tests.races import at_once, kinds_of

AT = datetime(2024, 11, 20, 2, 0, tzinfo=UTC)
LATE = datetime(2025, 3, 1, 2, 0, tzinfo=UTC)
NEW_YEAR = date(2025, 1, 1)
LAST_DAY = date(2024, 12, 31)
SPRING = date(2025, 3, 1)

pytestmark = pytest.mark.django_db


class Map:
    """A small province: two districts, three communes in the first, one in the second."""

    def __init__(self) -> None:
        self.province = make_unit(code="49", name="Quảng Nam", kind="Tỉnh", level="province")
        self.waiting = make_unit(
            code="CHUA-XEP", name="Chưa xếp đơn vị", kind="", level="agency",
            own_key="chua-xep-don-vi",
        )  # fmt: skip
        self.agency = make_unit(
            code="QN-SO", name="Sở", kind="", level="agency", parent=self.province
        )
        self.one, self.two = (
            make_unit(code=code, name=name, kind="Huyện", level="district", parent=self.province)
            for code, name in (("509", "Quế Sơn"), ("519", "Nông Sơn"))
        )
        self.a, self.b, self.c = (
            make_unit(code=code, name=name, parent=self.one)
            for code, name in (("20641", "Xã A"), ("20644", "Xã B"), ("20647", "Xã C"))
        )
        self.d = make_unit(code="20668", name="Ninh Phước", parent=self.two)
        self.group = make_group(code="xa_ldtbxh")

    def person(self, unit: Unit, code: str = "", **fields: Any) -> Posting:
        return make_posting(
            make_person(staff_code=code), unit=unit, group=fields.pop("group", self.group), **fields
        )


@pytest.fixture
def old() -> Map:
    return Map()


def resolution(*events: dict[str, Any], day: date = NEW_YEAR, new: tuple = ()) -> Any:
    return read_data(
        {
            "title": "Sắp xếp thử",
            "decision_number": "01/NQ",
            "decided_on": "2024-10-24",
            "effective_on": day.isoformat(),
            "new_units": list(new),
            "events": list(events),
        }
    )


def do(*events: dict[str, Any], at: datetime = AT, **more: Any) -> Reorganisation:
    return apply(
        draft(resolution(*events, **more), actor=None, at=at), actor=None, at=at
    ).reorganisation


def merge(*units: str, into: str) -> dict[str, Any]:
    return {"kind": "merge", "units": list(units), "into": into}


def new_unit(code: str, name: str = "Mới", parent: str = "509", level: str = "commune") -> dict:
    return {"code": code, "name": name, "type": "Xã", "level": level, "parent": parent}


def map_on(day: date, known: date | None = None) -> set[tuple]:
    """Every unit of a day with its parent, name and code."""
    return set(
        UnitVersion.objects.known_on(known)
        .valid_on(day)
        .values_list("unit_id", "parent_id", "code", "name", "kind", "level")
    )


def paths_on(day: date, known: date | None = None) -> set[tuple]:
    rows = UnitPath.objects.filter(valid_from__lte=day, valid_to__gt=day)
    if known is None:
        rows = rows.filter(known_to=FAR)
    else:
        rows = rows.filter(known_from__lte=known, known_to__gt=known)
    return set(rows.values_list("unit_id", "ancestor_id", "depth"))


def duties_on(day: date, known: date | None = None) -> set[tuple]:
    return set(
        Posting.objects.known_on(known)
        .valid_on(day)
        .values_list("person_id", "unit_id", "chain_id", "duty_began_on")
    )


# The shipped files ----------------------------------------------------------------------------
@pytest.mark.parametrize("name", (JANUARY, JULY))
def test_shipped_file_is_what_the_lists_build(name):
    assert (DATA / name).read_text(encoding="utf-8") == files()[name]


def levels_on(day: date) -> dict[str, int]:
    counts: dict[str, int] = {}
    root = find_root(day)
    inside = UnitPath.objects.filter(
        ancestor=root.unit, known_to=FAR, valid_from__lte=day, valid_to__gt=day
    )
    for level in (
        UnitVersion.objects.current()
        .valid_on(day)
        .filter(unit__in=inside.values("unit_id"))
        .values_list("level", flat=True)
    ):
        counts[level] = counts.get(level, 0) + 1
    return counts


def test_the_two_reorganisations_of_2025_lead_to_the_official_counts():
    load_units(at=AT)
    before = map_on(LAST_DAY), paths_on(LAST_DAY)
    for name in (JANUARY, JULY):
        apply(draft(read_text(shipped(name)), actor=None, at=LATE), actor=None, at=LATE)
    assert (map_on(LAST_DAY), paths_on(LAST_DAY)) == before
    expected = {"province": 1, "agency": 15}
    assert levels_on(LAST_DAY) == expected | {"district": 18, "commune": 241}
    assert levels_on(NEW_YEAR) == expected | {"district": 17, "commune": 233}
    assert levels_on(date(2025, 6, 30)) == expected | {"district": 17, "commune": 233}
    assert levels_on(date(2025, 7, 1)) == expected | {"commune": 94}
    assert find_root(date(2025, 6, 30)).code == "49"
    assert find_root(date(2025, 7, 1)).full_name == "Thành phố Đà Nẵng"
    listed = {
        (version.code, version.name, version.kind)
        for version in UnitVersion.objects.current().valid_on(date(2025, 7, 1))
        if version.level == "commune"
    }
    assert listed == {
        (row["code"], row["name"], row["type"]) for row in read_rows("units_2025_07.csv")
    }


def test_mapping_of_every_commune_of_2024_is_the_official_one():
    load_units(at=AT)
    for name in (JANUARY, JULY):
        apply(draft(read_text(shipped(name)), actor=None, at=LATE), actor=None, at=LATE)
    for column, day in (("code_2025_01", NEW_YEAR), ("code_2025_07", date(2025, 7, 1))):
        found = map_units(LAST_DAY, day)
        codes = dict(UnitVersion.objects.current().valid_on(day).values_list("unit_id", "code"))
        for row in read_rows("commune_mapping_2024_2025.csv"):
            unit = get_unit_version(row["code_2024"], LAST_DAY).unit_id
            assert codes[found.unit(unit)] == row[column], row
    districts = map_units(LAST_DAY, date(2025, 7, 1))
    assert districts.unit(get_unit_version("519", LAST_DAY).unit_id) is None
    province = get_unit_version("49", LAST_DAY).unit_id
    assert codes[districts.unit(province)] == "48"


# Merge ----------------------------------------------------------------------------------------
def test_merge_closes_the_duty_and_goes_on_with_its_chain(old):
    duty = old.person(old.a, valid_from=date(2020, 5, 1), position_title="Công chức")
    there = old.person(old.b)
    event = do(merge("20641", into="20644")).events.get()
    closed, opened = Posting.objects.current().filter(person=duty.person).order_by("valid_from")
    assert (closed.logical_id, closed.unit_id, closed.valid_to) == (
        duty.logical_id,
        old.a.pk,
        NEW_YEAR,
    )
    assert opened.logical_id != duty.logical_id
    assert (opened.unit_id, opened.valid_from, opened.valid_to) == (old.b.pk, NEW_YEAR, FAR)
    assert (opened.chain_id, opened.duty_began_on, opened.event_id) == (
        duty.chain_id,
        date(2020, 5, 1),
        event.pk,
    )
    assert opened.position_title == "Công chức"
    there.refresh_from_db()
    assert there.stands
    assert UnitVersion.objects.current().get(unit=old.a).valid_to == NEW_YEAR
    assert (event.kind, event.happened_on, event.decision_number) == ("merge", NEW_YEAR, "01/NQ")


def test_what_was_known_before_a_late_event_still_shows_the_old_map(old):
    duty = old.person(old.a)
    do(merge("20641", into="20644"), at=LATE)
    before = SPRING.replace(month=2, day=28)
    assert (duty.person_id, old.a.pk) in {each[:2] for each in duties_on(before, before)}
    assert (duty.person_id, old.b.pk) in {each[:2] for each in duties_on(before, SPRING)}
    assert (old.a.pk, old.one.pk, 1) in paths_on(before, before)
    assert not [row for row in paths_on(before, SPRING) if row[0] == old.a.pk]


def test_duties_begun_since_in_an_ended_unit_follow(old):
    begun = old.person(old.a, valid_from=date(2025, 2, 1), at=LATE)
    ended_before = old.person(old.a, valid_to=date(2024, 6, 1))
    do(merge("20641", into="20644"), at=LATE)
    (now,) = Posting.objects.current().filter(person=begun.person)
    assert (now.logical_id, now.unit_id, now.valid_from, now.chain_id) == (
        begun.logical_id,
        old.b.pk,
        date(2025, 2, 1),
        begun.chain_id,
    )
    ended_before.refresh_from_db()
    assert ended_before.stands


def test_communes_of_a_merged_district_hang_below_its_successor(old):
    do(merge("519", into="509"))
    assert get_unit_version("20668", NEW_YEAR).parent_id == old.one.pk
    assert get_unit_version("20668", LAST_DAY).parent_id == old.two.pk
    assert (old.d.pk, old.one.pk, 1) in paths_on(NEW_YEAR)
    assert (old.d.pk, old.province.pk, 2) in paths_on(NEW_YEAR)


def test_a_code_may_live_on_under_another_name(old):
    duty = old.person(old.a)
    do(merge("20641", "20644", into="20641"), new=(new_unit("20641", "Quế Phước"),))
    version = get_unit_version("20641", NEW_YEAR)
    assert version.name == "Quế Phước"
    assert version.unit_id not in (old.a.pk, old.b.pk)
    assert get_unit_version("20641", LAST_DAY).unit_id == old.a.pk
    assert Posting.objects.current().valid_on(NEW_YEAR).get(person=duty.person).unit_id == (
        version.unit_id
    )


def test_names_in_a_roster_follow_the_person(old):
    entry = make_roster_entry(make_person(), unit=old.a)
    do(merge("20641", into="20644"))
    closed, opened = (
        RosterEntry.objects.current().filter(person=entry.person).order_by("valid_from")
    )
    assert (closed.unit_id, closed.valid_to) == (old.a.pk, NEW_YEAR)
    assert (opened.unit_id, opened.valid_from) == (old.b.pk, NEW_YEAR)


# Rename, retype, move ---------------------------------------------------------------------------
def test_rename_retype_and_move_keep_the_unit_and_its_people(old):
    duty = old.person(old.a)
    do(
        {"kind": "rename", "unit": "20641", "name": "Quế Tân"},
        {"kind": "retype", "unit": "20641", "type": "Thị trấn"},
        {"kind": "move", "units": ["20641"], "parent": "519"},
    )
    version = get_unit_version("20641", NEW_YEAR)
    assert (version.unit_id, version.full_name, version.parent_id) == (
        old.a.pk,
        "Thị trấn Quế Tân",
        old.two.pk,
    )
    assert version.folded_name == "thi tran que tan"
    duty.refresh_from_db()
    assert duty.stands


# Split, dissolve, placing -----------------------------------------------------------------------
def split(*people: tuple[str, str]) -> dict[str, Any]:
    return {
        "kind": "split",
        "unit": "20641",
        "into": ["20701", "20702"],
        "people": [{"person": person, "to": to} for person, to in people],
    }


TWO_NEW = (new_unit("20701", "Mới Một"), new_unit("20702", "Mới Hai"))


def test_split_moves_people_by_the_list_and_the_others_wait(old):
    first, second, third = (old.person(old.a, f"CB00000{n}") for n in (1, 2, 3))
    done = do(split(("cb000001", "20701"), ("CB000002", "20702")), new=TWO_NEW)
    where = {person: unit for person, unit, *_rest in duties_on(NEW_YEAR)}
    assert where == {
        first.person_id: get_unit_version("20701", NEW_YEAR).unit_id,
        second.person_id: get_unit_version("20702", NEW_YEAR).unit_id,
        third.person_id: old.waiting.pk,
    }
    assert [each.person_id for each in waiting_postings(done)] == [third.person_id]
    assert done.counts["waiting"] == 1


def test_a_unit_that_goes_on_through_a_split_keeps_whoever_is_not_listed(old):
    moved, stays = old.person(old.a, "CB000001"), old.person(old.a, "CB000002")
    event = split(("CB000001", "20701")) | {"into": ["20641", "20701"]}
    do(event, new=TWO_NEW[:1])
    where = {person: unit for person, unit, *_rest in duties_on(NEW_YEAR)}
    assert where[stays.person_id] == old.a.pk
    assert where[moved.person_id] == get_unit_version("20701", NEW_YEAR).unit_id


def test_placing_the_waiting_from_a_list_counts_from_the_day_of_the_event(old):
    duty = old.person(old.a, "CB000003", valid_from=date(2021, 1, 1))
    done = do({"kind": "dissolve", "units": ["20641"]})
    result = place(done, [{"person": "CB000003", "to": "20647"}], actor=None, at=LATE)
    assert result.people_count == 1
    (now,) = Posting.objects.current().valid_on(NEW_YEAR).filter(person=duty.person)
    assert (now.unit_id, now.valid_from, now.chain_id, now.duty_began_on) == (
        old.c.pk,
        NEW_YEAR,
        duty.chain_id,
        date(2021, 1, 1),
    )
    assert not waiting_postings(done).exists()
    assert map_units(LAST_DAY, SPRING).person(duty.person_id, old.a.pk) == old.c.pk
    assert map_units(LAST_DAY, SPRING).unit(old.a.pk) is None


def test_a_list_answers_for_every_event_by_which_somebody_waits(old):
    duty = old.person(old.a, "CB000003")
    make_posting(duty.person, unit=old.b, group=duty.group, is_primary=False)
    done = do({"kind": "dissolve", "units": ["20641"]}, {"kind": "dissolve", "units": ["20644"]})
    assert waiting_postings(done).count() == 2
    place(done, [{"person": "CB000003", "to": "20647"}], actor=None, at=LATE)
    for unit in (old.a, old.b):
        assert map_units(LAST_DAY, SPRING).person(duty.person_id, unit.pk) == old.c.pk


def test_placing_from_a_later_day_keeps_the_days_of_waiting(old):
    duty = old.person(old.a, "CB000003")
    done = do({"kind": "dissolve", "units": ["20641"]})
    place(done, [{"person": "CB000003", "to": "20647"}], on=SPRING, actor=None, at=LATE)
    units = dict(
        Posting.objects.current()
        .filter(person=duty.person, valid_from__gte=NEW_YEAR)
        .values_list("unit_id", "valid_from")
    )
    assert units == {old.waiting.pk: NEW_YEAR, old.c.pk: SPRING}


@pytest.mark.parametrize(
    ("person", "to", "text"),
    (
        ("CB000009", "20647", "không chờ"),
        ("CB000003", "20641", "Không có đơn vị"),
    ),
)
def test_placing_refuses_with_the_row(old, person, to, text):
    old.person(old.a, "CB000003")
    old.person(old.b, "CB000009")
    done = do({"kind": "dissolve", "units": ["20641"]})
    with pytest.raises(Refused) as refused:
        place(done, [{"person": person, "to": to}], actor=None, at=LATE)
    (refusal,) = refused.value.refusals
    assert refusal.row == 1
    assert text in refusal.text
    assert waiting_postings(done).count() == 1


# Function transferred ---------------------------------------------------------------------------
def test_a_function_moves_with_its_position_group_and_its_listed_people(old):
    other = make_group(code="phu_nu")
    labour, women, listed = (
        old.person(old.one),
        old.person(old.one, group=other),
        old.person(old.one, "CB000007", group=other),
    )
    do(
        {
            "kind": "transfer_function",
            "unit": "509",
            "into": "QN-SO",
            "groups": ["xa_ldtbxh"],
            "people": [{"person": "CB000007", "to": "QN-SO"}],
        }
    )
    where = {person: unit for person, unit, *_rest in duties_on(NEW_YEAR)}
    assert where == {
        labour.person_id: old.agency.pk,
        listed.person_id: old.agency.pk,
        women.person_id: old.one.pk,
    }
    assert UnitVersion.objects.current().get(unit=old.one).valid_to == FAR


# Roles ------------------------------------------------------------------------------------------
def test_roles_follow_their_unit_and_see_the_people_who_came(old):
    focal = make_user(make_person())
    make_role(focal, "unit_focal", unit=old.a)
    duty, elsewhere = old.person(old.a), old.person(old.c)
    do(merge("20641", into="20644"))
    after = scope_of(focal, NEW_YEAR)
    assert after.assignments == (("unit_focal", old.b.pk),)
    assert set(after.units().values_list("unit_id", flat=True)) == {old.b.pk}
    people = type(duty.person).objects.all()
    assert set(after.people(people).filter(pk__in=[duty.person_id, elsewhere.person_id])) == {
        duty.person
    }
    assert scope_of(focal, LAST_DAY).assignments == (("unit_focal", old.a.pk),)


def test_a_role_held_over_the_successor_is_not_given_twice(old):
    focal = make_user(make_person())
    for unit in (old.a, old.b, old.c):
        make_role(focal, "unit_focal", unit=unit)
    do(merge("20641", "20647", into="20644"))
    assert scope_of(focal, NEW_YEAR).assignments == (("unit_focal", old.b.pk),)


def test_a_role_over_a_split_unit_goes_where_its_holder_goes_else_it_ends(old):
    listed, other = make_user(old.person(old.a, "CB000001").person), make_user(make_person())
    for user in (listed, other):
        make_role(user, "unit_focal", unit=old.a)
    new = do(split(("CB000001", "20701")), new=TWO_NEW)
    unit = get_unit_version("20701", NEW_YEAR).unit_id
    assert scope_of(listed, NEW_YEAR).assignments == (("unit_focal", unit),)
    assert scope_of(other, NEW_YEAR).assignments == ()
    assert (new.counts["roles"], new.counts["roles_ended"]) == (1, 1)


def test_roles_of_the_province_follow_into_the_city(old):
    manager = make_user(make_person())
    make_role(manager, "province_manager", unit=old.province)
    do(
        merge("49", into="48"),
        new=({"code": "48", "name": "Đà Nẵng", "type": "Thành phố", "level": "province"},),
    )
    city = get_unit_version("48", NEW_YEAR).unit_id
    assert scope_of(manager, NEW_YEAR).assignments == (("province_manager", city),)
    assert {old.agency.pk, old.a.pk} <= set(
        scope_of(manager, NEW_YEAR).units().values_list("unit_id", flat=True)
    )


# Dry run ----------------------------------------------------------------------------------------
def test_dry_run_counts_what_apply_does_and_writes_nothing(old):
    old.person(old.a, "CB000001")
    old.person(old.a, "CB000002")
    old.person(old.b, "CB000003", valid_from=date(2025, 2, 1))
    make_role(make_user(make_person()), "unit_focal", unit=old.b)
    events = (split(("CB000001", "20701")), merge("20644", into="20701"))
    plan = plan_of(resolution(*events, new=TWO_NEW))
    plan.check()
    counted = summary_of(plan)
    assert (counted.people_count, counted.waiting_count, counted.since_count) == (3, 1, 1)
    assert [(m.event, m.from_unit, m.to, m.people) for m in counted.moves] == [
        (1, old.a.pk, -1, 1),
        (1, old.a.pk, 0, 1),
        (2, old.b.pk, -1, 1),
    ]
    assert [(each.assignment.unit_id, each.to) for each in role_moves(plan)] == [(old.b.pk, -1)]
    assert [(line.person.staff_code, line.to) for line in page_of(plan, None)] == [
        ("CB000001", -1),
        ("CB000002", 0),
        ("CB000003", -1),
    ]
    waits = page_of(plan, None, only_waiting=True)
    assert [line.person.staff_code for line in waits] == ["CB000002"]
    assert not Reorganisation.objects.exists()
    assert not Posting.objects.exclude(withdrawn_on=FAR).exists()
    done = do(*events, new=TWO_NEW)
    assert done.counts["postings"] == 3
    assert done.counts["waiting"] == 1
    entry = AuditEntry.objects.get(action="reorganisation.apply")
    assert entry.data["postings"] == 3


# Refusals ---------------------------------------------------------------------------------------
REFUSED = {
    "unknown unit": ((merge("99999", into="20644"),), (), "99999"),
    "unknown successor": ((merge("20641", into="99999"),), (), "99999"),
    "into a unit that ends": (
        (merge("20641", into="20644"), merge("20644", into="20647")),
        (),
        "20644",
    ),
    "ends twice": ((merge("20641", into="20644"), merge("20641", into="20647")), (), "sự kiện 1"),
    "code in use": (
        (merge("20641", into="20644"),),
        (new_unit("20647"),),
        "20647",
    ),
    "children left": (({"kind": "dissolve", "units": ["509"]},), (), "Xã A"),
    "below itself": (({"kind": "move", "units": ["509"], "parent": "20641"},), (), "Quế Sơn"),
    "two on top": (
        ({"kind": "rename", "unit": "20641", "name": "X"},),
        (new_unit("48", parent="", level="province"),),
        "(48)",
    ),
    "person elsewhere": ((split(("CB000002", "20701")),), TWO_NEW, "CB000002"),
    "person unknown": ((split(("CB000404", "20701")),), TWO_NEW, "CB000404"),
    "person outside the event": ((split(("CB000001", "20644")),), TWO_NEW, "20644"),
    "waiting unit": ((merge("CHUA-XEP", into="20644"),), (), "Chưa xếp"),
    "parent missing": (
        (merge("20641", into="20701"),),
        (new_unit("20701", parent="777"),),
        "777",
    ),
    "group unknown": (
        ({"kind": "transfer_function", "unit": "509", "into": "QN-SO", "groups": ["khong"]},),
        (),
        "khong",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_conflict_is_refused_by_name_and_nothing_is_written(old, case):
    events, new, named = REFUSED[case]
    old.person(old.a, "CB000001")
    old.person(old.b, "CB000002")
    before = map_on(NEW_YEAR), paths_on(NEW_YEAR), duties_on(NEW_YEAR)
    kept = draft(resolution(*events, new=new), actor=None, at=AT)
    with pytest.raises(Refused) as refused:
        apply(kept, actor=None, at=AT)
    assert named in str(refused.value)
    assert (map_on(NEW_YEAR), paths_on(NEW_YEAR), duties_on(NEW_YEAR)) == before
    assert not UnitEvent.objects.exists()


def test_the_row_of_a_list_is_named(old):
    old.person(old.a, "CB000001")
    plan = plan_of(resolution(split(("CB000001", "20701"), ("CB000404", "20702")), new=TWO_NEW))
    assert [(each.event, each.row) for each in plan.refusals] == [(1, 2)]
    assert str(plan.refusals[0]).startswith("Sự kiện 1, dòng 2: ")


def test_an_event_before_a_later_decision_is_refused(old):
    do(merge("20641", into="20644"), day=date(2025, 7, 1))
    for event in (merge("20641", into="20647"), merge("20647", into="20641")):
        plan = plan_of(resolution(event))
        assert [each.event for each in plan.refusals] == [1]
        assert "01/07/2025" in plan.refusals[0].text


BAD_FILES = {
    "no yaml": (b"events: [", "1"),
    "reference": (b"a: &x [1]\nevents: *x\n", "2"),
    "not utf-8": ("tiêu đề".encode("utf-16"), "UTF-8"),
    "a list": (b"- 1\n", "title"),
    "no event": (b"title: x\ndecision_number: y\neffective_on: 2025-01-01\n", "sự kiện"),
    "day": (b"title: x\ndecision_number: y\neffective_on: 1/1/2025\nevents: [{}]\n", "2025-07-01"),
    "kind": (
        b"title: x\ndecision_number: y\neffective_on: 2025-01-01\nevents: [{kind: burn}]\n",
        "burn",
    ),
    "unknown key": (
        b"title: x\ndecision_number: y\neffective_on: 2025-01-01\n"
        b"events: [{kind: merge, units: ['1'], into: '2', colour: red}]\n",
        "colour",
    ),
    "twice": (
        b"title: x\ndecision_number: y\neffective_on: 2025-01-01\n"
        b"events: [{kind: merge, units: ['1', '1'], into: '2'}]\n",
        "1",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_file_that_cannot_be_read_says_where(case):
    content, named = BAD_FILES[case]
    with pytest.raises(Refused) as refused:
        read_text(content)
    assert named in str(refused.value)


def test_codes_of_a_file_are_text():
    text = b"title: x\ndecision_number: y\neffective_on: 2025-01-01\nevents:\n"
    text += b"  - {kind: merge, units: [049], into: 0048}\n"
    (event,) = read_text(text).events
    assert (event.units, event.into) == (("049",), ("0048",))


def test_a_list_of_people_is_read_from_lines():
    text = "Mã cán bộ;Mã đơn vị\ncb000001;20701\n\nCB000002, 20702\nCB000003\t20701\n"
    assert read_people_list(text) == [
        {"person": "CB000001", "to": "20701"},
        {"person": "CB000002", "to": "20702"},
        {"person": "CB000003", "to": "20701"},
    ]
    with pytest.raises(Refused) as refused:
        read_people_list("CB000001;20701\nCB000002\n")
    assert [each.row for each in refused.value.refusals] == [2]


# Twice, at once, undone -------------------------------------------------------------------------
def test_the_same_file_twice_changes_nothing_and_says_so(old):
    old.person(old.a)
    done = do(merge("20641", into="20644"))
    before = map_on(NEW_YEAR), duties_on(NEW_YEAR)
    with pytest.raises(AlreadyApplied) as standing:
        do(merge("20641", into="20644"))
    assert standing.value.reorganisation == done
    assert (map_on(NEW_YEAR), duties_on(NEW_YEAR)) == before


def test_a_draft_is_kept_once_and_can_be_thrown_away(old):
    kept = draft(resolution(merge("20641", into="20644")), actor=None, at=AT)
    assert draft(resolution(merge("20641", into="20644")), actor=None, at=AT) == kept
    discard(kept, actor=None, at=AT)
    assert not Reorganisation.objects.exists()
    done = do(merge("20641", into="20644"))
    with pytest.raises(NotADraft):
        discard(done, actor=None, at=AT)


@pytest.mark.django_db(transaction=True)
def test_two_who_apply_at_once_apply_once():
    old = Map()
    duty = old.person(old.a)
    kept = draft(resolution(merge("20641", into="20644")), actor=None, at=AT)

    def work() -> Any:
        return apply(kept, actor=None, at=AT)

    assert kinds_of(at_once(work, work)) == ["AlreadyApplied", "Result"]
    assert Posting.objects.current().valid_on(NEW_YEAR).filter(person=duty.person).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_decisions_on_one_unit_at_once_leave_one():
    old = Map()
    duty = old.person(old.a)
    kept = [
        draft(resolution(merge("20641", into=code)), actor=None, at=AT)
        for code in ("20644", "20647")
    ]
    results = at_once(*[lambda each=each: apply(each, actor=None, at=AT) for each in kept])
    assert kinds_of(results) == ["Refused", "Result"]
    assert Posting.objects.current().valid_on(NEW_YEAR).filter(person=duty.person).count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_is_posted_while_the_unit_ends_is_not_left_behind():
    """Posting, ending a duty and a merger at the same moment: nobody stays in the ended unit."""
    old = Map()
    for _round in range(4):
        ending = old.person(old.a)
        newcomer = make_person()
        kept = draft(resolution(merge("20641", into="20644")), actor=None, at=AT)
        results = at_once(
            lambda kept=kept: apply(kept, actor=None, at=AT),
            lambda newcomer=newcomer: open_posting(
                newcomer, unit=old.a, group=old.group, valid_from=SPRING, actor=None, at=AT
            ),
            lambda ending=ending: end_posting(
                ending, last_day=date(2025, 5, 31), actor=None, at=AT
            ),
        )
        kinds = set(kinds_of(results))
        assert kinds <= {"Result", "Posting", "UnitNotValid", "FactWithdrawn"}, results
        assert not Posting.objects.current().filter(unit=old.a, valid_to__gt=NEW_YEAR).exists()
        if "Posting" in kinds_of(results[1:2]):
            posting = Posting.objects.current().get(person=newcomer)
            assert (posting.unit_id, posting.valid_from) == (old.b.pk, SPRING)
        ends = Posting.objects.current().filter(person=ending.person).order_by("-valid_to")[0]
        assert ends.valid_to == (
            date(2025, 6, 1) if kinds_of(results[2:]) == ["Posting"] else FAR
        ), results
        undo_all()


def undo_all() -> None:
    """Bring the map back by force: this is about the moment of the apply only."""
    Posting.objects.filter(event__isnull=False).update(event=None)
    ReorganisedRow.objects.all().delete()
    UnitEventPart.objects.all().delete()
    UnitVersion.objects.filter(withdrawn_on=FAR, valid_to=NEW_YEAR).delete()
    UnitVersion.objects.exclude(withdrawn_on=FAR).update(withdrawn_on=FAR, withdrawn_at=None)
    UnitVersion.objects.update(event=None)
    UnitEvent.objects.all().delete()
    Posting.objects.all().delete()
    Reorganisation.objects.all().delete()
    rebuild_paths()


def test_undo_brings_back_what_stood(old):
    first, second = old.person(old.a, "CB000001"), old.person(old.a, "CB000002")
    since = old.person(old.d, "CB000004", valid_from=date(2025, 2, 1), at=LATE)
    focal = make_user(make_person())
    make_role(focal, "unit_focal", unit=old.d)
    make_roster_entry(first.person, unit=old.a)

    def state() -> tuple:
        return (
            map_on(LAST_DAY), map_on(SPRING), paths_on(SPRING), duties_on(LAST_DAY),
            duties_on(SPRING), scope_of(focal, SPRING).assignments,
            set(RosterEntry.objects.current().values_list("person", "unit", "valid_to")),
        )  # fmt: skip

    before = state()
    events = (split(("CB000001", "20701")), merge("20668", into="20644"))
    done = do(*events, new=TWO_NEW, at=LATE)
    place(done, [{"person": "CB000002", "to": "20702"}], actor=None, at=LATE)
    changed = state()
    assert changed != before
    assert what_depends(done) == []
    later = LATE.replace(day=5)
    undo(done, actor=None, at=later)
    assert state() == before
    # What was known in between is still answered, and the file may be applied anew.
    between = SPRING.replace(day=4)
    assert {each[:2] for each in duties_on(between, between)} == {
        (first.person_id, get_new(done, "20701")),
        (second.person_id, get_new(done, "20702")),
        (since.person_id, old.b.pk),
    }
    with pytest.raises(NotApplied):
        undo(done, actor=None, at=later)
    again = do(*events, new=TWO_NEW, at=later)
    assert again.pk != done.pk


def get_new(done: Reorganisation, code: str) -> int:
    return UnitVersion.objects.get(event__reorganisation=done, code=code).unit_id


def test_undo_goes_on_after_a_later_one_was_undone(old):
    old.person(old.a)
    before = map_on(SPRING), duties_on(SPRING)
    first = do(merge("20641", into="20644"))
    second = do(merge("20644", into="20647"), day=date(2025, 2, 1))
    assert what_depends(first) == [
        "Quyết định sau thay đổi cùng các đơn vị này: “Sắp xếp thử”.",
        "1 nhiệm vụ đã chuyển nay được sửa hoặc kết thúc.",
    ]
    with pytest.raises(DependedOn):
        undo(first, actor=None, at=LATE)
    undo(second, actor=None, at=LATE)
    undo(first, actor=None, at=LATE)
    assert (map_on(SPRING), duties_on(SPRING)) == before


def test_undo_is_refused_while_something_rests_on_it(old):
    duty = old.person(old.a)
    done = do(merge("20641", into="20701"), new=TWO_NEW[:1])
    unit = Unit.objects.get(pk=get_new(done, "20701"))
    opened = Posting.objects.current().get(person=duty.person, valid_from=NEW_YEAR)
    end_posting(opened, last_day=date(2025, 5, 31), actor=None, at=LATE)
    open_posting(make_person(), unit=unit, group=old.group, valid_from=SPRING, actor=None, at=LATE)
    make_role(make_user(make_person()), "unit_focal", unit=unit)
    with pytest.raises(DependedOn) as refused:
        undo(done, actor=None, at=LATE)
    text = " ".join(refused.value.reasons)
    assert "1 nhiệm vụ" in text
    assert "vai trò" in text
    done.refresh_from_db()
    assert done.is_applied


# The command ------------------------------------------------------------------------------------
FILE = """
title: Sắp xếp thử
decision_number: 01/NQ
effective_on: 2025-01-01
events:
  - kind: merge
    units: ["20641"]
    into: "20644"
"""


def test_command_stays_dry_until_told(old, tmp_path, capsys):
    old.person(old.a)
    file = tmp_path / "xa.yaml"
    file.write_text(FILE, encoding="utf-8")
    call_command("apply_unit_events", str(file))
    assert "1 units end, 0 begin, 0 change; 1 people move" in capsys.readouterr().out
    assert not Reorganisation.objects.exists()
    call_command("apply_unit_events", str(file), "--execute")
    assert "postings 1" in capsys.readouterr().out
    call_command("apply_unit_events", str(file), "--execute")
    assert "nothing changed" in capsys.readouterr().out
    call_command("apply_unit_events", str(file), "--undo", "--execute")
    assert "Undone" in capsys.readouterr().out
    assert get_unit_version("20641", NEW_YEAR).unit_id == old.a.pk
    with pytest.raises(CommandError):
        call_command("apply_unit_events", str(file), "--undo", "--execute")


def test_command_names_what_is_refused(old, tmp_path, capsys):
    file = tmp_path / "xa.yaml"
    file.write_text(FILE.replace("20641", "99999"), encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("apply_unit_events", str(file), "--execute")
    assert "99999" in capsys.readouterr().err


# What it costs ----------------------------------------------------------------------------------
def test_apply_costs_the_same_queries_however_many_people_move(old, django_assert_max_num_queries):
    for _number in range(60):
        old.person(old.a)
    with django_assert_max_num_queries(60):
        do(merge("20641", into="20644"))
    assert Posting.objects.current().valid_on(NEW_YEAR).filter(unit=old.b).count() == 60


def test_paths_are_the_same_as_rebuilt_from_nothing(old):
    do(merge("519", into="509"), merge("20641", into="20644"))
    kept = set(
        UnitPath.objects.filter(known_to=FAR).values_list(
            "unit_id", "ancestor_id", "depth", "valid_from", "valid_to"
        )
    )
    UnitPath.objects.all().delete()
    rebuild_paths()
    assert kept == set(
        UnitPath.objects.values_list("unit_id", "ancestor_id", "depth", "valid_from", "valid_to")
    )
