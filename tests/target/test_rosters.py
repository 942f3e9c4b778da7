"""The list of a unit: what the duties propose, what is answered, and what an approval writes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from lms.people.batches import DependedOn
from lms.people.days import FAR
from lms.people.facts import record, succeed
from lms.people.models import AuditEntry, Leave, PersonMerge, Posting
from lms.target.explanation import Standing, explain
from lms.target.figures import figures
from lms.target.models import (
    ReportingPeriod,
    Roster,
    RosterAct,
    RosterDecision,
    RosterEntry,
    RosterGround,
    RosterLine,
    RosterStatus,
)
from lms.target.reports.content import Words
from lms.target.reports.freezing import correct, freeze
from lms.target.reports.frozen import Frozen
from lms.target.rosters.approving import approve, gap_behind, reopen
from lms.target.rosters.counting import Moved, lists_of, moved_lists
from lms.target.rosters.deciding import (
    Answer,
    ListClosed,
    NotConfirmed,
    NotInList,
    StillUndecided,
    WrongGround,
    confirm,
    decide,
    send_back,
    take_back_answers,
)
from lms.target.rosters.proposing import find_roster, read_list
from tests import factories as f

pytestmark = pytest.mark.django_db

AT = datetime(2024, 10, 2, 3, 0, tzinfo=UTC)
FIRST, LAST = date(2024, 7, 1), date(2024, 9, 30)
NAMED = Answer(RosterDecision.NAMED)


def excluded(ground: str, first_day: date = FIRST, last_day: date | None = None) -> Answer:
    return Answer(RosterDecision.EXCLUDED, ground, first_day, last_day, "QĐ 5/QĐ-UBND")


@pytest.fixture
def period() -> ReportingPeriod:
    return ReportingPeriod.objects.create(name="Quý III/2024", first_day=FIRST, last_day=LAST)


@pytest.fixture
def commune(province):
    return province.units["51001"]


def listed(period, unit) -> dict[str, str | None]:
    found = read_list(find_roster(period, unit.pk), unit.pk, LAST)
    return {each.person.full_name: each.decision for each in found}


def counted(unit, day: date = LAST, known: date | None = None) -> int:
    version = unit.versions.get()
    return figures(version, day, known).total.denominator


def answer(period, unit, people, what: Answer, at: datetime = AT) -> None:
    decide(period, unit, [each.pk for each in people], what, actor=None, at=at)


def finish(period, unit, at: datetime = AT) -> Roster:
    return approve(confirm(period, unit, actor=None, at=at), actor=None, at=at)


def test_duties_propose_who_counts_and_who_waits(province, period, commune):
    province.person("51001", name="Alăng Thị Bé")
    province.person("51001", name="Lê Văn Công", group="cong_an")
    province.person("51001", name="Hồ Thị Đoàn", group="doan")
    province.person("51001", name="Trần Thị Không", victim_support=False)
    province.person("51001", name="Vũ Thị Cũ", valid_to=LAST)
    province.person("51002", name="Người Xã Bên")
    named = province.person("51001", name="Zơrâm Nhím", group="cong_an")
    f.make_roster_entry(named, unit=commune, valid_from=date(2024, 1, 1))
    assert listed(period, commune) == {
        "Alăng Thị Bé": RosterDecision.COUNTS,
        "Lê Văn Công": None,
        "Zơrâm Nhím": RosterDecision.NAMED,
    }


def test_a_person_of_two_duties_stands_where_she_is_counted(province, period, commune):
    both = province.person("51001", name="Hai Nơi")
    f.make_posting(
        both, unit=province.units["51002"], group=province.groups["xa"], is_primary=False
    )
    assert listed(period, commune) == {"Hai Nơi": RosterDecision.COUNTS}
    assert listed(period, province.units["51002"]) == {}


def test_a_merged_record_stands_as_the_one_that_counts(province, period, commune):
    survivor = province.person("51002", name="Bản Chính")
    duplicate = province.person("51001", name="Bản Trùng")
    with transaction.atomic():
        record(PersonMerge, actor=None, at=AT, duplicate=duplicate, survivor=survivor)
    names = listed(period, commune) | listed(period, province.units["51002"])
    assert names == {"Bản Chính": RosterDecision.COUNTS}


def test_names_count_from_the_period_on_once_approved(province, period, commune):
    police = province.person("51001", group="cong_an", name="Lê Văn Công")
    answer(period, commune, [police], NAMED)
    roster = confirm(period, commune, actor=None, at=AT)
    assert counted(commune) == 0
    approve(roster, actor=None, at=AT)
    assert (counted(commune), counted(commune, FIRST)) == (1, 1)
    assert counted(commune, FIRST - timedelta(days=1)) == 0
    assert counted(commune, LAST, AT.date() - timedelta(days=1)) == 0
    # A later period finds her named and needs no answer.
    assert listed(period, commune) == {"Lê Văn Công": RosterDecision.NAMED}


@pytest.mark.parametrize(
    ("spans", "gap"),
    (
        ((), (FIRST, FAR)),
        (((date(2024, 1, 1), FAR),), (FAR, FAR)),
        (((date(2024, 1, 1), date(2024, 8, 1)),), (date(2024, 8, 1), FAR)),
        (((date(2024, 9, 1), FAR),), (FIRST, date(2024, 9, 1))),
        (
            ((date(2024, 1, 1), date(2024, 8, 1)), (date(2024, 9, 1), FAR)),
            (date(2024, 8, 1), date(2024, 9, 1)),
        ),
        (((FIRST, date(2024, 8, 1)), (date(2024, 8, 1), FAR)), (FAR, FAR)),
    ),
)
def test_a_name_fills_the_days_on_which_nobody_is_named(spans, gap):
    names = [RosterEntry(valid_from=first, valid_to=end) for first, end in spans]
    assert gap_behind(names, FIRST) == gap


def test_a_name_that_ended_goes_on_without_a_gap(province, period, commune):
    police = province.person("51001", group="cong_an")
    f.make_roster_entry(
        police, unit=commune, valid_from=date(2024, 1, 1), valid_to=date(2024, 8, 1)
    )
    answer(period, commune, [police], NAMED)
    finish(period, commune)
    spans = RosterEntry.objects.current().order_by("valid_from")
    assert [(each.valid_from, each.valid_to.year) for each in spans] == [
        (date(2024, 1, 1), 2024),
        (date(2024, 8, 1), 9999),
    ]


@pytest.mark.parametrize(
    ("ground", "standing"),
    (
        (RosterGround.NO_DUTY, Standing.NO_DUTY),
        (RosterGround.LEFT, Standing.NO_POSTING),
        (RosterGround.LONG_LEAVE, Standing.ON_LEAVE),
    ),
)
def test_who_does_not_count_leaves_the_figures_from_the_day(
    province, period, commune, ground, standing
):
    person = province.person("51001")
    day = date(2024, 8, 15)
    answer(period, commune, [person], excluded(ground, day))
    assert counted(commune) == 1
    finish(period, commune)
    assert counted(commune, day - timedelta(days=1)) == 1
    assert counted(commune, day) == 0
    assert explain(person, day).standing is standing
    # What was known before the approval stays what it was.
    assert counted(commune, day, AT.date() - timedelta(days=1)) == 1


def test_a_duty_that_lost_the_mark_goes_on_as_it_was(province, period, commune):
    person = province.person("51001")
    before = Posting.objects.current().get(person=person)
    answer(period, commune, [person], excluded(RosterGround.NO_DUTY, date(2024, 8, 15)))
    finish(period, commune)
    after = Posting.objects.current().valid_on(date(2024, 8, 15)).get(person=person)
    assert not after.victim_support
    assert (after.chain_id, after.duty_began_on) == (before.chain_id, before.duty_began_on)


def test_a_name_taken_away_ends_on_its_day(province, period, commune):
    police = province.person("51001", group="cong_an")
    f.make_roster_entry(police, unit=commune, valid_from=date(2024, 1, 1))
    answer(period, commune, [police], excluded(RosterGround.NOT_ASSIGNED))
    finish(period, commune)
    assert counted(commune, FIRST - timedelta(days=1)) == 1
    assert counted(commune, FIRST) == 0
    assert explain(police, FIRST).standing is Standing.NOT_NAMED


def test_a_leave_that_is_known_already_is_not_written_twice(province, period, commune):
    person = province.person("51001")
    f.make_leave(person, valid_from=date(2024, 7, 1), valid_to=date(2024, 12, 1))
    last = date(2024, 9, 30)
    answer(period, commune, [person], excluded(RosterGround.LONG_LEAVE, date(2024, 7, 10), last))
    finish(period, commune)
    assert Leave.objects.count() == 1


def test_what_was_entered_meanwhile_is_left_as_it_is(province, period, commune):
    person = province.person("51001")
    answer(period, commune, [person], excluded(RosterGround.LEFT, date(2024, 8, 15)))
    roster = confirm(period, commune, actor=None, at=AT)
    with transaction.atomic():
        duty = Posting.objects.current().get(person=person)
        succeed(duty, actor=None, at=AT, valid_to=date(2024, 8, 10))
    approve(roster, actor=None, at=AT)
    assert Posting.objects.current().get(person=person).valid_to == date(2024, 8, 10)


def test_an_approval_is_taken_back_as_one(province, period, commune):
    police = province.person("51001", group="cong_an")
    clerk = province.person("51001")
    answer(period, commune, [police], NAMED)
    answer(period, commune, [clerk], excluded(RosterGround.LEFT))
    roster = finish(period, commune)
    assert counted(commune) == 1
    later = AT + timedelta(days=3)
    reopened = reopen(roster, note="Đơn vị báo nhầm", actor=None, at=later)
    assert reopened.status == RosterStatus.CONFIRMED
    assert (counted(commune), counted(commune, LAST, AT.date())) == (1, 1)
    assert explain(police, LAST).standing is Standing.NOT_NAMED
    assert explain(police, LAST, AT.date()).counts
    assert [step.act for step in roster.steps.order_by("pk")] == [
        RosterAct.CONFIRM,
        RosterAct.APPROVE,
        RosterAct.REOPEN,
    ]
    # And it may be approved again.
    approve(reopened, actor=None, at=later)
    assert explain(police, LAST).counts


def test_an_approval_on_which_something_rests_stays(province, period, commune):
    police = province.person("51001", group="cong_an")
    answer(period, commune, [police], NAMED)
    roster = finish(period, commune)
    with transaction.atomic():
        name = RosterEntry.objects.current().get(person=police)
        succeed(name, actor=None, at=AT, valid_to=date(2024, 9, 1))
    with pytest.raises(DependedOn):
        reopen(roster, note="Nhầm", actor=None, at=AT)
    assert Roster.objects.get().status == RosterStatus.APPROVED


def test_confirming_needs_an_answer_for_everybody(province, period, commune):
    police = province.person("51001", group="cong_an")
    with pytest.raises(StillUndecided) as refusal:
        confirm(period, commune, actor=None, at=AT)
    assert refusal.value.count == 1
    answer(period, commune, [police], excluded(RosterGround.NOT_ASSIGNED))
    assert confirm(period, commune, actor=None, at=AT).day == LAST


def test_a_confirmed_list_is_what_it_was(province, period, commune):
    province.person("51001", name="Một")
    confirm(period, commune, actor=None, at=AT)
    province.person("51001", name="Đến Sau")
    assert list(listed(period, commune)) == ["Một"]
    with pytest.raises(ListClosed):
        confirm(period, commune, actor=None, at=AT)
    send_back(Roster.objects.get(), RosterAct.RETURN, note="Thiếu người", actor=None, at=AT)
    assert set(listed(period, commune)) == {"Một", "Đến Sau"}
    with pytest.raises(NotConfirmed):
        approve(Roster.objects.get(), actor=None, at=AT)


def test_what_was_answered_by_hand_outlives_a_return(province, period, commune):
    person = province.person("51001", name="Một")
    answer(period, commune, [person], excluded(RosterGround.NO_DUTY))
    roster = confirm(period, commune, actor=None, at=AT)
    send_back(roster, RosterAct.WITHDRAW, note="", actor=None, at=AT)
    assert listed(period, commune) == {"Một": RosterDecision.EXCLUDED}
    take_back_answers(period, commune, [person.pk], actor=None, at=AT)
    assert listed(period, commune) == {"Một": RosterDecision.COUNTS}
    with pytest.raises(NotInList):
        take_back_answers(period, commune, [person.pk], actor=None, at=AT)


@pytest.mark.parametrize(
    ("group", "what"),
    (
        ("xa", excluded(RosterGround.NOT_ASSIGNED)),
        ("xa", NAMED),
        ("cong_an", Answer(RosterDecision.COUNTS)),
    ),
)
def test_an_answer_has_to_fit_the_group(province, period, commune, group, what):
    good = province.person("51001", group=group)
    with pytest.raises(WrongGround):
        answer(period, commune, [good], what)
    assert not RosterLine.objects.exists()


def test_one_stranger_among_many_stops_all(province, period, commune):
    own, stranger = province.person("51001"), province.person("51002")
    with pytest.raises(NotInList):
        answer(period, commune, [own, stranger], excluded(RosterGround.NO_DUTY))
    assert not RosterLine.objects.exists()


def test_each_act_is_in_the_trail_without_a_name(province, period, commune):
    police = province.person("51001", group="cong_an", name="Lê Văn Công")
    answer(period, commune, [police], NAMED)
    finish(period, commune)
    entries = AuditEntry.objects.filter(action__startswith="roster.").order_by("pk")
    assert [each.action for each in entries] == [
        "roster.decide",
        "roster.confirm",
        "roster.name",
        "roster.approve",
    ]
    assert "Công" not in str([each.data for each in entries])


@pytest.mark.parametrize(
    "fields",
    (
        {"decision": "excluded", "ground": "", "first_day": FIRST},
        {"decision": "excluded", "ground": "left"},
        {"decision": "counts", "ground": "left"},
        {"decision": "named", "first_day": FIRST},
        {"decision": "excluded", "ground": "left", "first_day": LAST, "last_day": FIRST},
    ),
)
def test_the_database_refuses_an_exclusion_without_its_ground(province, period, commune, fields):
    person = province.person("51001")
    roster = Roster.objects.create(period=period, unit=commune)
    with pytest.raises(IntegrityError), transaction.atomic():
        record(
            RosterLine,
            actor=None,
            at=AT,
            roster=roster,
            person=person,
            group=province.groups["xa"],
            **fields,
        )


def test_a_subtree_tells_how_many_of_its_units_answered(province, period):
    for code in ("510", "51001", "51002", "51101"):
        province.person(code)
    assert lists_of(province.units["49"].versions.get(), LAST) is None
    assert moved_lists(province.units["49"].versions.get(), LAST) is None
    finish(period, province.units["51001"])
    confirm(period, province.units["510"], actor=None, at=AT)
    district, other = province.units["510"].versions.get(), province.units["511"].versions.get()
    found = lists_of(district, LAST, names=True)
    assert (found.answers.units, found.answers.approved, found.answers.confirmed) == (3, 1, 1)
    assert [each.code for each in found.waiting] == ["51002"]
    assert moved_lists(district, LAST) == Moved("Quý III/2024", 1, 1)
    assert moved_lists(other, LAST) is None
    assert lists_of(district, LAST + timedelta(days=1)) is None


def test_the_report_says_which_units_have_not_confirmed(province, period):
    for code in ("51001", "51002"):
        province.person(code)
    root = province.units["49"].versions.get()
    before = Frozen(freeze(period, unit=root, day=LAST, actor=None, at=AT))
    assert before.figures["lists"] is None
    assert Words(before).lists() == []
    finish(period, province.units["51001"])
    again = correct(before.snapshot, reason="Đã có danh sách", actor=None, at=AT)
    [item] = Words(Frozen(again)).lists()
    assert "1 trên 2 đơn vị có danh sách đã phê duyệt" in item.text
    assert "1 đơn vị chưa xác nhận" in item.text
    assert "51002" in item.text
