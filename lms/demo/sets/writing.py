"""The order in which a plan is written set-based, after the cast."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime

from lms.demo.diary import Diary
from lms.demo.journeys import Journey
from lms.demo.learning import Records, note_withdrawals
from lms.demo.people import Stage
from lms.demo.plans import ClassPlan
from lms.demo.sets.certificates import write_certificates
from lms.demo.sets.learning import LearningWriter
from lms.demo.sets.people import PeopleWriter
from lms.people.days import local_day
from lms.people.models import User


def write_sets(
    plan, *, stage: Stage, records: Records, tell: Callable[[str], object]
) -> dict[str, int]:
    """Write people, learning and certificates of ``plan``; return the rows of each table.

    The cast and the manager are on ``stage`` already. Each batch is a transaction of its own.
    """
    timetable = plan.timetable
    people = PeopleWriter(stage, before=plan.before)
    seen = last_seen(timetable.journeys, timetable.classes, before=plan.before)
    counts = people.write(plan.people, seen)
    tell(f"people: {counts}")
    instructors = User.objects.in_bulk([people.users[number] for number in plan.instructors])
    stage.users |= {number: instructors[people.users[number]] for number in plan.instructors}
    learning = LearningWriter(people, records, before=plan.before)
    counts |= learning.write(timetable.journeys, timetable.classes)
    tell(f"learning: {counts}")
    day = local_day(plan.before)
    counts["certificates.certificate"] = write_certificates(
        learning.completed, people.people, day=day
    )
    diary = Diary()
    note_withdrawals(diary, timetable.journeys, records, plan.rng)
    for _month in diary.write(before=plan.before):
        pass
    tell(f"certificates: {counts['certificates.certificate']}")
    return counts


def last_seen(
    journeys: Iterable[Journey], classes: Iterable[ClassPlan], *, before: datetime
) -> dict[int, datetime]:
    """Return the last moment at which each person did something here, by plan number."""
    moments: dict[int, list[datetime]] = defaultdict(list)
    for journey in journeys:
        if journey.is_online:
            own = [journey.enrolled_at, *journey.lessons[-1:], journey.scenario_at]
            own += [attempt.ended_at for attempt in journey.post_tests]
            moments[journey.person.number] += [at for at in own if at is not None and at < before]
    for training_class in classes:
        for session in training_class.sessions:
            if session.marked_at < before:
                moments[training_class.instructor].append(session.marked_at)
    return {number: max(own) for number, own in moments.items() if own}
