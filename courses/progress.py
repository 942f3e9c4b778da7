"""Lessons done and decisions answered: append-only facts, each with the version that was shown.

"Done" is the only fact of reading (``docs/decisions.md`` 21). A scenario is done when every
decision of the version shown is answered; that writes its row of progress, so that whoever counts
lessons counts rows. These facts are their own audit entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from content.models import LessonPage, LessonVersion
from content.models.pages import LessonKind
from courses.completion import settle
from courses.models import Enrolment, LessonProgress, ScenarioAnswer
from courses.scenarios import decisions_of
from lms.people.days import local_day
from lms.people.facts import writing
from lms.people.followers import touch, touch_started


class RoundClosed(Exception):
    """The round is complete or was ended: nothing more is recorded in it."""


class NotInCourse(Exception):
    """The lesson is not one of this course."""


class WrongVersion(Exception):
    """The version does not belong to the lesson."""


class NotALesson(Exception):
    """A scenario is done by its decisions, not by a button."""


class UnknownChoice(Exception):
    """The version shown has no such decision or option."""


def locked_round(enrolment: Enrolment) -> Enrolment:
    """Lock the round for the rest of the transaction and return it as it stands."""
    return (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("course", "course_version", "person")
        .get(pk=enrolment.pk)
    )


def check_lesson(enrolment: Enrolment, lesson: LessonPage, version_page_id: int | None) -> None:
    if not lesson.path.startswith(enrolment.course.path):
        raise NotInCourse(lesson.pk)
    if version_page_id != lesson.pk:
        raise WrongVersion(lesson.pk)


@writing()
def mark_lesson_done(
    enrolment: Enrolment,
    lesson: LessonPage,
    *,
    version: LessonVersion,
    actor: Any,
    at: datetime,
    done_at: datetime | None = None,
) -> LessonProgress:
    """Record that ``lesson`` was read as ``version``; return the row, the first one if repeated.

    A version that is no longer the newest is recorded as shown. ``done_at`` is the moment it
    happened if it is entered later than that. Raises :class:`RoundClosed`, :class:`NotInCourse`,
    :class:`WrongVersion` or :class:`NotALesson`.
    """
    enrolment = locked_round(enrolment)
    check_lesson(enrolment, lesson, version.page_id)
    if lesson.kind != LessonKind.LESSON:
        raise NotALesson(lesson.pk)
    done = LessonProgress.objects.filter(enrolment=enrolment, lesson=lesson).first()
    if done is not None:
        return done
    if enrolment.closed_at is not None:
        raise RoundClosed(enrolment.pk)
    done = LessonProgress.objects.create(
        **progress_fields(enrolment, lesson.pk, version.pk, done_at or at, at)
    )
    if done.done_on == done.recorded_on:
        touch_started([enrolment.person_id])
    else:
        touch([enrolment.person_id])  # entered late: days before today may change
    settle(enrolment, actor=actor, at=at)
    return done


@writing()
def mark_lessons_done(
    enrolment: Enrolment,
    lessons: Iterable[tuple[LessonPage, datetime]],
    *,
    actor: Any,
    at: datetime | None = None,
) -> int:
    """Record several lessons, each with the moment it was done; return how many were new.

    For histories and late synchronisation: a fixed number of queries. The newest version of each
    lesson counts as shown. Without ``at`` each was recorded when it happened. Raises as
    :func:`mark_lesson_done` does.
    """
    enrolment = locked_round(enrolment)
    known = set(
        LessonProgress.objects.filter(enrolment=enrolment).values_list("lesson_id", flat=True)
    )
    rows = []
    for lesson, done_at in lessons:
        check_lesson(enrolment, lesson, lesson.pk if lesson.latest_version_id else None)
        if lesson.kind != LessonKind.LESSON:
            raise NotALesson(lesson.pk)
        if lesson.pk in known:
            continue
        known.add(lesson.pk)
        rows.append(
            LessonProgress(
                **progress_fields(
                    enrolment, lesson.pk, lesson.latest_version_id, done_at, at or done_at
                )
            )
        )
    if not rows:
        return 0
    if enrolment.closed_at is not None:
        raise RoundClosed(enrolment.pk)
    LessonProgress.objects.bulk_create(rows)
    touch([enrolment.person_id])
    settle(enrolment, actor=actor, at=at or max(row.recorded_at for row in rows))
    return len(rows)


def answer_decision(
    enrolment: Enrolment,
    lesson: LessonPage,
    *,
    version: LessonVersion,
    decision_key: str,
    option_key: str,
    actor: Any,
    at: datetime,
) -> ScenarioAnswer:
    """Record the choice at one decision; return the answer that stands, which is the first one.

    Raises :class:`UnknownChoice` if the version shown has no such decision or option, and what
    :func:`mark_lesson_done` raises.
    """
    return answer_decisions(
        enrolment, lesson, {decision_key: option_key}, version=version, actor=actor, at=at
    )[decision_key]


@writing()
def answer_decisions(
    enrolment: Enrolment,
    lesson: LessonPage,
    choices: Mapping[str, str],
    *,
    version: LessonVersion,
    actor: Any,
    at: datetime,
) -> dict[str, ScenarioAnswer]:
    """Record several choices; return every answer of the scenario that stands, by decision.

    When no decision of ``version`` is left, the scenario is done at ``at``.
    """
    enrolment = locked_round(enrolment)
    check_lesson(enrolment, lesson, version.page_id)
    decisions = {decision.key: decision for decision in decisions_of(version)}
    answers = {
        answer.decision_key: answer
        for answer in ScenarioAnswer.objects.filter(enrolment=enrolment, lesson=lesson)
    }
    fresh = []
    for decision_key, option_key in choices.items():
        decision = decisions.get(decision_key)
        option = decision and decision.find_option(option_key)
        if option is None:
            raise UnknownChoice(decision_key)
        if decision_key not in answers:
            fresh.append(
                ScenarioAnswer(
                    enrolment=enrolment,
                    lesson=lesson,
                    lesson_version=version,
                    decision_key=decision_key,
                    option_key=option_key,
                    is_correct=option.is_correct,
                    answered_at=at,
                    answered_on=local_day(at),
                )
            )
    if not fresh:
        return answers
    if enrolment.closed_at is not None:
        raise RoundClosed(enrolment.pk)
    ScenarioAnswer.objects.bulk_create(fresh)
    answers |= {answer.decision_key: answer for answer in fresh}
    if decisions.keys() <= answers.keys():
        _, is_new = LessonProgress.objects.get_or_create(
            enrolment=enrolment,
            lesson=lesson,
            defaults=progress_fields(enrolment, lesson.pk, version.pk, at, at),
        )
        if is_new:
            touch_started([enrolment.person_id])
            settle(enrolment, actor=actor, at=at)
    return answers


def progress_fields(
    enrolment: Enrolment, lesson_id: int, version_id: int, done_at: datetime, at: datetime
) -> dict[str, Any]:
    return {
        "enrolment": enrolment,
        "lesson_id": lesson_id,
        "lesson_version_id": version_id,
        "done_at": done_at,
        "done_on": local_day(done_at),
        "recorded_at": at,
        "recorded_on": local_day(at),
    }
