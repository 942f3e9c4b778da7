"""The numbers of the target: sets over time, the impact of a new one, who may begin it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from lms.people.batches import BatchUndone, DependedOn
from lms.people.models import Batch, RuleSet
from lms.people.models.accounts import Role
from lms.people.rules import rules_on
from lms.people.units import find_root
from lms.target.changes.series import ChangedMeanwhile, NothingChanged
from lms.target.figures import Question, figures
from lms.target.lists import Who, people
from lms.target.models import ReportingPeriod
from lms.target.rulebook.history import acts, past_sets
from lms.target.rulebook.numbers import FIELDS, NUMBERS, values_of
from lms.target.rulebook.planning import impact_of, plan, save, take_back, turned_by
from lms.target.standing.refreshing import clean, rebuild
from tests import factories as f

pytestmark = pytest.mark.django_db

URL = "/chi-tieu/quy-tac/"
AT = datetime(2024, 6, 30, 3, 0, tzinfo=UTC)
DAY = date(2024, 7, 1)
ONE = timedelta(days=1)


def numbers(**changes):
    return values_of(RuleSet()) | changes


def begin(day=DAY, *, at=AT, seen=None, **changes):
    """Begin a set with the plan just shown."""
    wanted = numbers(**changes)
    seen = seen or plan(wanted, day).seen
    return save(wanted, day, seen=seen, reason="Sửa quy tắc", basis="15/QĐ-SYT", actor=None, at=at)


def marks(*days, known=None):
    return [rules_on(day, known).pass_mark_percent for day in days]


def test_every_number_of_the_set_stands_on_the_page_with_words():
    own = {"scope_key", "basis", "reason", "logical_id"}
    times = {"valid_from", "valid_to", "recorded_at", "recorded_on", "recorded_by"}
    times |= {"withdrawn_at", "withdrawn_on", "withdrawn_by", "id"}
    columns = {column.name for column in RuleSet._meta.concrete_fields}
    assert set(FIELDS) == columns - own - times
    assert all(each.lowest <= (getattr(RuleSet(), each.field) or 1) for each in NUMBERS)


def test_a_set_holds_from_its_day_until_the_next_and_the_past_stays(province):
    begin(pass_mark_percent=80)
    assert marks(DAY - ONE, DAY, DAY + ONE) == [70, 80, 80]
    assert marks(DAY, known=date(2024, 6, 29)) == [70]
    begin(DAY + 30 * ONE, pass_mark_percent=90)
    begin(DAY + 10 * ONE, pass_mark_percent=60)
    days = [DAY + count * ONE for count in (9, 10, 29, 30)]
    assert marks(*days) == [80, 60, 60, 90]
    # A slip on the same day is corrected: no set of no days is left.
    begin(pass_mark_percent=75)
    assert marks(DAY - ONE, DAY, DAY + 9 * ONE, DAY + 10 * ONE) == [70, 75, 75, 60]
    assert RuleSet.objects.current().count() == 4
    assert rules_on(DAY).basis == "15/QĐ-SYT"


def test_the_first_set_of_all_holds_from_its_day(province):
    RuleSet.objects.all().delete()
    begin(pass_mark_percent=80)
    assert marks(DAY, DAY + ONE) == [80, 80]
    assert RuleSet.objects.current().get().valid_from == DAY


def test_nothing_to_do_and_a_plan_overtaken_are_refused(province):
    with pytest.raises(NothingChanged):
        begin()
    stale = plan(numbers(late_minutes=10), DAY).seen
    begin(DAY + ONE, pass_mark_percent=80)
    with pytest.raises(ChangedMeanwhile):
        begin(late_minutes=10, seen=stale)
    assert rules_on(DAY).late_minutes == 15


def test_undo_puts_back_what_held_and_waits_for_the_later_set(province):
    first = begin(pass_mark_percent=80)
    second = begin(DAY + 5 * ONE, pass_mark_percent=90, at=AT + ONE)
    with pytest.raises(DependedOn):
        take_back(first, actor=None, at=AT + 2 * ONE)
    take_back(second, actor=None, at=AT + 2 * ONE)
    take_back(first, actor=None, at=AT + 3 * ONE)
    assert marks(DAY, DAY + 5 * ONE) == [70, 70]
    assert marks(DAY, known=DAY) == [80]
    with pytest.raises(BatchUndone):
        take_back(first, actor=None, at=AT + 4 * ONE)


@pytest.mark.parametrize(("on", "rests"), ((DAY - ONE, False), (DAY, True), (DAY + ONE, True)))
def test_a_set_whose_validity_was_given_out_stays(province, on, rests):
    """The end of a completion is fixed when it is recorded; its set cannot have been a slip."""
    person = province.person("51001")
    batch = begin(validity_months=24)
    assert [rules_on(day).validity_months for day in (DAY - ONE, DAY)] == [None, 24]
    f.make_completion(person, province.courses[0], valid_from=on, validity_months=24, at=AT + ONE)
    if rests:
        with pytest.raises(DependedOn) as refusal:
            take_back(batch, actor=None, at=AT + 2 * ONE)
        assert len(refusal.value.reasons) == 1
    else:
        take_back(batch, actor=None, at=AT + 2 * ONE)
        assert rules_on(DAY).validity_months is None


def test_a_set_that_leaves_validity_alone_goes_whatever_was_recorded(province):
    person = province.person("51001")
    batch = begin(pass_mark_percent=80)
    f.make_completion(person, province.courses[0], valid_from=DAY, at=AT + ONE)
    take_back(batch, actor=None, at=AT + 2 * ONE)
    assert marks(DAY) == [70]


def test_another_validity_leaves_earlier_completions_alone(province):
    person = province.person("51001")
    province.train(person)
    before = list(person.completions.values("valid_to", "validity_months"))
    impact = impact_of(plan(numbers(validity_months=1), DAY), find_root(DAY), DAY)
    begin(validity_months=1)
    assert list(person.completions.values("valid_to", "validity_months")) == before
    assert figures(find_root(DAY), DAY + 60 * ONE).total.numerator == 1
    assert impact.people is None


# The impact -----------------------------------------------------------------------------------
@pytest.mark.parametrize("is_built", (True, False), ids=("standings", "facts"))
@pytest.mark.parametrize(
    ("changes", "moved"),
    (
        ({"min_leave_days": 20}, (0, 1)),
        ({"min_leave_days": 60}, (1, 0)),
        ({"min_leave_days": 20, "new_duty_days": 10}, (0, 1)),
        ({"new_duty_days": 10}, (0, 0)),
    ),
)
def test_the_impact_is_what_the_figures_say_once_it_is_saved(province, is_built, changes, moved):
    # One short and one long leave over the day, adjoining ones, one that is over.
    for first, days in ((DAY - 5 * ONE, 25), (DAY - 5 * ONE, 40), (DAY - 90 * ONE, 45)):
        person = province.person("51001", valid_from=date(2024, 1, 1))
        f.make_leave(person, valid_from=first, valid_to=first + days * ONE)
    both = province.person("51102", valid_from=date(2024, 1, 1))
    f.make_leave(both, valid_from=DAY - 50 * ONE, valid_to=DAY)
    f.make_leave(both, valid_from=DAY, valid_to=DAY + 20 * ONE)
    for back in (5, 10, 11, 90, 91):
        province.person("51101", valid_from=DAY - back * ONE)
    if is_built:
        rebuild(at=AT)
    root = find_root(DAY)
    planned = plan(numbers(**changes), DAY)
    impact = impact_of(planned, root, DAY).people
    turns = turned_by(planned, root, DAY)
    before = figures(root, DAY).total
    save(planned.numbers, DAY, seen=planned.seen, reason="Thử", actor=None, at=AT)
    clean()
    after = figures(root, DAY).total
    assert (impact.total.counted_before, impact.newly_before) == (
        before.denominator,
        before.newly_assigned,
    )
    assert (impact.total.counted_after, impact.newly_after) == (
        after.denominator,
        after.newly_assigned,
    )
    assert (impact.total.joined, impact.total.left) == moved
    assert len(turns.lines) == sum(moved)


def test_who_becomes_overdue_is_what_the_list_says_once_it_is_saved(province):
    root = find_root(DAY)
    question = Question(day=DAY, unit_id=root.unit_id, is_root=True)
    # Her year's end is long past, so the days of grace decide.
    for back in (10, 30, 31, 90, 91):
        province.person("51001", valid_from=DAY - back * ONE)
    for group in province.groups.values():
        group.requirements.update(due_on=date(2024, 1, 31))
    planned = plan(numbers(due_grace_days=30), DAY)
    impact = impact_of(planned, root, DAY)
    assert impact.people is None
    assert impact.overdue_before == people(question, Who.MISSING).overdue_count == 1
    save(planned.numbers, DAY, seen=planned.seen, reason="Thử", actor=None, at=AT)
    assert impact.overdue_after == people(question, Who.MISSING).overdue_count == 3


def test_running_rounds_are_counted_where_their_numbers_change(province):
    own, common = f.make_course(), f.make_course()
    for course, mark in ((own, 60), (common, None)):
        rule = {"pass_mark_percent": mark, "attempt_starts": mark, "attempt_window_hours": mark}
        f.make_course_version(course, rule=rule)
        f.make_enrolment(province.person("51001"), course)
    root = find_root(DAY)
    impact = impact_of(plan(numbers(pass_mark_percent=80), DAY), root, DAY)
    assert (impact.open_rounds, impact.rounds_with_new_attempts) == (2, 1)
    impact = impact_of(plan(numbers(attendance_percent=90), DAY), root, DAY)
    assert (impact.open_rounds, impact.rounds_with_new_attempts) == (2, 0)
    assert impact_of(plan(numbers(late_minutes=5), DAY), root, DAY).open_rounds == 0


# History --------------------------------------------------------------------------------------
def test_the_sets_over_time_say_what_each_changed(province):
    begin(pass_mark_percent=80)
    begin(DAY + 10 * ONE, pass_mark_percent=80, validity_months=24)
    newest, middle, first = past_sets()
    assert (newest.first_day, newest.last_day) == (DAY + 10 * ONE, None)
    assert (middle.first_day, middle.last_day) == (DAY, DAY + 9 * ONE)
    assert (first.first_day, first.last_day, first.is_loaded) == (None, DAY - ONE, True)
    assert [(each.number.field, each.after) for each in newest.changed] == [
        ("validity_months", "24")
    ]
    assert [(each.number.field, each.before, each.after) for each in middle.changed] == [
        ("pass_mark_percent", "70", "80")
    ]
    assert [(act.day, len(act.changed)) for act in acts()] == [(DAY + 10 * ONE, 1), (DAY, 1)]


# The page -------------------------------------------------------------------------------------
def posted(day=None, **fields):
    day = day or timezone.localdate()
    return (
        {name: "" if value is None else value for name, value in numbers().items()}
        | {"day": f"{day:%d/%m/%Y}", "reason": "Theo chỉ đạo", "basis": "15/QĐ-SYT"}
        | fields
    )


def test_a_manager_sees_the_impact_saves_and_takes_back(province, as_role):
    client = as_role("province_manager")
    today = timezone.localdate()
    person = province.person("51001", name="Lê Văn Nghỉ")
    f.make_leave(person, valid_from=today, valid_to=today + 25 * ONE)
    data = posted(min_leave_days=20)
    shown = client.post(URL, data)
    text = shown.content.decode()
    assert "1 người sẽ ra khỏi mẫu số" in text
    assert "Lê Văn Nghỉ" in text
    assert not Batch.objects.exists()
    saved = client.post(
        URL, data | {"luu": "1", "seen": shown.context["planned"].seen}, follow=True
    )
    assert saved.redirect_chain == [(URL, 302)]
    assert rules_on(today).min_leave_days == 20
    batch = Batch.objects.get()
    assert [act.batch for act in saved.context["acts"]] == [batch]
    assert "15/QĐ-SYT" in saved.content.decode()
    assert client.get(reverse("people:batch", args=[batch.pk])).status_code == 404
    client.post(URL, {"hoan-tac": batch.pk})
    assert rules_on(today).min_leave_days == 30
    again = client.post(URL, {"hoan-tac": batch.pk}, follow=True)
    assert again.status_code == 200
    assert client.post(URL, {"hoan-tac": "0"}).status_code == 404


def test_back_to_the_form_keeps_what_was_typed(province, as_role):
    page = as_role("province_manager").post(URL, posted(late_minutes=10, sua="1"))
    assert page.context["form"]["late_minutes"].value() == "10"
    assert not Batch.objects.exists()


def test_a_plan_overtaken_is_shown_again_instead_of_saved(province, as_role):
    client = as_role("province_manager")
    data = posted(late_minutes=10)
    seen = client.post(URL, data).context["planned"].seen
    begin(date(2024, 1, 1), pass_mark_percent=80, at=timezone.now())
    again = client.post(URL, data | {"luu": "1", "seen": seen})
    assert again.context["has_changed"]
    assert rules_on(timezone.localdate()).late_minutes == 15


def test_a_closed_period_refuses_the_day_until_it_is_meant(province, as_role):
    ReportingPeriod.objects.create(
        name="Quý I/2024",
        first_day=date(2024, 1, 1),
        last_day=date(2024, 3, 31),
        closed_at=timezone.now(),
    )
    client = as_role("province_manager")
    data = posted(date(2024, 3, 31), late_minutes=10)
    refused = client.post(URL, data)
    assert "Quý I/2024" in str(refused.context["form"].errors["day"])
    assert 'name="accepts_closed"' in refused.content.decode()
    meant = client.post(URL, data | {"accepts_closed": "on"})
    assert [period.name for period in meant.context["closed"]] == ["Quý I/2024"]
    # The tick travels on to the saving.
    seen = meant.context["planned"].seen
    client.post(URL, data | {"accepts_closed": "True", "luu": "1", "seen": seen})
    assert rules_on(date(2024, 3, 31)).late_minutes == 10


@pytest.mark.parametrize(
    ("fields", "name"),
    (
        ({"reason": ""}, "reason"),
        ({"basis": ""}, "basis"),
        ({"day": "31/02/2024"}, "day"),
        ({}, "__all__"),
        ({"pass_mark_percent": "101"}, "pass_mark_percent"),
        ({"pass_mark_percent": "0"}, "pass_mark_percent"),
        ({"attendance_percent": "80,5"}, "attendance_percent"),
        ({"attempt_starts": "0"}, "attempt_starts"),
        ({"min_leave_days": "-1"}, "min_leave_days"),
        ({"new_duty_days": "367"}, "new_duty_days"),
        ({"late_minutes": ""}, "late_minutes"),
        ({"validity_months": "0"}, "validity_months"),
        ({"recognition_percent": "tám mươi"}, "recognition_percent"),
    ),
)
def test_what_is_wrong_is_said_at_its_field(province, as_role, fields, name):
    response = as_role("province_manager").post(URL, posted() | fields)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [name]
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("role", "sees"),
    (
        (Role.PROVINCE_LEADER, True),
        (Role.DISTRICT_FOCAL, False),
        (Role.SYSADMIN, False),
        ("learner", False),
    ),
)
def test_others_read_or_find_nothing(province, as_role, role, sees):
    client = as_role(role)
    page = client.get(URL)
    assert page.status_code == (200 if sees else 404)
    if sees:
        assert page.context["form"] is None
    assert client.post(URL, posted(late_minutes=10, luu="1")).status_code == 404
    assert not Batch.objects.exists()


def test_the_numbers_of_a_past_day_and_of_a_day_without_any(province, as_role):
    begin(pass_mark_percent=80)
    client = as_role(Role.PROVINCE_LEADER)
    for typed, mark in (("30/06/2024", 70), ("01/07/2024", 80)):
        assert client.get(URL, {"ngay": typed}).context["held"].pass_mark_percent == mark
    assert client.get(URL, {"ngay": "hôm qua"}).context["day_error"]
    RuleSet.objects.filter(valid_to=DAY).delete()
    assert client.get(URL, {"ngay": "30/06/2024"}).context["held"] is None
