"""What each row of a past list would do: a new completion, nothing, or a refusal with its cell.

A fixed number of queries for each 500 rows, whatever stands in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from content.models import CoursePage
from courses.conditions import RuleBook
from courses.models import CompletionWithdrawal, ExternalTraining
from courses.models.recognition import ListRowStatus, RecognitionStatus
from courses.recognition.papers import EARLIEST
from courses.recognition.past.reading import Row
from courses.recognition.recognising import periods_asked
from lms.people.models import PersonMerge, RuleSet, StaffMember, User
from lms.people.text import fold

CHUNK = 500


@dataclass
class Planned:
    """A row with its verdict; person, course and rules only where it is good."""

    row: Row
    status: ListRowStatus
    person: StaffMember | None = None
    course: CoursePage | None = None
    rules: RuleSet | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.row.number,
            "values": self.row.values,
            "texts": self.row.texts,
            "letters": self.row.letters,
            "status": str(self.status),
            "why": [why.as_json() for why in self.row.reasons],
        }


@dataclass
class Known:
    """What the portal holds about the people of a part of the list."""

    people: dict[str, StaffMember] = field(default_factory=dict)
    # Code of the record that a duplicate was merged into.
    merged: dict[int, str] = field(default_factory=dict)
    # (person, course, last day) of what is recognised, and of what was taken away on which day.
    recognised: set[tuple[int, int, date]] = field(default_factory=set)
    taken_away: dict[tuple[int, int, date], date] = field(default_factory=dict)


def plan(rows: list[Row], *, actor: User | None, today: date) -> list[Planned]:
    """Return the verdict on each row, in the order of the list."""
    courses, rules = course_names(), RuleBook()
    seen: dict[tuple[int, int, date], int] = {}
    planned = []
    for part in parts(rows):
        known = look_up(part)
        for row in part:
            planned.append(verdict(row, known, courses, rules, seen, actor=actor, today=today))
    return planned


def parts(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def course_names() -> dict[str, CoursePage]:
    """Return the published courses by key, number, title and short title, folded."""
    found: dict[str, CoursePage] = {}
    for course in CoursePage.objects.live().order_by("number", "pk"):
        for name in (course.title, course.short_title, course.key, str(course.number)):
            found.setdefault(fold(name), course)
    return found


def look_up(rows: Iterable[Row]) -> Known:
    """Return what is known of the people whom these rows name; four queries."""
    codes = {row.values["staff_code"] for row in rows if "staff_code" in row.values}
    people = StaffMember.objects.filter(staff_code__in=codes, erased_at=None)
    known = Known({person.staff_code: person for person in people})
    keys = [person.pk for person in known.people.values()]
    known.merged = dict(
        PersonMerge.objects.current()
        .filter(duplicate__in=keys)
        .values_list("duplicate_id", "survivor__staff_code")
    )
    withdrawn = {}
    for training in ExternalTraining.objects.filter(person__in=keys).exclude(course=None):
        place = (training.person_id, training.course_id, training.last_day)
        if training.recognition_status == RecognitionStatus.APPROVED:
            known.recognised.add(place)
        elif training.is_taken_away:
            withdrawn[training.completion_logical_id] = place
    for logical_id, day in CompletionWithdrawal.objects.filter(
        completion_logical_id__in=withdrawn
    ).values_list("completion_logical_id", "effective_on"):
        known.taken_away[withdrawn[logical_id]] = day
    return known


def verdict(
    row: Row,
    known: Known,
    courses: dict[str, CoursePage],
    rules: RuleBook,
    seen: dict[tuple[int, int, date], int],
    *,
    actor: User | None,
    today: date,
) -> Planned:
    """Say what the row would do; what is wrong is added to its reasons."""
    person = person_of(row, known, actor)
    course = course_of(row, courses)
    last_day = days_of(row, today)
    numbers = rules.on(last_day) if last_day else None
    if course and numbers and "periods" in row.values:
        needed = periods_asked(course, numbers)
        if row.values["periods"] < needed:
            row.refuse("periods", "too-few-periods", needed=needed)
    if row.reasons or person is None or course is None or last_day is None:
        return Planned(row, ListRowStatus.REFUSED)
    place = (person.pk, course.pk, last_day)
    if place in seen:
        row.refuse("last_day", "repeated", row=seen[place])
        return Planned(row, ListRowStatus.REFUSED)
    seen[place] = row.number
    if place in known.recognised:
        return Planned(row, ListRowStatus.KNOWN)
    if place in known.taken_away:
        row.refuse("course", "taken-away", day=f"{known.taken_away[place]:%d/%m/%Y}")
        return Planned(row, ListRowStatus.REFUSED)
    return Planned(row, ListRowStatus.NEW, person, course, numbers)


def person_of(row: Row, known: Known, actor: User | None) -> StaffMember | None:
    """Return the person of the code if the name is hers too: a slip in one shows by the other."""
    code = row.values.get("staff_code")
    if code is None:
        return None
    person = known.people.get(code)
    if person is None:
        row.refuse("staff_code", "unknown-person", value=code)
        return None
    if person.pk in known.merged:
        row.refuse("staff_code", "merged-person", value=known.merged[person.pk])
    if "full_name" in row.values and fold(row.values["full_name"]) != person.folded_name:
        row.refuse("full_name", "other-name")
    if actor is not None and actor.staff_id == person.pk:
        row.refuse("staff_code", "own")
    return person


def course_of(row: Row, courses: dict[str, CoursePage]) -> CoursePage | None:
    typed = row.values.get("course")
    if typed is None:
        return None
    course = courses.get(fold(typed))
    if course is None:
        row.refuse("course", "unknown-course", value=typed[:60])
    return course


def days_of(row: Row, today: date) -> date | None:
    """Return the last day if both days can be."""
    first, last = row.values.get("first_day"), row.values.get("last_day")
    if last is None:
        return None
    day = date.fromisoformat(last)
    if day > today:
        row.refuse("last_day", "not-over")
        return None
    if first is not None and date.fromisoformat(first) < EARLIEST:
        row.refuse("first_day", "day-out-of-range", value=f"{date.fromisoformat(first):%d/%m/%Y}")
        return None
    if first is not None and date.fromisoformat(first) > day:
        row.refuse("last_day", "days-reversed")
        return None
    return day
