"""What the months of the invented history are made of: classes, their sessions, their learners."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from lms.demo.careers import PersonPlan
from lms.demo.courses import CourseKit
from lms.demo.journeys import Journey
from lms.demo.places import UnitPlace


@dataclass(slots=True)
class SessionPlan:
    starts_at: datetime
    ends_at: datetime
    periods: list[int]
    marked_at: datetime
    # Person number -> status and minutes late.
    marks: dict[int, tuple[str, int | None]] = field(default_factory=dict)
    # Marks that were corrected the day after.
    corrected_at: datetime | None = None
    corrections: dict[int, tuple[str, int | None]] = field(default_factory=dict)
    closed_at: datetime | None = None


@dataclass(slots=True)
class ClassPlan:
    number: int
    course: CourseKit
    unit: UnitPlace
    title: str
    place: str
    created_at: datetime
    instructor: int
    sessions: list[SessionPlan]
    # (journey, when she was put on the list)
    roster: list[tuple[Journey, datetime]] = field(default_factory=list)


@dataclass(frozen=True)
class Fixed:
    """A class that the stories of the cast need: its day, its people and who runs it."""

    course: str
    day: date
    members: tuple[str, ...]
    instructor: int


@dataclass(slots=True)
class Learner:
    person: PersonPlan
    district: str
    wanted: list[str]
    rounds: dict[str, int] = field(default_factory=dict)
    is_model: bool = False
    # Course -> spans over which its completion is known and valid.
    held: dict[str, list[tuple[date, date]]] = field(default_factory=dict)
    wished: set[str] = field(default_factory=set)
    waits_for: dict[str, Journey] = field(default_factory=dict)

    def holds(self, course: str, day: date) -> bool:
        return any(known_on < day < ends_on for known_on, ends_on in self.held.get(course, ()))

    def serves_on(self, day: date) -> bool:
        last_day = self.person.last_day
        return self.person.primary.first_day <= day and (last_day is None or day <= last_day)
