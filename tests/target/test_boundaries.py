"""The days around each rule of the target: the day before, the day itself, the day after.

Written through the functions that the pages call, so that a slip by one day between what is entered
and what is counted shows. The rules are those of section 5 of the domain's description.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from courses.completion import expiry
from courses.reviews import withdraw_completion
from lms.people.facts import record, succeed
from lms.people.models import GroupTier, RuleSet
from lms.people.staff import end_leave, end_posting, open_posting, record_leave, transfer
from lms.people.units import find_root
from lms.target.figures import Counts, figures
from lms.target.requirements import needs_on
from lms.target.standing.refreshing import clean, rebuild
from tests import factories as f

pytestmark = pytest.mark.django_db

D = date(2024, 6, 30)
AT = datetime(2024, 6, 30, 3, 0, tzinfo=UTC)
ONE = timedelta(days=1)
AROUND = (D - ONE, D, D + ONE)


@pytest.fixture(autouse=True, params=(True, False), ids=("standings", "facts"))
def source(request, province):
    """Both ways to count: over the derived table, kept by every write, and over the facts."""
    if request.param:
        rebuild(at=AT)


def total(day: date, known: date | None = None) -> Counts:
    return figures(find_root(day, known), day, known).total


def counted(*days: date) -> list[int]:
    return [total(day).denominator for day in days]


def trained(*days: date) -> list[int]:
    return [total(day).numerator for day in days]


def test_a_new_duty_counts_from_its_first_day_and_is_new_for_ninety(province):
    person = f.make_person()
    open_posting(
        person,
        unit=province.units["51001"],
        group=province.groups["xa"],
        valid_from=D,
        actor=None,
        at=AT,
    )
    assert counted(*AROUND) == [0, 1, 1]
    days = [D + timedelta(days=count) for count in (0, 89, 90, 91)]
    assert [total(day).newly_assigned for day in days] == [1, 1, 1, 0]
    # Nobody has given her an account: she is counted, and not trained.
    assert not hasattr(person, "user")
    assert trained(D) == [0]


@pytest.mark.parametrize(("length", "is_long"), ((29, False), (30, True), (31, True)))
def test_a_leave_of_thirty_days_is_out_while_it_lasts(province, length, is_long):
    last = D + timedelta(days=length - 1)
    record_leave(province.person("51001"), first_day=D, last_day=last, actor=None, at=AT)
    inside = 0 if is_long else 1
    assert counted(D - ONE, D, last, last + ONE) == [1, inside, inside, 1]
    assert total(last).on_leave == (1 if is_long else 0)


def test_an_open_leave_that_is_ended_early_was_no_long_one(province):
    leave = record_leave(province.person("51001"), first_day=D, actor=None, at=AT)
    assert counted(*AROUND) == [1, 0, 0]
    with transaction.atomic():
        end_leave(leave, last_day=D + timedelta(days=28), actor=None, at=AT + timedelta(days=40))
    assert counted(*AROUND) == [1, 1, 1]
    # As known before it was ended, she was away for good.
    assert total(D, date(2024, 7, 10)).denominator == 0


def test_completions_are_kept_over_a_long_leave(province):
    person = province.person("51001")
    province.train(person)
    last = D + timedelta(days=60)
    record_leave(person, first_day=D, last_day=last, actor=None, at=AT)
    assert trained(D - ONE, D, last, last + ONE) == [1, 0, 0, 1]


def test_the_last_day_of_a_duty_counts_and_the_day_after_does_not(province):
    person = province.person("51001")
    posting = person.postings.get()
    end_posting(posting, last_day=D, actor=None, at=AT)
    assert counted(*AROUND) == [1, 1, 0]


def test_a_transfer_moves_the_person_and_not_the_record(province):
    person = province.person("51001")
    province.train(person)
    transfer(
        person,
        unit=province.units["51101"],
        group=province.groups["xa"],
        on=D,
        actor=None,
        at=AT,
    )
    found = [
        {key: counts.numerator for key, counts in figures(find_root(day), day).children.items()}
        for day in AROUND
    ]
    old, new = province.units["510"].pk, province.units["511"].pk
    assert found == [{old: 1}, {new: 1}, {new: 1}]


def test_another_group_asks_for_its_courses_from_its_first_day(province):
    other, extra = f.make_group(), f.make_course(title="Khóa của nhóm mới")
    f.make_requirement(other, extra)
    person = province.person("51001")
    province.train(person)
    transfer(person, unit=province.units["51001"], group=other, on=D, actor=None, at=AT)
    assert trained(*AROUND) == [1, 0, 0]
    days = [D + timedelta(days=count) for count in (-1, 0, 90, 91)]
    assert [total(day).newly_assigned for day in days] == [0, 1, 1, 0]
    f.make_completion(person, extra, valid_from=D + ONE)
    assert trained(D, D + ONE) == [0, 1]


@pytest.mark.parametrize("months", (1, 24))
def test_a_completion_expires_the_day_after_its_last_valid_day(province, months):
    person = province.person("51001")
    province.train(person, on=date(2024, 1, 31), count=1)
    ends = expiry(date(2024, 1, 31), months)
    f.make_completion(person, province.courses[1], valid_from=date(2024, 1, 31), valid_to=ends)
    assert trained(ends - 2 * ONE, ends - ONE, ends) == [1, 1, 0]
    assert total(ends).needs_retraining == 1
    assert ends == {1: date(2024, 3, 1), 24: date(2026, 2, 1)}[months]


@pytest.mark.parametrize(("is_fraud", "found"), ((False, [1, 0, 0]), (True, [0, 0, 0])))
def test_a_completion_taken_away_ends_on_its_day_and_for_fraud_never_held(
    province, is_fraud, found
):
    officer = f.make_user(f.make_person())
    person = province.person("51001")
    province.train(person)
    assert trained(*AROUND) == [1, 1, 1]
    withdraw_completion(
        person.completions.order_by("pk").last(),
        effective_on=D,
        reason="Thu hồi",
        is_fraud=is_fraud,
        actor=officer,
        at=AT,
    )
    assert trained(*AROUND) == found
    # The figure as it was known the day before the decision stays.
    assert total(D - ONE, D - ONE).numerator == 1


def test_a_tier_holds_from_its_day(province):
    province.person("51001", group="doan")
    tier = GroupTier.objects.current().get(group=province.groups["doan"])
    with transaction.atomic():
        succeed(tier, actor=None, at=AT, valid_to=D)
        record(GroupTier, actor=None, at=AT, group=province.groups["doan"], tier="C", valid_from=D)
    clean()
    assert counted(*AROUND) == [0, 1, 1]


def test_the_shortest_long_leave_is_that_of_the_day(province):
    record_leave(
        province.person("51001"),
        first_day=D - timedelta(days=10),
        last_day=D + timedelta(days=9),
        actor=None,
        at=AT,
    )
    rules = RuleSet.objects.current().get()
    with transaction.atomic():
        succeed(rules, actor=None, at=AT, valid_to=D)
        record(RuleSet, actor=None, at=AT, valid_from=D, min_leave_days=20)
    clean()
    assert counted(*AROUND) == [1, 0, 0]


def test_a_requirement_holds_from_its_day_to_the_day_before_its_end(province):
    person = province.person("51001")
    province.train(person)
    extra = f.make_course()
    f.make_requirement(province.groups["xa"], extra, valid_from=D, valid_to=D + timedelta(days=30))
    last = D + timedelta(days=29)
    assert trained(D - ONE, D, last, last + ONE) == [1, 0, 0, 1]
    assert extra.pk not in needs_on(D - ONE)[province.groups["xa"].pk]


def test_a_completion_counts_on_the_day_of_its_last_condition(province):
    person = province.person("51001")
    province.train(person, count=1)
    f.make_completion(person, province.courses[1], valid_from=D)
    assert trained(*AROUND) == [0, 1, 1]
    assert total(D - ONE).in_progress == 1


@pytest.mark.parametrize(("gap", "is_one"), ((0, True), (1, False)))
def test_leaves_are_one_only_while_no_day_lies_between(province, gap, is_one):
    person = province.person("51001")
    middle = D + timedelta(days=14)
    second = middle + ONE + timedelta(days=gap)
    last = second + timedelta(days=14)
    record_leave(person, first_day=D, last_day=middle, actor=None, at=AT)
    record_leave(person, first_day=second, last_day=last, actor=None, at=AT)
    inside = 0 if is_one else 1
    assert counted(D - ONE, D, middle, second, last, last + ONE) == [1, *[inside] * 4, 1]


def test_nobody_to_count_has_no_rate_and_one_missing_is_not_all(province):
    assert (total(D).denominator, total(D).rate) == (0, None)
    people = [province.person("51001", valid_from=D) for _ in range(3)]
    for person in people[:2]:
        province.train(person)
    assert (total(D - ONE).rate, float(total(D).rate)) == (None, 66.6)
    for course in province.courses:
        f.make_completion(people[2], course, valid_from=D + ONE)
    assert [float(total(day).rate) for day in (D, D + ONE)] == [66.6, 100.0]
