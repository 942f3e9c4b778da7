"""Random histories of a small province, repeatable by seed, and their facts as plain lists.

Days are drawn from a narrow stretch and from each other's neighbourhood, so that ends, starts and
questions collide: that is where a rule breaks.
"""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

from courses.models import (
    Attempt,
    AttendanceMark,
    ClassSession,
    Completion,
    Enrolment,
    LessonProgress,
    TrainingClass,
)
from lms.people.days import BEFORE, FAR
from lms.people.models import (
    GroupTier,
    Leave,
    PersonMerge,
    PositionGroup,
    Posting,
    RuleSet,
    StaffMember,
    Unit,
    UnitVersion,
)
from lms.people.units import rebuild_paths
from lms.target.models import (
    ReportingPeriod,
    Requirement,
    Roster,
    RosterEntry,
)
from tests import factories as f
from tests.target.recount import World

ANCHORS = [
    date(2023, 12, 31),
    date(2024, 1, 1),
    date(2024, 3, 1),
    date(2024, 4, 1),
    date(2024, 6, 30),
    date(2025, 1, 1),
]
OPEN = 0.45


@dataclass
class Base:
    """What all histories of a run share: the tree, groups and courses."""

    root: Unit
    units: list[Unit]
    groups: list[PositionGroup]
    courses: list[Any]
    lesson: Any
    quiz: Any
    version: Any
    sessions: list[ClassSession]
    rosters: list[Roster]


def moment(day: date) -> datetime:
    """Ten in the morning, local time."""
    return datetime(day.year, day.month, day.day, 3, 0, tzinfo=UTC)


def make_base() -> Base:
    root = f.make_unit(code="49", name="Mẫu", kind="Tỉnh", level="province")
    units = [root]
    for number in range(2):
        district = f.make_unit(code=f"50{number}", kind="Huyện", level="district", parent=root)
        units.append(district)
        units += [f.make_unit(code=f"2{number}{n}", parent=district) for n in range(2)]
    units.append(f.make_unit(code="CQ", level="agency", kind="", parent=root))
    units.append(f.make_unit(code="CHUA", level="agency", kind=""))
    groups = [f.make_group(tier=tier) for tier in "CCNE"]
    courses = [f.make_course() for _number in range(3)]
    f.make_rules()
    lesson = f.make_lesson(f.make_module(courses[0]))
    quiz = f.make_quiz(courses[0])
    training_class = TrainingClass.objects.create(
        course=courses[0], unit=root, title="Lớp", place="Hội trường", created_at=f.AT
    )
    sessions = [
        ClassSession.objects.create(
            training_class=training_class,
            periods=[1],
            starts_at=moment(day),
            ends_at=moment(day) + timedelta(hours=2),
        )
        for day in (date(2024, 3, 1), date(2024, 6, 30))
    ]
    period = ReportingPeriod.objects.create(
        name="2024", first_day=date(2024, 1, 1), last_day=date(2024, 12, 31)
    )
    rosters = [
        Roster.objects.create(period=period, unit=units[1], status="proposed"),
        Roster.objects.create(
            period=period, unit=units[2], status="approved", approved_at=moment(date(2024, 4, 1))
        ),
    ]
    return Base(
        root,
        units,
        groups,
        courses,
        lesson,
        quiz,
        f.make_course_version(courses[0]),
        sessions,
        rosters,
    )


