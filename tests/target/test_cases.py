"""Each case of the rules of the target, with numbers that do not depend on the database.

The same expectations run on SQLite and on PostgreSQL: that is the parity of the two.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from courses.models import ClassSession, TrainingClass
from courses.models.classes import AttendanceMark
from courses.recognition.evidence import read_evidence
from courses.recognition.papers import Claim, check, hand_in
from courses.recognition.recognising import approve
from lms.people.days import FAR
from lms.people.facts import record, succeed, withdraw
from lms.people.models import PersonMerge, UnitEvent, UnitEventPart, UnitVersion
from lms.people.units import find_root, get_unit_version, rebuild_paths
from lms.target.due import DueReason, due_of, dues_of
from lms.target.explanation import Standing, explain
from lms.target.figures import Counts, KnownBeforeDay, figures, snapshot, trend
from lms.target.figures.sql import Question
from lms.target.lists import Order, Who, people
from lms.target.models import (
    ReportingPeriod,
    Requirement,
    Roster,
    RosterEntry,
    TargetMilestone,
    TargetTerms,
    TrainingTarget,
)
from lms.target.requirements import ALL_FOUR, MATRIX, CoursesMissing, load_requirements, needs_on
from tests import factories as f
from tests.world import picture

pytestmark = pytest.mark.django_db

D = date(2024, 6, 30)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, 0, tzinfo=UTC)


def total(day: date = D, known: date | None = None) -> Counts:
    return figures(find_root(day, known), day, known).total


def mn(day: date = D, known: date | None = None) -> tuple[int, int]:
    counts = total(day, known)
    return counts.denominator, counts.numerator


# Training held elsewhere ------------------------------------------------------------------------
def test_external_training_counts_after_approval_from_its_last_day(province):
    course, officer = province.courses[0], f.make_user(f.make_person())
    officer_at = at(date(2024, 6, 10))
    person = province.person("51001")
    for other in province.courses[1:]:
        f.make_completion(person, other, valid_from=date(2024, 2, 1))
    claim = Claim("Lớp", "Bộ", date(2024, 3, 4), date(2024, 3, 5), 16, "15/QĐ", course)
    training = hand_in(
        person, claim, read_evidence(picture()), actor=officer, at=at(date(2024, 6, 1))
    )
    check(training, comment="", actor=officer, at=at(date(2024, 6, 5)))
    assert mn() == (1, 0)
    approve(training, course=course, actor=officer, at=officer_at)
    assert mn() == (1, 1)
    assert mn(date(2024, 3, 5)) == (1, 1)
    assert mn(date(2024, 3, 4)) == (1, 0)
    assert mn(date(2024, 6, 9), date(2024, 6, 9)) == (1, 0)
    assert mn(date(2024, 6, 9), date(2024, 6, 10)) == (1, 1)


# Rounding -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("numerator", "denominator", "rate"),
    (
        (0, 0, None),
        (0, 1, Decimal("0")),
        (1, 1, Decimal("100")),
        (2999, 3000, Decimal("99.9")),
        (9996, 10000, Decimal("99.9")),
        (2, 3, Decimal("66.6")),
        (1, 3, Decimal("33.3")),
        (999_999, 1_000_000, Decimal("99.9")),
        (289, 1000, Decimal("28.9")),
    ),
)
def test_rate_is_cut(numerator, denominator, rate):
    assert Counts(denominator=denominator, numerator=numerator).rate == rate


# Cases ----------------------------------------------------------------------------------------
def test_new_person_counts_from_the_first_day_and_is_shown_as_new(province):
    province.person("51001", valid_from=D)
    assert mn(D - timedelta(days=1)) == (0, 0)
    assert mn() == (1, 0)
    for days, new in ((0, 1), (90, 1), (91, 0)):
        assert total(D + timedelta(days=days)).newly_assigned == new


@pytest.mark.parametrize(
    ("first", "end", "counted"),
    (
        (date(2024, 6, 1), date(2024, 6, 30), 1),  # 29 days, over by D
        (date(2024, 6, 2), date(2024, 7, 1), 1),  # 29 days
        (date(2024, 6, 2), date(2024, 7, 2), 0),  # 30 days
        (date(2024, 5, 31), date(2024, 6, 30), 1),  # 30 days, back on D
        (D, FAR, 0),  # open-ended counts from its first day
        (date(2024, 7, 1), FAR, 1),
    ),
)
def test_long_leave_is_out_of_the_denominator(province, first, end, counted):
    person = province.person("51001")
    f.make_leave(person, valid_from=first, valid_to=end)
    assert total().denominator == counted


def test_leaves_that_adjoin_are_one(province):
    person = province.person("51001")
    f.make_leave(person, valid_from=date(2024, 6, 20), valid_to=date(2024, 7, 5))
    assert total().on_leave == 0
    f.make_leave(person, valid_from=date(2024, 7, 5), valid_to=date(2024, 7, 20))
    assert total().on_leave == 1


def test_transfer_follows_the_posting_of_the_day(province):
    person = f.make_person()
    f.make_posting(person, unit=province.units["51001"], group=province.groups["xa"], valid_to=D)
    f.make_posting(person, unit=province.units["51101"], group=province.groups["xa"], valid_from=D)
    province.train(person)
    before = figures(find_root(D), D - timedelta(days=1))
    after = figures(find_root(D), D)
    assert before.children[province.units["510"].pk].numerator == 1
    assert province.units["510"].pk not in after.children
    assert after.children[province.units["511"].pk].numerator == 1


def test_several_duties_count_once_at_the_primary_with_the_union_of_needs(province):
    extra = f.make_course(title="Khóa của nhóm kia")
    other = f.make_group()
    f.make_requirement(other, extra)
    person = province.person("51001")
    f.make_posting(
        person,
        unit=province.units["51101"],
        group=other,
        is_primary=False,
        valid_from=date(2023, 5, 1),
    )
    province.train(person)
    result = figures(find_root(D), D)
    assert (result.total.denominator, result.total.numerator) == (1, 0)
    assert list(result.children) == [province.units["510"].pk]
    f.make_completion(person, extra, valid_from=D)
    assert mn() == (1, 1)


def test_only_concurrent_duty_is_counted_there(province):
    person = f.make_person()
    f.make_posting(
        person, unit=province.units["51001"], group=province.groups["xa"], victim_support=False
    )
    f.make_posting(
        person, unit=province.units["51101"], group=province.groups["xa"], is_primary=False
    )
    assert list(figures(find_root(D), D).children) == [province.units["511"].pk]


def test_end_of_service_leaves_the_day_after(province):
    province.person("51001", valid_to=date(2024, 7, 1))
    assert mn(D) == (1, 0)
    assert mn(date(2024, 7, 1)) == (0, 0)


def test_unit_without_a_path_is_shown_and_counted(province):
    province.person("CHUA-XEP")
    province.person("SO")
    result = figures(find_root(D), D)
    assert (result.unplaced.denominator, result.total.denominator) == (1, 2)


def test_expiry_and_withdrawal_leave_the_numerator(province):
    person = province.person("51001")
    province.train(person, count=1)
    second = f.make_completion(
        person, province.courses[1], valid_from=date(2024, 3, 1), valid_to=date(2024, 7, 1)
    )
    assert mn(D) == (1, 1)
    after = total(date(2024, 7, 1))
    assert (after.numerator, after.needs_retraining) == (0, 1)
    # Fraud: the version is withdrawn without a successor, it never held.
    with transaction.atomic():
        withdraw(second, actor=None, at=at(date(2024, 8, 1)))
    assert (total().numerator, total().in_progress) == (0, 1)
    assert mn(D, date(2024, 7, 31)) == (1, 1)
    assert mn(D, date(2024, 8, 1)) == (1, 0)


def test_late_entry_is_known_from_its_day(province):
    person = province.person("51001")
    for course in province.courses:
        f.make_completion(person, course, valid_from=date(2024, 3, 1), at=at(date(2024, 9, 1)))
    assert mn(D, D) == (1, 0)
    assert mn(D, date(2024, 8, 31)) == (1, 0)
    assert mn(D, date(2024, 9, 1)) == (1, 1)
    assert mn(D) == (1, 1)


def test_past_knowledge_of_a_later_day_is_refused(province):
    with pytest.raises(KnownBeforeDay):
        figures(find_root(D), D, D - timedelta(days=1))


@pytest.mark.parametrize(
    ("first", "second", "in_year"),
    (
        # Both courses last year: trained, but not in this year.
        ((date(2023, 5, 1), FAR), (date(2023, 5, 1), FAR), 0),
        # One of them this year is enough, from 1 January on.
        ((date(2023, 5, 1), FAR), (date(2024, 1, 1), FAR), 1),
        ((date(2023, 5, 1), FAR), (date(2023, 12, 31), FAR), 0),
        ((date(2023, 5, 1), FAR), (D, FAR), 1),
    ),
)
def test_in_year(province, first, second, in_year):
    person = province.person("51001")
    for course, (start, end) in zip(province.courses, (first, second), strict=True):
        f.make_completion(person, course, valid_from=start, valid_to=end)
    assert (total().numerator, total().in_year) == (1, in_year)


@pytest.mark.parametrize(("gap", "in_year"), ((0, 0), (-5, 0), (1, 1)))
def test_renewal_counts_in_the_year_only_after_a_gap(province, gap, in_year):
    person = province.person("51001")
    f.make_completion(person, province.courses[0], valid_from=date(2023, 1, 1))
    ends = date(2024, 3, 1)
    f.make_completion(person, province.courses[1], valid_from=date(2023, 1, 1), valid_to=ends)
    f.make_completion(person, province.courses[1], valid_from=ends + timedelta(days=gap))
    assert (total().numerator, total().in_year) == (1, in_year)


def test_empty_need_is_trained_and_not_in_year(province):
    group = f.make_group()
    f.make_posting(unit=province.units["51001"], group=group)
    assert (total().denominator, total().numerator, total().in_year) == (1, 1, 0)


def test_enrolment_alone_is_not_started(province):
    person = province.person("51001")
    enrolment = f.make_enrolment(person, province.courses[0])
    assert total().not_started == 1
    training_class = TrainingClass.objects.create(
        course=province.courses[0],
        unit=province.units["510"],
        title="Lớp",
        place="Nhà",
        created_at=f.AT,
    )
    session = ClassSession.objects.create(
        training_class=training_class,
        periods=[1],
        starts_at=at(D),
        ends_at=at(D) + timedelta(hours=2),
    )
    for number, (status, expected) in enumerate((("absent", 1), ("present", 0), ("", 1))):
        AttendanceMark.objects.create(
            session=session,
            person=person,
            enrolment=enrolment,
            status=status,
            source="undo" if not status else "trainer",
            recorded_at=at(D) + timedelta(minutes=number),
            recorded_on=D,
        )
        assert total().not_started == expected, status
        assert total(D - timedelta(days=1)).not_started == 1


def test_named_tier_counts_with_an_approved_name(province):
    person = province.person("51001", group="cong_an")
    assert mn() == (0, 0)
    assert explain(person, D).standing is Standing.NOT_NAMED
    entry = f.make_roster_entry(person, unit=province.units["51001"], valid_from=D)
    assert mn() == (1, 0)
    assert mn(D - timedelta(days=1)) == (0, 0)
    period = ReportingPeriod.objects.create(
        name="2024", first_day=date(2024, 1, 1), last_day=date(2024, 12, 31)
    )
    roster = Roster.objects.create(period=period, unit=province.units["51001"])
    RosterEntry.objects.filter(pk=entry.pk).update(roster=roster)
    assert mn() == (0, 0)
    Roster.objects.update(status="approved", approved_at=at(date(2024, 9, 1)))
    assert mn() == (1, 0)
    assert mn(D, date(2024, 8, 31)) == (0, 0)


def test_extended_tier_never_counts(province):
    person = province.person("51001", group="doan")
    assert mn() == (0, 0)
    assert explain(person, D).standing is Standing.EXTENDED


def test_merged_duplicate_counts_once_with_both_records(province):
    survivor, duplicate = province.person("51001"), province.person("51002")
    f.make_completion(survivor, province.courses[0], valid_from=date(2024, 2, 1))
    f.make_completion(duplicate, province.courses[1], valid_from=date(2024, 2, 1))
    assert mn() == (2, 0)
    with transaction.atomic():
        merge = record(
            PersonMerge,
            actor=None,
            at=at(date(2024, 9, 1)),
            duplicate=duplicate,
            survivor=survivor,
        )
    assert mn() == (1, 1)
    assert mn(D, date(2024, 8, 31)) == (2, 0)
    assert explain(duplicate, D).standing is Standing.MERGED
    with transaction.atomic():
        withdraw(merge, actor=None, at=at(date(2024, 10, 1)))
    assert mn() == (2, 0)


def test_requirement_of_the_day_is_used(province):
    person = province.person("51001")
    province.train(person)
    extra = f.make_course()
    f.make_requirement(province.groups["xa"], extra, valid_from=date(2024, 7, 1))
    assert mn(D) == (1, 1)
    assert mn(date(2024, 7, 1)) == (1, 0)


def test_explanation_names_what_is_missing(province):
    person = province.person("51001")
    assert explain(person, date(2023, 6, 1)).standing is Standing.NO_POSTING
    found = explain(person, D)
    assert (found.standing, found.counts) == (Standing.NOT_STARTED, True)
    assert found.missing == tuple(course.bit for course in province.courses)
    f.make_completion(person, province.courses[0], valid_from=date(2024, 1, 5), valid_to=D)
    assert explain(person, D).lapsed == (province.courses[0].bit,)
    f.make_leave(person, valid_from=D)
    assert explain(person, D).standing is Standing.ON_LEAVE
    idle = province.person("51001", victim_support=False)
    assert explain(idle, D).standing is Standing.NO_DUTY


# Lists and trend ------------------------------------------------------------------------------
def test_lists_are_as_long_as_their_figures(province):
    for number in range(7):
        person = province.person("51001", valid_from=date(2024, 1 + number, 1))
        if number % 3 == 0:
            province.train(person)
    root = find_root(D)
    question = Question(D, unit_id=root.unit_id, is_root=True)
    counts = total()
    assert people(question, Who.MISSING).count == counts.missing
    assert people(question, Who.NEW).count == counts.newly_assigned
    assert people(question, Who.EVERYBODY).count == counts.everybody
    for order in Order:
        seen, key = [], ""
        while True:
            page = people(question, Who.MISSING, order=order, after=key, limit=2)
            seen += [line.person_id for line in page.lines]
            if page.next_key is None:
                break
            key = page.next_key
        assert len(seen) == len(set(seen)) == counts.missing


def test_trend_ends_with_the_headline(province):
    for number in range(4):
        province.train(province.person("51001"), on=date(2024, 2 + number, 10))
    points = trend(find_root(D), D)
    assert [point.day for point in points] == [
        date(2024, 1, 31),
        date(2024, 2, 29),
        date(2024, 3, 31),
        date(2024, 4, 30),
        date(2024, 5, 31),
        D,
    ]
    assert [point.counts.numerator for point in points] == [0, 1, 2, 3, 4, 4]
    assert len(trend(find_root(D), date(2024, 12, 31))) == 12
    assert len(trend(find_root(D), date(2024, 1, 1))) == 1


@pytest.mark.parametrize(
    ("duty", "begins", "set_day", "due", "reason"),
    (
        (date(2024, 1, 1), date(1, 1, 1), None, date(2024, 12, 31), DueReason.YEAR_END),
        (date(2024, 10, 1), date(1, 1, 1), None, date(2024, 12, 31), DueReason.YEAR_END),
        (date(2024, 10, 2), date(1, 1, 1), None, date(2024, 12, 31), DueReason.YEAR_END),
        (date(2024, 10, 3), date(1, 1, 1), None, date(2025, 1, 1), DueReason.GRACE),
        (date(2024, 12, 31), date(1, 1, 1), None, date(2025, 3, 31), DueReason.GRACE),
        (date(2023, 2, 1), date(2024, 3, 1), None, date(2024, 12, 31), DueReason.YEAR_END),
        (date(2023, 2, 1), date(2024, 3, 1), date(2024, 6, 15), date(2024, 6, 15), DueReason.SET),
        (date(2023, 2, 1), date(2024, 3, 1), date(2024, 5, 15), date(2024, 5, 30), DueReason.GRACE),
    ),
)
def test_due_date_in_python_and_in_sql(province, duty, begins, set_day, due, reason):
    Requirement.objects.all().delete()
    requirement = f.make_requirement(
        province.groups["xa"], province.courses[0], valid_from=begins, due_on=set_day
    )
    found = due_of(requirement, duty, grace_days=90)
    assert (found.day, found.reason) == (due, reason)
    assert found.why
    person = province.person("51001", valid_from=duty)
    asked = date(2025, 6, 1)
    line = people(Question(asked, person_id=person.pk), Who.MISSING).lines[0]
    assert line.due_on == due
    assert (
        dues_of(person.postings.all(), needs_on(asked), grace_days=90)[province.courses[0].pk].day
        == due
    )


# Command --------------------------------------------------------------------------------------
def run(**options) -> str:
    out = StringIO()
    call_command("completion_rate", stdout=out, **options)
    return out.getvalue()


def test_command_answers_in_json(province):
    trained = province.person("51001")
    province.train(trained)
    province.person("49")
    province.person("CHUA-XEP")
    answer = json.loads(run(as_of="2024-06-30", format="json"))
    keys = {
        "as_of",
        "known_at",
        "unit",
        "denominator",
        "numerator",
        "in_year",
        "in_progress",
        "not_started",
        "needs_retraining",
        "rate",
    }
    assert set(answer) == keys | {"children"}
    assert (answer["as_of"], answer["known_at"]) == ("2024-06-30", None)
    assert answer["unit"] == {"code": "49", "name": "Tỉnh Quảng Nam"}
    assert (answer["denominator"], answer["numerator"], answer["rate"]) == (3, 1, 33.3)
    children = answer["children"]
    assert [child["unit"]["code"] for child in children] == ["49", "SO", "510", "511", None]
    assert children[0]["own_staff"] is True
    assert all(set(child) - {"own_staff"} == keys for child in children)
    assert [child["rate"] for child in children] == [0.0, None, 100.0, None, 0.0]
    for key in ("denominator", "numerator", "in_year", "not_started"):
        assert sum(child[key] for child in children) == answer[key]


def test_command_takes_both_days_and_a_unit(province):
    province.train(province.person("51001"))
    answer = json.loads(run(as_of="30/06/2024", known_at="2024-07-31", unit="510", format="json"))
    assert (answer["known_at"], answer["unit"]["code"], answer["rate"]) == (
        "2024-07-31",
        "510",
        100.0,
    )
    assert "100,0" in run(as_of="2024-06-30", unit="51001")


@pytest.mark.parametrize(
    ("options", "words"),
    (
        ({"as_of": "31/02/2024"}, "31/02/2024"),
        ({"as_of": "abc"}, "abc"),
        ({"as_of": "9999-01-01"}, "2100"),
        ({"as_of": "2024-06-30", "known_at": "2024-06-29"}, "29/06/2024"),
        ({"as_of": "2024-06-30", "known_at": "2099-01-01"}, "hôm nay"),
        ({"as_of": "2024-06-30", "unit": "777"}, "777"),
    ),
)
def test_command_refuses_in_vietnamese(province, options, words):
    with pytest.raises(CommandError, match=words) as refusal:
        run(**options)
    assert "%(" not in str(refusal.value)


def test_unknown_code_names_the_successor(province):
    old, new = province.units["51001"], province.units["51002"]
    version = UnitVersion.objects.current().get(unit=old)
    with transaction.atomic():
        succeed(version, actor=None, at=at(date(2024, 5, 1)), valid_to=date(2024, 5, 1))
    event = UnitEvent.objects.create(
        kind="merge", happened_on=date(2024, 5, 1), recorded_at=at(date(2024, 5, 1))
    )
    UnitEventPart.objects.create(event=event, from_unit=old, to_unit=new)
    rebuild_paths(known_from=date(2024, 5, 1))
    with pytest.raises(CommandError, match="Xã 51002"):
        run(as_of="2024-06-30", unit="51001")
    assert get_unit_version("51001", date(2024, 4, 30)).unit == old


# Loading and constraints ----------------------------------------------------------------------
def test_requirements_are_loaded_once_and_never_brought_back(province):
    with pytest.raises(CoursesMissing):
        load_requirements(at=at(D))
    for code in MATRIX:
        if code not in province.groups:
            f.make_group(code=code)
    for key in ALL_FOUR:
        f.make_course(key=key)
    first = load_requirements(at=at(date(2025, 2, 1)))
    assert first.requirement_count == sum(len(keys) for keys in MATRIX.values())
    assert first.target_count == 2
    assert TargetTerms.objects.get(valid_from=date(2024, 1, 1)).level_percent == 100
    row = Requirement.objects.filter(course__key="ho-so").first()
    with transaction.atomic():
        withdraw(row, actor=None, at=at(date(2025, 2, 2)))
    again = load_requirements(at=at(date(2025, 2, 3)))
    assert (again.requirement_count, again.target_count) == (0, 0)


def refuse(name: str, make) -> None:
    """Assert that the database itself refuses the row; SQLite does not name a UNIQUE."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        make()
    assert name in str(refusal.value) or "UNIQUE" in str(refusal.value)


