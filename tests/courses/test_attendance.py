"""Marks are appended, the state is a fold, periods count once over all classes of the round."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from courses.attendance import (
    Attendance,
    NotOnRoster,
    RegisterChanged,
    RegisterClosed,
    Seen,
    SessionNotOpen,
    attendance_by_enrolment,
    attendance_of,
    attended_periods,
    periods_after_arrival,
    periods_needed,
    record_attendance,
    register_of,
    undo_marks,
)
from courses.models import AttendanceMark, Completion, CompletionReview
from tests.factories import (
    make_class,
    make_class_entry,
    make_course,
    make_course_version,
    make_rules,
    make_session,
    make_user,
)
from tests.races import at_once

HELD = datetime(2024, 5, 6, 1, 0, tzinfo=UTC)
AFTER = HELD + timedelta(hours=4)


@pytest.fixture
def room(db):
    """A class of three periods with one session, one instructor and one person on the list."""
    make_rules()
    course = make_course(class_periods=3)
    # A lesson nobody has done: attendance alone completes nothing here.
    make_course_version(course, lessons=[{"page": 0, "key": "l", "module": 0, "kind": "lesson"}])
    instructor = make_user()
    training_class = make_class(course, instructors=(instructor,))
    entry = make_class_entry(training_class)
    return training_class, make_session(training_class), entry, instructor


@pytest.mark.parametrize(
    ("total", "percent", "needed"),
    (
        (3, 80, 3),
        (5, 80, 4),
        (4, 80, 4),
        (10, 80, 8),
        (1, 80, 1),
        (0, 80, 0),
        (3, 0, 0),
        (3, 100, 3),
        (3, 67, 3),
        (3, 66, 2),
        (7, 1, 1),
    ),
)
def test_periods_needed_rounds_up_in_integers(total: int, percent: int, needed: int):
    assert periods_needed(total, percent) == needed


@pytest.mark.parametrize(
    ("minutes_late", "counted"),
    (
        (0, [1, 2, 3]),
        (15, [1, 2, 3]),
        (16, [2, 3]),
        (45, [2, 3]),
        (60, [2, 3]),
        (61, [3]),
        (105, [3]),
        (106, []),
        (600, []),
    ),
)
def test_more_than_15_minutes_late_is_absent_for_that_period(minutes_late: int, counted: list[int]):
    assert periods_after_arrival([3, 1, 2], minutes_late) == counted


def test_reached_on_is_the_day_of_the_last_needed_period():
    attendance = Attendance({1: date(2024, 5, 6), 3: date(2024, 5, 20), 2: date(2024, 5, 13)})
    assert [attendance.reached_on(n) for n in (0, 1, 2, 3, 4)] == [
        None,
        date(2024, 5, 6),
        date(2024, 5, 13),
        date(2024, 5, 20),
        None,
    ]


@pytest.mark.parametrize(
    ("said", "periods"),
    (
        ("present", {1, 2, 3}),
        (Seen("late"), {1, 2, 3}),
        (Seen("late", 15), {1, 2, 3}),
        (Seen("late", 16), {2, 3}),
        ("excused", set()),
        ("absent", set()),
    ),
)
def test_mark_gives_the_periods_of_its_status(room, said, periods):
    _class, session, entry, instructor = room
    assert record_attendance(session, {entry.person_id: said}, marked_by=instructor, at=AFTER) == 1
    assert attended_periods(entry.enrolment) == periods


def test_late_limit_is_that_of_the_rule_set_of_the_day(room):
    _class, session, entry, instructor = room
    make_rules(late_minutes=5)
    record_attendance(session, {entry.person_id: Seen("late", 6)}, marked_by=instructor, at=AFTER)
    assert attended_periods(entry.enrolment) == {2, 3}


def test_same_mark_twice_is_once(room):
    _class, session, entry, instructor = room
    told = {entry.person_id: Seen("late", 20)}
    assert record_attendance(session, told, marked_by=instructor, at=AFTER) == 1
    assert record_attendance(session, told, marked_by=instructor, at=AFTER) == 0
    # "Late" without minutes repeats whatever lateness stands.
    assert (
        record_attendance(session, {entry.person_id: "late"}, marked_by=instructor, at=AFTER) == 0
    )
    assert AttendanceMark.objects.count() == 1


def test_correction_is_a_new_mark_and_undo_goes_back_step_by_step(room):
    _class, session, entry, instructor = room
    states = []
    for minute, status in enumerate(("present", "absent", "excused")):
        record_attendance(
            session,
            {entry.person_id: status},
            marked_by=instructor,
            at=AFTER + timedelta(minutes=minute),
        )
    for minute in range(3, 7):
        standing, _last = register_of(session)
        mark = standing.get(entry.person_id)
        states.append(mark and mark.status)
        undone = undo_marks(
            session,
            {entry.person_id: mark.pk if mark else 0},
            marked_by=instructor,
            at=AFTER + timedelta(minutes=minute),
        )
        assert undone == (1 if mark else 0)
    assert states == ["excused", "absent", "present", None]
    assert AttendanceMark.objects.count() == 6
    assert attended_periods(entry.enrolment) == frozenset()


def test_undo_of_a_mark_that_no_longer_stands_changes_nothing(room):
    _class, session, entry, instructor = room
    record_attendance(session, {entry.person_id: "present"}, marked_by=instructor, at=AFTER)
    first = AttendanceMark.objects.get()
    record_attendance(session, {entry.person_id: "absent"}, marked_by=instructor, at=AFTER)
    assert undo_marks(session, {entry.person_id: first.pk}, marked_by=instructor, at=AFTER) == 0
    assert register_of(session)[0][entry.person_id].status == "absent"


def test_periods_count_once_over_all_classes_of_the_round(room):
    training_class, session, entry, instructor = room
    other = make_class(training_class.course)
    make_class_entry(other, entry.person, enrolment=entry.enrolment)
    again = make_session(other, periods=(2, 3), starts_at=HELD + timedelta(days=7))
    record_attendance(session, {entry.person_id: Seen("late", 61)}, marked_by=instructor, at=AFTER)
    record_attendance(
        again, {entry.person_id: "present"}, marked_by=instructor, at=AFTER + timedelta(days=7)
    )
    assert attendance_of(entry.enrolment).first_days == {
        3: date(2024, 5, 6),
        2: date(2024, 5, 13),
    }


def test_day_of_a_session_is_local(room):
    training_class, _session, entry, instructor = room
    # 18:00 UTC on 31 December is already 1 January in Asia/Ho_Chi_Minh.
    evening = make_session(
        training_class, periods=(1,), starts_at=datetime(2024, 12, 31, 18, 0, tzinfo=UTC)
    )
    record_attendance(
        evening,
        {entry.person_id: "present"},
        marked_by=instructor,
        at=datetime(2024, 12, 31, 19, 0, tzinfo=UTC),
    )
    assert attendance_of(entry.enrolment).first_days == {1: date(2025, 1, 1)}
    assert AttendanceMark.objects.get().recorded_on == date(2025, 1, 1)


@pytest.mark.parametrize("what", ("session", "class"))
def test_cancelled_session_does_not_count(room, what):
    training_class, session, entry, instructor = room
    record_attendance(session, {entry.person_id: "present"}, marked_by=instructor, at=AFTER)
    row = session if what == "session" else training_class
    type(row).objects.filter(pk=row.pk).update(cancelled_at=AFTER)
    assert attended_periods(entry.enrolment) == frozenset()
    with pytest.raises(SessionNotOpen):
        record_attendance(session, {entry.person_id: "absent"}, marked_by=instructor, at=AFTER)


def test_closed_register_refuses_from_its_moment_on(room):
    _class, session, entry, instructor = room
    session.register_closed_at = AFTER
    session.save(update_fields=["register_closed_at"])
    told = {entry.person_id: "present"}
    with pytest.raises(RegisterClosed):
        record_attendance(session, told, marked_by=instructor, at=AFTER)
    with pytest.raises(RegisterClosed):
        undo_marks(session, {entry.person_id: 1}, marked_by=instructor, at=AFTER)
    before = AFTER - timedelta(seconds=1)
    assert record_attendance(session, told, marked_by=instructor, at=before) == 1


def test_nobody_is_present_before_the_day_of_the_session(room):
    _class, session, entry, instructor = room
    with pytest.raises(SessionNotOpen):
        record_attendance(
            session, {entry.person_id: "present"}, marked_by=instructor, at=HELD - timedelta(days=1)
        )
    assert AttendanceMark.objects.count() == 0


def test_only_people_on_the_list_can_be_marked(room):
    training_class, session, entry, instructor = room
    removed = make_class_entry(training_class)
    removed.removed_at = AFTER
    removed.save(update_fields=["removed_at"])
    with pytest.raises(NotOnRoster) as refused:
        record_attendance(
            session,
            {entry.person_id: "present", removed.person_id: "present"},
            marked_by=instructor,
            at=AFTER,
        )
    assert refused.value.person_ids == {removed.person_id}
    assert AttendanceMark.objects.count() == 0


def test_stale_form_is_refused_whole_and_names_what_stands(room):
    training_class, session, entry, instructor = room
    other = make_class_entry(training_class)
    colleague = make_user()
    record_attendance(session, {entry.person_id: "absent"}, marked_by=colleague, at=AFTER)
    with pytest.raises(RegisterChanged) as refused:
        record_attendance(
            session,
            {entry.person_id: "present", other.person_id: "present"},
            marked_by=instructor,
            at=AFTER,
            seen={},
        )
    assert {person: mark.status for person, mark in refused.value.marks.items()} == {
        entry.person_id: "absent"
    }
    assert AttendanceMark.objects.count() == 1
    # The same thing said by both is no conflict.
    assert (
        record_attendance(
            session, {entry.person_id: "absent"}, marked_by=instructor, at=AFTER, seen={}
        )
        == 0
    )
    # Seen and changed on purpose.
    _standing, last = register_of(session)
    assert (
        record_attendance(
            session, {entry.person_id: "present"}, marked_by=instructor, at=AFTER, seen=last
        )
        == 1
    )


def test_attendance_of_many_rounds_is_one_query(room, django_assert_num_queries):
    training_class, session, entry, instructor = room
    others = [make_class_entry(training_class) for _ in range(11)]
    record_attendance(
        session, {other.person_id: "present" for other in others}, marked_by=instructor, at=AFTER
    )
    ids = [entry.enrolment_id, *(other.enrolment_id for other in others)]
    with django_assert_num_queries(1):
        found = attendance_by_enrolment(ids)
    assert [len(found[key].periods) for key in ids] == [0] + [3] * 11


@pytest.mark.parametrize("people", (1, 12))
def test_register_is_recorded_in_a_bounded_number_of_queries(
    room, people, django_assert_max_num_queries
):
    training_class, session, _entry, instructor = room
    told = {make_class_entry(training_class).person_id: "present" for _ in range(people)}
    # session, list, marks, before, insert, after, six to settle the rounds, the book of
    # standings, four savepoints here.
    with django_assert_max_num_queries(17):
        record_attendance(session, told, marked_by=instructor, at=AFTER)


def test_last_needed_period_completes_the_round_in_the_same_transaction(db):
    make_rules()
    course = make_course(class_periods=3)
    make_course_version(course)
    training_class = make_class(course)
    entry = make_class_entry(training_class)
    session = make_session(training_class)
    record_attendance(
        session, {entry.person_id: "present"}, marked_by=None, at=AFTER + timedelta(days=3)
    )
    completion = Completion.objects.current().get()
    # Dated by the day it was held, not by the day of entry.
    assert (completion.enrolment_id, completion.valid_from) == (
        entry.enrolment_id,
        date(2024, 5, 6),
    )
    # A corrected mark takes nothing away: a person must look (docs/decisions.md 24).
    record_attendance(
        session, {entry.person_id: "absent"}, marked_by=None, at=AFTER + timedelta(days=4)
    )
    assert Completion.objects.current().get() == completion
    assert CompletionReview.objects.get().completion_logical_id == completion.logical_id


@pytest.mark.parametrize(
    ("fields", "constraint"),
    (
        ({"status": "absent", "periods": [1]}, "courses_attendancemark_absent_no_periods"),
        ({"status": "", "periods": []}, "courses_attendancemark_has_status"),
    ),
)
def test_database_refuses_a_mark_that_contradicts_itself(room, fields, constraint):
    _class, session, entry, _instructor = room
    with pytest.raises(IntegrityError, match=constraint):
        AttendanceMark.objects.create(
            session=session,
            person=entry.person,
            enrolment=entry.enrolment,
            recorded_at=AFTER,
            recorded_on=AFTER.date(),
            **fields,
        )


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_registers_saved_at_once_leave_one_mark():
    """Eight trainers save the same register: one mark, the others find it said already."""
    make_rules()
    training_class = make_class(make_course(class_periods=5))
    make_course_version(training_class.course)
    session, entry = make_session(training_class), make_class_entry(training_class)

    def save() -> int:
        return record_attendance(session, {entry.person_id: "present"}, marked_by=None, at=AFTER)

    assert sorted(at_once(*[save] * 8)) == [0] * 7 + [1]
    assert AttendanceMark.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_registers_do_collide():
    """The control: read, wait for the other, write – both see an empty register."""
    # On SQLite IMMEDIATE lets the second writer in only after the first has committed, so the race
    # cannot be staged there; that is tests/test_sqlite_locking.py.
    expected = 1 if connection.vendor == "sqlite" else 2
    make_rules()
    training_class = make_class(make_course(class_periods=5))
    make_course_version(training_class.course)
    session, entry = make_session(training_class), make_class_entry(training_class)
    barrier = threading.Barrier(2)

    def save() -> None:
        with transaction.atomic():
            standing, _last = register_of(session)
            try:
                barrier.wait(timeout=1)
            except threading.BrokenBarrierError:
                standing, _last = register_of(session)
            if entry.person_id not in standing:
                AttendanceMark.objects.create(
                    session=session,
                    person=entry.person,
                    enrolment=entry.enrolment,
                    status="present",
                    periods=[1],
                    recorded_at=AFTER,
                    recorded_on=AFTER.date(),
                )

    assert at_once(save, save) == [None, None]
    assert AttendanceMark.objects.count() == expected