class History:
    """Draws one random history into the database."""

    def __init__(self, base: Base, seed: int, people: int = 5) -> None:
        self.base, self.random = base, Random(seed)
        self.people = [f.make_person() for _number in range(people)]
        self.draw()

    def day(self) -> date:
        near = self.random.choice([0, 0, 0, 1, -1, 29, 30, 31, 89, 90, 91])
        return self.random.choice(ANCHORS) + timedelta(days=near)

    def span(self) -> tuple[date, date]:
        start = BEFORE if self.random.random() < 0.1 else self.day()
        if self.random.random() < OPEN:
            return start, FAR
        if start > BEFORE and self.random.random() < 0.4:
            return start, start + timedelta(days=self.random.choice([0, 1, 29, 30, 31, 120]))
        end = self.day()
        return (start, end) if start <= end else (end, start)

    def times(self) -> dict[str, Any]:
        """Known always, known from a day, or known from a day and withdrawn on a later one."""
        recorded = BEFORE if self.random.random() < 0.3 else self.day()
        columns = {"recorded_at": moment(max(recorded, date(2023, 1, 1))), "recorded_on": recorded}
        if self.random.random() < 0.25:
            ends = max(recorded, self.day())
            columns |= {"withdrawn_at": moment(ends), "withdrawn_on": ends}
        return columns

    def add(self, model: Any, **fields: Any) -> Any:
        """Insert a fact, sometimes corrected later under the same logical id."""
        times = self.times()
        row = model.objects.create(**times, **fields)
        if "withdrawn_on" in times and self.random.random() < 0.5:
            changes = {}
            if "valid_to" in fields and fields.get("is_primary") is not True:
                start, end = fields["valid_from"], self.span()[1]
                changes["valid_to"] = max(start, end)
            model.objects.create(
                **fields | changes,
                logical_id=row.logical_id,
                recorded_at=times["withdrawn_at"],
                recorded_on=times["withdrawn_on"],
            )
        return row

    def draw(self) -> None:
        choice, chance = self.random.choice, self.random.random
        base = self.base
        for group in base.groups:
            for course in base.courses:
                if chance() < 0.5:
                    start, end = self.span() if chance() < 0.3 else (BEFORE, FAR)
                    self.add(
                        Requirement, group=group, course=course, valid_from=start, valid_to=end
                    )
        for person in self.people:
            self.draw_duties(person)
            for _number in range(choice([0, 0, 1, 1])):
                self.draw_leave(person)
            if chance() < 0.65:
                for course in base.courses:
                    self.draw_completions(person, course)
            if chance() < 0.5:
                start, end = self.span()
                self.add(
                    RosterEntry,
                    person=person,
                    unit=choice(base.units),
                    roster=choice([None, None, *base.rosters]),
                    valid_from=start,
                    valid_to=end,
                )
            if chance() < 0.7:
                self.draw_learning(person)
        if chance() < 0.5:
            one, two, three = self.random.sample(self.people, 3)
            self.add(PersonMerge, duplicate=one, survivor=two)
            if chance() < 0.5:
                self.add(PersonMerge, duplicate=two, survivor=choice([three, one]))
        if chance() < 0.5:
            self.move_unit()

    def draw_duties(self, person: StaffMember) -> None:
        choice, chance = self.random.choice, self.random.random
        days = sorted({self.day() for _number in range(choice([1, 2, 3]))})
        bounds = [*days, FAR if chance() < 0.7 else days[-1] + timedelta(days=60)]
        for start, end in itertools.pairwise(bounds):
            self.duty(person, start, end, is_primary=True)
        for _number in range(choice([0, 0, 1, 2, 3])):
            start, end = self.span()
            self.duty(
                person, max(start, date(2023, 1, 1)), max(end, date(2023, 1, 1)), is_primary=False
            )

    def duty(self, person: StaffMember, start: date, end: date, *, is_primary: bool) -> None:
        choice, chance = self.random.choice, self.random.random
        self.add(
            Posting,
            person=person,
            unit=choice(self.base.units),
            group=self.random.choices(self.base.groups, [4, 3, 3, 1])[0],
            valid_from=start,
            valid_to=end,
            is_primary=is_primary,
            victim_support=chance() < 0.85,
            duty_began_on=start - timedelta(days=choice([0, 0, 30, 45, 400])),
            chain_id=uuid.UUID(int=self.random.getrandbits(128)),
        )

    def draw_leave(self, person: StaffMember) -> None:
        choice = self.random.choice
        start = self.day()
        end = choice([FAR, *(start + timedelta(days=length) for length in (1, 15, 29, 30, 31, 90))])
        self.add(Leave, person=person, valid_from=start, valid_to=end)
        if end < FAR and self.random.random() < 0.5:
            begins = end + timedelta(days=choice([0, 0, 1]))
            self.add(
                Leave,
                person=person,
                valid_from=begins,
                valid_to=begins + timedelta(days=choice([1, 15, 29, 30])),
            )

    def draw_completions(self, person: StaffMember, course: Any) -> None:
        choice, chance = self.random.choice, self.random.random
        if chance() < 0.3:
            return
        start, end = self.span()
        if chance() < 0.3:
            start = choice([BEFORE, date(2023, 6, 1)])
        self.hold(person, course, start, max(start, end))
        if BEFORE < end < FAR and chance() < 0.7:
            begins = end + timedelta(days=choice([-10, 0, 0, 1, 40]))
            self.hold(person, course, begins, choice([FAR, FAR, begins + timedelta(days=60)]))

    def hold(self, person: StaffMember, course: Any, start: date, end: date) -> None:
        self.add(
            Completion,
            person=person,
            course=course,
            source="external",
            valid_from=start,
            valid_to=max(start, end),
        )

    def draw_learning(self, person: StaffMember) -> None:
        choice, chance = self.random.choice, self.random.random
        base, opened = self.base, moment(date(2023, 6, 1))
        enrolment = Enrolment.objects.create(
            person=person,
            course=base.courses[0],
            course_version=base.version,
            opened_at=opened,
            opened_on=opened.date(),
        )
        what = choice(["nothing", "lesson", "lesson", "attempt", "mark", "mark", "mark"])
        happened = self.day()
        recorded = happened + timedelta(days=choice([0, 0, 1, 30]))
        if what == "lesson":
            LessonProgress.objects.create(
                enrolment=enrolment,
                lesson=base.lesson,
                lesson_version=base.lesson.latest_version,
                done_at=moment(happened),
                done_on=happened,
                recorded_at=moment(recorded),
                recorded_on=recorded,
            )
        elif what == "attempt":
            Attempt.objects.create(
                enrolment=enrolment,
                quiz=base.quiz,
                quiz_kind="post",
                number=1,
                started_at=moment(happened),
                started_on=happened,
                pass_mark_percent=70,
            )
        elif what == "mark":
            session = choice(base.sessions)
            at = session.starts_at
            for _number in range(choice([1, 2, 2, 3])):
                status = choice(["present", "present", "late", "absent", "excused", ""])
                AttendanceMark.objects.create(
                    session=session,
                    person=person,
                    enrolment=enrolment,
                    status=status,
                    source="undo" if status == "" or chance() < 0.2 else "trainer",
                    recorded_at=at,
                    recorded_on=(at + timedelta(hours=7)).date(),
                )
                at += timedelta(days=choice([0, 0, 1, 40]), minutes=choice([0, 5]))

    def move_unit(self) -> None:
        """Hang a commune elsewhere, or end it, from a day on; perhaps entered late."""
        moved = self.random.choice([unit for unit in self.base.units[2:] if unit != self.base.root])
        version = UnitVersion.objects.current().get(unit=moved)
        day, entered = self.day(), self.day()
        UnitVersion.objects.filter(pk=version.pk).update(
            withdrawn_at=moment(entered), withdrawn_on=entered
        )
        same = {
            "unit": moved,
            "code": version.code,
            "name": version.name,
            "kind": version.kind,
            "level": version.level,
            "logical_id": version.logical_id,
            "recorded_at": moment(entered),
            "recorded_on": entered,
        }
        UnitVersion.objects.create(parent=version.parent, valid_to=day, **same)
        if self.random.random() < 0.6:
            districts = [self.base.units[1], self.base.units[4]]
            parent = self.random.choice([d for d in districts if d != moved] or [self.base.root])
            UnitVersion.objects.create(
                parent=parent, valid_from=day, **same | {"logical_id": uuid.uuid4()}
            )
        rebuild_paths(known_from=entered)

    def questions(self, count: int) -> list[tuple[date, date | None, Unit]]:
        """Return (D, K, unit) to ask; K is never a past day before D."""
        asked = []
        for _number in range(count):
            day = self.day()
            known = None
            if self.random.random() < 0.6:
                known = max(day, self.day())
            unit = self.random.choice([self.base.root, self.base.root, *self.base.units[1:6]])
            asked.append((day, known, unit))
        return asked


