"""What happened to one person, day by day: postings, study, quizzes, classes, certificates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates.models import Certificate
from content.models.quizzes import QuizKind
from courses.attendance import came_to
from courses.models import Attempt, Completion, LessonProgress
from courses.models.quizzes import AttemptStatus
from lms.people.days import last_day, local_day
from lms.people.models import Posting, StaffMember, UnitVersion


@dataclass(frozen=True)
class Event:
    """One line of what happened."""

    day: date
    text: str
    detail: str = ""


def posting_events(postings: Iterable[Posting], units: dict[int, UnitVersion]) -> Iterable[Event]:
    for posting in postings:
        unit = units.get(posting.unit_id)
        place = " · ".join(filter(None, [unit.full_name if unit else "", posting.group.label]))
        yield Event(posting.valid_from, _("Posting began"), place)


def lesson_events(person: StaffMember, titles: dict[int, str]) -> Iterable[Event]:
    """One line for each day and course, however many lessons; one query."""
    days = (
        LessonProgress.objects.filter(enrolment__person=person)
        .values("done_on", "enrolment__course")
        .annotate(lessons=Count("pk"))
    )
    for row in days:
        text = ngettext("Studied %(count)s lesson", "Studied %(count)s lessons", row["lessons"])
        yield Event(
            row["done_on"],
            text % {"count": row["lessons"]},
            titles.get(row["enrolment__course"], ""),
        )


def quiz_events(
    person: StaffMember, titles: dict[int, str], *, sees_scores: bool
) -> Iterable[Event]:
    """Pre-tests and post-tests; who may not see scores learns only what was passed. One query."""
    attempts = (
        Attempt.objects.filter(enrolment__person=person, status=AttemptStatus.FINISHED)
        .exclude(submitted_on=None)
        .select_related("enrolment")
    )
    for attempt in attempts:
        title = titles.get(attempt.enrolment.course_id, "")
        if attempt.quiz_kind == QuizKind.PRE:
            yield Event(attempt.submitted_on, _("Took the pre-test"), title)
            continue
        if not (attempt.passed or sees_scores):
            continue
        text = _("Passed the post-test") if attempt.passed else _("Did not pass the post-test")
        if sees_scores and attempt.score_percent is not None:
            text = _("%(result)s: %(score)s of 100 points, attempt %(number)s") % {
                "result": text,
                "score": int(attempt.score_percent),
                "number": attempt.number,
            }
        yield Event(attempt.submitted_on, text, title)


def class_events(person: StaffMember) -> Iterable[Event]:
    """The sessions the person came to; one query."""
    for session in came_to(person):
        yield Event(
            local_day(session.starts_at), _("Came to a class"), session.training_class.title
        )


def completion_events(completions: Iterable[Completion], titles: dict[int, str]) -> Iterable[Event]:
    for completion in completions:
        title = titles.get(completion.course_id, "")
        yield Event(completion.valid_from, _("Completed a course"), title)
        ended = last_day(completion.valid_to)
        if ended is not None:
            yield Event(ended, _("Last day on which the course counts"), title)


def certificate_events(
    certificates: Iterable[Certificate], titles: dict[int, str]
) -> Iterable[Event]:
    for certificate in certificates:
        detail = f"{certificate.register_no} · {titles.get(certificate.course_id, '')}"
        yield Event(certificate.issued_on, _("Certificate issued"), detail)


def newest_first(events: Iterable[Event], *, today: date) -> list[Event]:
    """Return the events up to ``today``; of one day the later kinds stand first."""
    past = [event for event in events if event.day <= today]
    past.reverse()
    return sorted(past, key=lambda event: event.day, reverse=True)
