"""The months of the invented history: who takes up a course when, and which classes meet.

A simulation over months, pure but for the generator: people wish for a course, learn on line, wait
for a class, miss it, make it up, complete, wish for the next one, and renew before it expires. The
rate climbs unevenly because districts differ in how many begin and how early.
"""

from __future__ import annotations

import heapq
import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from courses.completion import expiry
from courses.models.classes import AttendanceStatus
from lms.demo.careers import BEGINNING, NAMED_GROUPS, PersonPlan
from lms.demo.cast import LEARNERS
from lms.demo.courses import CourseKit
from lms.demo.journeys import Journey, invent_journey
from lms.demo.places import UnitPlace
from lms.demo.plans import ClassPlan, Fixed, Learner, SessionPlan
from lms.demo.working_days import moment, office_moment, random_day, working_day_from
from lms.target.requirements import MATRIX

CLASSES_A_MONTH = 6 / 1200
VALIDITY_MONTHS = 30
# The shortest span over which people spread their beginnings, so that a short history is early.
SPAN_DAYS = 700
AHEAD_DAYS = 45
MIN_IN_CLASS = 12
FIXED_SIZE = 18
PATIENCE_DAYS = 75
EXTENDED_GROUPS = frozenset({"y_te_gd", "doan_the"})
EXTENDED_SHARE = 0.6
CLASS_WITHOUT_ACCOUNT_SHARE = 0.3
RENEWAL_SHARE = 0.9
MAKE_UP_SHARE = 0.95
LATE_REGISTER_SHARE = 0.12
CLOSED_SHARE = 0.7


