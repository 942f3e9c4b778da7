"""What learners do: enrolment, progress, attempts, classes, attendance, completion."""

from courses.models.classes import (
    AttendanceMark,
    ClassInstructor,
    ClassRosterEntry,
    ClassSession,
    TrainingClass,
)
from courses.models.completion import Completion, CompletionReview, CompletionWithdrawal
from courses.models.learning import Enrolment, LessonProgress, ScenarioAnswer
from courses.models.quizzes import AnswerStep, Attempt, AttemptQuestion
from courses.models.recognition import CompletionList, ExternalTraining

__all__ = [
    "AnswerStep",
    "Attempt",
    "AttemptQuestion",
    "AttendanceMark",
    "ClassInstructor",
    "ClassRosterEntry",
    "ClassSession",
    "Completion",
    "CompletionList",
    "CompletionReview",
    "CompletionWithdrawal",
    "Enrolment",
    "ExternalTraining",
    "LessonProgress",
    "ScenarioAnswer",
    "TrainingClass",
]
