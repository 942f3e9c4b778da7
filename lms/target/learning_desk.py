"""``/viec-hoc/``: what is required of a person, by when and why, and what comes next.

Two statements besides those of ``courses.standing``: the page has a fixed budget, so the focal
person comes with the requirements, and sessions and certificates come together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import CharField, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates.models import Certificate
from content.models import CoursePage
from courses.models import ClassSession
from courses.standing import CourseStanding, standings
from lms.people.days import FAR, local_day
from lms.people.models import PersonMerge, RoleAssignment, RuleSet, StaffMember
from lms.people.scopes import ANSWERING_ROLES
from lms.target.due import Due, due_of
from lms.target.models import Requirement

# From so many days before it, a due date is shown as near.
SOON_DAYS = 30


@dataclass(frozen=True)
class RequiredCourse:
    """One required course of a person: by when, why, how far."""

    course: CoursePage
    due: Due
    groups: tuple[str, ...]
    standing: CourseStanding
    today: date

    @property
    def is_done(self) -> bool:
        return self.standing.is_held

    @property
    def state(self) -> str:
        """The state that is drawn: what is done, else how near the due date is."""
        if self.is_done:
            return "done"
        if self.due.day < self.today:
            return "late"
        if self.due.days_left(self.today) <= SOON_DAYS:
            return "soon"
        return self.standing.state

    @property
    def state_text(self) -> str:
        words = {"day": f"{self.due.day:%d/%m/%Y}", "days": abs(self.due.days_left(self.today))}
        if self.is_done:
            return _("Completed")
        if self.state == "late":
            return _("Overdue since %(day)s") % words
        if self.state == "soon":
            return _("Due %(day)s, %(days)s days left") % words
        return _("Due %(day)s") % words

    @property
    def how_long(self) -> str:
        """The due date in days from today where that presses, else empty."""
        days = abs(self.due.days_left(self.today))
        if self.state == "late":
            return ngettext("%(days)s day overdue", "%(days)s days overdue", days) % {"days": days}
        if self.state == "soon":
            return ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}
        return ""


@dataclass(frozen=True)
class Meeting:
    """A class session ahead."""

    class_id: int
    title: str
    class_title: str
    place: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Proof:
    """A certificate of the person that was not superseded or revoked."""

    certificate_id: int
    title: str
    register_no: str
    valid_until: date | None


@dataclass(frozen=True)
class Focal:
    full_name: str
    phone: str


@dataclass
class Desk:
    """Everything the page prints."""

    today: date
    required: list[RequiredCourse] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    focal: Focal | None = None
    # The staff code of the record that this one is merged into.
    merged_into: str = ""

    @property
    def open_courses(self) -> list[RequiredCourse]:
        return [required for required in self.required if not required.is_done]

    @property
    def nearest(self) -> RequiredCourse | None:
        return next(iter(self.open_courses), None)

    @property
    def next_course(self) -> RequiredCourse | None:
        """The course to go on with: one that is begun, else the first that is not locked."""
        able = [r for r in self.open_courses if r.standing.next_step and r.standing.next_step.url]
        begun = [r for r in able if r.standing.is_open]
        unlocked = [r for r in able if not r.standing.is_locked]
        return next(iter(begun or unlocked), None)

    @property
    def groups(self) -> list[str]:
        return list(dict.fromkeys(name for r in self.required for name in r.groups))


def desk_of(person: StaffMember, *, at: datetime) -> Desk:
    """Return the desk of ``person`` at ``at``; eleven statements at most."""
    today = local_day(at)
    rows = list(requirements_of(person, today))
    desk = Desk(today)
    courses: dict[int, CoursePage] = {}
    dues: dict[int, Due] = {}
    groups: dict[int, list[str]] = {}
    for row in rows:
        due = due_of(row, row.duty_began_on, grace_days=row.grace_days)
        courses[row.course_id] = row.course
        dues[row.course_id] = min(due, dues.get(row.course_id, due))
        groups.setdefault(row.course_id, []).append(row.group.name)
        desk.merged_into = row.survivor_code or ""
        if row.focal_name and desk.focal is None:
            desk.focal = Focal(row.focal_name, row.focal_phone or "")
    if courses:
        found = standings(person, courses.values(), at=at)
        desk.required = sorted(
            (
                RequiredCourse(
                    course, dues[key], tuple(dict.fromkeys(groups[key])), found[key], today
                )
                for key, course in courses.items()
            ),
            key=lambda required: (required.is_done, required.due.day, required.course.number),
        )
    desk.meetings, desk.proofs = agenda_of(person, at=at)
    return desk


def requirements_of(person: StaffMember, day: date) -> QuerySet[Requirement]:
    """Return a row for each required course of each duty of ``person`` on ``day``; lazy, one query.

    A group outside the target has required courses too. Each row carries ``duty_began_on``,
    ``grace_days``, the nearest focal person of the duty's unit and the code of the record that this
    one is merged into; the primary duty stands first.
    """
    focal = (
        RoleAssignment.objects.current()
        .valid_on(day)
        .filter(
            role__in=ANSWERING_ROLES,
            user__is_active=True,
            user__staff__isnull=False,
            unit__descendant_paths__unit=OuterRef("group__postings__unit_id"),
            unit__descendant_paths__valid_from__lte=day,
            unit__descendant_paths__valid_to__gt=day,
            unit__descendant_paths__known_to=FAR,
        )
        .exclude(user__staff=person)
        .order_by("unit__descendant_paths__depth", "user_id")
    )
    grace = RuleSet.objects.current().valid_on(day).filter(scope_key="province")
    merge = PersonMerge.objects.current().filter(duplicate=person)
    return (
        Requirement.objects.current()
        .valid_on(day)
        .filter(
            group__postings__person=person,
            group__postings__victim_support=True,
            group__postings__withdrawn_on=FAR,
            group__postings__valid_from__lte=day,
            group__postings__valid_to__gt=day,
        )
        .select_related("course", "group")
        .annotate(
            duty_began_on=F("group__postings__duty_began_on"),
            grace_days=Subquery(grace.values("due_grace_days")[:1], output_field=IntegerField()),
            survivor_code=Subquery(merge.values("survivor__staff_code")[:1]),
            focal_name=Subquery(focal.values("user__staff__full_name")[:1]),
            focal_phone=Subquery(focal.values("user__staff__work_phone")[:1]),
        )
        .order_by(
            "-group__postings__is_primary", "group__postings__duty_began_on", "course__number"
        )
    )


def agenda_of(person: StaffMember, *, at: datetime) -> tuple[list[Meeting], list[Proof]]:
    """Return the sessions ahead, soonest first, and the certificates, newest first; one query."""
    sessions = (
        ClassSession.objects.filter(
            Q(training_class__roster__person=person, training_class__roster__removed_at=None),
            cancelled_at=None,
            training_class__cancelled_at=None,
            ends_at__gte=at,
        )
        .annotate(what=Value("session", CharField()), extra=Value("", CharField()))
        .values_list(
            "what",
            "training_class_id",
            "title",
            "training_class__title",
            "training_class__place",
            "starts_at",
            "ends_at",
            "extra",
        )
    )
    proofs = (
        Certificate.objects.filter(
            person=person, revocation__isnull=True, superseded_by__isnull=True
        )
        .annotate(
            what=Value("certificate", CharField()),
            place=Value("", CharField()),
            until=Cast("valid_until", CharField()),
        )
        .values_list(
            "what",
            "pk",
            "course__title",
            "register_no",
            "place",
            "issued_at",
            "issued_at",
            "until",
        )
    )
    return sort_agenda(sessions.union(proofs, all=True))


def sort_agenda(rows: Iterable[tuple]) -> tuple[list[Meeting], list[Proof]]:
    meetings, proofs = [], []
    for what, key, title, second, place, starts_at, ends_at, until in rows:
        if what == "session":
            meetings.append(Meeting(key, title or second, second, place, starts_at, ends_at))
        else:
            valid_until = date.fromisoformat(until) if until else None
            proofs.append((starts_at, Proof(key, title, second, valid_until)))
    meetings.sort(key=lambda meeting: meeting.starts_at)
    proofs.sort(key=lambda pair: pair[0], reverse=True)
    return meetings, [proof for _issued, proof in proofs]
