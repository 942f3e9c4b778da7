"""A batch is taken back exactly, or refused with what rests on it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from lms.people.batches import BatchUndone, DependedOn, gather, undo, what_depends
from lms.people.facts import handed_on, succeed, withdraw
from lms.people.models import AuditEntry, Batch, Leave, Posting, StaffMember
from lms.people.models.accounts import Role
from lms.people.scopes import scope_of
from lms.people.staff import (
    NameMissing,
    correct_person,
    end_posting,
    open_posting,
    primary_posting,
    record_leave,
    register_person,
    transfer,
)
from lms.target.figures import figures
from lms.target.standing.refreshing import differences, rebuild
from tests.factories import (
    make_course,
    make_group,
    make_person,
    make_posting,
    make_requirement,
    make_role,
    make_rules,
    make_unit,
    make_user,
)
from tests.races import at_once, kinds_of

AT = datetime(2024, 5, 6, 2, 0, tzinfo=UTC)
NEXT = AT + timedelta(days=1)
LATER = AT + timedelta(days=2)
DAY = date(2024, 5, 6)

pytestmark = pytest.mark.django_db


def standing_facts() -> set[tuple]:
    """What stands, without the keys of the versions."""
    return {
        (model.__name__, *map(str, handed_on(fact, []).values()))
        for model in (Posting, Leave)
        for fact in model.objects.current()
    }


@pytest.fixture
def place():
    make_rules()
    province = make_unit(level="province", kind="Tỉnh")
    units = [make_unit(parent=province) for _each in range(2)]
    group = make_group()
    make_requirement(group, make_course())
    people = [
        make_posting(unit=units[0], group=group, duty_began_on=date(2023, 2, 1)).person
        for _each in range(3)
    ]
    rebuild(at=AT)
    return province, units, group, people


def test_undo_brings_back_the_facts_and_the_figures(place):
    province, units, group, people = place
    before, row = standing_facts(), figures(province.versions.get(), date(2024, 6, 1))
    with gather("transfer", actor=None, at=AT, reason="Theo QĐ 12", people=3) as batch:
        for person in people:
            transfer(person, unit=units[1], group=group, on=DAY, actor=None, at=AT)
        record_leave(people[0], first_day=DAY, actor=None, at=AT)
        # Written and changed again inside the batch: only the last version is its own.
        late = primary_posting(people[1], DAY)
        end_posting(late, last_day=DAY, actor=None, at=AT)
    assert standing_facts() != before
    assert batch.facts.count() == 7  # three closed, three opened, one leave
    assert batch.facts.filter(before_id__isnull=False).count() == 3
    assert what_depends(batch) == []

    undo(batch, actor=None, at=LATER)

    assert standing_facts() == before
    assert figures(province.versions.get(), date(2024, 6, 1)) == row
    assert not differences([person.pk for person in people])
    # In between the portal knew the other unit, and still says so.
    known = Posting.objects.known_on(DAY).valid_on(date(2024, 6, 1)).filter(person=people[2])
    assert [posting.unit for posting in known] == [units[1]]
    with pytest.raises(BatchUndone):
        undo(batch, actor=None, at=LATER)
    assert set(AuditEntry.objects.filter(object_type="people.batch").values_list("action")) == {
        ("batch.record",),
        ("batch.undo",),
    }


def test_a_fact_taken_back_by_a_batch_returns_under_its_own_id(place):
    _province, _units, _group, people = place
    leave = record_leave(people[0], first_day=DAY, actor=None, at=AT)
    with gather("leave", actor=None, at=NEXT) as batch:
        withdraw(leave, actor=None, at=NEXT)
    undo(batch, actor=None, at=LATER)
    back = Leave.objects.current().get()
    assert (back.logical_id, back.valid_from) == (leave.logical_id, DAY)
    assert back.pk != leave.pk


def test_a_later_change_of_the_same_fact_refuses_and_leaves_everything(place):
    _province, units, group, people = place
    with gather("transfer", actor=None, at=AT) as batch:
        for person in people:
            transfer(person, unit=units[1], group=group, on=DAY, actor=None, at=AT)
    end_posting(
        primary_posting(people[2], DAY), last_day=date(2024, 9, 1), actor=None, at=NEXT
    )  # fmt: skip
    before = standing_facts()
    with pytest.raises(DependedOn) as refusal:
        undo(batch, actor=None, at=LATER)
    assert len(refusal.value.reasons) == 1
    assert standing_facts() == before
    batch.refresh_from_db()
    assert not batch.is_undone


def test_a_later_batch_taken_back_frees_the_earlier_one(place):
    _province, units, group, people = place
    before = standing_facts()
    with gather("transfer", actor=None, at=AT) as first:
        transfer(people[0], unit=units[1], group=group, on=DAY, actor=None, at=AT)
    with gather("end", actor=None, at=NEXT) as second:
        end_posting(
            primary_posting(people[0], DAY), last_day=date(2024, 9, 1), actor=None, at=NEXT
        )  # fmt: skip
    with pytest.raises(DependedOn):
        undo(first, actor=None, at=LATER)
    undo(second, actor=None, at=LATER)
    undo(first, actor=None, at=LATER)
    assert standing_facts() == before


def test_another_duty_on_the_days_that_would_return_refuses(place):
    _province, units, group, people = place
    posting = primary_posting(people[0], DAY)
    with gather("end", actor=None, at=AT) as batch:
        end_posting(posting, last_day=DAY, actor=None, at=AT)
    open_posting(
        people[0],
        unit=units[1],
        group=group,
        valid_from=date(2024, 8, 1),
        actor=None,
        at=NEXT,
    )
    with pytest.raises(DependedOn):
        undo(batch, actor=None, at=LATER)


def test_a_unit_that_ended_since_refuses(place):
    _province, units, _group, people = place
    with gather("end", actor=None, at=AT) as batch:
        for person in people:
            end_posting(primary_posting(person, DAY), last_day=DAY, actor=None, at=AT)
    succeed(units[0].versions.current().get(), actor=None, at=NEXT, valid_to=date(2024, 9, 1))
    with pytest.raises(DependedOn):
        undo(batch, actor=None, at=LATER)


def test_people_of_an_import_get_their_fields_back_and_new_ones_lose_their_duty(place):
    _province, units, group, people = place
    correct_person(people[0], actor=None, at=AT, birth_date=date(1980, 1, 2))
    with gather("import", actor=None, at=NEXT) as batch:
        new = register_person(full_name="Bh'nướch Thị Ưng", actor=None, at=NEXT)
        open_posting(new, unit=units[0], group=group, valid_from=DAY, actor=None, at=NEXT)
        correct_person(
            people[0], actor=None, at=NEXT, birth_date=date(1981, 3, 4), work_email="a@b.vn"
        )
        correct_person(people[0], actor=None, at=NEXT, work_email="c@d.vn")
    undo(batch, actor=None, at=LATER)
    old = StaffMember.objects.get(pk=people[0].pk)
    assert (old.birth_date, old.work_email) == (date(1980, 1, 2), "")
    assert not Posting.objects.current().filter(person=new).exists()
    assert [row.before for row in batch.people.all()] == [{}, {}]


def test_what_was_entered_about_new_people_and_later_corrections_refuse(place):
    _province, units, group, people = place
    with gather("import", actor=None, at=AT) as batch:
        new = register_person(full_name="Zơrâm Thị Đào", actor=None, at=AT)
        open_posting(new, unit=units[0], group=group, valid_from=DAY, actor=None, at=AT)
        correct_person(people[0], actor=None, at=AT, full_name="Hồ Văn Hai")
    record_leave(new, first_day=DAY, actor=None, at=NEXT)
    correct_person(people[0], actor=None, at=NEXT, full_name="Hồ Văn Ba")
    assert len(what_depends(batch)) == 2
    with pytest.raises(DependedOn):
        undo(batch, actor=None, at=LATER)


def test_an_error_leaves_no_batch_and_batches_do_not_nest(place):
    *_rest, people = place
    before = standing_facts()

    def fail() -> None:
        with gather("import", actor=None, at=AT):
            record_leave(people[0], first_day=DAY, actor=None, at=AT)
            register_person(full_name=" ", actor=None, at=AT)

    def nest() -> None:
        with gather("end", actor=None, at=AT), gather("end", actor=None, at=AT):
            raise AssertionError("not reached")

    with pytest.raises(NameMissing):
        fail()
    with pytest.raises(RuntimeError):
        nest()
    assert not Batch.objects.exists()
    assert standing_facts() == before


def test_each_sees_her_own_batches_and_the_manager_all(place):
    province, units, *_rest = place
    focal, other, manager = (make_user(make_person()) for _each in range(3))
    make_role(focal, Role.UNIT_FOCAL, unit=units[0])
    make_role(other, Role.UNIT_FOCAL, unit=units[1])
    make_role(manager, Role.PROVINCE_MANAGER, unit=province)
    with gather("leave", actor=focal, at=AT) as batch:
        pass
    seen = {
        user: list(Batch.objects.visible_to(scope_of(user))) for user in (focal, other, manager)
    }
    assert seen == {focal: [batch], other: [], manager: [batch]}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_batch_back_at_once_one_does():
    person = make_posting().person
    with gather("leave", actor=None, at=AT) as batch:
        record_leave(person, first_day=DAY, actor=None, at=AT)
    both = at_once(*[lambda: undo(batch, actor=None, at=NEXT)] * 2)
    assert kinds_of(both) == ["Batch", "BatchUndone"]
    assert not Leave.objects.current().exists()
