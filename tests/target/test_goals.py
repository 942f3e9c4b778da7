"""Targets: what is written and taken back, whom they count, several of them at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from lms.people import batches
from lms.people.batches import DependedOn
from lms.people.days import day_after
from lms.people.models import AuditEntry, Batch
from lms.target.figures import Counts, KnownBeforeDay, figures
from lms.target.goals import (
    Draft,
    EndOutside,
    Led,
    Milestone,
    MilestoneOutside,
    MilestoneTwice,
    NameTaken,
    NothingChanged,
    PeriodReversed,
    TargetChanged,
    TargetGone,
    TargetOverlaps,
    TargetUnknown,
    change,
    drafts,
    figures_of,
    give_up,
    milestones_by_target,
    passed_milestones,
    print_of,
    set_up,
    target_figures,
    union_figures,
    writing,
)
from lms.target.goals.figures import Tree
from lms.target.models import TargetMilestone, TargetTerms, TrainingTarget
from lms.target.standing.refreshing import rebuild
from tests import factories as f
from tests.numbers import at_length
from tests.target.histories import make_base, read_world
from tests.target.recount import Recount
from tests.target.test_maps import NOON, decide
from tests.target.test_recount import ask, histories

pytestmark = pytest.mark.django_db

AT = datetime(2024, 2, 1, 3, 0, tzinfo=UTC)
LATER = datetime(2024, 3, 1, 3, 0, tzinfo=UTC)
LATEST = datetime(2024, 4, 1, 3, 0, tzinfo=UTC)
FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
ONE = timedelta(days=1)


@pytest.fixture
def draft(province) -> Draft:
    return Draft(
        name="Công an xã năm 2024",
        plan_number="15/KH-CAT",
        unit=province.units["49"],
        owner=province.units["SO"],
        first_day=FIRST,
        last_day=LAST,
        group_mask=mask(province, "cong_an"),
        level_percent=90,
        milestones=(Milestone(date(2024, 6, 30), 40), Milestone(date(2024, 9, 30), 70)),
    )


def mask(province, *codes: str) -> int:
    return sum(1 << province.groups[code].bit for code in codes)


def standing(target: TrainingTarget, known: date | None = None) -> TargetTerms | None:
    return TargetTerms.objects.known_on(known).filter(target=target).first()


def steps(target: TrainingTarget, known: date | None = None) -> list[tuple[date, int]]:
    found = milestones_by_target([target.pk], known)[target.pk]
    return [(each.day, each.percent) for each in found]


def seen(target: TrainingTarget) -> str:
    return print_of(standing(target), milestones_by_target([target.pk])[target.pk])


def edit(target: TrainingTarget, draft: Draft, *, at: datetime = LATER, **fields) -> Batch:
    said = {"seen": seen(target), "reason": "QĐ 20", "actor": None} | fields
    return change(target, draft, at=at, **said)


# Writing --------------------------------------------------------------------------------------
def test_a_change_leaves_the_older_version_to_be_read(draft):
    target = set_up(draft, actor=None, at=AT)
    edit(
        target,
        replace(
            draft,
            level_percent=95,
            milestones=(Milestone(date(2024, 6, 30), 50), Milestone(date(2024, 10, 31), 80)),
        ),
    )
    assert (standing(target).level_percent, standing(target).reason) == (95, "QĐ 20")
    assert steps(target) == [(date(2024, 6, 30), 50), (date(2024, 10, 31), 80)]
    before = LATER.date() - ONE
    assert standing(target, before).level_percent == 90
    assert steps(target, before) == [(date(2024, 6, 30), 40), (date(2024, 9, 30), 70)]
    # Before it was set up, nobody knew of it.
    assert standing(target, AT.date() - ONE) is None
    assert steps(target, AT.date() - ONE) == []


def test_undo_brings_back_what_was_said_and_waits_for_the_later_act(draft):
    target = set_up(draft, actor=None, at=AT)
    first = Batch.objects.get(kind=writing.KIND)
    second = edit(target, replace(draft, last_day=date(2024, 11, 30), level_percent=95))
    with pytest.raises(DependedOn):
        batches.undo(first, actor=None, at=LATEST)
    batches.undo(second, actor=None, at=LATEST)
    assert (standing(target).last_day, standing(target).level_percent) == (LAST, 90)
    assert steps(target) == [(date(2024, 6, 30), 40), (date(2024, 9, 30), 70)]
    batches.undo(first, actor=None, at=LATEST)
    assert standing(target) is None
    assert steps(target) == []
    with pytest.raises(TargetGone):
        change(target, draft, seen="", reason="", actor=None, at=LATEST)


def test_every_act_is_in_the_trail(draft, province):
    user = f.make_user(f.make_person())
    target = set_up(draft, actor=user, at=AT)
    edit(target, replace(draft, level_percent=80), actor=user)
    give_up(target, date(2024, 5, 1), seen=seen(target), reason="Gộp", actor=user, at=LATEST)
    entries = AuditEntry.objects.filter(object_type="target.trainingtarget").order_by("pk")
    assert [(each.action, each.actor, each.unit) for each in entries] == [
        (action, user, province.units["SO"])
        for action in ("target.set_up", "target.change", "target.give_up")
    ]
    assert entries[1].data == {"fields": ["level_percent"], "milestones": 2}


def test_giving_up_ends_it_on_its_day_and_keeps_the_period(draft, province):
    target = set_up(draft, actor=None, at=AT)
    for day in (FIRST - ONE, LAST, LAST + ONE):
        with pytest.raises(EndOutside):
            give_up(target, day, seen=seen(target), reason="Gộp", actor=None, at=LATER)
    give_up(target, date(2024, 5, 1), seen=seen(target), reason="Gộp", actor=None, at=LATER)
    terms = standing(target)
    assert (terms.ends_on, terms.last_day, terms.is_given_up) == (date(2024, 5, 1), LAST, True)
    for day, stands in ((date(2024, 5, 1), True), (date(2024, 5, 2), False)):
        assert TargetTerms.objects.current().valid_on(day).exists() is stands
    with pytest.raises(TargetGone):
        edit(target, replace(draft, level_percent=80))
    # Its place is free from the next day on.
    rest = replace(draft, name="Tiếp theo", first_day=date(2024, 5, 2), milestones=())
    with pytest.raises(TargetOverlaps):
        set_up(replace(rest, first_day=date(2024, 5, 1)), actor=None, at=LATER)
    assert set_up(rest, actor=None, at=LATER)


@pytest.mark.parametrize(
    ("fields", "refusal"),
    (
        ({"last_day": FIRST - ONE, "milestones": ()}, PeriodReversed),
        ({"milestones": (Milestone(FIRST - ONE, 10),)}, MilestoneOutside),
        ({"milestones": (Milestone(LAST + ONE, 10),)}, MilestoneOutside),
        ({"milestones": (Milestone(LAST, 10), Milestone(LAST, 20))}, MilestoneTwice),
        ({"name": "Có rồi", "group_mask": 0}, NameTaken),
    ),
)
def test_what_a_target_cannot_say_is_refused(province, draft, fields, refusal):
    f.make_target(unit=province.units["510"], name="Có rồi")
    with pytest.raises(refusal):
        set_up(replace(draft, **fields), actor=None, at=AT)
    assert TrainingTarget.objects.count() == 1


def test_a_period_of_one_day_with_its_milestone_on_it(draft):
    day = date(2024, 6, 30)
    target = set_up(
        replace(draft, first_day=day, last_day=day, milestones=(Milestone(day, 100),)),
        actor=None,
        at=AT,
    )
    assert (standing(target).first_day, standing(target).last_day) == (day, day)


def test_targets_of_the_same_people_may_adjoin_and_not_overlap(province, draft):
    target = set_up(draft, actor=None, at=AT)
    same = replace(draft, name="Lần hai", milestones=())
    with pytest.raises(TargetOverlaps) as refusal:
        set_up(replace(same, first_day=LAST, last_day=LAST), actor=None, at=AT)
    assert refusal.value.other == standing(target)
    later = set_up(
        replace(same, first_day=LAST + ONE, last_day=date(2025, 12, 31)), actor=None, at=AT
    )
    assert set_up(replace(same, name="Nơi khác", unit=province.units["510"]), actor=None, at=AT)
    assert set_up(replace(same, name="Mọi nhóm", group_mask=0), actor=None, at=AT)
    with pytest.raises(TargetOverlaps):
        edit(later, replace(same, first_day=LAST, last_day=date(2025, 12, 31)))
    # A change of its own period is no overlap with itself.
    edit(target, replace(draft, last_day=LAST - ONE))


def test_a_race_ends_in_the_same_refusal(province, draft, monkeypatch):
    """Somebody sets up the same after the check: the database speaks, in the same words."""
    real, calls = drafts.check, []

    def late(asked: Draft, **fields) -> None:
        calls.append(asked.name)
        if len(calls) == 1:
            f.make_target(unit=asked.unit, name="Nhanh hơn", group_mask=asked.group_mask)
        else:
            real(asked, **fields)

    monkeypatch.setattr(writing, "check", late)
    with pytest.raises(TargetOverlaps):
        set_up(draft, actor=None, at=AT)
    assert calls == [draft.name, "Nhanh hơn", draft.name]
    assert not Batch.objects.exists()


def test_an_error_that_is_no_refusal_stays_one(draft, monkeypatch):
    monkeypatch.setattr(writing, "check", lambda asked, **fields: None)
    with pytest.raises(IntegrityError):
        set_up(replace(draft, level_percent=0), actor=None, at=AT)


def test_a_change_overtaken_and_one_of_nothing_are_refused(draft):
    target = set_up(draft, actor=None, at=AT)
    stale = seen(target)
    edit(target, replace(draft, level_percent=80))
    with pytest.raises(TargetChanged):
        edit(target, replace(draft, level_percent=70), seen=stale)
    with pytest.raises(TargetChanged):
        give_up(target, date(2024, 5, 1), seen=stale, reason="", actor=None, at=LATER)
    with pytest.raises(NothingChanged):
        edit(target, replace(draft, level_percent=80))
    assert standing(target).level_percent == 80


def test_a_longer_period_lets_milestones_follow(draft):
    target = set_up(draft, actor=None, at=AT)
    last = Milestone(date(2025, 1, 31), 90)
    edit(
        target,
        replace(draft, last_day=date(2025, 1, 31), milestones=(*draft.milestones, last)),
    )
    rows = TargetMilestone.objects.current().filter(target=target)
    assert {each.period_to for each in rows} == {date(2025, 2, 1)}
    assert steps(target)[-1] == (last.day, 90)


# Figures --------------------------------------------------------------------------------------
def fill(province) -> None:
    """Two officials, one trained in 2023; a policeman named, one not; one in both groups."""
    for year in (2023, 2024):
        person = province.person("51001")
        province.train(person, on=date(year, 2, 1), count=2 if year == 2023 else 1)
    police = province.person("51002", group="cong_an")
    f.make_roster_entry(police, unit=province.units["51002"])
    province.train(police, on=date(2024, 2, 1), count=1)
    province.person("51002", group="cong_an")
    both = province.person("51101")
    f.make_posting(
        both, unit=province.units["511"], group=province.groups["cong_an"], is_primary=False
    )
    f.make_roster_entry(both, unit=province.units["51101"])
    province.train(both, on=date(2024, 2, 1))


@pytest.mark.parametrize("is_built", (False, True), ids=("facts", "standings"))
def test_a_sector_counts_its_people_and_the_union_counts_once(province, is_built):
    fill(province)
    if is_built:
        rebuild(at=AT)
    unit = province.units["49"]
    police = f.make_target(unit=unit, name="Công an", group_mask=mask(province, "cong_an"))
    officials = f.make_target(
        unit=unit, name="Xã", group_mask=mask(province, "xa"), headline="in_year"
    )
    whole = f.make_target(unit=unit, name="Tất cả")
    day = date(2024, 6, 30)
    counts = [each.counts for each in figures_of([police, officials, whole], day)]
    shown = [(each.denominator, each.numerator, each.in_year) for each in counts]
    assert shown == [(2, 2, 2), (3, 2, 1), (4, 3, 2)]
    union = union_figures([police, officials], day)
    assert (union.denominator, union.numerator, union.in_year) == (4, 3, 2)
    assert union_figures([police, officials, whole], day) == union
    assert union_figures([police], day) == counts[0]
    # Her second duty counts her for the police of the district of her home only.
    far = f.make_target(
        unit=province.units["511"], name="CA Phước Sơn", group_mask=mask(province, "cong_an")
    )
    near = f.make_target(
        unit=province.units["510"], name="CA Nam Giang", group_mask=mask(province, "cong_an")
    )
    parts = [each.counts.denominator for each in figures_of([far, near], day)]
    assert parts == [1, 1]
    assert union_figures([far, near, officials], day) == union


def test_which_figure_leads_decides_what_is_reached(province):
    fill(province)
    unit = province.units["49"]
    valid = f.make_target(unit=unit, name="A", level_percent=75)
    year = f.make_target(unit=province.units["SO"], name="B", level_percent=75, headline="in_year")
    day = date(2024, 6, 30)
    first = figures_of([valid], day)[0]
    assert (first.led.count, first.led.other_count, first.is_reached) == (3, 2, True)
    assert (first.people_to_go, first.led.missing) == (0, 1)
    counts = first.counts
    assert not Led(counts, in_year=True).reaches(75)
    assert Led(counts, in_year=True).people_to(75) == 1
    assert Led(counts, in_year=True).reaches(50)
    # Nobody there reaches nothing, and misses nobody.
    empty = figures_of([year], day)[0]
    assert (empty.counts, empty.is_reached, empty.people_to_go) == (Counts(), False, 0)


def test_a_level_is_reached_in_whole_people():
    """2 of 3 is 66.6…: 67 % is not reached, 66 % is."""
    led = Led(Counts(denominator=3, numerator=2), in_year=False)
    assert (led.reaches(66), led.reaches(67)) == (True, False)
    assert (led.people_to(66), led.people_to(67)) == (0, 1)
    almost = Led(Counts(denominator=3000, numerator=2999), in_year=False)
    assert not almost.reaches(100)
    assert almost.people_to(100) == 1


def test_a_target_begins_on_its_first_day_and_stays_as_on_its_last(province):
    person = province.person("51001", valid_from=date(2023, 1, 1))
    province.train(person, on=LAST + ONE)
    terms = f.make_target(unit=province.units["49"])
    target = terms.target
    before = target_figures(target, FIRST - ONE)
    assert (before.day, before.is_counted, before.counts) == (None, False, Counts())
    first = target_figures(target, FIRST)
    assert (first.day, first.counts.denominator, first.has_ended) == (FIRST, 1, False)
    last = target_figures(target, LAST)
    after = target_figures(target, LAST + ONE)
    assert (last.day, last.has_ended) == (LAST, False)
    assert (after.day, after.has_ended, after.counts) == (LAST, True, last.counts)
    # Trained on the day after: too late for this target.
    assert not after.is_reached
    assert union_figures([terms], LAST).denominator == 1
    assert union_figures([terms], LAST + ONE) == Counts()
    assert union_figures([terms], FIRST - ONE) == Counts()


def test_a_milestone_is_measured_at_the_end_of_its_own_day(province):
    day = date(2024, 6, 30)
    for place in range(2):
        person = province.person("51001", valid_from=date(2023, 1, 1))
        province.train(person, on=day if place else day + ONE)
    milestones = (
        Milestone(day - ONE, 50),
        Milestone(day, 50),
        Milestone(day + ONE, 100),
        Milestone(LAST, 100),
    )
    terms = f.make_target(unit=province.units["49"], milestones=milestones)
    figure = target_figures(terms.target, day)
    passed = passed_milestones(figure)
    assert [(each.led and each.led.count, each.is_reached) for each in passed] == [
        (0, False),
        (1, True),
        (None, False),
        (None, False),
    ]
    assert figure.next_milestone.day == day
    assert target_figures(terms.target, day + ONE).next_milestone.day == day + ONE
    assert target_figures(terms.target, LAST + ONE).next_milestone is None


def test_a_target_as_known_on_a_day(province, draft):
    person = province.person("51001", group="cong_an", valid_from=date(2023, 1, 1), at=f.AT)
    f.make_roster_entry(person, unit=province.units["51001"])
    target = set_up(draft, actor=None, at=AT)
    for course in province.courses:
        f.make_completion(person, course, valid_from=AT.date(), at=LATEST)
    edit(target, replace(draft, level_percent=50))
    day = AT.date()
    with pytest.raises(TargetUnknown):
        target_figures(target, day - ONE, day - ONE)
    then = target_figures(target, day, day)
    assert (then.terms.level_percent, then.counts.numerator) == (90, 0)
    between = target_figures(target, day, LATER.date())
    assert (between.terms.level_percent, between.counts.numerator) == (50, 0)
    now = target_figures(target, day)
    assert (now.terms.level_percent, now.counts.numerator) == (50, 1)
    with pytest.raises(KnownBeforeDay):
        target_figures(target, LATER.date() + ONE, LATER.date())


def test_within_a_unit_only_the_part_in_it_counts(province):
    fill(province)
    terms = f.make_target(unit=province.units["510"], name="Nam Giang")
    day = date(2024, 6, 30)

    def part(code: str) -> tuple[str, int]:
        within = province.units[code].versions.get()
        figure = figures_of([terms], day, within=within)[0]
        union = union_figures([terms], day, within=within)
        assert union.denominator == figure.counts.denominator
        return figure.unit.code if figure.unit else "", figure.counts.denominator

    assert part("49") == part("510") == ("510", 3)
    assert part("51001") == ("51001", 2)
    assert part("511") == ("", 0)


def test_a_target_follows_its_unit_into_the_one_it_went_into(province):
    for code in ("51001", "51002"):
        province.person(code, valid_from=date(2024, 1, 1))
    row = {"code": "51009", "name": "Mới", "type": "Xã", "level": "commune", "parent": "510"}
    terms = f.make_target(unit=province.units["51001"], first_day=FIRST, last_day=date(2025, 6, 30))
    decide({"kind": "merge", "units": ["51001", "51002"], "into": "51009"}, new=(row,))
    shown = [
        (figure.unit.code, figure.counts.denominator)
        for figure in (figures_of([terms], day)[0] for day in (LAST, LAST + ONE))
    ]
    assert shown == [("51001", 1), ("51009", 2)]


def test_the_target_of_the_province_is_that_of_the_province_of_the_day(province):
    province.person("51001", valid_from=date(2024, 1, 1))
    new = {
        "code": "48",
        "name": "Mẫu Mới",
        "type": "Thành phố",
        "level": "province",
        "parent": None,
    }
    late = f.make_target(unit=province.units["49"], last_day=date(2025, 6, 30))
    decide(
        {"kind": "merge", "units": ["49"], "into": "48"},
        {"kind": "move", "units": ["510", "511", "SO"], "parent": "48"},
        new=(new,),
    )
    shown = [
        (figure.unit.code, figure.counts.denominator)
        for figure in (figures_of([late], day)[0] for day in (LAST, LAST + ONE))
    ]
    assert shown == [("49", 1), ("48", 1)]


def test_who_stands_in_a_unit_without_a_place_counts_once_beside_the_province(province):
    """The province's figure has the unplaced; a target of the unit they wait in adds nobody."""
    province.person("51001")
    province.person("CHUA-XEP", group="doan")
    province.person("CHUA-XEP")
    terms = [f.make_target(unit=province.units[code], name=code) for code in ("49", "CHUA-XEP")]
    day = date(2024, 6, 30)
    assert [each.counts.denominator for each in figures_of(terms, day)] == [2, 1]
    assert union_figures(terms, day).denominator == 2


