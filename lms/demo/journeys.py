"""How an invented person takes a course: when she reads, answers, fails, attends, is done.

Pure plans. A journey is one round of one course; the class part is filled in by
``lms.demo.timetable`` when a class has room for her.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from lms.demo.careers import PersonPlan
from lms.demo.courses import CourseKit
from lms.demo.working_days import study_moment

PRE_TEST_SHARE = 0.75
STALL_SHARE = 0.035
PASS_SHARE = 0.84
ABANDON_SHARE = 0.015
MAX_TRIES = 3
TIME_LIMIT_MINUTES = 25
POST_QUESTIONS = 10
PASS_RIGHT = 7


@dataclass(slots=True)
class TryPlan:
    """One attempt: submitted, or left lying until the time was over."""

    at: datetime
    right: int
    submits: bool = True

    @property
    def ended_at(self) -> datetime:
        return self.at + timedelta(minutes=14 if self.submits else TIME_LIMIT_MINUTES)

    def deadline_after(self, minutes: int | None) -> datetime | None:
        return self.at + timedelta(minutes=minutes) if minutes else None


@dataclass(slots=True)
class Journey:
    """One round of one course for one person."""

    number: int
    person: PersonPlan
    course: CourseKit
    round: int
    enrolled_at: datetime
    # None of these for a person without an account: she only came to the class.
    pre_test: TryPlan | None = None
    lessons: list[datetime] = field(default_factory=list)
    scenario_at: datetime | None = None
    post_tests: list[TryPlan] = field(default_factory=list)
    is_online: bool = True
    # On the list of a class; who has no account is enrolled by that.
    is_listed: bool = False
    # Periods attended so far, with the day each was held.
    attended: dict[int, date] = field(default_factory=dict)

    @property
    def online_done_on(self) -> date | None:
        """The day on which lessons, scenario and test were all done, ``None`` if never."""
        passed = [attempt for attempt in self.post_tests if attempt.right >= PASS_RIGHT]
        return passed[0].ended_at.date() if passed else None

    @property
    def completed_on(self) -> date | None:
        if len(self.attended) < self.course.periods_needed or self.online_done_on is None:
            return None
        held = sorted(self.attended.values())[: self.course.periods_needed]
        return max(held[-1], self.online_done_on)


def invent_journey(
    number: int,
    person: PersonPlan,
    course: CourseKit,
    *,
    round_number: int,
    day: date,
    rng: random.Random,
    is_model: bool = False,
) -> Journey:
    """Return the on-line part of a round that begins on ``day``; ``is_model`` never fails."""
    enrolled_at = study_moment(rng, day)
    journey = Journey(number, person, course, round_number, enrolled_at)
    if is_model or rng.random() < PRE_TEST_SHARE:
        right = rng.randint(2, 5)
        journey.pre_test = TryPlan(enrolled_at + timedelta(minutes=4), right)
    count = len(course.lessons)
    stalls = not is_model and rng.random() < STALL_SHARE
    if stalls:
        count = rng.randint(1, max(count - 1, 1))
    at = enrolled_at + timedelta(minutes=25)
    for _lesson in range(count):
        journey.lessons.append(at)
        at += timedelta(minutes=rng.randint(9, 24))
        if rng.random() < 0.3:
            later = at.date() + timedelta(days=rng.choice((1, 1, 2, 3, 5, 8)))
            at = max(study_moment(rng, later), at)
    if stalls:
        return journey
    journey.scenario_at = at + timedelta(minutes=20)
    at = journey.scenario_at + timedelta(minutes=10)
    for attempt in range(1, MAX_TRIES + 1):
        passes = is_model or rng.random() < PASS_SHARE
        submits = passes or attempt > 1 or rng.random() >= ABANDON_SHARE
        right = rng.randint(PASS_RIGHT, POST_QUESTIONS) if passes else rng.randint(3, 6)
        journey.post_tests.append(TryPlan(at, right, submits))
        if passes:
            break
        at = study_moment(rng, at.date() + timedelta(days=rng.randint(2, 9)))
    return journey