class Timetable:
    """Runs the simulation once; :attr:`journeys` and :attr:`classes` are what it invented."""

    def __init__(
        self,
        people: Iterable[PersonPlan],
        *,
        courses: dict[str, CourseKit],
        units: dict[str, UnitPlace],
        instructors: list[int],
        until: date,
        staff_count: int,
        rng: random.Random,
    ) -> None:
        self.courses, self.units, self.until, self.rng = courses, units, until, rng
        self.instructors, self.staff_count = instructors, staff_count
        self.province = units["49"]
        codes = {unit.district_code for unit in units.values()}
        self.districts = sorted(codes | {""})
        self.eagerness = {
            code: (rng.uniform(0.75, 1.0), rng.uniform(1.0, 3.2)) for code in self.districts
        }
        self.learners = {
            person.number: Learner(person, person.primary.unit.district_code, self._wanted(person))
            for person in people
        }
        self.journeys: list[Journey] = []
        self.classes: list[ClassPlan] = []
        # (day, tie, person, course)
        self.wishes: list[tuple[date, int, int, str]] = []
        # course -> district -> (waiting since, tie, person)
        self.queues: dict[str, dict[str, list[tuple[date, int, int]]]] = {
            key: defaultdict(list) for key in courses
        }
        self._tie = 0
        self._budget = 0.0
        self._groups_of: dict[str, int] = defaultdict(int)

    # What people want -----------------------------------------------------------------------

    def _wanted(self, person: PersonPlan) -> list[str]:
        groups = {posting.group for posting in person.postings if posting.victim_support}
        last = person.primary
        while last.moves_to is not None:
            last = last.moves_to
            groups.add(last.group)
        needed = {key for group in groups for key in MATRIX.get(group, ())}
        rest = [key for key in self.courses if key in needed]
        first, others = rest[:1], rest[1:]
        self.rng.shuffle(others)
        return first + others

    def wish_for_first_courses(self) -> None:
        """Give everybody a day on which she takes up her first course, or none at all."""
        span = max((self.until - BEGINNING).days, SPAN_DAYS)
        for number, learner in self.learners.items():
            if not learner.wanted or learner.person.character in LEARNERS:
                continue
            share, climb = self.eagerness[learner.district]
            person = learner.person
            if person.primary.group in EXTENDED_GROUPS:
                share *= EXTENDED_SHARE
            elif person.primary.group in NAMED_GROUPS and person.named_at is None:
                share *= 0.5
            draw = self.rng.random()
            if draw > share:
                continue
            ready_on = BEGINNING + timedelta(days=8 + int(span * (draw / share) ** climb * 0.95))
            if person.first_sign_in_at is None:
                if self.rng.random() < CLASS_WITHOUT_ACCOUNT_SHARE:
                    self._wait(number, learner.wanted[0], ready_on)
                continue
            self.wish(number, learner.wanted[0], ready_on)

    def wish(self, number: int, course: str, day: date) -> None:
        self.learners[number].wished.add(course)
        person = self.learners[number].person
        if person.first_sign_in_at is not None:
            day = max(day, person.first_sign_in_at.date() + timedelta(days=1))
        day = max(day, person.told_at.date() + timedelta(days=1), person.primary.first_day)
        self._tie += 1
        heapq.heappush(self.wishes, (day, self._tie, number, course))

    def _wait(self, number: int, course: str, since: date) -> None:
        self._tie += 1
        person = self.learners[number].person
        since = max(since, person.told_at.date() + timedelta(days=1))
        queue = self.queues[course][self.learners[number].district]
        heapq.heappush(queue, (since, self._tie, number))

    def begin(self, number: int, course: str, day: date) -> Journey | None:
        """Take the course up on ``day``; ``None`` if she left, a gate is shut, or all is over."""
        learner = self.learners[number]
        if not learner.serves_on(day) or day > self.until + timedelta(days=AHEAD_DAYS):
            return None
        gates = self.courses[course].gates
        if not all(learner.holds(gate, day) for gate in gates):
            return None
        learner.rounds[course] = learner.rounds.get(course, 0) + 1
        journey = invent_journey(
            len(self.journeys) + 1,
            learner.person,
            self.courses[course],
            round_number=learner.rounds[course],
            day=day,
            rng=self.rng,
            is_model=learner.is_model,
        )
        self.journeys.append(journey)
        learner.waits_for[course] = journey
        return journey

    # The months -----------------------------------------------------------------------------

    def run(self, fixed: Iterable[Fixed] = ()) -> None:
        """Invent everything up to a few weeks after the end of the history."""
        fixed = sorted(fixed, key=lambda each: (each.day, each.course))
        end = self.until + timedelta(days=AHEAD_DAYS)
        month = date(BEGINNING.year, BEGINNING.month + 1, 1)
        self._grant_wishes(month)
        while month <= end:
            following = (month + timedelta(days=32)).replace(day=1)
            for each in fixed:
                if month <= each.day < following:
                    self._grant_wishes(each.day)
                    self._form_fixed(each)
            self._form_classes(month, following)
            self._grant_wishes(following)
            month = following

    def _grant_wishes(self, before: date) -> None:
        while self.wishes and self.wishes[0][0] < before:
            day, _tie, number, course = heapq.heappop(self.wishes)
            journey = self.begin(number, course, day)
            if journey is not None and not self.learners[number].is_model:
                self._wait(number, course, day + timedelta(days=self.rng.randint(0, 20)))

    def _form_classes(self, month: date, following: date) -> None:
        """Open the month's classes where most people wait."""
        # January, February and the summer are quieter.
        season = {1: 0.5, 2: 0.6, 7: 0.8, 8: 0.9, 12: 0.9}.get(month.month, 1.15)
        self._budget += self.staff_count * CLASSES_A_MONTH * season
        while self._budget >= 1:
            day = working_day_from(
                random_day(self.rng, month + timedelta(days=2), following - timedelta(days=4))
            )
            if not self._form_one(day):
                break
            self._budget -= 1
        self._budget = min(self._budget, 2 + self.staff_count * CLASSES_A_MONTH)

    def _form_one(self, day: date) -> bool:
        counts = []
        for key, districts in self.queues.items():
            waiting = sum(_length(queue, day) for queue in districts.values())
            oldest = min((queue[0][0] for queue in districts.values() if queue), default=day)
            impatient = (day - oldest).days > PATIENCE_DAYS and waiting >= MIN_IN_CLASS // 2
            if waiting >= MIN_IN_CLASS or impatient:
                counts.append((waiting / self.courses[key].seats, key))
        if not counts:
            return False
        _share, key = max(counts)
        course = self.courses[key]
        size = self.rng.randint(min(18, course.seats), course.seats)
        districts = self.queues[key]
        first = max(
            self.districts,
            key=lambda code: (_length(districts[code], day), code),
        )
        at = self.districts.index(first)
        members: list[int] = []
        used = set()
        for code in self.districts[at:] + self.districts[:at]:
            taken = self._take(key, code, day, size - len(members))
            if taken:
                used.add(code)
            members += taken
            if len(members) >= size:
                break
        if len(members) < MIN_IN_CLASS // 2:
            for number in members:
                self._wait(number, key, day)
            return False
        unit = self.units[first] if used == {first} and first else self.province
        self._open_class(course, unit, day, members, self.rng.choice(self.instructors))
        return True

    def _take(self, key: str, district: str, day: date, count: int) -> list[int]:
        """Take from a queue up to ``count`` people who wait before ``day`` and still serve."""
        queue, taken = self.queues[key][district], []
        while queue and len(taken) < count and queue[0][0] < day:
            _since, _tie, number = heapq.heappop(queue)
            learner = self.learners[number]
            if not learner.serves_on(day):
                continue
            if key not in learner.waits_for:
                journey = self.begin(number, key, day)
                if journey is None:
                    continue
                # Nominated without an account: she comes to the class, nothing else is recorded.
                journey.is_online, journey.pre_test = False, None
                journey.lessons, journey.scenario_at, journey.post_tests = [], None, []
            taken.append(number)
        return taken

    def _form_fixed(self, each: Fixed) -> None:
        members = [
            number
            for number, learner in self.learners.items()
            if learner.person.character in each.members and learner.person.character
        ]
        home = self.learners[members[0]].district
        at = self.districts.index(home)
        used = {home}
        for code in self.districts[at:] + self.districts[:at]:
            taken = self._take(each.course, code, each.day, FIXED_SIZE - len(members))
            used |= {code} if taken else set()
            members += taken
        unit = self.units[home] if used == {home} else self.province
        self._open_class(self.courses[each.course], unit, each.day, members, each.instructor)

    def _open_class(
        self, course: CourseKit, unit: UnitPlace, day: date, members: list[int], instructor: int
    ) -> None:
        rng = self.rng
        key = f"{course.key} {unit.code}"
        self._groups_of[key] += 1
        created_at = office_moment(rng, day - timedelta(days=rng.randint(24, 38)))
        created_at = max(created_at, moment(BEGINNING + timedelta(days=15), 8))
        where = "Trung tâm Công tác xã hội Quảng Nam"
        if unit is not self.province:
            where = f"UBND {unit.name[0].lower()}{unit.name[1:]}"
        plan = ClassPlan(
            number=len(self.classes) + 1,
            course=course,
            unit=unit,
            title=f"{course.page.title} – {unit.name}, đợt {self._groups_of[key]}",
            place=f"Hội trường {where}",
            created_at=created_at,
            instructor=instructor,
            sessions=self._sessions(course, day),
        )
        for number in members:
            journey = self.learners[number].waits_for[course.key]
            added_at = max(
                created_at + timedelta(minutes=30),
                journey.enrolled_at + timedelta(hours=1),
                moment(day - timedelta(days=rng.randint(3, 20)), rng.randint(8, 16)),
            )
            first = plan.sessions[0].starts_at
            if not journey.is_online and not journey.is_listed:
                added_at = min(added_at, first - timedelta(days=1))
                journey.enrolled_at = added_at = max(added_at, created_at + timedelta(minutes=30))
            journey.is_listed = True
            plan.roster.append((journey, min(added_at, first - timedelta(minutes=5))))
        self._hold(plan)
        self.classes.append(plan)

    def _sessions(self, course: CourseKit, day: date) -> list[SessionPlan]:
        rng = self.rng
        periods = list(range(1, course.class_periods + 1))
        parts = [periods]
        if len(periods) > 3:
            parts = [periods[:3], periods[3:]]
        elif rng.random() < 0.25 and day != self.until:
            parts = [periods[:2], periods[2:]]
        sessions = []
        hour = 13 if day == self.until else rng.choice((8, 8, 8, 13))
        for part in parts:
            starts_at = moment(day, hour, 30 if hour == 13 else 0)
            ends_at = starts_at + timedelta(minutes=45 * len(part) + 10 * (len(part) - 1))
            marked_at = ends_at + timedelta(minutes=rng.randint(5, 50))
            if rng.random() < LATE_REGISTER_SHARE:
                marked_at = office_moment(rng, day + timedelta(days=rng.randint(1, 6)))
            session = SessionPlan(starts_at, ends_at, part, marked_at)
            if rng.random() < CLOSED_SHARE:
                session.closed_at = marked_at + timedelta(days=5)
            sessions.append(session)
            day, hour = working_day_from(day + timedelta(days=1)), 8
        return sessions

    def _hold(self, plan: ClassPlan) -> None:
        """Mark who came, and send home with a wish those who completed, in a queue the others."""
        for journey, _added_at in plan.roster:
            learner = self.learners[journey.person.number]
            for session in plan.sessions:
                self._attend(journey, session, learner.is_model)
            key = plan.course.key
            if len(journey.attended) < plan.course.periods_needed:
                if self.rng.random() < MAKE_UP_SHARE:
                    last = plan.sessions[-1].ends_at.date()
                    # Later than any register of this class is entered.
                    self._wait(journey.person.number, key, last + timedelta(days=8))
                continue
            completed_on = journey.completed_on
            if completed_on is not None:
                del learner.waits_for[key]
                entered_on = max(session.marked_at for session in plan.sessions).date()
                known_on = max(completed_on, entered_on)
                self._go_on(learner, key, completed_on, known_on)

    def _attend(self, journey: Journey, session: SessionPlan, is_model: bool) -> None:
        rng, number = self.rng, journey.person.number
        roll = 0.0 if is_model else rng.random()
        periods = list(session.periods)
        if roll < 0.88:
            mark = (AttendanceStatus.PRESENT.value, None)
        elif roll < 0.92:
            minutes = rng.choice((5, 8, 10, 15, 25))
            mark = (AttendanceStatus.LATE.value, minutes)
            periods = periods[1:] if minutes > 15 else periods
        else:
            status = AttendanceStatus.EXCUSED if roll < 0.965 else AttendanceStatus.ABSENT
            mark, periods = (status.value, None), []
        session.marks[number] = mark
        if mark[0] == AttendanceStatus.ABSENT and rng.random() < 0.3:
            session.corrections[number] = (AttendanceStatus.EXCUSED.value, None)
            session.corrected_at = session.marked_at + timedelta(days=1)
        for period in periods:
            journey.attended.setdefault(period, session.starts_at.date())

    def _go_on(self, learner: Learner, key: str, completed_on: date, known_on: date) -> None:
        """Wish for the next course, and for a renewal when the validity runs out."""
        number = learner.person.number
        ends_on = expiry(completed_on, VALIDITY_MONTHS)
        learner.held.setdefault(key, []).append((known_on, ends_on))
        if learner.rounds[key] == 1:
            at = learner.wanted.index(key) if key in learner.wanted else len(learner.wanted)
            following = learner.wanted[at + 1 : at + 1 + (2 if self.rng.random() < 0.5 else 1)]
            for course in following:
                if course not in learner.wished and not learner.is_model:
                    self.wish(number, course, known_on + timedelta(days=self._pause()))
        if self.rng.random() < RENEWAL_SHARE and not learner.is_model:
            days = self.rng.randint(20, 110)
            self.wish(number, key, ends_on - timedelta(days=days))

    def _pause(self) -> int:
        return self.rng.choice((2, 2, 3, 3, 4, 5, 7, 10, 20, 45))


def _length(queue: list[tuple[date, int, int]], day: date) -> int:
    """Return how many wait, to choose where a class meets: 0 if nobody waits yet on ``day``."""
    return len(queue) if queue and queue[0][0] < day else 0
