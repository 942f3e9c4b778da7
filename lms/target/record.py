"""A person's training record: where she stands, her courses, what happened when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from certificates.models import Certificate
from content.models import CoursePage
from courses.models import Completion, ExternalTraining
from courses.models.recognition import OFFICE_ROLES
from courses.standing import CourseStanding, standings
from lms.people.days import last_day, local_day
from lms.people.desk import looks_after
from lms.people.focals import find_focals
from lms.people.models import Posting, StaffMember, UnitVersion
from lms.people.models.accounts import Role
from lms.people.scopes import Scope
from lms.people.staffing.access import manages
from lms.people.staffing.duplicates import records_of
from lms.people.units import names_on
from lms.target.due import Due, due_of
from lms.target.events import (
    Event,
    certificate_events,
    class_events,
    completion_events,
    lesson_events,
    newest_first,
    posting_events,
    quiz_events,
    reminder_events,
)
from lms.target.explanation import Explanation, explain
from lms.target.learning_desk import requirements_of
from lms.target.why import Reason, reasons_of


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
    def is_recognised(self) -> bool:
        completion = self.standing.completion
        return completion is not None and completion.is_recognised

    @property
    def completed_on(self) -> date | None:
        completion = self.standing.completion
        return completion.valid_from if completion else None


@dataclass(frozen=True)
class Record:
    """Everything the page prints."""

    person: StaffMember
    explanation: Explanation
    # What keeps her from being counted as trained; empty for who is.
    reasons: list[Reason]
    postings: list[tuple[Posting, UnitVersion | None]]
    lines: list[CourseLine]
    events: list[Event]
    # Of training held elsewhere, newest first; empty for who may not see them.
    papers: list[ExternalTraining]
    focal_name: str
    sees_scores: bool
    is_own: bool
    may_open_account: bool
    # Whether she may change duties and leaves of the person.
    may_act: bool
    # Whether she may take a completion away.
    may_decide: bool
    # Whether she may hand in a paper for the person.
    may_hand_in: bool

    @property
    def may_have_bundle(self) -> bool:
        """The person herself and the department; ``lms.target.dossier.bundle`` decides."""
        return self.is_own or self.may_decide

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
    # What was learned under a record that was merged into hers is hers, as in the figures.
    people = records_of(person)
    history = list(
        Completion.objects.current().filter(person__in=people).order_by("valid_from", "pk")
    )
    touched = {completion.course_id for completion in history}
    every_course = list(CoursePage.objects.order_by("number"))
    titles = {course.pk: course.title for course in every_course}
    courses = [course for course in every_course if course.pk in required or course.pk in touched]
    found = standings(person, courses, at=at) if courses else {}
    certificates = list(
        Certificate.objects.filter(
            person__in=people, revocation__isnull=True, superseded_by__isnull=True
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
    sees_scores = is_own or scope.has_role(Role.PROVINCE_MANAGER)
    events = [
        *posting_events(postings, units),
        *lesson_events(people, titles),
        *quiz_events(people, titles, sees_scores=sees_scores),
        *class_events(people),
        *completion_events(history, titles),
        *certificate_events(certificates, titles),
        *reminder_events(person),
    ]
    explanation = explain(person, today)
    focals = find_focals(person, today)
    papers = ExternalTraining.objects.none()
    if is_own or scope.has_role(*OFFICE_ROLES):
        papers = ExternalTraining.objects.of_person(person.pk)
    return Record(
        person=person,
        explanation=explanation,
        reasons=reasons_of(person, explanation, {line.course.bit: line for line in lines}, today),
        postings=[(posting, units.get(posting.unit_id)) for posting in postings],
        lines=lines,
        events=newest_first(events, today=today),
        papers=list(papers.order_by("-last_day", "-pk")),
        focal_name=focals[0].get_full_name() if focals else "",
        sees_scores=sees_scores,
        is_own=is_own,
        may_open_account=looks_after(scope, person),
        may_act=manages(scope, person),
        may_decide=scope.has_role(Role.PROVINCE_MANAGER),
        may_hand_in=looks_after(scope, person) and scope.has_role(*OFFICE_ROLES),
    )
