"""The tiers of position groups: what is written, whom it turns, who may change it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lms.people import batches
from lms.people.batches import DependedOn
from lms.people.models import Batch, GroupTier
from lms.people.models.rules import Tier
from lms.people.rules import tiers_on
from lms.people.units import find_root
from lms.target.changes.comparing import PAGE_SIZE
from lms.target.changes.series import ChangedMeanwhile, NothingChanged
from lms.target.figures import Counts, figures
from lms.target.models import ReportingPeriod
from lms.target.standing.refreshing import clean, rebuild
from lms.target.tiers.planning import impact_of, plan, save, turned_by
from tests import factories as f

pytestmark = pytest.mark.django_db

URL = "/chi-tieu/nhom-vi-tri/"
AT = datetime(2024, 6, 30, 3, 0, tzinfo=UTC)
DAY = date(2024, 7, 1)
ONE = timedelta(days=1)


def change(wanted, day=DAY, *, at=AT, seen=None):
    """Save with the plan just shown."""
    wanted = {group.pk: tier for group, tier in wanted.items()}
    seen = seen or plan(wanted, day).seen
    return save(wanted, day, seen=seen, reason="QĐ 12/QĐ-UBND", actor=None, at=at)


def test_a_tier_holds_from_its_day_and_what_was_before_stays(province):
    group = province.groups["doan"]
    change({group: "C"})
    assert [tiers_on(day)[group.pk] for day in (DAY - ONE, DAY, DAY + ONE)] == ["E", "C", "C"]
    assert tiers_on(DAY, date(2024, 6, 29))[group.pk] == "E"
    # Before the one that is planned, and on the day of one that stands.
    change({group: "N"}, DAY + 30 * ONE)
    change({group: "E"}, DAY + 10 * ONE)
    days = (DAY + 9 * ONE, DAY + 10 * ONE, DAY + 29 * ONE, DAY + 30 * ONE)
    assert [tiers_on(day)[group.pk] for day in days] == ["C", "E", "E", "N"]
    change({group: "N"})
    assert tiers_on(DAY)[group.pk] == "N"
    assert GroupTier.objects.current().filter(group=group).count() == 4


def test_a_group_that_has_none_gets_one_until_the_planned_one(province):
    group = f.make_group()
    GroupTier.objects.filter(group=group).delete()
    change({group: "E"}, DAY + 5 * ONE)
    change({group: "C"})
    assert [tiers_on(day).get(group.pk) for day in (DAY - ONE, DAY, DAY + 5 * ONE)] == [
        None,
        "C",
        "E",
    ]


def test_nothing_to_do_and_a_plan_overtaken_are_refused(province):
    group = province.groups["doan"]
    with pytest.raises(NothingChanged):
        change({group: "E"})
    stale = plan({group.pk: "C"}, DAY).seen
    change({province.groups["cong_an"]: "C"})
    with pytest.raises(ChangedMeanwhile):
        change({group: "C"}, seen=stale)
    assert tiers_on(DAY)[group.pk] == "E"


def test_undo_puts_back_what_held_and_waits_for_the_later_change(province):
    group = province.groups["doan"]
    first = change({group: "C"})
    second = change({group: "N"}, DAY + 5 * ONE, at=AT + ONE)
    with pytest.raises(DependedOn):
        batches.undo(first, actor=None, at=AT + 2 * ONE)
    batches.undo(second, actor=None, at=AT + 2 * ONE)
    batches.undo(first, actor=None, at=AT + 3 * ONE)
    assert [tiers_on(day)[group.pk] for day in (DAY, DAY + 5 * ONE)] == ["E", "E"]
    # What was believed in between is still told.
    assert tiers_on(DAY, DAY)[group.pk] == "C"


# The impact -----------------------------------------------------------------------------------
@pytest.fixture(params=(True, False), ids=("standings", "facts"))
def is_built(request):
    return request.param


def people_of_all_kinds(province):
    """Core, named, extended; trained or not; in both groups; away."""
    trained, other = province.person("51001"), province.person("51102")
    province.train(trained)
    # Her second group would ask for what she lacks once it counts.
    extra = f.make_course()
    f.make_requirement(province.groups["doan"], extra)
    f.make_posting(
        trained, unit=province.units["51002"], group=province.groups["doan"], is_primary=False
    )
    outside = province.person("51101", group="doan")
    province.train(outside)
    f.make_completion(outside, extra, valid_from=date(2024, 3, 1))
    away = province.person("51101", group="doan")
    f.make_leave(away, valid_from=date(2024, 1, 1))
    unnamed = province.person("511", group="cong_an")
    return trained, other, outside, away, unnamed


@pytest.mark.parametrize("tiers", ({"doan": "C"}, {"xa": "E"}, {"cong_an": "C", "xa": "N"}))
def test_the_impact_is_what_the_figures_say_once_it_is_saved(province, is_built, tiers):
    people_of_all_kinds(province)
    if is_built:
        rebuild(at=AT)
    root = find_root(DAY)
    wanted = {province.groups[key].pk: tier for key, tier in tiers.items()}
    planned = plan(wanted, DAY)
    impact = impact_of(planned, root, DAY)
    before = figures(root, DAY)
    save(wanted, DAY, seen=planned.seen, reason="Thử", actor=None, at=AT)
    clean()
    after = figures(root, DAY)
    total = impact.total
    assert (total.counted_before, total.trained_before) == (
        before.total.denominator,
        before.total.numerator,
    )
    assert (total.counted_after, total.trained_after) == (
        after.total.denominator,
        after.total.numerator,
    )
    assert total.counted_after - total.counted_before == total.joined - total.left
    after_by_unit = {
        province.units[code].pk: name
        for code, name in (("510", "Huyện Nam Giang"), ("511", "Huyện Phước Sơn"))
    }
    shown = {line.label: (line.counted_after, line.trained_after) for line in impact.units}
    found = {name: after.children.get(key, Counts()) for key, name in after_by_unit.items()}
    assert shown == {
        name: (counts.denominator, counts.numerator)
        for name, counts in found.items()
        if name in shown
    }
    assert sum(line.counted_after - line.counted_before for line in impact.units) == (
        total.counted_after - total.counted_before
    )


def test_the_people_who_turn_are_named_with_what_becomes_of_them(province):
    trained, _other, outside, _away, _unnamed = people_of_all_kinds(province)
    planned = plan({province.groups["doan"].pk: "C"}, DAY)
    turns = turned_by(planned, find_root(DAY), DAY)
    assert {line.person_id: line.words for line in turns.lines} == {
        trained.pk: "sẽ chuyển sang chưa đạt",
        outside.pk: "sẽ vào mẫu số, đã được tập huấn",
    }
    impact = impact_of(planned, find_root(DAY), DAY).total
    assert (impact.joined, impact.left, impact.lost, impact.won) == (1, 0, 1, 0)


def test_a_long_list_goes_on_after_the_last_person(province):
    people = [province.person("51001", group="doan") for _ in range(PAGE_SIZE + 2)]
    planned, root = plan({province.groups["doan"].pk: "C"}, DAY), find_root(DAY)
    first = turned_by(planned, root, DAY)
    rest = turned_by(planned, root, DAY, last=first.next_key)
    assert (len(first.lines), len(rest.lines), rest.next_key) == (PAGE_SIZE, 2, None)
    assert {line.person_id for line in (*first.lines, *rest.lines)} == {each.pk for each in people}


def test_the_impact_costs_the_same_for_many(province):
    def cost() -> int:
        planned = plan({province.groups["doan"].pk: "C"}, DAY)
        with CaptureQueriesContext(connection) as asked:
            impact_of(planned, root, DAY)
        return len(asked)

    root = find_root(DAY)
    province.person("51001", group="doan")
    few = cost()
    for code in ("51001", "51002", "510", "511"):
        province.person(code, group="doan")
    assert cost() == few <= 7


# The page -------------------------------------------------------------------------------------
def posted(province, day=None, **chosen):
    day = day or timezone.localdate()
    tiers = {f"tier-{key}": tier for key, tier in tiers_on(timezone.localdate()).items()}
    fields = {key: value for key, value in chosen.items() if key not in province.groups}
    tiers |= {
        f"tier-{province.groups[key].pk}": tier
        for key, tier in chosen.items()
        if key in province.groups
    }
    return (
        {
            "base": timezone.localdate().isoformat(),
            "day": f"{day:%d/%m/%Y}",
            "reason": "Kế hoạch 15/KH-UBND",
        }
        | tiers
        | fields
    )


def test_a_manager_sees_the_impact_saves_and_takes_back(province, as_role):
    client = as_role("province_manager")
    province.person("51001", group="doan", name="Trần Thị Vào")
    data = posted(province, doan="C")
    shown = client.post(URL, data)
    text = shown.content.decode()
    assert "1 người sẽ vào mẫu số" in text
    assert "Trần Thị Vào" in text
    assert not Batch.objects.exists()
    seen = shown.context["planned"].seen
    saved = client.post(URL, data | {"luu": "1", "seen": seen}, follow=True)
    assert saved.redirect_chain == [(URL, 302)]
    assert tiers_on(timezone.localdate())[province.groups["doan"].pk] == "C"
    batch = Batch.objects.get()
    [act] = saved.context["acts"]
    assert (act.batch, act.day) == (batch, timezone.localdate())
    assert [(edit.group, edit.tier) for edit in act.edits] == [("Đoàn thể", Tier.CORE.label)]
    client.post(URL, {"hoan-tac": batch.pk})
    assert tiers_on(timezone.localdate())[province.groups["doan"].pk] == "E"
    assert client.post(URL, {"hoan-tac": batch.pk}, follow=True).status_code == 200
    assert client.post(URL, {"hoan-tac": "0"}).status_code == 404
    assert client.post(URL, {"hoan-tac": "x"}).status_code == 404


def test_a_plan_overtaken_is_shown_again_instead_of_saved(province, as_role):
    client = as_role("province_manager")
    data = posted(province, doan="C")
    seen = client.post(URL, data).context["planned"].seen
    change({province.groups["cong_an"]: "C"}, date(2024, 1, 1), at=timezone.now())
    again = client.post(URL, data | {"luu": "1", "seen": seen})
    assert again.context["has_changed"]
    assert Batch.objects.count() == 1


def test_a_closed_period_refuses_the_day_until_it_is_meant(province, as_role):
    ReportingPeriod.objects.create(
        name="Quý I/2024",
        first_day=date(2024, 1, 1),
        last_day=date(2024, 3, 31),
        closed_at=timezone.now(),
    )
    client = as_role("province_manager")
    free = client.post(URL, posted(province, date(2024, 4, 1), doan="C"))
    assert free.context["planned"].day == date(2024, 4, 1)
    refused = client.post(URL, posted(province, date(2024, 3, 31), doan="C"))
    assert "Quý I/2024" in str(refused.context["form"].errors["day"])
    assert 'name="accepts_closed"' in refused.content.decode()
    meant = client.post(URL, posted(province, date(2024, 3, 31), doan="C", accepts_closed="on"))
    assert [period.name for period in meant.context["closed"]] == ["Quý I/2024"]


@pytest.mark.parametrize(
    ("fields", "name"),
    (
        ({"reason": ""}, "reason"),
        ({"day": "31/02/2024"}, "day"),
        ({"base": "never"}, "base"),
        ({}, "__all__"),
    ),
)
def test_what_is_wrong_is_said_at_its_field(province, as_role, fields, name):
    response = as_role("province_manager").post(URL, posted(province) | fields)
    assert response.status_code == 200
    assert name in response.context["form"].errors
    assert not Batch.objects.exists()


def test_a_tier_that_is_none_is_refused_at_its_group(province, as_role):
    response = as_role("province_manager").post(URL, posted(province, doan="X"))
    assert f"tier-{province.groups['doan'].pk}" in response.context["form"].errors


@pytest.mark.parametrize(
    ("role", "sees"),
    (("province_leader", True), ("unit_focal", False), ("sysadmin", False), ("learner", False)),
)
def test_others_read_or_find_nothing(province, as_role, role, sees):
    client = as_role(role)
    page = client.get(URL)
    assert page.status_code == (200 if sees else 404)
    if sees:
        assert page.context["form"] is None
    assert client.post(URL, posted(province, doan="C", luu="1")).status_code == 404
    assert not Batch.objects.exists()


def test_the_tiers_of_a_past_day_and_a_day_that_is_none(province, as_role):
    change({province.groups["doan"]: "C"})
    client = as_role("province_leader")
    for typed, tier in (("30/06/2024", "E"), ("01/07/2024", "C")):
        lines = client.get(URL, {"ngay": typed}).context["tiers"].lines
        assert {line.group.code: line.tier for line in lines}["doan"] == tier
    assert client.get(URL, {"ngay": "hôm qua"}).context["day_error"]
