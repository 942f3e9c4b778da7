"""The courses as the seed needs them: what there is to read, answer, attend and pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from content.models import CoursePage, CourseVersion, LessonPage, LessonVersion, QuizPage
from courses.conditions import Manifest, latest_versions
from courses.scenarios import Decision, decisions_of
from lms.people.rules import rules_on


@dataclass(frozen=True)
class CourseKit:
    """One published course with its pages, read once."""

    page: CoursePage
    version: CourseVersion
    lessons: tuple[LessonPage, ...]
    scenarios: tuple[tuple[LessonPage, LessonVersion, tuple[Decision, ...]], ...]
    pre_test: QuizPage | None
    post_test: QuizPage | None
    gates: tuple[str, ...]
    periods_needed: int
    pass_mark_percent: int

    @property
    def key(self) -> str:
        return self.page.key

    @property
    def class_periods(self) -> int:
        return self.page.class_periods

    @property
    def seats(self) -> int:
        return self.page.class_size_max


def read_courses(day: date) -> dict[str, CourseKit]:
    """Return every published course by key, in the order of their numbers."""
    pages = {page.pk: page for page in CoursePage.objects.order_by("number")}
    versions = latest_versions(pages)
    rules = rules_on(day)
    lessons = LessonPage.objects.select_related("latest_version").in_bulk()
    quizzes = QuizPage.objects.in_bulk()
    kits = {}
    for page in pages.values():
        version = versions.get(page.pk)
        if version is None:
            continue
        manifest = Manifest.of(version)
        kits[page.key] = CourseKit(
            page=page,
            version=version,
            lessons=tuple(lessons[pk] for pk in manifest.lessons),
            scenarios=tuple(
                (lesson, lesson.latest_version, decisions_of(lesson.latest_version))
                for lesson in (lessons[pk] for pk in manifest.steps if pk in manifest.scenarios)
            ),
            pre_test=quizzes.get(manifest.pre_test_id),
            post_test=quizzes.get(manifest.post_test_id),
            gates=tuple(pages[pk].key for pk in manifest.gates),
            periods_needed=manifest.periods_needed(rules),
            pass_mark_percent=manifest.pass_mark_percent or rules.pass_mark_percent,
        )
    return kits