def test_many_targets_cost_as_much_as_few(province):
    def cost(*terms: TargetTerms) -> int:
        with CaptureQueriesContext(connection) as asked:
            figures_of(terms, date(2024, 6, 30))
            union_figures(terms, date(2024, 6, 30))
        return len(asked)

    fill(province)
    rebuild(at=NOON)
    made = [
        f.make_target(unit=province.units[code], name=code)
        for code in ("49", "510", "511", "51001", "51002", "51101", "SO")
    ]
    cost(*made)
    assert cost(made[0]) == cost(*made) <= 12


# Against a count by hand ----------------------------------------------------------------------
def count_by_hand(
    recount: Recount, targets: list[tuple[int, bool, set[int]]], *, once: bool = True
) -> dict[str, int]:
    """Count people in any of ``targets`` (unit, is it the root, groups; none = all)."""
    counted: dict[str, int] = {}
    for person, verdict in recount.verdicts().items():
        duties = {row.group for row in recount.active(person)}
        times = sum(
            recount.bucket(verdict.unit, unit, asked_is_root=is_root) is not None
            and (not groups or bool(groups & duties))
            for unit, is_root, groups in targets
        )
        if verdict.on_leave:
            continue
        for name, holds in (
            ("denominator", True),
            ("numerator", verdict.state == "trained"),
            ("in_year", verdict.in_year),
        ):
            if holds and times:
                counted[name] = counted.get(name, 0) + (1 if once else times)
    return counted


