"""The grid of required courses: what is written, what it would do, who may change it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from lms.people import batches
from lms.people.batches import DependedOn
from lms.people.models import Batch
from lms.people.units import find_root
from lms.target.changes.comparing import PAGE_SIZE, Place
from lms.target.figures import figures
from lms.target.matrix import (
    ChangedMeanwhile,
    EditKind,
    NothingChanged,
    impact_of,
    plan,
    save,
    turned_by,
)
from lms.target.matrix.forms import key_of
from lms.target.matrix.grid import grid_on
from lms.target.models import ReportingPeriod, Requirement
from lms.target.requirements import needs_on
from lms.target.standing.refreshing import rebuild
from tests import factories as f

pytestmark = pytest.mark.django_db

URL = "/chi-tieu/khoa-bat-buoc/"
AT = datetime(2024, 6, 30, 3, 0, tzinfo=UTC)
DAY = date(2024, 7, 1)


def change(begin=(), end=(), day=DAY, *, at=AT, **fields):
    """Save with the plan just shown."""
    begin = [(group.pk, course.pk) for group, course in begin]
    end = [(group.pk, course.pk) for group, course in end]
    seen = fields.pop("seen", None) or plan(begin, end, day).seen
    return save(begin, end, day, seen=seen, reason="QĐ 12/QĐ-UBND", actor=None, at=at, **fields)


def keys(group, day: date, known: date | None = None) -> set[int]:
    return set(needs_on(day, known).get(group.pk, {}))


@pytest.fixture
def extra(province):
    return f.make_course(key="cap-nhat", title="Cập nhật Luật 53/2024")


def test_what_begins_holds_from_its_day_and_was_not_known_before(province, extra):
    before = {course.pk for course in province.courses}
    change(begin=[(province.groups["xa"], extra)], due_on=date(2024, 12, 1))
    assert keys(province.groups["xa"], DAY - timedelta(days=1)) == before
    assert keys(province.groups["xa"], DAY) == before | {extra.pk}
    assert needs_on(DAY)[province.groups["xa"].pk][extra.pk].due_on == date(2024, 12, 1)
    assert keys(province.groups["xa"], DAY + timedelta(days=1), date(2024, 7, 2)) == before | {
        extra.pk
    }
    change(
        end=[(province.groups["xa"], extra)],
        day=DAY + timedelta(days=9),
        at=AT + timedelta(days=20),
    )
    assert keys(province.groups["xa"], DAY + timedelta(days=8)) == before | {extra.pk}
    assert keys(province.groups["xa"], DAY + timedelta(days=9)) == before
    # As known before the second decision, the course was still required.
    assert keys(province.groups["xa"], DAY + timedelta(days=9), date(2024, 7, 10)) == before | {
        extra.pk
    }


def test_a_planned_change_stays_and_one_of_the_same_day_leaves_nothing(province, extra):
    later = DAY + timedelta(days=30)
    change(begin=[(province.groups["xa"], extra)], day=later)
    change(begin=[(province.groups["xa"], extra)])
    rows = Requirement.objects.current().filter(course=extra).order_by("valid_from")
    assert [row.valid_from for row in rows] == [DAY, later]
    assert rows[0].valid_to == later
    shown = plan([], [(province.groups["xa"].pk, extra.pk)], DAY)
    assert [edit.kind for edit in shown.edits] == [EditKind.WITHDRAW]
    change(end=[(province.groups["xa"], extra)])
    assert extra.pk not in keys(province.groups["xa"], DAY)
    assert extra.pk in keys(province.groups["xa"], later)


def test_nothing_to_do_and_a_plan_overtaken_are_refused(province, extra):
    with pytest.raises(NothingChanged):
        change(begin=[(province.groups["xa"], province.courses[0])])
    stale = plan([(province.groups["xa"].pk, extra.pk)], [], DAY).seen
    change(end=[(province.groups["xa"], province.courses[0])])
    with pytest.raises(ChangedMeanwhile):
        change(begin=[(province.groups["xa"], extra)], seen=stale)
    assert not Requirement.objects.filter(course=extra).exists()


def test_undo_puts_back_what_held_and_waits_for_the_later_change(province, extra):
    first = change(
        begin=[(province.groups["xa"], extra)], end=[(province.groups["xa"], province.courses[0])]
    )
    second = change(end=[(province.groups["xa"], extra)], day=DAY + timedelta(days=5))
    with pytest.raises(DependedOn):
        batches.undo(first, actor=None, at=AT + timedelta(days=1))
    batches.undo(second, actor=None, at=AT + timedelta(days=1))
    batches.undo(first, actor=None, at=AT + timedelta(days=2))
    assert keys(province.groups["xa"], DAY) == {course.pk for course in province.courses}
    # What was believed in between is still told.
    assert extra.pk in keys(province.groups["xa"], DAY, DAY)


# The impact -----------------------------------------------------------------------------------
@pytest.mark.parametrize("is_built", (True, False), ids=("standings", "facts"))
@pytest.mark.parametrize("begins", (True, False), ids=("begins", "ends"))
def test_the_impact_is_the_difference_of_the_figures(province, extra, is_built, begins):
    second = f.make_group(code="phu_nu", tier="C", name="Hội LHPN")
    f.make_requirement(second, province.courses[0])
    # Trained in all; in all but the first course; in the first alone, twice in the target.
    full, partly = province.person("51001"), province.person("51002")
    province.train(full)
    for course in province.courses[1:]:
        f.make_completion(partly, course, valid_from=date(2024, 2, 1))
    other = f.make_person()
    f.make_posting(other, unit=province.units["510"], group=second)
    f.make_posting(
        other, unit=province.units["51001"], group=province.groups["xa"], is_primary=False
    )
    for course in province.courses:
        f.make_completion(other, course, valid_from=date(2024, 2, 1))
    away = province.person("51101")
    province.train(away)
    f.make_leave(away, valid_from=date(2024, 1, 1))
    if is_built:
        rebuild(at=AT)
    begin = [(province.groups["xa"].pk, extra.pk)] if begins else []
    end = [] if begins else [(province.groups["xa"].pk, province.courses[0].pk)]
    root = find_root(DAY)
    shown = plan(begin, end, DAY)
    impact = impact_of(shown, root, DAY)
    turned = turned_by(shown, root, DAY)
    assert {(line.person_id, line.unit_name, line.becomes) for line in turned.lines} == (
        {
            (full.pk, "Xã Xã 51001", Place.NOT_TRAINED),
            (other.pk, "Huyện Nam Giang", Place.NOT_TRAINED),
        }
        if begins
        else {(partly.pk, "Xã Xã 51002", Place.TRAINED)}
    )
    before = figures(root, DAY)
    save(begin, end, DAY, seen=shown.seen, reason="Thử", actor=None, at=AT)
    after = figures(root, DAY)
    assert impact.total.counted == before.total.denominator == 3
    assert impact.total.trained_before == before.total.numerator == 2
    assert impact.total.trained_after == after.total.numerator
    assert (impact.total.lost, impact.total.won) == ((2, 0) if begins else (0, 1))
    assert {
        line.group.pk: (line.counted, line.trained_before, line.trained_after)
        for line in impact.groups
    } == {
        key: (counts.denominator, counts.numerator, after.groups[key].numerator)
        for key, counts in before.groups.items()
    }
    touched = {line.label: (line.counted, line.trained_after) for line in impact.units}
    district = province.units["510"].pk
    assert touched == {
        "Huyện Nam Giang": (
            before.children[district].denominator,
            after.children[district].numerator,
        )
    }


def test_a_core_group_without_a_course_is_named(province):
    ends = [(province.groups["xa"].pk, course.pk) for course in province.courses]
    impact = impact_of(plan([], ends, DAY), find_root(DAY), DAY)
    assert impact.empty == [province.groups["xa"]]


def test_the_impact_costs_the_same_for_many(province, extra):
    def cost() -> int:
        shown = plan([(province.groups["xa"].pk, extra.pk)], [], DAY)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            impact_of(shown, root, DAY)
        return len(asked)

    root = find_root(DAY)
    province.train(province.person("51001"))
    rebuild(at=AT)
    few = cost()
    for code in ("51001", "51002", "510"):
        province.train(province.person(code))
    assert cost() == few <= 7


def test_those_who_turn_come_page_by_page(province, extra):
    for number in range(PAGE_SIZE + 1):
        province.train(province.person("51001", name=f"Nguyễn Văn {number:02d}"))
    shown = plan([(province.groups["xa"].pk, extra.pk)], [], DAY)
    root = find_root(DAY)
    first = turned_by(shown, root, DAY)
    rest = turned_by(shown, root, DAY, last=first.next_key)
    assert (len(first.lines), len(rest.lines), rest.next_key) == (PAGE_SIZE, 1, None)
    assert len({line.person_id for line in (*first.lines, *rest.lines)}) == PAGE_SIZE + 1


# The page -------------------------------------------------------------------------------------
def posted(*more, **fields):
    """Every tick that stands today, and ``more``."""
    today = timezone.localdate()
    pairs = grid_on(today).ticked | {(group.pk, course.pk) for group, course in more}
    return {
        "pairs": [key_of(pair) for pair in sorted(pairs)],
        "base": today.isoformat(),
        "day": f"{today:%d/%m/%Y}",
        "due_on": "",
        "reason": "Kế hoạch 15/KH-UBND",
    } | fields


def test_a_manager_sees_the_impact_saves_and_takes_back(province, extra, as_role):
    client = as_role("province_manager")
    province.train(province.person("51001"))
    data = posted((province.groups["xa"], extra))
    shown = client.post(URL, data)
    text = shown.content.decode()
    assert "1 người sẽ chuyển sang chưa đạt" in text
    assert [line.words for line in shown.context["turns"].lines] == ["sẽ chuyển sang chưa đạt"]
    assert not Batch.objects.exists()
    saved = client.post(URL, data | {"luu": "1", "seen": shown.context["seen"]}, follow=True)
    assert saved.redirect_chain == [(URL, 302)]
    assert "Kế hoạch 15/KH-UBND" in saved.content.decode()
    assert extra.pk in keys(province.groups["xa"], timezone.localdate())
    batch = Batch.objects.get()
    assert [act.batch for act in saved.context["history"]] == [batch]
    # The staff desk takes back what the staff desk did, nothing else.
    assert client.get(reverse("people:batch", args=[batch.pk])).status_code == 404
    client.post(URL, {"hoan-tac": batch.pk})
    assert extra.pk not in keys(province.groups["xa"], timezone.localdate())
    assert client.post(URL, {"hoan-tac": batch.pk}, follow=True).status_code == 200
    assert client.post(URL, {"hoan-tac": "0"}).status_code == 404


def test_a_plan_overtaken_is_shown_again_instead_of_saved(province, extra, as_role):
    client = as_role("province_manager")
    data = posted((province.groups["xa"], extra))
    seen = client.post(URL, data).context["seen"]
    change(
        end=[(province.groups["xa"], province.courses[1])], day=date(2024, 1, 1), at=timezone.now()
    )
    again = client.post(URL, data | {"luu": "1", "seen": seen})
    assert again.context["has_changed"]
    assert not Requirement.objects.filter(course=extra).exists()


def test_only_the_ticks_that_were_touched_change_on_another_day(province, extra, as_role):
    """A past day had other requirements: what differs there untouched is left alone."""
    change(
        end=[(province.groups["xa"], province.courses[0])], day=date(2024, 3, 1), at=timezone.now()
    )
    client = as_role("province_manager")
    data = posted((province.groups["xa"], extra), day="01/02/2024")
    edits = client.post(URL, data).context["edits"]
    assert [(edit.course, edit.is_begin) for edit in edits] == [(extra.title, True)]


def test_a_closed_period_is_said(province, extra, as_role):
    f_day, l_day = date(2024, 1, 1), date(2024, 3, 31)
    ReportingPeriod.objects.create(
        name="Quý I/2024", first_day=f_day, last_day=l_day, closed_at=timezone.now()
    )
    client = as_role("province_manager")
    for day, is_said in (("31/03/2024", True), ("01/04/2024", False)):
        data = posted((province.groups["xa"], extra), day=day)
        assert ("Quý I/2024" in client.post(URL, data).content.decode()) is is_said


@pytest.mark.parametrize(
    ("fields", "name"),
    (
        ({"reason": ""}, "reason"),
        ({"day": "31/02/2024"}, "day"),
        ({"due_on": "01/01/2001"}, "due_on"),
        ({"pairs": ["1-x"]}, "pairs"),
        ({"base": "never"}, "base"),
        ({}, "__all__"),
    ),
)
def test_what_is_wrong_is_said_at_its_field(province, as_role, fields, name):
    response = as_role("province_manager").post(URL, posted() | fields)
    assert response.status_code == 200
    assert name in response.context["form"].errors
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("role", "sees"),
    (
        ("province_leader", True),
        ("unit_focal", True),
        ("instructor", False),
        ("learner", False),
    ),
)
def test_others_read_or_find_nothing(province, extra, as_role, role, sees):
    client = as_role(role)
    page = client.get(URL)
    assert page.status_code == (200 if sees else 404)
    if sees:
        assert page.context["form"] is None
    data = posted((province.groups["xa"], extra), luu="1")
    assert client.post(URL, data).status_code == 404
    assert not Batch.objects.exists()


def test_the_grid_of_a_past_day_and_a_day_that_is_none(province, extra, as_role):
    change(begin=[(province.groups["xa"], extra)])
    client = as_role("province_leader")
    for typed, is_ticked in (("30/06/2024", False), ("01/07/2024", True)):
        grid = client.get(URL, {"ngay": typed}).context["grid"]
        assert ((province.groups["xa"].pk, extra.pk) in grid.ticked) is is_ticked
    assert client.get(URL, {"ngay": "hôm qua"}).context["day_error"]
