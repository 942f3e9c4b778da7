"""What is taught: pages, questions, laws, and the immutable versions that records point to."""

from content.models.laws import LegalReference
from content.models.pages import (
    CourseIndexPage,
    CoursePage,
    HomePage,
    LessonPage,
    ModulePage,
)
from content.models.questions import Question, QuestionOption
from content.models.quizzes import QuizPage
from content.models.sources import LoadedSource
from content.models.versions import CourseVersion, LessonVersion, QuestionVersion, VersionFile

__all__ = [
    "CourseIndexPage",
    "CoursePage",
    "CourseVersion",
    "HomePage",
    "LegalReference",
    "LessonPage",
    "LessonVersion",
    "LoadedSource",
    "ModulePage",
    "Question",
    "QuestionOption",
    "QuestionVersion",
    "QuizPage",
    "VersionFile",
]
