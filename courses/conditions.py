"""What a round of a course asks for, what was done in it, and whether that is enough.

The one definition of "complete" (``docs/decisions.md`` 17 and 24): all required lessons, the case
scenario, enough different class periods, and a passed post-test. ``courses.standing`` shows it,
``courses.completion`` decides by it. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from content.models import CourseVersion
from content.models.pages import LessonKind
from content.models.quizzes import QuizKind
from courses.attendance import Attendance, attendance_by_enrolment, periods_needed
from courses.models import Attempt, LessonProgress
from lms.people.models import RuleSet
from lms.people.rules import NoRules

LESSONS = "lessons"
SCENARIO = "scenario"
POST_TEST = "post_test"
ATTENDANCE = "attendance"


class RuleBook:
    """The rule sets that stand now, read once: any number of days costs one query."""

    def __init__(self) -> None:
        self._sets = list(RuleSet.objects.current())

    def on(self, day: date) -> RuleSet:
        """Return the set valid on ``day``; raise :class:`NoRules` if there is none."""
        for rules in self._sets:
            if rules.valid_from <= day < rules.valid_to:
                return rules
        raise NoRules(day)


@dataclass(frozen=True)
class Manifest:
    """The body of a course version, typed: page ids in the order of the outline."""

    steps: tuple[int, ...]
    scenarios: frozenset[int]
    pre_test_id: int | None
    post_test_id: int | None
    class_periods: int
    # NULL in the version = the number of the rule set.
    pass_mark_percent: int | None
    attendance_percent: int | None
    attempt_starts: int | None
    attempt_window_hours: int | None
    gates: tuple[int, ...]

    @classmethod
    def of(cls, version: CourseVersion) -> Manifest:
        body = version.body
        rule = body.get("rule") or {}
        quizzes = body.get("quizzes") or {}
        return cls(
            steps=tuple(row["page"] for row in body["lessons"]),
            scenarios=frozenset(
                row["page"] for row in body["lessons"] if row["kind"] == LessonKind.SCENARIO
            ),
            pre_test_id=quizzes.get(QuizKind.PRE),
            post_test_id=quizzes.get(QuizKind.POST),
            class_periods=body.get("class_periods") or 0,
            pass_mark_percent=rule.get("pass_mark_percent"),
            attendance_percent=rule.get("attendance_percent"),
            attempt_starts=rule.get("attempt_starts"),
            attempt_window_hours=rule.get("attempt_window_hours"),
            gates=tuple(body.get("gates") or ()),
        )

    @property
    def lessons(self) -> tuple[int, ...]:
        """The required lessons without the scenario."""
        return tuple(page for page in self.steps if page not in self.scenarios)

    def periods_needed(self, rules: RuleSet) -> int:
        percent = self.attendance_percent
        return periods_needed(
            self.class_periods, rules.attendance_percent if percent is None else percent
        )


@dataclass(frozen=True)
class PostTestAttempt:
    """What standing and completion read of one attempt at the post-test."""

    pk: int
    number: int
    status: str
    started_at: datetime
    deadline_at: datetime | None
    submitted_at: datetime | None
    submitted_on: date | None
    score_percent: Decimal | None
    pass_mark_percent: int
    passed: bool | None


@dataclass
class RoundFacts:
    """What was done in one round; days are local."""

    # Lesson page -> the day it was done and the version shown then.
    lessons: dict[int, tuple[date, int]] = field(default_factory=dict)
    attendance: Attendance = field(default_factory=Attendance)
    attempts: list[PostTestAttempt] = field(default_factory=list)
    # The pre-test was started.
    is_pretested: bool = False

    @property
    def passed(self) -> PostTestAttempt | None:
        """The first attempt that passed; later ones do not move the day."""
        passed = [attempt for attempt in self.attempts if attempt.passed]
        return min(passed, key=lambda attempt: (attempt.submitted_at, attempt.pk), default=None)


def facts_of(enrolment_ids: Iterable[int]) -> dict[int, RoundFacts]:
    """Return what was done in each round, by enrolment; three queries for any number."""
    ids = list(enrolment_ids)
    facts: dict[int, RoundFacts] = {pk: RoundFacts() for pk in ids}
    for row in LessonProgress.objects.filter(enrolment__in=ids).values_list(
        "enrolment_id", "lesson_id", "done_on", "lesson_version_id"
    ):
        facts[row[0]].lessons[row[1]] = (row[2], row[3])
    for row in (
        Attempt.objects.filter(enrolment__in=ids, quiz_kind__in=[QuizKind.PRE, QuizKind.POST])
        .order_by("started_at", "pk")
        .values_list("enrolment_id", "quiz_kind", *PostTestAttempt.__dataclass_fields__)
    ):
        if row[1] == QuizKind.PRE:
            facts[row[0]].is_pretested = True
        else:
            facts[row[0]].attempts.append(PostTestAttempt(*row[2:]))
    for enrolment_id, attendance in attendance_by_enrolment(ids).items():
        facts[enrolment_id].attendance = attendance
    return facts


@dataclass(frozen=True)
class Verdict:
    """How far a round is; ``completed_on`` is the day the last condition happened, or ``None``."""

    lessons_missing: tuple[int, ...]
    scenarios_missing: tuple[int, ...]
    attended: int
    needed: int
    is_passed: bool
    missing: tuple[str, ...]
    completed_on: date | None
    # What is frozen into the completion; JSON.
    evidence: dict[str, Any]


def judge(manifest: Manifest, facts: RoundFacts, rules: RuleSet) -> Verdict:
    """Compare what was done with what the manifest asks; pure.

    ``rules`` is the set valid on the day the round was opened: what a learner was told at the
    start stays true for her round. A manifest that asks for nothing is never complete.
    """
    lessons_missing = tuple(page for page in manifest.lessons if page not in facts.lessons)
    scenarios_missing = tuple(
        page for page in manifest.steps if page in manifest.scenarios and page not in facts.lessons
    )
    needed = manifest.periods_needed(rules)
    # A period outside the plan, from a session that named too many, counts for nothing.
    attendance = Attendance(
        {
            period: day
            for period, day in facts.attendance.first_days.items()
            if 1 <= period <= manifest.class_periods
        }
    )
    attended = len(attendance.periods)
    passed = facts.passed
    missing = []
    if lessons_missing:
        missing.append(LESSONS)
    if scenarios_missing:
        missing.append(SCENARIO)
    if manifest.post_test_id is not None and passed is None:
        missing.append(POST_TEST)
    if attended < needed:
        missing.append(ATTENDANCE)

    evidence: dict[str, Any] = {
        "lessons": [
            {
                "page": page,
                "version": facts.lessons[page][1],
                "on": facts.lessons[page][0].isoformat(),
            }
            for page in manifest.steps
            if page in facts.lessons
        ],
        "attendance": {
            "total": manifest.class_periods,
            "needed": needed,
            "attended": attended,
            "periods": [
                {"number": period, "on": day.isoformat()}
                for period, day in sorted(attendance.first_days.items())
            ],
        },
        "post_test": passed
        and {
            "attempt": passed.pk,
            "score_percent": str(passed.score_percent),
            "pass_mark_percent": passed.pass_mark_percent,
            "on": passed.submitted_on.isoformat(),
        },
    }
    completed_on = None
    if not missing:
        days = [facts.lessons[page][0] for page in manifest.steps]
        # Attendance was enough on the day the last *needed* period was held, not the last one.
        reached_on = attendance.reached_on(needed)
        if reached_on is not None:
            days.append(reached_on)
        if manifest.post_test_id is not None and passed is not None:
            days.append(passed.submitted_on)
        completed_on = max(days, default=None)
    return Verdict(
        lessons_missing=lessons_missing,
        scenarios_missing=scenarios_missing,
        attended=attended,
        needed=needed,
        is_passed=passed is not None,
        missing=tuple(missing),
        completed_on=completed_on,
        evidence=evidence,
    )


def latest_versions(course_ids: Iterable[int]) -> dict[int, CourseVersion]:
    """Return the newest version of each course that has one; one query."""
    newest: dict[int, CourseVersion] = {}
    for version in CourseVersion.objects.filter(course__in=list(course_ids)).order_by(
        "course_id", "number"
    ):
        newest[version.course_id] = version
    return newest
