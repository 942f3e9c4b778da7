"""Writing what the invented people learnt through the site's own functions."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from content.models import LessonPage, QuizPage
from courses.attendance import Seen, record_attendance
from courses.classes import add_session, add_to_roster, close_register, create_class
from courses.completion import settle
from courses.enrolment import enrol
from courses.models import AttemptQuestion, ClassSession, Completion, Enrolment, TrainingClass
from courses.progress import answer_decisions, mark_lessons_done
from courses.quizzes.history import Sitting, record_sittings, right_answer, wrong_answer
from courses.reviews import withdraw_completion
from courses.scenarios import Decision
from lms.demo.diary import Diary
from lms.demo.journeys import Journey, TryPlan
from lms.demo.people import Stage
from lms.demo.plans import ClassPlan
from lms.demo.working_days import office_moment
from lms.people.days import local_day

CORRECT_DECISION_SHARE = 0.8
ABANDONED_AFTER = 4
WITHDRAWN_SHARE = 0.012
WITHDRAWAL_REASON = "Đối chiếu danh sách ký tên của lớp: không có chữ ký của người học."


class Records:
    """Rows of learning written so far, by the numbers of their plans."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage = stage
        self.seed = seed
        self.enrolments: dict[int, Enrolment] = {}
        self.classes: dict[int, TrainingClass] = {}
        self.sessions: dict[tuple[int, int], ClassSession] = {}

    def chance(self, *names: Any) -> random.Random:
        """Return a generator for one small choice, so that the order of writing does not matter."""
        return random.Random(" ".join(map(str, (self.seed, *names))))  # noqa: S311 (repeatable, not secret)


def note_journey(diary: Diary, journey: Journey, records: Records, *, before: datetime) -> None:
    """Note every act of the on-line part of one round; lessons read before ``before`` only."""
    if not journey.is_online:
        return
    diary.note(journey.enrolled_at, partial(_enrol, journey, records))
    read = [
        (lesson, done_at)
        for lesson, done_at in zip(journey.course.lessons, journey.lessons, strict=False)
        if done_at < before
    ]
    if read:
        diary.note(read[-1][1], partial(_read, journey, read, records))
    if journey.scenario_at is not None:
        diary.note(journey.scenario_at, partial(_decide, journey, records))
    tries = [attempt for attempt in journey.post_tests if attempt.ended_at < before]
    if tries:
        diary.note(tries[-1].ended_at, partial(_sit, journey, tries, records))
    elif journey.pre_test is not None:
        diary.note(journey.pre_test.ended_at, partial(_sit, journey, [], records))


def _enrol(journey: Journey, records: Records, at: datetime) -> None:
    person = records.stage.people[journey.person.number]
    user = records.stage.signed_in(journey.person.number, at)
    records.enrolments[journey.number] = enrol(person, journey.course.page, actor=user, at=at)


def _read(
    journey: Journey, read: list[tuple[Any, datetime]], records: Records, at: datetime
) -> None:
    user = records.stage.signed_in(journey.person.number, at)
    mark_lessons_done(records.enrolments[journey.number], read, actor=user)


def _decide(journey: Journey, records: Records, at: datetime) -> None:
    user = records.stage.signed_in(journey.person.number, at)
    for lesson, version, decisions in journey.course.scenarios:
        answer_decisions(
            records.enrolments[journey.number],
            lesson,
            choose_options(records, journey, lesson, decisions),
            version=version,
            actor=user,
            at=at,
        )


def choose_options(
    records: Records, journey: Journey, lesson: LessonPage, decisions: tuple[Decision, ...]
) -> dict[str, str]:
    """Return an option for each decision of a scenario, most of them right."""
    rng = records.chance("scenario", journey.number, lesson.pk)
    choices = {}
    for decision in decisions:
        right = [option for option in decision.options if option.is_correct]
        is_right = right and rng.random() < CORRECT_DECISION_SHARE
        choices[decision.key] = rng.choice(right if is_right else decision.options).key
    return choices


def _sit(journey: Journey, tries: list[TryPlan], records: Records, at: datetime) -> None:
    """Write the attempts of the round so far in one go, then see whether they completed it."""
    user = records.stage.signed_in(journey.person.number, at)
    enrolment = records.enrolments[journey.number]
    course = journey.course
    planned = [(course.post_test, number, attempt) for number, attempt in enumerate(tries, 1)]
    if journey.pre_test is not None and course.pre_test is not None:
        planned.insert(0, (course.pre_test, 1, journey.pre_test))
    record_sittings(
        [
            Sitting(
                enrolment=enrolment,
                quiz=quiz,
                started_at=attempt.at,
                submitted_at=attempt.ended_at,
                answer=answers_of(
                    attempt, quiz, records.chance("answers", journey.number, quiz.pk, number)
                ),
                pass_mark_percent=course.pass_mark_percent,
                number=number,
                actor=user,
            )
            for quiz, number, attempt in planned
        ]
    )
    if tries:
        settle(enrolment, actor=user, at=at)


