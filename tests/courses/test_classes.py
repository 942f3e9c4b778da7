"""Writing classes: seats, lists, sessions, calling off; and what the database refuses."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from courses.attendance import record_attendance
from courses.classes import (
    BadPeriods,
    BadTimes,
    ClassCancelled,
    ClassFull,
    HasMarks,
    add_session,
    add_to_roster,
    cancel_class,
    cancel_session,
    close_register,
    create_class,
    remove_from_roster,
    reopen_register,
)
from courses.models import ClassInstructor, ClassRosterEntry, ClassSession, Enrolment, TrainingClass
from lms.people.models import AuditEntry
from tests.factories import (
    make_class,
    make_class_entry,
    make_course,
    make_course_version,
    make_person,
    make_rules,
    make_session,
    make_unit,
    make_user,
)
from tests.races import at_once, kinds_of

AT = datetime(2024, 5, 6, 1, 0, tzinfo=UTC)
END = AT + timedelta(hours=2)


@pytest.fixture
def training_class(db):
    course = make_course(class_periods=3)
    make_course_version(course, lessons=[{"page": 0, "key": "l", "module": 0, "kind": "lesson"}])
    make_rules()
    return make_class(course, seats=2)


def test_a_class_takes_the_seats_of_its_course(db):
    course, trainer = make_course(class_size_max=24), make_user()
    made = create_class(
        course,
        unit=make_unit(),
        title=" Lớp   1 ",
        place="Hội trường",
        instructors=[trainer],
        actor=trainer,
        at=AT,
    )
    assert (made.title, made.seats, made.instructors.get().user) == ("Lớp 1", 24, trainer)
    assert AuditEntry.objects.filter(action="class.open", actor=trainer).count() == 1


@pytest.mark.parametrize("periods", ([], [0], [4], [1, 4], [-1]))
def test_periods_outside_the_class_plan_are_refused(training_class, periods):
    with pytest.raises(BadPeriods):
        add_session(training_class, starts_at=AT, ends_at=END, periods=periods, actor=None, at=AT)


def test_a_session_keeps_distinct_periods_in_order_and_ends_later(training_class):
    session = add_session(
        training_class, starts_at=AT, ends_at=END, periods=[3, 1, 3], actor=None, at=AT
    )
    assert session.periods == [1, 3]
    with pytest.raises(BadTimes):
        add_session(training_class, starts_at=AT, ends_at=AT, periods=[1], actor=None, at=AT)


def test_being_listed_enrols_once_and_seats_are_counted(training_class):
    people = [make_person() for _ in range(3)]
    first = add_to_roster(training_class, people[0], actor=None, at=AT)
    assert add_to_roster(training_class, people[0], actor=None, at=AT) == first
    assert Enrolment.objects.get() == first.enrolment
    add_to_roster(training_class, people[1], actor=None, at=AT)
    with pytest.raises(ClassFull):
        add_to_roster(training_class, people[2], actor=None, at=AT)
    # A refusal leaves no enrolment behind.
    assert Enrolment.objects.count() == 2
    remove_from_roster(first, actor=None, at=AT)
    remove_from_roster(first, actor=None, at=AT)
    add_to_roster(training_class, people[2], actor=None, at=AT)
    assert AuditEntry.objects.filter(action="class.remove_person").count() == 1


def test_nothing_is_arranged_in_a_class_called_off(training_class):
    cancel_class(training_class, actor=None, at=AT)
    cancel_class(training_class, actor=None, at=END)
    assert TrainingClass.objects.get().cancelled_at == AT
    with pytest.raises(ClassCancelled):
        add_to_roster(training_class, make_person(), actor=None, at=AT)
    with pytest.raises(ClassCancelled):
        add_session(training_class, starts_at=AT, ends_at=END, periods=[1], actor=None, at=AT)


def test_what_took_place_is_not_called_off(training_class):
    session, entry = make_session(training_class), make_class_entry(training_class)
    record_attendance(session, {entry.person_id: "absent"}, marked_by=None, at=END)
    with pytest.raises(HasMarks):
        cancel_session(session, actor=None, at=END)
    with pytest.raises(HasMarks):
        cancel_class(training_class, actor=None, at=END)


def test_signing_off_and_opening_again_are_recorded_once(training_class):
    session = make_session(training_class)
    assert [close_register(session, actor=None, at=END) for _ in range(2)] == [True, False]
    assert [reopen_register(session, actor=None, at=END) for _ in range(2)] == [True, False]
    assert AuditEntry.objects.filter(action__endswith="_register").count() == 2


def test_database_refuses_broken_rows(training_class):
    with (
        pytest.raises(IntegrityError, match="courses_trainingclass_has_seats"),
        transaction.atomic(),
    ):
        TrainingClass.objects.update(seats=0)
    make_session(training_class)
    with (
        pytest.raises(IntegrityError, match="courses_classsession_ends_later"),
        transaction.atomic(),
    ):
        ClassSession.objects.update(ends_at=AT - timedelta(days=9))
    entry = make_class_entry(training_class)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_class_entry(training_class, entry.person, enrolment=entry.enrolment)
    user = make_user()
    ClassInstructor.objects.create(training_class=training_class, user=user)
    with pytest.raises(IntegrityError), transaction.atomic():
        ClassInstructor.objects.create(training_class=training_class, user=user)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_eight_focal_persons_cannot_overfill_a_class():
    course = make_course(class_periods=3)
    make_course_version(course)
    training_class = make_class(course, seats=3)
    people = [make_person() for _ in range(8)]
    results = at_once(
        *[partial(add_to_roster, training_class, each, actor=None, at=AT) for each in people]
    )
    assert kinds_of(results) == ["ClassFull"] * 5 + ["ClassRosterEntry"] * 3
    assert ClassRosterEntry.objects.count() == 3
