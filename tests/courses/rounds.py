"""A whole small course and the facts of a round, for tests of learning: plain functions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from content.models import (
    CoursePage,
    CourseVersion,
    LessonPage,
    LessonVersion,
    ModulePage,
    QuizPage,
)
from courses.models import Attempt, AttendanceMark, ClassSession, Enrolment, TrainingClass
from lms.people.days import local_day
from tests.factories import (
    AT,
    make_course,
    make_course_version,
    make_lesson,
    make_module,
    make_quiz,
    make_rules,
    make_unit,
)

# 10:00 in Viet Nam on 1 March 2024.
DAY_ONE = datetime(2024, 3, 1, 3, 0, tzinfo=UTC)

DECISIONS = [
    {
        "key": "d1",
        "question": "Bắt đầu ra sao?",
        "options": [
            {"key": "a", "text": "Gọi gia đình", "is_correct": False, "feedback": "Chưa nên gọi."},
            {"key": "b", "text": "Hỏi chị cần gì", "is_correct": True, "feedback": "Phù hợp."},
        ],
    },
    {
        "key": "d2",
        "question": "Rồi làm gì?",
        "options": [
            {"key": "a", "text": "Báo đúng nơi", "is_correct": True, "feedback": "Đúng nơi."},
            {"key": "b", "text": "Chờ", "is_correct": False, "feedback": "Không nên chờ."},
        ],
    },
]


@dataclass
class SmallCourse:
    """Two lessons, a scenario of two decisions, a post-test and three class periods."""

    page: CoursePage
    module: ModulePage
    lessons: list[LessonPage]
    scenario: LessonPage
    quiz: QuizPage
    version: CourseVersion


def make_scenario(module: ModulePage, decisions: list[dict] | None = None) -> LessonPage:
    """A scenario page with one published version that holds ``decisions``."""
    block = {"type": "case_scenario", "value": scenario_value(decisions or DECISIONS)}
    page = make_lesson(module, kind="scenario", version=False, body=json.dumps([block]))
    page.latest_version = make_scenario_version(page, decisions or DECISIONS)
    return page


def scenario_value(decisions: list[dict]) -> dict:
    return {"title": "Người anh họ", "story": "Chị H. trở về.", "decisions": decisions}


def make_scenario_version(page: LessonPage, decisions: list[dict]) -> LessonVersion:
    block = {"type": "case_scenario", "value": scenario_value(decisions)}
    version = LessonVersion.objects.create(
        page=page,
        number=page.versions.count() + 1,
        title=page.title,
        body={"blocks": [block]},
        sha256="0" * 64,
        published_at=AT,
    )
    LessonPage.objects.filter(pk=page.pk).update(latest_version=version)
    return version


def make_small_course(*, lessons: int = 2, **fields: Any) -> SmallCourse:
    make_rules()
    page = make_course(**fields)
    module = make_module(page)
    read = [make_lesson(module) for _ in range(lessons)]
    scenario = make_scenario(module)
    quiz = make_quiz(page)
    page.refresh_from_db()
    return SmallCourse(page, module, read, scenario, quiz, make_course_version(page))


def make_attempt(
    enrolment: Enrolment,
    quiz: QuizPage,
    *,
    started_at: datetime,
    passed: bool | None = True,
    score: str = "80",
    submitted_at: datetime | None = None,
    **fields: Any,
) -> Attempt:
    """A finished attempt, submitted ten minutes after its start; ``passed=None`` is still open."""
    done_at = submitted_at or started_at + timedelta(minutes=10)
    fields.setdefault("number", enrolment.attempts.filter(quiz=quiz).count() + 1)
    if passed is not None:
        fields = {
            "status": "finished",
            "submitted_at": done_at,
            "submitted_on": local_day(done_at),
            "score_percent": score,
            "passed": passed,
        } | fields
    return Attempt.objects.create(
        enrolment=enrolment,
        quiz=quiz,
        quiz_kind=quiz.quiz_kind,
        started_at=started_at,
        started_on=local_day(started_at),
        pass_mark_percent=70,
        **fields,
    )


def make_session(course: CoursePage, *, starts_at: datetime, periods: list[int]) -> ClassSession:
    training_class = TrainingClass.objects.create(
        course=course, unit=make_unit(), title="Lớp", place="Hội trường", created_at=AT
    )
    return ClassSession.objects.create(
        training_class=training_class,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=3),
        periods=periods,
    )


def make_mark(
    enrolment: Enrolment,
    session: ClassSession,
    *,
    status: str = "present",
    periods: list[int] | None = None,
    at: datetime | None = None,
    **fields: Any,
) -> AttendanceMark:
    """A mark written at the session's start unless told otherwise; present for all its periods."""
    at = at or session.starts_at
    if periods is None:
        periods = session.periods if status in {"present", "late"} else []
    return AttendanceMark.objects.create(
        session=session,
        person=enrolment.person,
        enrolment=enrolment,
        status=status,
        periods=periods,
        recorded_at=at,
        recorded_on=local_day(at),
        **fields,
    )
