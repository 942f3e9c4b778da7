"""What the learners of the cast have done, so that each shows another state of the portal."""

from __future__ import annotations

from datetime import date, timedelta

from lms.demo.careers import PersonPlan
from lms.demo.cast import INSTRUCTOR, LEARNERS, MIDWAY, TRAINED, TRAINER_CODE
from lms.demo.plans import Fixed
from lms.demo.timetable import Timetable
from lms.demo.working_days import working_day_from

FIRST, LAW = "nhan-dien", "phap-ly"
# Days before the end of the history on which the one who has completed all took up each course.
TRAINED_DAYS_AGO = {FIRST: 168, "tam-ly": 128, "ho-so": 92, LAW: 60}
CLASS_AFTER_DAYS = 21
# The one who is half-way: course 1 with its class today, course 4 with its class ahead.
MIDWAY_DAYS_AGO = {FIRST: 38, LAW: 9}
CLASS_AHEAD_DAYS = 6


def wish_for_stories(timetable: Timetable, cast: list[PersonPlan], until: date) -> list[Fixed]:
    """Plan the courses of the cast's learners; return the classes that they need."""
    numbers = {plan.character: plan.number for plan in cast}
    for code in LEARNERS:
        timetable.learners[numbers[code]].is_model = True
    ahead = working_day_from(until + timedelta(days=CLASS_AHEAD_DAYS))
    fixed = [
        Fixed(FIRST, until, (MIDWAY,), numbers[INSTRUCTOR]),
        Fixed(LAW, ahead, (MIDWAY,), numbers[TRAINER_CODE]),
    ]
    for course, days in MIDWAY_DAYS_AGO.items():
        timetable.wish(numbers[MIDWAY], course, until - timedelta(days=days))
    for course, days in TRAINED_DAYS_AGO.items():
        began_on = until - timedelta(days=days)
        timetable.wish(numbers[TRAINED], course, began_on)
        held_on = working_day_from(began_on + timedelta(days=CLASS_AFTER_DAYS))
        fixed.append(Fixed(course, held_on, (TRAINED,), numbers[INSTRUCTOR]))
    return fixed


def stop_half_way(timetable: Timetable) -> None:
    """Take back what the one who is half-way has not done yet."""
    for journey in timetable.journeys:
        if journey.person.character != MIDWAY:
            continue
        done = len(journey.lessons) // 2 if journey.course.key == FIRST else 0
        journey.lessons = journey.lessons[:done]
        journey.scenario_at, journey.post_tests = None, []
        if not done:
            journey.pre_test = None
