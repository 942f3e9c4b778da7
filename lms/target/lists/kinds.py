"""Which lists there are, and who stands in each: conditions on row ``v`` of the definition."""

from __future__ import annotations

from enum import StrEnum

from lms.target.figures.sql import UNPLACED


class Who(StrEnum):
    MISSING = "missing"
    NEW = "new"
    EVERYBODY = "everybody"
    NOT_STARTED = "not_started"
    PROGRESS = "progress"
    RETRAIN = "retrain"
    # In every course still missing only the class, or only the post-test, is left to do.
    ONLY_CLASS = "only_class"
    ONLY_QUIZ = "only_quiz"
    NEVER_SIGNED_IN = "never_signed_in"
    ON_LEAVE = "on_leave"
    UNPLACED = "unplaced"
    # A course they need and hold ends within so many days and is not renewed yet.
    ENDS_IN_30 = "ends_in_30"
    ENDS_IN_60 = "ends_in_60"
    ENDS_IN_90 = "ends_in_90"


# Accounts have no history: who signed in is asked as of now, whatever the day.
NEVER_SIGNED_IN = """NOT EXISTS (
            SELECT 1 FROM people_user a
            WHERE a.staff_id = v.person_id AND a.last_login IS NOT NULL
        ) AND v.person_id NOT IN (
            SELECT w.survivor_id FROM survivor w JOIN people_user a ON a.staff_id = w.duplicate_id
            WHERE a.last_login IS NOT NULL
        )"""
NOT_TRAINED = "v.on_leave = 0 AND v.state <> 'trained'"
CONDITIONS = {
    Who.MISSING: NOT_TRAINED,
    Who.NEW: "v.on_leave = 0 AND v.is_new = 1",
    Who.EVERYBODY: "1 = 1",
    Who.NOT_STARTED: "v.on_leave = 0 AND v.state = 'not_started'",
    Who.PROGRESS: "v.on_leave = 0 AND v.state = 'progress'",
    Who.RETRAIN: "v.on_leave = 0 AND v.state = 'retrain'",
    Who.ONLY_CLASS: NOT_TRAINED,
    Who.ONLY_QUIZ: NOT_TRAINED,
    Who.NEVER_SIGNED_IN: f"v.on_leave = 0 AND {NEVER_SIGNED_IN}",
    Who.ON_LEAVE: "v.on_leave = 1",
    Who.UNPLACED: f"v.on_leave = 0 AND v.bucket_id = {UNPLACED}",
    Who.ENDS_IN_30: "v.on_leave = 0",
    Who.ENDS_IN_60: "v.on_leave = 0",
    Who.ENDS_IN_90: "v.on_leave = 0",
}
# Days from the day asked to the first day without the course: more than the one, at most the other.
WINDOWS = {Who.ENDS_IN_30: (0, 30), Who.ENDS_IN_60: (30, 60), Who.ENDS_IN_90: (60, 90)}
# Lists whose people lack one thing, and the mask of ``almost`` that says in which courses.
ALMOST = {Who.ONLY_CLASS: "class_mask", Who.ONLY_QUIZ: "quiz_mask"}