def read_world() -> World:
    """Return every fact in the database as plain objects with the recount's names."""

    def rows(model: Any, **names: str) -> list[SimpleNamespace]:
        dated = {"recorded_on": "recorded_on", "withdrawn_on": "withdrawn_on"}
        if hasattr(model, "valid_from"):
            dated |= {"valid_from": "valid_from", "valid_to": "valid_to"}
        wanted = dated | names
        return [
            SimpleNamespace(**dict(zip(wanted, row, strict=True)))
            for row in model.objects.values_list(*wanted.values())
        ]

    roster = rows(
        RosterEntry,
        person="person_id",
        has_roster="roster_id",
        status="roster__status",
        approved_at="roster__approved_at",
    )
    for row in roster:
        approved = row.status == "approved"
        row.approved_on = (row.approved_at + timedelta(hours=7)).date() if approved else None
    learning = {"person": "enrolment__person_id"}
    marks = [
        SimpleNamespace(
            id=mark.pk,
            session=mark.session_id,
            person=mark.person_id,
            status=mark.status,
            happened_on=(mark.session.starts_at + timedelta(hours=7)).date(),
            recorded_at=mark.recorded_at,
            recorded_on=mark.recorded_on,
        )
        for mark in AttendanceMark.objects.select_related("session")
    ]
    return World(
        unit_versions=rows(UnitVersion, unit="unit_id", parent="parent_id"),
        postings=rows(
            Posting,
            person="person_id",
            unit="unit_id",
            group="group_id",
            is_primary="is_primary",
            victim_support="victim_support",
            duty_began_on="duty_began_on",
            chain="chain_id",
            logical="logical_id",
        ),
        tiers=rows(GroupTier, group="group_id", tier="tier"),
        roster=roster,
        leaves=rows(Leave, person="person_id"),
        merges=rows(PersonMerge, duplicate="duplicate_id", survivor="survivor_id"),
        rules=rows(RuleSet, min_leave_days="min_leave_days", new_duty_days="new_duty_days"),
        requirements=rows(Requirement, group="group_id", course="course__bit"),
        completions=rows(Completion, person="person_id", course="course__bit"),
        lessons_done=[
            SimpleNamespace(person=person, happened_on=done, recorded_on=recorded)
            for person, done, recorded in LessonProgress.objects.values_list(
                learning["person"], "done_on", "recorded_on"
            )
        ],
        attempts=[
            SimpleNamespace(person=person, happened_on=started)
            for person, started in Attempt.objects.values_list(learning["person"], "started_on")
        ],
        marks=marks,
    )