def by_hand_and_by_us(base, seeds: range, union: Callable):
    """Yield both counts of random targets over random histories, and where."""
    for seed, history in histories(base, seeds):
        random = Random(seed)
        world = read_world()
        for day, known, _unit in history.questions(6):
            versions = [
                version
                for unit in random.sample(base.units[:-1], 3)
                if (version := ask(day, known, unit)) is not None
            ]
            terms, targets = [], []
            for version in versions:
                groups = random.sample(base.groups, random.choice([0, 1, 2]))
                terms.append(
                    TargetTerms(
                        pk=len(terms) + 1,
                        target_id=len(terms) + 1,
                        unit_id=version.unit_id,
                        group_mask=sum(1 << group.bit for group in groups),
                        valid_from=day,
                        valid_to=day_after(day),
                        period_to=day_after(day),
                    )
                )
                targets.append(
                    (
                        version.unit_id,
                        version.parent_id is None and version.level != "agency",
                        {group.pk for group in groups},
                    )
                )
            if not terms:
                continue
            recount = Recount(world, day, known)
            shown = {name: value for name, value in vars(union(terms, day, known)).items() if value}
            where = f"history {seed}, D={day}, K={known}, {targets}"
            yield count_by_hand(recount, targets), shown, where
            singles = [count_by_hand(recount, [each]) for each in targets]
            ours = [
                {name: value for name, value in vars(figure.counts).items() if value}
                for figure in figures_of(terms, day, known)
            ]
            assert ours == singles, where


