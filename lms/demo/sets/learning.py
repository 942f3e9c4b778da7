"""Rounds, lessons, attempts, classes, marks and completions, set-based."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from courses.attendance import Attendance, periods_after_arrival
from courses.completion import expiry
from courses.conditions import Manifest, PostTestAttempt, RoundFacts, RuleBook, judge
from courses.models import (
    AnswerStep,
    Attempt,
    AttemptQuestion,
    AttendanceMark,
    ClassInstructor,
    ClassRosterEntry,
    ClassSession,
    Completion,
    Enrolment,
    LessonProgress,
    ScenarioAnswer,
    TrainingClass,
)
from courses.models.classes import AttendanceStatus
from courses.quizzes.scoring import RIGHT, WRONG, score_of
from lms.demo.careers import PersonPlan, PostingPlan
from lms.demo.courses import CourseKit
from lms.demo.journeys import Journey, TryPlan
from lms.demo.learning import ABANDONED_AFTER, Records, choose_options, right_places
from lms.demo.plans import ClassPlan
from lms.demo.sets.papers import Stock, draw_stock
from lms.demo.sets.people import KNOWN, PeopleWriter
from lms.demo.sets.tables import Table, Tables
from lms.people.days import FAR, local_day


class LearningWriter:
    """Writes journeys and classes after the people; :attr:`completed` is what certificates need."""

    def __init__(self, people: PeopleWriter, records: Records, *, before: datetime) -> None:
        self.people, self.records, self.before = people, records, before
        self.rules = RuleBook()
        self.stocks: dict[int, Stock] = {}
        self.attended: dict[int, Attendance] = {}
        # Journey -> (session's day by period, moment each mark was entered)
        self.marks: dict[int, list[tuple[datetime, list[int], date]]] = defaultdict(list)
        self.enrolment_ids: dict[int, int] = {}
        self.completed: list[tuple[datetime, Journey, uuid.UUID, date, date]] = []
        self.rounds = Table(
            Enrolment, "person", "course", "course_version", "round", "opened_at", "opened_on",
            "opened_by", "closed_at", "closed_as",
        )  # fmt: skip
        self.lessons = Table(
            LessonProgress, "enrolment", "lesson", "lesson_version", "done_at", "done_on",
            "recorded_at", "recorded_on",
        )  # fmt: skip
        self.choices = Table(
            ScenarioAnswer, "enrolment", "lesson", "lesson_version", "decision_key", "option_key",
            "is_correct", "answered_at", "answered_on",
        )  # fmt: skip
        self.attempts = Table(
            Attempt, "enrolment", "quiz", "quiz_kind", "number", "status", "started_at",
            "started_on", "deadline_at", "submitted_at", "submitted_on", "pass_mark_percent",
            "relaxed", "revision", "score_percent", "passed",
        )  # fmt: skip
        self.questions = Table(
            AttemptQuestion, "attempt", "position", "question", "question_version", "module",
            "option_order", "response", "fraction",
        )  # fmt: skip
        self.steps = Table(
            AnswerStep, "attempt_question", "sequence", "response", "saved_at", "saved_by"
        )
        self.completions = Table(
            Completion, *KNOWN, "valid_from", "valid_to", "person", "course", "enrolment",
            "course_version", "unit", "position_title", "validity_months", "conditions",
        )  # fmt: skip
        self.classes = Table(
            TrainingClass, "course", "unit", "title", "place", "seats", "created_at", "created_by"
        )
        self.instructors = Table(ClassInstructor, "training_class", "user")
        self.sessions = Table(
            ClassSession, "training_class", "title", "starts_at", "ends_at", "periods",
            "register_closed_at",
        )  # fmt: skip
        self.roster = Table(
            ClassRosterEntry, "training_class", "person", "enrolment", "added_at", "added_by"
        )
        self.register = Table(
            AttendanceMark, "session", "person", "enrolment", "status", "periods", "marked_by",
            "recorded_at", "recorded_on", "note",
        )  # fmt: skip
        self.tables = Tables(
            self.rounds, self.lessons, self.choices, self.attempts, self.questions, self.steps,
            self.completions, self.classes, self.instructors, self.sessions, self.roster,
            self.register,
        )  # fmt: skip

    def write(self, journeys: Iterable[Journey], classes: Iterable[ClassPlan]) -> dict[str, int]:
        """Write everything that was known before the end of the history; return the counts."""
        classes = [plan for plan in classes if plan.created_at < self.before]
        for plan in classes:
            self._collect_marks(plan)
        for journey in sorted(journeys, key=lambda each: (each.enrolled_at, each.number)):
            if journey.enrolled_at < self.before:
                self._write_journey(journey)
                self.tables.flush_if_many()
        for plan in sorted(classes, key=lambda each: (each.created_at, each.number)):
            self._write_class(plan)
            self.tables.flush_if_many()
        self.records.enrolments.update(self.enrolment_ids)
        return self.tables.finish()

    # Classes ----------------------------------------------------------------------------------

    def _collect_marks(self, plan: ClassPlan) -> None:
        for session in plan.sessions:
            if session.marked_at >= self.before:
                continue
            day = local_day(session.starts_at)
            for journey, _added_at in plan.roster:
                periods = periods_of(session.periods, session.marks[journey.person.number])
                self.marks[journey.number].append((session.marked_at, periods, day))

    def _write_class(self, plan: ClassPlan) -> None:
        manager, users = self.people.manager_id, self.people.users
        course = plan.course.page
        key = self.classes.add(
            course.pk, plan.unit.unit_id, plan.title, plan.place, course.class_size_max,
            plan.created_at, manager,
        )  # fmt: skip
        instructor = users[plan.instructor]
        self.instructors.add(key, instructor)
        for journey, added_at in plan.roster:
            if added_at < self.before:
                self.roster.add(
                    key, self.people.people[journey.person.number],
                    self.enrolment_ids[journey.number], added_at, manager,
                )  # fmt: skip
        for place, session in enumerate(plan.sessions):
            closed_at = session.closed_at
            session_key = self.sessions.add(
                key, f"Buổi {place + 1}" if len(plan.sessions) > 1 else "", session.starts_at,
                session.ends_at, json.dumps(session.periods),
                closed_at if closed_at and closed_at < self.before else None,
            )  # fmt: skip
            enrolments = {journey.person.number: journey.number for journey, _at in plan.roster}
            rounds = [(session.marked_at, session.marks)]
            if session.corrected_at is not None:
                rounds.append((session.corrected_at, session.corrections))
            for at, marks in rounds:
                if at >= self.before:
                    continue
                for number, mark in marks.items():
                    status, minutes = mark
                    self.register.add(
                        session_key, self.people.people[number],
                        self.enrolment_ids[enrolments[number]], status,
                        json.dumps(periods_of(session.periods, mark)), instructor, at,
                        local_day(at), f"+{minutes} min" if minutes else "",
                    )  # fmt: skip

    # Journeys ---------------------------------------------------------------------------------

    def _write_journey(self, journey: Journey) -> None:
        course, person = journey.course, self.people.people[journey.person.number]
        user = self.people.users.get(journey.person.number)
        facts = RoundFacts()
        tries = [attempt for attempt in journey.post_tests if attempt.ended_at < self.before]
        enrolment = self.rounds.next_id
        self.enrolment_ids[journey.number] = enrolment
        read = self._write_lessons(journey, enrolment, facts)
        planned = [(course.post_test, number, attempt) for number, attempt in enumerate(tries, 1)]
        if (
            journey.pre_test is not None
            and course.pre_test is not None
            and journey.pre_test.ended_at < self.before
        ):
            planned.insert(0, (course.pre_test, 1, journey.pre_test))
        for quiz, number, attempt in planned:
            self._write_attempt(journey, enrolment, user, quiz, number, attempt, facts)
        entered_at = self._attend(journey, facts)
        completed_at = self._complete(journey, person, enrolment, facts, read, tries, entered_at)
        self.rounds.add(
            person, course.page.pk, course.version.pk, journey.round, journey.enrolled_at,
            local_day(journey.enrolled_at), user if journey.is_online else self.people.manager_id,
            completed_at, "completed" if completed_at else "",
        )  # fmt: skip

    def _write_lessons(
        self, journey: Journey, enrolment: int, facts: RoundFacts
    ) -> datetime | None:
        """Write what was read and decided; return the last moment of it."""
        last = None
        for lesson, at in zip(journey.course.lessons, journey.lessons, strict=False):
            if at >= self.before:
                break
            day, last = local_day(at), at
            self.lessons.add(enrolment, lesson.pk, lesson.latest_version_id, at, day, at, day)
            facts.lessons[lesson.pk] = (day, lesson.latest_version_id)
        at = journey.scenario_at
        if at is None or at >= self.before:
            return last
        day = local_day(at)
        for lesson, version, decisions in journey.course.scenarios:
            options = choose_options(self.records, journey, lesson, decisions)
            for decision in decisions:
                option = decision.find_option(options[decision.key])
                self.choices.add(
                    enrolment, lesson.pk, version.pk, decision.key, option.key,
                    option.is_correct, at, day,
                )  # fmt: skip
            self.lessons.add(enrolment, lesson.pk, version.pk, at, day, at, day)
            facts.lessons[lesson.pk] = (day, version.pk)
        return at

    def _write_attempt(
        self, journey: Journey, enrolment: int, user: int | None, quiz, number: int,
        attempt: TryPlan, facts: RoundFacts,
    ) -> None:  # fmt: skip
        stock = self.stocks.get(quiz.pk)
        if stock is None:
            stock = self.stocks[quiz.pk] = draw_stock(quiz, local_day(self.before))
        paper = stock.paper(journey.number * 7 + number)
        right = right_places(
            attempt, quiz, self.records.chance("answers", journey.number, quiz.pk, number)
        )
        answered = len(paper) if attempt.submits else ABANDONED_AFTER
        fractions = [
            RIGHT if place in right and place <= answered else WRONG
            for place in range(1, len(paper) + 1)
        ]
        pass_mark = journey.course.pass_mark_percent
        percent, passed = score(tuple(fractions), pass_mark)
        ended_at = attempt.ended_at
        minutes = quiz.time_limit_minutes
        key = self.attempts.add(
            enrolment, quiz.pk, quiz.quiz_kind, number, "finished", attempt.at,
            local_day(attempt.at), attempt.deadline_after(minutes), ended_at, local_day(ended_at),
            pass_mark, stock.relaxed, 1, percent, passed,
        )  # fmt: skip
        for position, (place, fraction) in enumerate(zip(paper, fractions, strict=True), 1):
            response = None
            if position <= answered:
                response = place.right if fraction == RIGHT else place.wrong
            question = self.questions.add(
                key, position, place.question_id, place.version_id, place.module_id,
                place.option_order, response, fraction,
            )  # fmt: skip
            if response is not None:
                self.steps.add(question, 1, response, ended_at, user)
        if quiz.quiz_kind == "post":
            facts.attempts.append(
                PostTestAttempt(
                    key,
                    number,
                    "finished",
                    attempt.at,
                    None,
                    ended_at,
                    local_day(ended_at),
                    percent,
                    pass_mark,
                    passed,
                )
            )

    def _attend(self, journey: Journey, facts: RoundFacts) -> datetime | None:
        """Put the attended periods into ``facts``; return when enough of them were entered."""
        days: dict[int, date] = {}
        enough_at = None
        for at, periods, day in sorted(self.marks.get(journey.number, ())):
            for period in periods:
                days[period] = min(day, days.get(period, day))
            if enough_at is None and len(days) >= journey.course.periods_needed:
                enough_at = at
        facts.attendance = Attendance(days)
        return enough_at

    def _complete(
        self, journey: Journey, person: int, enrolment: int, facts: RoundFacts,
        read: datetime | None, tries: list[TryPlan], entered_at: datetime | None,
    ) -> datetime | None:  # fmt: skip
        """Write the completion if ``judge`` finds one; return when it was recorded."""
        verdict = judge(
            manifest_of(journey.course), facts, self.rules.on(local_day(journey.enrolled_at))
        )
        if verdict.completed_on is None:
            return None
        at = max(moment for moment in (read, tries[-1].ended_at, entered_at) if moment)
        day = verdict.completed_on
        months = self.rules.on(day).validity_months
        posting = posting_on(journey.person, day)
        fact, ends_on = uuid.uuid4(), expiry(day, months)
        came_last = tries[-1].ended_at == at
        actor = self.people.users.get(journey.person.number) if came_last else None
        self.completions.add(
            fact, at, local_day(at), actor, None, FAR, None, day, ends_on, person,
            journey.course.page.pk, enrolment, journey.course.version.pk,
            posting.unit.unit_id if posting else None, posting.title if posting else "", months,
            json.dumps(verdict.evidence, ensure_ascii=False),
        )  # fmt: skip
        self.completed.append((at, journey, fact, day, ends_on))
        return at


_manifests: dict[int, Manifest] = {}
_scores: dict[tuple[tuple[Decimal, ...], int], tuple[Decimal, bool]] = {}


def manifest_of(course: CourseKit) -> Manifest:
    if course.version.pk not in _manifests:
        _manifests[course.version.pk] = Manifest.of(course.version)
    return _manifests[course.version.pk]


def score(fractions: tuple[Decimal, ...], pass_mark_percent: int) -> tuple[Decimal, bool]:
    """Return percent and result of a paper; papers with the same marks are reckoned once."""
    key = (fractions, pass_mark_percent)
    if key not in _scores:
        found = score_of(fractions, pass_mark_percent=pass_mark_percent)
        _scores[key] = (found.percent, found.passed)
    return _scores[key]


def periods_of(periods: list[int], mark: tuple[str, int | None]) -> list[int]:
    """Return which of a session's periods a mark counts for."""
    status, minutes = mark
    if status == AttendanceStatus.PRESENT:
        return sorted(periods)
    if status == AttendanceStatus.LATE:
        return periods_after_arrival(periods, minutes or 0)
    return []


def posting_on(person: PersonPlan, day: date) -> PostingPlan | None:
    """Return the primary posting of the plan that covers ``day``."""
    posting: PostingPlan | None = person.primary
    while posting is not None:
        if posting.first_day <= day and (posting.last_day is None or day <= posting.last_day):
            return posting
        posting = posting.moves_to
    return None