def answers_of(
    attempt: TryPlan, quiz: QuizPage, rng: random.Random
) -> Callable[[AttemptQuestion], Any]:
    """Return what answers each question: as many right ones as planned, none in the rest of an
    attempt that was left lying."""
    right = right_places(attempt, quiz, rng)
    answered = quiz.question_count if attempt.submits else ABANDONED_AFTER

    def answer(question: AttemptQuestion) -> Any:
        if question.position > answered:
            return None
        return right_answer(question) if question.position in right else wrong_answer(question)

    return answer


def right_places(attempt: TryPlan, quiz: QuizPage, rng: random.Random) -> set[int]:
    """Return the positions that are answered right."""
    places = range(1, quiz.question_count + 1)
    return set(rng.sample(places, min(attempt.right, len(places))))


def note_class(diary: Diary, plan: ClassPlan, records: Records) -> None:
    """Note the opening of a class, its list and its registers."""
    diary.note(plan.created_at, partial(_open_class, plan, records))
    for journey, added_at in plan.roster:
        diary.note(added_at, partial(_add_to_roster, plan, journey, records))
    for place, session in enumerate(plan.sessions):
        diary.note(session.marked_at, partial(_mark, plan, place, session.marks, records))
        if session.corrected_at is not None:
            diary.note(
                session.corrected_at, partial(_mark, plan, place, session.corrections, records)
            )
        if session.closed_at is not None:
            diary.note(session.closed_at, partial(_close, plan, place, records))


def _open_class(plan: ClassPlan, records: Records, at: datetime) -> None:
    stage = records.stage
    records.classes[plan.number] = written = create_class(
        plan.course.page,
        unit=stage.units[plan.unit.unit_id],
        title=plan.title,
        place=plan.place,
        actor=stage.manager,
        at=at,
        instructors=[stage.users[plan.instructor]],
    )
    for place, session in enumerate(plan.sessions):
        records.sessions[plan.number, place] = add_session(
            written,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            periods=session.periods,
            title=f"Buổi {place + 1}" if len(plan.sessions) > 1 else "",
            actor=stage.manager,
            at=at,
        )


def _add_to_roster(plan: ClassPlan, journey: Journey, records: Records, at: datetime) -> None:
    stage = records.stage
    entry = add_to_roster(
        records.classes[plan.number],
        stage.people[journey.person.number],
        actor=stage.manager,
        at=at,
    )
    records.enrolments.setdefault(journey.number, entry.enrolment)


def _mark(
    plan: ClassPlan,
    place: int,
    marks: dict[int, tuple[str, int | None]],
    records: Records,
    at: datetime,
) -> None:
    stage = records.stage
    record_attendance(
        records.sessions[plan.number, place],
        {stage.people[number].pk: Seen(*mark) for number, mark in marks.items()},
        marked_by=stage.signed_in(plan.instructor, at),
        at=at,
    )


def _close(plan: ClassPlan, place: int, records: Records, at: datetime) -> None:
    close_register(
        records.sessions[plan.number, place], actor=records.stage.users[plan.instructor], at=at
    )


def note_withdrawals(
    diary: Diary, journeys: list[Journey], records: Records, rng: random.Random
) -> None:
    """Note that a few completions turn out to be wrong some months later.

    None of a course that opens others: who went on from there could not have.
    """
    opening = {gate for journey in journeys for gate in journey.course.gates}
    for journey in journeys:
        completed_on = journey.completed_on
        if completed_on is None or journey.person.character or rng.random() >= WITHDRAWN_SHARE:
            continue
        if journey.course.key in opening:
            continue
        found_on = completed_on + timedelta(days=rng.randint(60, 300))
        diary.note(office_moment(rng, found_on), partial(_withdraw, journey, records))


def _withdraw(journey: Journey, records: Records, at: datetime) -> None:
    completion = Completion.objects.current().get(enrolment=records.enrolments[journey.number])
    withdraw_completion(
        completion,
        effective_on=local_day(at),
        reason=WITHDRAWAL_REASON,
        actor=records.stage.manager,
        at=at,
    )
