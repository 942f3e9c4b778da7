"""A course with a bank of sixteen questions of all six types, for the tests of quizzes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from content.models import CoursePage, LessonPage, ModulePage, Question, QuestionVersion, QuizPage
from courses.models import Attempt, AttemptQuestion, Enrolment, LessonProgress
from courses.quizzes.history import right_answer, wrong_answer
from lms.people.days import local_day
from lms.people.models import StaffMember, User
from tests.factories import (
    make_course,
    make_course_version,
    make_enrolment,
    make_lesson,
    make_module,
    make_person,
    make_question,
    make_quiz,
    make_rules,
    make_user,
)

STARTER = Path(__file__).resolve().parents[2] / "content" / "starter"
COURSES = ("nhan-dien", "tam-ly", "ho-so", "phap-ly")
# 10:00 in Asia/Ho_Chi_Minh.
NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)

MATRIX = {
    "by_type": {"SC": 3, "MC": 2, "TF": 2, "ORD_OR_MAT": 1, "SA": 1, "ANY": 1},
    "min_per_module": 1,
    "max_from_pre_test": 3,
    "min_safety": 1,
    "min_confidentiality": 1,
    "min_validity": 0,
}
# Module by module; as many of each type as the starter courses have.
TYPES = ("SC SC TF MC", "SC SC TF MC", "SC SC TF MC", "ORD MAT SA SA")


@dataclass(frozen=True)
class QuizCourse:
    course: CoursePage
    modules: list[ModulePage]
    lessons: list[LessonPage]
    questions: list[Question]
    pre: QuizPage
    post: QuizPage


def make_quiz_course(*, minutes: int | None = 25, class_periods: int = 0) -> QuizCourse:
    """A course of four modules with a lesson each, a pre-test of six and a post-test of ten."""
    make_rules()
    course = make_course(class_periods=class_periods)
    modules = [make_module(course) for _ in TYPES]
    lessons = [make_lesson(module) for module in modules]
    questions = [
        make_question(
            module,
            type=kind,
            is_safety=(kind == "SC" and place == 0),
            is_confidentiality=(kind == "MC"),
        )
        for module, kinds in zip(modules, TYPES, strict=True)
        for place, kind in enumerate(kinds.split())
    ]
    pre = make_quiz(course, quiz_kind="pre", question_count=6)
    pre.fixed_questions.set(questions[:6])
    pre.save()
    post = make_quiz(course, quiz_kind="post", matrix=MATRIX, time_limit_minutes=minutes)
    make_course_version(course)
    course.refresh_from_db()
    return QuizCourse(course, modules, lessons, questions, pre, post)


@dataclass(frozen=True)
class Learner:
    person: StaffMember
    user: User
    enrolment: Enrolment


def make_learner(quiz_course: QuizCourse, *, ready: bool = True) -> Learner:
    """An enrolled learner; ``ready`` for the post-test unless told otherwise."""
    person = make_person()
    learner = Learner(person, make_user(person), make_enrolment(person, quiz_course.course))
    if ready:
        for lesson in quiz_course.lessons:
            do_lesson(learner.enrolment, lesson)
    return learner


def do_lesson(
    enrolment: Enrolment, lesson: LessonPage, *, at: datetime = NOW - timedelta(days=1)
) -> LessonProgress:
    return LessonProgress.objects.create(
        enrolment=enrolment,
        lesson=lesson,
        lesson_version=lesson.latest_version,
        done_at=at,
        done_on=local_day(at),
        recorded_at=at,
        recorded_on=local_day(at),
    )


def questions_of(attempt: Attempt) -> list[AttemptQuestion]:
    return list(
        AttemptQuestion.objects.filter(attempt=attempt)
        .select_related("question_version")
        .order_by("position")
    )


def answers_for(attempt: Attempt, *, right: int | None = None) -> dict[int, Any]:
    """Answers by position: the first ``right`` ones right (default all), the others wrong."""
    questions = questions_of(attempt)
    count = len(questions) if right is None else right
    return {
        question.position: right_answer(question) if place < count else wrong_answer(question)
        for place, question in enumerate(questions)
    }


def form_data(attempt: Attempt, answers: dict[int, Any], **extra: Any) -> dict[str, Any]:
    """What a browser posts for ``answers`` to the paper of ``attempt``."""
    data: dict[str, Any] = {"asked": [], "revision": attempt.revision}
    for question in questions_of(attempt):
        data["asked"].append(question.position)
        answer = answers.get(question.position)
        name, body = f"q{question.position}", question.question_version.body
        if answer is None:
            continue
        if body["type"] == "ORD":
            places = (
                answer
                if isinstance(answer, dict)
                else dict(zip(answer, range(1, 10), strict=False))
            )
            data |= {f"{name}-{key}": place for key, place in places.items()}
        elif body["type"] == "MAT":
            data |= {f"{name}-{left}": right for left, right in answer.items()}
        elif body["type"] == "TF":
            data[name] = "true" if answer else "false"
        else:
            data[name] = answer
    return data | extra


@cache
def starter(course: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The source files of a starter course: the course and its questions."""
    folder = STARTER / course
    return (
        yaml.safe_load((folder / "course.yaml").read_text(encoding="utf-8")),
        yaml.safe_load((folder / "questions.yaml").read_text(encoding="utf-8")),
    )


def starter_version(pk: int, source: dict[str, Any]) -> QuestionVersion:
    """An unsaved version of a question as the source file writes it."""
    pairs = source.get("pairs") or {}
    options = source.get("options") or source.get("items") or {}
    body = {
        "type": source["type"],
        "stem": source["stem"],
        "options": [{"key": str(k), "text": t, "match": ""} for k, t in options.items()]
        or [
            {"key": str(n), "text": left, "match": right}
            for n, (left, right) in enumerate(pairs.items(), start=1)
        ],
        "answer": {str(n): str(n) for n in range(1, len(pairs) + 1)} if pairs else source["answer"],
        "explanation": source["explanation"],
        "sources": "",
        "references": [],
        "module": source["module"],
        "flags": {flag: source[flag] for flag in ("safety", "confidentiality", "validity")},
        "in_force_from": source["in_force_from"] and source["in_force_from"].isoformat(),
        "in_force_to": source["in_force_to"] and source["in_force_to"].isoformat(),
        "review_status": "needed" if source["needs_review"] else "reviewed",
    }
    return QuestionVersion(pk=pk, question_id=pk, number=1, body=body)
