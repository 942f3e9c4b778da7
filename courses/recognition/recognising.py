"""The department's decision: a paper becomes a completion of a course of ours, or is declined.

Rule (``RuleSet.recognition_percent``, no law sets it): the training had at least so many per cent
of the periods of our course, online and in class together, rounded up. It counts from its last day
and, like everything, is known from the day it was recorded; no certificate of ours is issued.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from content.models import CoursePage, CourseVersion
from courses.attendance import periods_needed
from courses.completion import expiry
from courses.conditions import latest_versions
from courses.models import Completion, ExternalTraining
from courses.models.completion import CompletionSource
from courses.models.recognition import RecognitionStatus
from courses.recognition.papers import (
    PaperRefused,
    ReasonMissing,
    as_facts,
    held_open,
    refuse_own,
    tell_person,
)
from courses.refreshing.asked import Refreshers
from lms.people import audit
from lms.people.facts import record, writing
from lms.people.models import Posting, RuleSet, User
from lms.people.rules import rules_on
from lms.people.staff import primary_posting


class TooFewPeriods(PaperRefused):
    """The training is too short for the course; ``needed`` periods would do."""

    def __init__(self, needed: int) -> None:
        super().__init__(needed)
        self.needed = needed


class AlreadyRecognised(PaperRefused):
    """This training of this person is recognised for this course already."""


def periods_of(course: CoursePage) -> int:
    """Return the periods of our own course, online and in class, as its certificate prints them."""
    return course.online_periods + course.class_periods


def periods_asked(course: CoursePage, rules: RuleSet) -> int:
    """Return how many periods an external training needs to stand for ``course``."""
    return periods_needed(periods_of(course), rules.recognition_percent)


@writing()
def approve(
    training: ExternalTraining, *, course: CoursePage, actor: User | None, at: datetime
) -> Completion:
    """Recognise the training as ``course`` from its last day on; the person is told.

    Raises ``OwnPaper``, ``AlreadyClosed``, :class:`TooFewPeriods` or :class:`AlreadyRecognised`.
    """
    refuse_own(training, actor)
    standing = held_open(training)
    rules = rules_on(standing.last_day)
    if standing.periods < periods_asked(course, rules):
        raise TooFewPeriods(periods_asked(course, rules))
    if is_recognised(standing, course):
        raise AlreadyRecognised(training.pk)
    completion = record(
        Completion,
        actor=actor,
        at=at,
        **completion_fields(
            standing,
            course,
            rules,
            latest_versions([course.pk]).get(course.pk),
            primary_posting(standing.person, standing.last_day),
            Refreshers([course.pk]),
        ),
    )
    standing.recognition_status = RecognitionStatus.APPROVED
    standing.course, standing.completion_logical_id = course, completion.logical_id
    standing.closed_at, standing.closed_by = at, actor
    standing.save(
        update_fields=[
            "recognition_status",
            "course",
            "completion_logical_id",
            "closed_at",
            "closed_by",
        ]
    )
    audit.log(
        "recognition.approve",
        standing,
        actor=actor,
        at=at,
        person=standing.person,
        course=course.pk,
        completion=str(completion.logical_id),
        valid_from=completion.valid_from.isoformat(),
    )
    tell_person(
        standing,
        "recognition-approved",
        at=at,
        course=course.title,
        day=f"{completion.valid_from:%d/%m/%Y}",
    )
    return completion


def is_recognised(training: ExternalTraining, course: CoursePage) -> bool:
    return ExternalTraining.objects.filter(
        person=training.person_id,
        course=course,
        last_day=training.last_day,
        recognition_status=RecognitionStatus.APPROVED,
    ).exists()


def completion_fields(
    training: ExternalTraining,
    course: CoursePage,
    rules: RuleSet,
    version: CourseVersion | None,
    posting: Posting | None,
    refreshers: Refreshers,
) -> dict[str, Any]:
    """Return the completion that ``training`` becomes; unit and title are those of its last day.

    Held before a version that asks for a refresher, it lasts to the due day at most.
    """
    return {
        "person_id": training.person_id,
        "course": course,
        "course_version": version,
        "unit_id": posting.unit_id if posting else None,
        "position_title": posting.position_title if posting else "",
        "source": CompletionSource.EXTERNAL,
        "validity_months": rules.validity_months,
        "conditions": {
            "external": as_facts(training)
            | {
                "periods_of_ours": periods_of(course),
                "periods_needed": periods_asked(course, rules),
                "recognition_percent": rules.recognition_percent,
            }
        },
        "valid_from": training.last_day,
        "valid_to": refreshers.end_of(
            course.pk,
            expiry(training.last_day, rules.validity_months),
            source=CompletionSource.EXTERNAL,
            number=None,
            valid_from=training.last_day,
        ),
    }


@writing()
def decline(
    training: ExternalTraining, *, reason: str, actor: User, at: datetime
) -> ExternalTraining:
    """Decline the paper; the person is told why, and may hand in another.

    Raises ``OwnPaper``, ``AlreadyClosed`` or ``ReasonMissing``.
    """
    refuse_own(training, actor)
    reason = reason.strip()
    if not reason:
        raise ReasonMissing(training.pk)
    standing = held_open(training)
    standing.recognition_status = RecognitionStatus.DECLINED
    standing.closed_at, standing.closed_by, standing.close_reason = at, actor, reason
    standing.save(update_fields=["recognition_status", "closed_at", "closed_by", "close_reason"])
    audit.log("recognition.decline", standing, actor=actor, at=at, person=standing.person)
    tell_person(standing, "recognition-declined", at=at, reason=reason)
    return standing