def test_database_refuses_what_must_never_be(province):
    group, course = province.groups["xa"], province.courses[0]
    unit = province.units["49"]
    person = f.make_person()
    standing = f.make_requirement(group, course)
    dated = {"recorded_at": f.AT, "recorded_on": f.AT.date()}
    for model, fields, table in (
        (Requirement, {"group": group, "course": course}, "requirement"),
        (RosterEntry, {"person": person, "unit": unit}, "rosterentry"),
    ):
        refuse(
            f"target_{table}_valid_order",
            lambda m=model, x=fields: m.objects.create(
                **dated, **x, valid_from=D, valid_to=D - timedelta(days=1)
            ),
        )
        refuse(
            f"target_{table}_known_order",
            lambda m=model, x=fields: m.objects.create(
                **dated, **x, withdrawn_on=date(2000, 1, 1), withdrawn_at=f.AT
            ),
        )
        refuse(
            f"target_{table}_withdrawn_whole",
            lambda m=model, x=fields: m.objects.create(**dated, **x, withdrawn_at=f.AT),
        )
    refuse(
        "target_requirement_one_standing",
        lambda: Requirement.objects.create(
            **dated, group=group, course=course, logical_id=standing.logical_id
        ),
    )
    entry = f.make_roster_entry(person, unit=unit)
    refuse(
        "target_rosterentry_one_standing",
        lambda: RosterEntry.objects.create(
            **dated, person=person, unit=unit, logical_id=entry.logical_id
        ),
    )
    refuse(
        "target_reportingperiod_order",
        lambda: ReportingPeriod.objects.create(
            name="Sai", first_day=D, last_day=D - timedelta(days=1)
        ),
    )
    period = ReportingPeriod.objects.create(name="Kỳ", first_day=D, last_day=D)
    refuse(
        "target_reportingperiod",
        lambda: ReportingPeriod.objects.create(name="Kỳ", first_day=D, last_day=D),
    )
    Roster.objects.create(period=period, unit=unit)
    refuse("target_roster_once", lambda: Roster.objects.create(period=period, unit=unit))
    refuse(
        "target_roster_approved_by_someone",
        lambda: Roster.objects.create(period=period, unit=province.units["510"], status="approved"),
    )