def test_the_union_equals_the_count_by_hand():
    base = make_base()
    for by_hand, ours, where in by_hand_and_by_us(base, range(at_length(25, 500)), union_figures):
        assert ours == by_hand, where


def twice(terms, day, known=None) -> Counts:
    """The sum of the single figures: who is in two targets counts twice."""
    result = Counts()
    for figure in figures_of(terms, day, known):
        result.add(figure.counts)
    return result


def never_below(self: Tree, masks: dict[int, list[int]], day: date):
    """The parts without those of a unit below another, as if its groups added nobody."""
    return [part for part in real_parts(self, masks, day) if not self.above(part[1], day)]


def never_off(self: Tree, masks: dict[int, list[int]], day: date):
    """The parts without taking off who is counted above already."""
    return [part for part in real_parts(self, masks, day) if part[0] > 0]


real_parts = Tree.parts


@pytest.mark.parametrize("fault", (twice, never_below, never_off), ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_caught(monkeypatch, fault):
    union = union_figures
    if fault is twice:
        union = twice
    else:
        monkeypatch.setattr(Tree, "parts", fault)
    base = make_base()
    found = by_hand_and_by_us(base, range(at_length(25, 500)), union)
    assert any(ours != by_hand for by_hand, ours, _where in found)


def test_the_figure_over_standings_is_that_over_facts():
    base = make_base()
    for seed, history in histories(base, range(at_length(8, 100))):
        unit = base.units[0].versions.get()
        masks = [1 << group.bit for group in base.groups]
        days = {day for day, known, _unit in history.questions(4) if known is None}
        over_facts = [figures(unit, day, group_mask=mask) for day in days for mask in masks]
        rebuild(at=NOON)
        assert over_facts == [
            figures(unit, day, group_mask=mask) for day in days for mask in masks
        ], seed
