"""Units through time: paths, codes and names on a day, as known on a day."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection

from lms.people.days import BEFORE, FAR
from lms.people.facts import FactWithdrawn, record, succeed, withdraw
from lms.people.loading import DATA, LoadResult, load_units, read_rows
from lms.people.models import (
    AuditEntry,
    GroupTier,
    PositionGroup,
    RuleSet,
    Unit,
    UnitEvent,
    UnitEventPart,
    UnitPath,
    UnitVersion,
)
from lms.people.rules import NoRules, rules_on, tiers_on
from lms.people.units import (
    UnitLoop,
    UnknownUnit,
    find_root,
    get_unit_version,
    names_on,
    rebuild_paths,
)
from tests.factories import make_group, make_rules, make_unit

AT = datetime(2024, 11, 20, 2, 0, tzinfo=UTC)
NEW_YEAR = date(2025, 1, 1)

pytestmark = pytest.mark.django_db


def paths_of(unit: Unit, *, known: date | None = None) -> list[tuple]:
    rows = UnitPath.objects.filter(unit=unit)
    if known is None:
        rows = rows.filter(known_to=FAR)
    else:
        rows = rows.filter(known_from__lte=known, known_to__gt=known)
    return sorted(rows.values_list("ancestor_id", "depth", "valid_from", "valid_to"))


def move(unit: Unit, parent: Unit, on: date, at: datetime = AT) -> None:
    """Hang ``unit`` below ``parent`` from day ``on``, as an event does."""
    standing = UnitVersion.objects.current().get(unit=unit)
    succeed(standing, actor=None, at=at, valid_to=on)
    record(
        UnitVersion, actor=None, at=at, unit=unit, parent=parent, code=standing.code,
        name=standing.name, kind=standing.kind, level=standing.level, valid_from=on,
    )  # fmt: skip


@pytest.fixture
def tree():
    province = make_unit(level="province", code="49", name="Quảng Nam", kind="Tỉnh")
    one, two = (make_unit(level="district", parent=province) for _n in range(2))
    return province, one, two, make_unit(parent=one, code="20335", name="Tân Thạnh")


def test_paths_lead_to_every_ancestor(tree):
    province, one, _two, commune = tree
    always = (BEFORE, FAR)
    assert paths_of(commune) == sorted(
        [(commune.pk, 0, *always), (one.pk, 1, *always), (province.pk, 2, *always)]
    )


def test_a_move_splits_the_path_to_the_old_parent_but_not_to_the_root(tree):
    province, one, two, commune = tree
    move(commune, two, NEW_YEAR)
    rebuild_paths()
    assert paths_of(commune) == sorted(
        [
            (commune.pk, 0, BEFORE, FAR),
            (one.pk, 1, BEFORE, NEW_YEAR),
            (two.pk, 1, NEW_YEAR, FAR),
            (province.pk, 2, BEFORE, FAR),
        ]
    )


def test_a_move_of_the_middle_takes_what_is_below(tree):
    province, one, two, commune = tree
    move(one, two, NEW_YEAR)
    rebuild_paths()
    assert (two.pk, 2, NEW_YEAR, FAR) in paths_of(commune)
    assert (province.pk, 2, BEFORE, NEW_YEAR) in paths_of(commune)
    assert (province.pk, 3, NEW_YEAR, FAR) in paths_of(commune)


def test_a_late_move_leaves_what_was_known_before(tree):
    _province, one, two, commune = tree
    before = paths_of(commune)
    late = date(2025, 3, 10)
    move(commune, two, NEW_YEAR, at=datetime(2025, 3, 10, 2, tzinfo=UTC))
    rebuild_paths(known_from=late)
    assert paths_of(commune, known=date(2025, 3, 9)) == before
    assert (two.pk, 1, NEW_YEAR, FAR) in paths_of(commune, known=late)
    assert (one.pk, 1, BEFORE, FAR) not in paths_of(commune, known=late)
    # Corrected again on the same day: nothing of the first try is left behind.
    standing = UnitVersion.objects.current().get(unit=commune, valid_from=NEW_YEAR)
    succeed(standing, actor=None, at=datetime(2025, 3, 10, 5, tzinfo=UTC), parent=one)
    rebuild_paths(known_from=late)
    assert paths_of(commune) == before
    assert not UnitPath.objects.filter(unit=commune, ancestor=two).exists()


def test_rebuilding_twice_changes_nothing(tree):
    before = sorted(UnitPath.objects.values_list("pk", flat=True))
    assert rebuild_paths() == len(before)
    assert sorted(UnitPath.objects.values_list("pk", flat=True)) == before


def test_a_loop_is_refused(tree):
    _province, one, _two, commune = tree
    move(one, commune, NEW_YEAR)
    with pytest.raises(UnitLoop):
        rebuild_paths()


def test_a_code_is_resolved_on_the_day(tree):
    _province, one, _two, commune = tree
    old = UnitVersion.objects.get(unit=commune)
    succeed(old, actor=None, at=AT, valid_to=NEW_YEAR)
    renamed = record(
        UnitVersion, actor=None, at=AT, unit=commune, parent=one, code="20335",
        name="Bàn Thạch", kind="Phường", level="commune", valid_from=NEW_YEAR,
    )  # fmt: skip
    assert get_unit_version(" 20335 ", date(2024, 12, 31)).name == "Tân Thạnh"
    assert get_unit_version("20335", NEW_YEAR) == renamed
    assert str(renamed) == "Phường Bàn Thạch"
    # As known the day before the entry, the old name still held for ever.
    assert get_unit_version("20335", NEW_YEAR, date(2024, 11, 19)) == old
    assert names_on([commune.pk], NEW_YEAR) == {commune.pk: renamed}


def test_an_unknown_code_names_its_successor(tree):
    _province, _one, two, commune = tree
    ended = UnitVersion.objects.get(unit=commune)
    succeed(ended, actor=None, at=AT, valid_to=NEW_YEAR)
    event = UnitEvent.objects.create(kind="merge", happened_on=NEW_YEAR, recorded_at=AT)
    UnitEventPart.objects.create(event=event, from_unit=commune, to_unit=two)
    with pytest.raises(UnknownUnit) as refusal:
        get_unit_version("20335", NEW_YEAR)
    successor = UnitVersion.objects.get(unit=two)
    assert refusal.value.successors == [f"{successor.full_name} ({successor.code})"]
    with pytest.raises(UnknownUnit):
        get_unit_version("' OR 1=1", NEW_YEAR)


def test_the_root_is_territorial(tree):
    make_unit(level="agency")
    assert find_root(NEW_YEAR).unit == tree[0]
    assert find_root(NEW_YEAR, date(1, 1, 1)).unit == tree[0]


def test_a_withdrawn_version_is_not_withdrawn_twice(tree):
    version = UnitVersion.objects.get(unit=tree[3])
    stale = UnitVersion.objects.get(unit=tree[3])
    withdraw(version, actor=None, at=AT)
    with pytest.raises(FactWithdrawn):
        withdraw(stale, actor=None, at=AT)


def test_load_units_makes_the_province_of_2024():
    result = load_units(at=AT)
    assert result == LoadResult(
        province_count=1,
        district_count=18,
        commune_count=241,
        agency_count=15,
        unplaced_count=1,
        group_count=11,
        rule_set_count=1,
    )
    versions = UnitVersion.objects.current()
    kinds = [version.kind for version in versions.filter(level="commune")]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "Xã": 197,
        "Phường": 30,
        "Thị trấn": 14,
    }
    assert set(versions.values_list("valid_from", "valid_to", "recorded_on")) == {
        (BEFORE, FAR, BEFORE)
    }
    root = find_root(date(2024, 6, 30), date(2024, 1, 1))
    assert (root.code, str(root)) == ("49", "Tỉnh Quảng Nam")
    children = UnitPath.objects.filter(ancestor=root.unit, depth=1)
    assert children.count() == 18 + 15
    below = {
        version.code: UnitPath.objects.filter(ancestor=version.unit, depth=1).count()
        for version in versions.filter(level="district")
    }
    assert below["502"] == 13
    assert below["513"] == 22
    assert sum(below.values()) == 241
    tiers = GroupTier.objects.current().values_list("group__code", "tier")
    assert {code for code, tier in tiers if tier == "N"} == {"cong_an", "bien_phong", "phu_nu"}
    assert sorted(PositionGroup.objects.values_list("bit", flat=True)) == list(range(11))


def test_load_units_twice_changes_nothing():
    load_units(at=AT)
    tables = (Unit, UnitVersion, UnitPath, PositionGroup, GroupTier, RuleSet, AuditEntry)
    before = [sorted(model.objects.values_list("pk", flat=True)) for model in tables]
    assert load_units(at=AT).total == 0
    assert [sorted(model.objects.values_list("pk", flat=True)) for model in tables] == before


def test_load_units_leaves_the_offices_changes():
    load_units(at=AT)
    tier = GroupTier.objects.current().get(group__code="phu_nu")
    succeed(tier, actor=None, at=AT, tier="C")
    PositionGroup.objects.filter(code="tgpl").update(name="Trợ giúp pháp lý")
    load_units(at=AT)
    assert GroupTier.objects.current().get(group__code="phu_nu").tier == "C"
    assert PositionGroup.objects.get(code="tgpl").name == "Trợ giúp pháp lý"


def test_the_catch_all_is_nobodys_child():
    load_units(at=AT)
    unplaced = Unit.objects.get(own_key="chua-xep-don-vi")
    assert [path[:2] for path in paths_of(unplaced)] == [(unplaced.pk, 0)]
    assert find_root(date(2024, 6, 30)).code == "49"


def test_the_data_is_composed_and_has_its_licence():
    import unicodedata  # noqa: PLC0415

    for name in ("units_2024.csv", "agencies.csv", "position_groups.csv"):
        text = (DATA / name).read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text)
        assert read_rows(name)
    assert "MIT" in (DATA / "LICENSE-vietnamese-provinces-database.txt").read_text()


def test_rules_and_tiers_are_those_of_the_day():
    with pytest.raises(NoRules):
        rules_on(date(2024, 6, 30))
    first = make_rules()
    succeed(first, actor=None, at=AT, valid_to=NEW_YEAR)
    later = record(RuleSet, actor=None, at=AT, valid_from=NEW_YEAR, pass_mark_percent=80)
    assert rules_on(date(2024, 12, 31)).pass_mark_percent == 70
    assert rules_on(NEW_YEAR) == later
    assert rules_on(NEW_YEAR, date(2024, 11, 19)) == first
    group = make_group(tier="N")
    tier = GroupTier.objects.get(group=group)
    succeed(tier, actor=None, at=AT, valid_to=NEW_YEAR)
    assert tiers_on(date(2024, 12, 31)) == {group.pk: "N"}
    assert tiers_on(NEW_YEAR) == {}
    assert tiers_on(NEW_YEAR, date(2024, 11, 19)) == {group.pk: "N"}


def test_reading_the_tree_costs_one_query(tree, django_assert_num_queries):
    with django_assert_num_queries(3):
        find_root(NEW_YEAR)
        get_unit_version("20335", NEW_YEAR)
        names_on([unit.pk for unit in tree], NEW_YEAR)
    assert connection.vendor in {"sqlite", "postgresql"}
