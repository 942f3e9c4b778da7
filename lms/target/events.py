"""What happened to one person, day by day: postings, study, quizzes, classes, certificates.

``people`` are the keys of her records: her own, and those merged into it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
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
from lms.target.models import Reminder
from lms.target.reminders.log import Line


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


def lesson_events(people: Collection[int], titles: dict[int, str]) -> Iterable[Event]:
    """One line for each day and course, however many lessons; one query."""
    days = (
        LessonProgress.objects.filter(enrolment__person__in=people)
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
    people: Collection[int], titles: dict[int, str], *, sees_scores: bool
) -> Iterable[Event]:
    """Pre-tests and post-tests; who may not see scores learns only what was passed. One query."""
    attempts = (
        Attempt.objects.filter(enrolment__person__in=people, status=AttemptStatus.FINISHED)
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


def class_events(people: Collection[int]) -> Iterable[Event]:
    """The sessions the person came to; one query."""
    for session in came_to(people):
        yield Event(
            local_day(session.starts_at), _("Came to a class"), session.training_class.title
        )


def completion_events(completions: Iterable[Completion], titles: dict[int, str]) -> Iterable[Event]:
    for completion in completions:
        title = titles.get(completion.course_id, "")
        yield Event(completion.valid_from, held_text(completion), title)
        ended = last_day(completion.valid_to)
        if ended is not None:
            yield Event(ended, _("Last day on which the course counts"), title)


def held_text(completion: Completion) -> str:
    if not completion.is_recognised:
        return _("Completed a course")
    organiser = completion.conditions.get("external", {}).get("organiser")
    if not organiser:
        return _("Recognised for a training held elsewhere")
    return _("Recognised for a training held by %(organiser)s") % {"organiser": organiser}


def certificate_events(
    certificates: Iterable[Certificate], titles: dict[int, str]
) -> Iterable[Event]:
    for certificate in certificates:
        detail = f"{certificate.register_no} · {titles.get(certificate.course_id, '')}"
        yield Event(certificate.issued_on, _("Certificate issued"), detail)


def reminder_events(person: StaffMember) -> Iterable[Event]:
    """What the person was reminded of and how she was told; one query."""
    told = Reminder.objects.filter(person=person).select_related("notice", "handover")
    for line in (Line(reminder, None, ()) for reminder in told.order_by("pk")):
        yield Event(
            line.reminder.told_on, _("Reminded: %(what)s") % {"what": line.what}, line.how[1]
        )


def newest_first(events: Iterable[Event], *, today: date) -> list[Event]:
    """Return the events up to ``today``; of one day the later kinds stand first."""
    past = [event for event in events if event.day <= today]
    past.reverse()
    return sorted(past, key=lambda event: event.day, reverse=True)
