"""A person's training record: where she stands, her courses, what happened when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from certificates.models import Certificate
from content.models import CoursePage
from courses.models import Completion
from courses.standing import CourseStanding, standings
from lms.people.corrections import find_focals
from lms.people.days import last_day, local_day
from lms.people.models import Posting, StaffMember, UnitVersion
from lms.people.models.accounts import Role
from lms.people.scopes import Scope
from lms.people.units import names_on
from lms.target.due import Due, due_of
from lms.target.explanation import Explanation, explain
from lms.target.learning_desk import requirements_of


@dataclass(frozen=True)
class CourseLine:
    """One course of the record; ``due`` is ``None`` for a course that is not required."""

    course: CoursePage
    standing: CourseStanding
    due: Due | None
    certificate: Certificate | None
    valid_until: date | None
    today: date

    @property
    def is_overdue(self) -> bool:
        return self.due is not None and not self.standing.is_held and self.due.day < self.today

    @property
    def completed_on(self) -> date | None:
        completion = self.standing.completion
        return completion.valid_from if completion else None


@dataclass(frozen=True)
class Event:
    """One line of what happened."""

    day: date
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Record:
    """Everything the page prints."""

    person: StaffMember
    explanation: Explanation
    postings: list[tuple[Posting, UnitVersion | None]]
    lines: list[CourseLine]
    events: list[Event]
    focal_name: str
    sees_scores: bool
    is_own: bool

    @property
    def required_count(self) -> int:
        return sum(line.due is not None for line in self.lines)

    @property
    def done_count(self) -> int:
        return sum(line.due is not None and line.standing.is_held for line in self.lines)


def record_of(person: StaffMember, scope: Scope, *, at: datetime) -> Record:
    """Return the record of ``person`` as the asker may see it; a fixed number of statements.

    Scores are for the person herself and the department; a focal person sees done or not done.
    """
    today = local_day(at)
    is_own = person.pk == scope.person_id
    required: dict[int, Due] = {}
    for row in requirements_of(person, today):
        due = due_of(row, row.duty_began_on, grace_days=row.grace_days)
        required[row.course_id] = min(due, required.get(row.course_id, due))
    history = list(Completion.objects.current().filter(person=person).order_by("valid_from", "pk"))
    touched = {completion.course_id for completion in history}
    courses = [
        course
        for course in CoursePage.objects.order_by("number")
        if course.pk in required or course.pk in touched
    ]
    found = standings(person, courses, at=at) if courses else {}
    certificates = list(
        Certificate.objects.filter(
            person=person, revocation__isnull=True, superseded_by__isnull=True
        ).order_by("issued_on", "pk")
    )
    by_course = {certificate.course_id: certificate for certificate in certificates}
    lines = []
    for course in courses:
        standing = found[course.pk]
        ends = last_day(standing.completion.valid_to) if standing.completion else None
        lines.append(
            CourseLine(
                course, standing, required.get(course.pk), by_course.get(course.pk), ends, today
            )
        )
    postings = list(
        Posting.objects.current()
        .filter(person=person)
        .select_related("group")
        .order_by("-valid_from", "-is_primary", "pk")
    )
    units = names_on([posting.unit_id for posting in postings], today)
    titles = {course.pk: course.title for course in courses}
    focals = find_focals(person, today)
    return Record(
        person=person,
        explanation=explain(person, today),
        postings=[(posting, units.get(posting.unit_id)) for posting in postings],
        lines=lines,
        events=events_of(postings, units, history, certificates, titles, today),
        focal_name=focals[0].get_full_name() if focals else "",
        sees_scores=is_own or scope.has_role(Role.PROVINCE_MANAGER),
        is_own=is_own,
    )


def events_of(
    postings: list[Posting],
    units: dict[int, UnitVersion],
    completions: list[Completion],
    certificates: list[Certificate],
    titles: dict[int, str],
    today: date,
) -> list[Event]:
    """Return what happened up to ``today``, newest first."""
    events = []
    for posting in postings:
        unit = units.get(posting.unit_id)
        events.append(
            Event(
                posting.valid_from,
                _("Posting began"),
                " · ".join(filter(None, [unit.full_name if unit else "", posting.group.label])),
            )
        )
    for completion in completions:
        title = titles.get(completion.course_id, "")
        events.append(Event(completion.valid_from, _("Completed a course"), title))
        ended = last_day(completion.valid_to)
        if ended is not None:
            events.append(Event(ended, _("Last day on which the course counts"), title))
    for certificate in certificates:
        events.append(
            Event(
                certificate.issued_on,
                _("Certificate issued"),
                f"{certificate.register_no} · {titles.get(certificate.course_id, '')}",
            )
        )
    past = [event for event in events if event.day <= today]
    return sorted(past, key=lambda event: event.day, reverse=True)