def test_database_refuses_targets_and_milestones_that_cannot_be(province):
    unit, other = province.units["49"], province.units["510"]
    first = f.make_target(unit=unit, name="A")
    end = first.period_to
    dated = {"recorded_at": f.AT, "recorded_on": f.AT.date()}

    def terms(**fields):
        said = {"name": "B", "unit": other, "owner": unit, "valid_from": D, "valid_to": end}
        said |= {"target": TrainingTarget.objects.create(created_at=f.AT), "period_to": end}
        return TargetTerms.objects.create(**dated | said | fields)

    for name, fields in (
        ("target_targetterms_period_order", {"valid_to": D, "period_to": D}),
        ("target_targetterms_within_period", {"period_to": end - timedelta(days=1)}),
        ("target_targetterms_level", {"level_percent": 0}),
        ("target_targetterms_level", {"level_percent": 101}),
        ("target_targetterms_groups", {"group_mask": -1}),
        ("target_targetterms_name_once", {"name": "A"}),
        ("target_targetterms_one_of_a_target", {"target": first.target}),
        ("target_targetterms_no_overlap", {"unit": unit, "valid_from": end - timedelta(days=1)}),
    ):
        refuse(name, lambda x=fields: terms(**x))
    # Other groups of the same unit may have a target of their own, and so may the next year.
    assert terms(unit=unit, group_mask=1).pk
    year = {"valid_from": end, "valid_to": date(2025, 2, 1), "period_to": date(2025, 2, 1)}
    later = terms(unit=unit, name="C", **year)
    refuse(
        "target_targetterms_no_overlap",
        lambda: TargetTerms.objects.filter(pk=later.pk).update(valid_from=D),
    )

    def milestone(**fields):
        said = {"target": first.target, "day": D, "percent": 50}
        said |= {"period_from": first.valid_from, "period_to": end}
        return TargetMilestone.objects.create(**dated | said | fields)

    assert milestone().pk
    for name, fields in (
        ("target_targetmilestone_once_a_day", {}),
        ("target_targetmilestone_percent", {"day": end - timedelta(days=1), "percent": 0}),
        ("target_targetmilestone_percent", {"day": end - timedelta(days=1), "percent": 101}),
        ("target_targetmilestone_within_period", {"day": end}),
        ("target_targetmilestone_within_period", {"day": first.valid_from - timedelta(days=1)}),
    ):
        refuse(name, lambda x=fields: milestone(**x))
    assert milestone(day=end - timedelta(days=1)).pk
    assert milestone(day=first.valid_from).pk


@pytest.mark.django_db(transaction=True)
def test_snapshot_blocks_no_writer_and_sees_no_later_write():
    f.make_unit(code="49", level="province", kind="Tỉnh")
    group = f.make_group()
    f.make_rules()
    unit = f.make_unit(code="502", parent=find_root(D).unit)
    f.make_posting(unit=unit, group=group)
    other = connection.copy()
    try:
        with snapshot():
            assert mn() == (1, 1)
            with other.cursor() as cursor:
                cursor.execute("UPDATE people_posting SET victim_support = %s", [False])
            assert mn() == (1, 1)
    finally:
        other.close()
    assert mn() == (0, 0)
