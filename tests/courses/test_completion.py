"""Completion: decided in one place, dated by what happened last, taken away only by an act."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from courses.completion import expiry, settle, settle_many
from courses.conditions import judge
from courses.enrolment import enrol
from courses.models import (
    Attempt,
    Completion,
    CompletionReview,
    CompletionWithdrawal,
    LessonProgress,
)
from courses.progress import answer_decisions, mark_lesson_done, mark_lessons_done
from courses.reviews import (
    AlreadyWithdrawn,
    NotHeldThen,
    ReasonMissing,
    close_review,
    withdraw_completion,
)
from courses.signals import course_completed
from lms.people.days import FAR
from lms.people.models import AuditEntry, RuleSet
from tests.courses.rounds import (
    DAY_ONE,
    make_attempt,
    make_mark,
    make_session,
    make_small_course,
)
from tests.factories import (
    AT,
    make_course_version,
    make_enrolment,
    make_person,
    make_posting,
    make_rules,
    make_unit,
    make_user,
)
from tests.races import at_once

pytestmark = pytest.mark.django_db


def day(number: int, hour: int = 3) -> datetime:
    """Hour (UTC) of a day of March 2024."""
    return datetime(2024, 3, number, hour, 0, tzinfo=UTC)


def meet_all(course, enrolment, *, but=(), lessons=1, scenario=2, held=3, passed=4):
    """Meet every condition on its day of March 2024, leaving out those named in ``but``."""
    if "lessons" not in but:
        mark_lessons_done(enrolment, [(page, day(lessons)) for page in course.lessons], actor=None)
    if "scenario" not in but:
        answer_decisions(
            enrolment,
            course.scenario,
            {"d1": "b", "d2": "b"},
            version=course.scenario.latest_version,
            actor=None,
            at=day(scenario),
        )
    if "attendance" not in but:
        session = make_session(course.page, starts_at=day(held), periods=[1, 2, 3])
        make_mark(enrolment, session)
    if "post_test" not in but:
        make_attempt(enrolment, course.quiz, started_at=day(passed))


@pytest.fixture
def course():
    return make_small_course()


@pytest.fixture
def enrolment(course):
    return make_enrolment(make_person(), course.page, at=day(1, 1))


def test_settle_records_the_completion_with_what_it_rests_on(course, enrolment):
    unit = make_unit()
    make_posting(enrolment.person, unit=unit, position_title="Công chức VH-XH")
    actor = make_user()
    meet_all(course, enrolment)
    completion = settle(enrolment, actor=actor, at=day(9))
    assert (completion.valid_from, completion.valid_to) == (date(2024, 3, 4), FAR)
    assert (completion.recorded_on, completion.recorded_by) == (date(2024, 3, 9), actor)
    assert (completion.unit, completion.position_title) == (unit, "Công chức VH-XH")
    assert completion.course_version == course.version
    conditions = completion.conditions
    assert [row["page"] for row in conditions["lessons"]] == [
        *(page.pk for page in course.lessons),
        course.scenario.pk,
    ]
    assert conditions["attendance"] == {
        "total": 3,
        "needed": 3,
        "attended": 3,
        "periods": [{"number": number, "on": "2024-03-03"} for number in (1, 2, 3)],
    }
    assert conditions["post_test"] == {
        "attempt": Attempt.objects.get().pk,
        "score_percent": "80.00",
        "pass_mark_percent": 70,
        "on": "2024-03-04",
    }
    enrolment.refresh_from_db()
    assert (enrolment.closed_at, enrolment.closed_as) == (day(9), "completed")
    assert AuditEntry.objects.get(action="completion.record").unit == unit


def test_settle_twice_is_once(course, enrolment, django_capture_on_commit_callbacks):
    meet_all(course, enrolment)
    heard = []

    def hear(completion, **kwargs):
        heard.append(completion)

    course_completed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            first = settle(enrolment, actor=None, at=day(9))
            assert settle(enrolment, actor=None, at=day(10)) == first
    finally:
        course_completed.disconnect(hear)
    assert heard == [first]
    assert Completion.objects.count() == 1
    assert not CompletionReview.objects.exists()


def test_a_receiver_that_fails_does_not_undo_the_fact(
    course, enrolment, django_capture_on_commit_callbacks
):
    meet_all(course, enrolment)

    def fail(**kwargs):
        raise RuntimeError("no paper")

    course_completed.connect(fail)
    try:
        with django_capture_on_commit_callbacks(execute=False) as callbacks:
            settle(enrolment, actor=None, at=day(9))
    finally:
        course_completed.disconnect(fail)
    assert len(callbacks) == 1
    assert Completion.objects.count() == 1


@pytest.mark.parametrize("missing", ("lessons", "scenario", "attendance", "post_test"))
def test_each_condition_is_needed(course, enrolment, missing):
    meet_all(course, enrolment, but=[missing])
    assert settle(enrolment, actor=None, at=day(9)) is None
    enrolment.refresh_from_db()
    assert enrolment.closed_at is None


@pytest.mark.parametrize("last", ("lessons", "scenario", "held", "passed"))
def test_the_completion_bears_the_day_of_whatever_happened_last(course, enrolment, last):
    """Entered in any order: the day is that of the event, not of the entry."""
    meet_all(course, enrolment, **{last: 7})
    settle(enrolment, actor=None, at=day(20))
    assert Completion.objects.get().valid_from == date(2024, 3, 7)


@pytest.mark.parametrize(
    ("submitted_at", "expected"),
    (
        (datetime(2024, 3, 7, 16, 59, 59, tzinfo=UTC), date(2024, 3, 7)),
        (datetime(2024, 3, 7, 17, 0, tzinfo=UTC), date(2024, 3, 8)),
        (datetime(2024, 12, 31, 16, 59, 59, tzinfo=UTC), date(2024, 12, 31)),
        (datetime(2024, 12, 31, 17, 0, tzinfo=UTC), date(2025, 1, 1)),
    ),
)
def test_the_completion_day_is_local(course, enrolment, submitted_at, expected):
    meet_all(course, enrolment, but=["post_test"])
    make_attempt(
        enrolment,
        course.quiz,
        started_at=submitted_at - timedelta(minutes=5),
        submitted_at=submitted_at,
    )
    completion = settle(enrolment, actor=None, at=submitted_at)
    assert completion.valid_from == expected


def test_a_failed_or_open_attempt_is_not_a_pass(course, enrolment):
    meet_all(course, enrolment, but=["post_test"])
    make_attempt(enrolment, course.quiz, started_at=day(4), passed=False, score="69.99")
    make_attempt(enrolment, course.quiz, started_at=day(5), passed=None)
    assert settle(enrolment, actor=None, at=day(9)) is None


def test_the_first_pass_dates_the_post_test(course, enrolment):
    meet_all(course, enrolment, passed=8)
    make_attempt(enrolment, course.quiz, started_at=day(6))
    assert settle(enrolment, actor=None, at=day(9)).valid_from == date(2024, 3, 6)


def test_a_pre_test_passed_does_not_complete(course, enrolment):
    meet_all(course, enrolment, but=["post_test"])
    make_attempt(enrolment, course.quiz, started_at=day(4))
    Attempt.objects.update(quiz_kind="pre")
    assert settle(enrolment, actor=None, at=day(9)) is None


@pytest.mark.parametrize(
    ("total", "percent", "attended", "is_enough"),
    (
        (3, None, 2, False),  # 80 % of 3 is 3
        (3, None, 3, True),
        (5, None, 3, False),  # 80 % of 5 is 4
        (5, None, 4, True),
        (10, 81, 8, False),  # 8.1 is 9
        (10, 80, 8, True),
        (3, 0, 0, True),
        (0, None, 0, True),
    ),
)
def test_periods_are_counted_in_integers_and_rounded_up(total, percent, attended, is_enough):
    course = make_small_course(class_periods=total, attendance_percent=percent)
    make_course_version(
        course.page, rule={"pass_mark_percent": None, "attendance_percent": percent}
    )
    enrolment = make_enrolment(make_person(), course.page, at=day(1, 1))
    meet_all(course, enrolment, but=["attendance"])
    if attended:
        session = make_session(course.page, starts_at=day(3), periods=list(range(1, attended + 1)))
        make_mark(enrolment, session)
    assert (settle(enrolment, actor=None, at=day(9)) is not None) == is_enough


def test_attendance_is_enough_on_the_day_of_the_last_period_needed():
    """4 of 5 are needed: the fifth, on a later day, does not move the date."""
    course = make_small_course(class_periods=5)
    enrolment = make_enrolment(make_person(), course.page, at=day(1, 1))
    meet_all(course, enrolment, but=["attendance"])
    for number, held in ((1, 10), (2, 11), (3, 12), (4, 13), (5, 20)):
        session = make_session(course.page, starts_at=day(held), periods=[number])
        make_mark(enrolment, session)
    assert settle(enrolment, actor=None, at=day(25)).valid_from == date(2024, 3, 13)


def test_the_same_period_twice_counts_once_and_a_period_outside_the_plan_never(course, enrolment):
    meet_all(course, enrolment, but=["attendance"])
    for held, periods in ((3, [1, 2]), (5, [2, 1]), (6, [4])):
        make_mark(enrolment, make_session(course.page, starts_at=day(held), periods=periods))
    assert settle(enrolment, actor=None, at=day(9)) is None
    make_mark(enrolment, make_session(course.page, starts_at=day(8), periods=[3]))
    assert settle(enrolment, actor=None, at=day(9)).valid_from == date(2024, 3, 8)


def test_facts_of_another_round_do_not_count(course):
    person = make_person()
    first = make_enrolment(person, course.page, at=day(1, 1))
    meet_all(course, first, but=["post_test"])
    type(first).objects.filter(pk=first.pk).update(closed_at=day(5), closed_as="ended")
    second = make_enrolment(person, course.page, at=day(5), round=2)
    make_attempt(second, course.quiz, started_at=day(6))
    assert settle(second, actor=None, at=day(9)) is None
    assert settle(first, actor=None, at=day(9)) is None


def test_a_manifest_that_asks_for_nothing_is_never_complete(course):
    make_course_version(course.page, lessons=[], quizzes={}, class_periods=0)
    enrolment = make_enrolment(make_person(), course.page)
    assert settle(enrolment, actor=None, at=day(9)) is None


@pytest.mark.parametrize(
    ("start", "months", "end"),
    (
        (date(2024, 3, 4), None, FAR),
        (date(2024, 3, 4), 24, date(2026, 3, 5)),
        (date(2024, 2, 29), 24, date(2026, 3, 1)),
        (date(2024, 2, 29), 48, date(2028, 3, 1)),
        (date(2024, 8, 31), 6, date(2025, 3, 1)),
        (date(2024, 12, 31), 1, date(2025, 2, 1)),
        (date(9998, 12, 1), 24, FAR),
    ),
)
def test_validity_runs_to_the_same_day_of_the_month_inclusive(start, months, end):
    assert expiry(start, months) == end


def test_validity_is_that_of_the_rules_of_the_completion_day(course, enrolment):
    rules = make_rules()
    RuleSet.objects.filter(pk=rules.pk).update(valid_to=date(2024, 3, 4))
    RuleSet.objects.create(
        valid_from=date(2024, 3, 4),
        validity_months=12,
        recorded_at=AT,
        recorded_on=date(2023, 1, 1),
    )
    meet_all(course, enrolment)
    completion = settle(enrolment, actor=None, at=day(9))
    assert (completion.validity_months, completion.valid_to) == (12, date(2025, 3, 5))


def test_the_share_of_periods_is_that_of_the_day_the_round_began(course, enrolment):
    """A rule loosened later does not complete a round that began under the older one."""
    rules = make_rules()
    RuleSet.objects.filter(pk=rules.pk).update(valid_to=date(2024, 3, 2))
    RuleSet.objects.create(
        valid_from=date(2024, 3, 2),
        attendance_percent=10,
        recorded_at=AT,
        recorded_on=date(2023, 1, 1),
    )
    meet_all(course, enrolment, but=["attendance"])
    make_mark(enrolment, make_session(course.page, starts_at=day(3), periods=[1]))
    assert settle(enrolment, actor=None, at=day(9)) is None


def test_reading_the_last_lesson_completes_in_its_own_transaction(course, enrolment):
    meet_all(course, enrolment, but=["lessons"])
    for lesson in course.lessons:
        mark_lesson_done(enrolment, lesson, version=lesson.latest_version, actor=None, at=day(12))
    completion = Completion.objects.get()
    assert (completion.valid_from, completion.enrolment) == (date(2024, 3, 12), enrolment)


@pytest.mark.parametrize("people", (1, 6))
def test_settling_a_class_costs_a_fixed_number_of_queries(
    course, people, django_assert_max_num_queries
):
    enrolments = [make_enrolment(make_person(), course.page, at=day(1, 1)) for _ in range(people)]
    for enrolment in enrolments:
        meet_all(course, enrolment, but=["post_test"])
    with django_assert_max_num_queries(8):  # savepoint, rounds, completions, 3 facts, rules
        assert settle_many([e.pk for e in enrolments], actor=None, at=day(9)) == {}


# Corrections -------------------------------------------------------------------------------------


@pytest.fixture
def completion(course, enrolment):
    meet_all(course, enrolment)
    return settle(enrolment, actor=None, at=day(9))


def test_a_mark_taken_back_opens_one_review_and_removes_nothing(course, enrolment, completion):
    mark = enrolment.marks.get()
    make_mark(enrolment, mark.session, status="", source="undo", at=day(10))
    for _ in range(2):
        assert settle(enrolment, actor=None, at=day(10)) == completion
    review = CompletionReview.objects.get()
    assert (review.cause, review.completion_logical_id) == (
        "attendance",
        completion.logical_id,
    )
    assert (review.person, review.course_id) == (enrolment.person, course.page.pk)
    assert Completion.objects.current().get() == completion


def test_a_regrade_below_the_mark_opens_a_review(course, enrolment, completion):
    Attempt.objects.update(passed=False)
    settle(enrolment, actor=None, at=day(10))
    assert CompletionReview.objects.get().cause == "post_test"


def test_a_correction_that_moves_the_day_opens_a_review(course, enrolment, completion):
    Attempt.objects.update(submitted_on=date(2024, 3, 6))
    settle(enrolment, actor=None, at=day(10))
    assert CompletionReview.objects.get().cause == "day"
    assert Completion.objects.get().valid_from == date(2024, 3, 4)


def test_a_review_is_closed_once_with_a_decision(course, enrolment, completion):
    Attempt.objects.update(passed=False)
    settle(enrolment, actor=None, at=day(10))
    review = CompletionReview.objects.get()
    manager = make_user()
    with pytest.raises(ReasonMissing):
        close_review(review, decision=" ", actor=manager, at=day(11))
    close_review(review, decision="Giữ nguyên", actor=manager, at=day(11))
    close_review(review, decision="Lần hai", actor=None, at=day(12))
    review.refresh_from_db()
    assert (review.closed_at, review.closed_by, review.decision) == (day(11), manager, "Giữ nguyên")
    assert AuditEntry.objects.filter(action="completion.review").count() == 1


# Withdrawal --------------------------------------------------------------------------------------


def test_a_withdrawal_ends_the_holding_on_its_day(enrolment, completion):
    actor = make_user()
    withdrawal = withdraw_completion(
        completion, effective_on=date(2024, 6, 1), reason="Cấp nhầm", actor=actor, at=day(20)
    )
    first, second = Completion.objects.order_by("pk")
    assert (first.withdrawn_on, first.valid_to) == (date(2024, 3, 20), FAR)
    assert (second.logical_id, second.valid_from, second.valid_to, second.stands) == (
        first.logical_id,
        date(2024, 3, 4),
        date(2024, 6, 1),
        True,
    )
    assert (withdrawal.is_fraud, withdrawal.decided_by) == (False, actor)
    assert AuditEntry.objects.get(action="completion.withdraw").person == enrolment.person
    # Known before the act, the old state is still seen.
    assert Completion.objects.known_on(date(2024, 3, 19)).get() == first


def test_a_withdrawal_for_fraud_leaves_nothing(enrolment, completion):
    withdraw_completion(
        completion,
        effective_on=date(2024, 6, 1),
        reason="Thi hộ",
        is_fraud=True,
        actor=make_user(),
        at=day(20),
    )
    assert not Completion.objects.current().exists()
    assert CompletionWithdrawal.objects.get().effective_on == date(2024, 3, 4)
    # Its facts still stand, and complete nothing again.
    assert settle(enrolment, actor=None, at=day(21)) is None


def test_a_withdrawal_from_the_first_day_means_never_held(completion):
    withdraw_completion(
        completion, effective_on=completion.valid_from, reason="Sai", actor=make_user(), at=day(20)
    )
    standing = Completion.objects.current().get()
    assert standing.valid_from == standing.valid_to


@pytest.mark.parametrize("effective_on", (date(2024, 3, 3), FAR))
def test_a_withdrawal_outside_the_holding_is_refused(completion, effective_on):
    with pytest.raises(NotHeldThen):
        withdraw_completion(
            completion, effective_on=effective_on, reason="Sai", actor=make_user(), at=day(20)
        )
    assert Completion.objects.get().stands


def test_a_withdrawal_needs_a_reason_and_happens_once(completion):
    actor = make_user()
    with pytest.raises(ReasonMissing):
        withdraw_completion(
            completion, effective_on=date(2024, 6, 1), reason="  ", actor=actor, at=day(20)
        )
    withdraw_completion(
        completion, effective_on=date(2024, 6, 1), reason="Sai", actor=actor, at=day(20)
    )
    with pytest.raises(AlreadyWithdrawn):
        withdraw_completion(
            completion, effective_on=date(2024, 5, 1), reason="Sai", actor=actor, at=day(21)
        )


# Races -------------------------------------------------------------------------------------------


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_settles_at_once_make_one_completion():
    course = make_small_course()
    enrolment = make_enrolment(make_person(), course.page, at=day(1, 1))
    meet_all(course, enrolment)

    def call():
        return settle(enrolment, actor=None, at=day(9)).pk

    results = at_once(*[call] * 6)
    assert set(results) == {Completion.objects.get().pk}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_settles_at_once_collide(monkeypatch):
    """The control: without row locks only the constraint stops the second one.

    SQLite takes one writer at a time with or without them: there the second finds the first's row.
    """
    is_parallel = connection.vendor == "postgresql"
    course = make_small_course()
    enrolment = make_enrolment(make_person(), course.page, at=day(1, 1))
    meet_all(course, enrolment)
    monkeypatch.setattr(
        "django.db.models.query.QuerySet.select_for_update", lambda self, **kwargs: self
    )
    # Where both can run, both have read before either writes.
    gate = threading.Barrier(2 if is_parallel else 1)

    def slow_judge(*args):
        verdict = judge(*args)
        gate.wait(timeout=10)
        return verdict

    monkeypatch.setattr("courses.completion.judge", slow_judge)

    def call():
        return settle(enrolment, actor=None, at=day(9)).pk

    results = at_once(call, call)
    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == (["IntegrityError", "int"] if is_parallel else ["int", "int"])
    assert Completion.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_are_one_lesson_done():
    course = make_small_course()
    enrolment = make_enrolment(make_person(), course.page, at=DAY_ONE)
    lesson = course.lessons[0]

    def call():
        return mark_lesson_done(
            enrolment, lesson, version=lesson.latest_version, actor=None, at=day(9)
        ).pk

    results = at_once(*[call] * 6)
    assert set(results) == {LessonProgress.objects.get().pk}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_first_clicks_at_once_open_one_round():
    course = make_small_course()
    person = make_person()
    results = at_once(*[lambda: enrol(person, course.page, actor=None, at=day(1)).pk] * 6)
    assert len(set(results)) == 1
    assert person.enrolments.count() == 1
