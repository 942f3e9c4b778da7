"""The outline of a course and the way to a lesson, in as few queries as a page view may cost.

Pages are joined over their tree paths: the stock way from page to page costs a query a level.
Only live pages under live pages are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Left, Length
from wagtail.models import Page

from content.models.pages import (
    CoursePage,
    LessonKind,
    LessonPage,
    ModulePage,
    module_anchor,
)
from content.models.quizzes import QuizPage

STEP = Page.steplen
# What a page around a lesson needs of the course and the module above it; the rest is deferred.
MODULE_FIELDS = ("id", "path", "depth", "title", "slug", "url_path", "key")
COURSE_FIELDS = (
    *MODULE_FIELDS,
    "bit",
    "number",
    "short_title",
    "edition",
    "online_periods",
    "class_periods",
)
PageType = TypeVar("PageType", bound=Page)


def address_of(url_path: str) -> str:
    """Return the address of a page below the site's home, from its path: no query."""
    return "/" + url_path.lstrip("/").partition("/")[2]


@dataclass(frozen=True)
class OutlineLesson:
    id: int
    key: str
    title: str
    url: str
    kind: str
    minutes: int
    is_required: bool
    edition: str
    summary: str
    number: int  # its place in the course, from 1
    version_id: int | None

    @property
    def is_scenario(self) -> bool:
        return self.kind == LessonKind.SCENARIO


@dataclass(frozen=True)
class OutlineModule:
    id: int
    key: str
    title: str
    number: int  # its place in the course, from 1
    lessons: tuple[OutlineLesson, ...] = ()

    @property
    def anchor(self) -> str:
        return module_anchor(self.id)


@dataclass(frozen=True)
class OutlineQuiz:
    id: int
    key: str
    title: str
    url: str
    quiz_kind: str
    question_count: int
    time_limit_minutes: int | None


@dataclass(frozen=True)
class Outline:
    modules: tuple[OutlineModule, ...] = ()
    quizzes: dict[str, OutlineQuiz] = field(default_factory=dict)  # by kind

    @property
    def lessons(self) -> tuple[OutlineLesson, ...]:
        """All lessons in the order of the course."""
        return tuple(lesson for module in self.modules for lesson in module.lessons)

    def around(self, lesson_id: int) -> tuple[OutlineLesson | None, OutlineLesson | None]:
        """Return the lesson before and the one after."""
        lessons = self.lessons
        for place, lesson in enumerate(lessons):
            if lesson.id == lesson_id:
                before = lessons[place - 1] if place else None
                after = lessons[place + 1] if place + 1 < len(lessons) else None
                return before, after
        return None, None


def outline_of(course: Any) -> Outline:
    """Return the live modules, lessons and quizzes of ``course`` (anything with a ``path``).

    One query, whatever the number of lessons; bodies stay in the database.
    """
    rows = list(
        Page.objects.filter(
            path__startswith=course.path, live=True, depth__gt=len(course.path) // STEP
        )
        .order_by("path")
        .values(
            "id",
            "path",
            "title",
            "url_path",
            module_key=F("modulepage__key"),
            lesson_key=F("lessonpage__key"),
            kind=F("lessonpage__kind"),
            minutes=F("lessonpage__minutes"),
            is_required=F("lessonpage__is_required"),
            edition=F("lessonpage__edition"),
            summary=F("lessonpage__summary"),
            version_id=F("lessonpage__latest_version_id"),
            quiz_key=F("quizpage__key"),
            quiz_kind=F("quizpage__quiz_kind"),
            question_count=F("quizpage__question_count"),
            time_limit_minutes=F("quizpage__time_limit_minutes"),
        )
    )
    lessons_below: dict[str, list[OutlineLesson]] = {
        row["path"]: [] for row in rows if row["module_key"] is not None
    }
    for number, row in enumerate(lesson_rows(rows, lessons_below), 1):
        lessons_below[row["path"][:-STEP]].append(
            OutlineLesson(
                id=row["id"],
                key=row["lesson_key"],
                title=row["title"],
                url=address_of(row["url_path"]),
                kind=row["kind"],
                minutes=row["minutes"],
                is_required=row["is_required"],
                edition=row["edition"],
                summary=row["summary"],
                number=number,
                version_id=row["version_id"],
            )
        )
    modules = [row for row in rows if row["module_key"] is not None]
    return Outline(
        modules=tuple(
            OutlineModule(
                id=row["id"],
                key=row["module_key"],
                title=row["title"],
                number=number,
                lessons=tuple(lessons_below[row["path"]]),
            )
            for number, row in enumerate(modules, 1)
        ),
        quizzes={
            row["quiz_kind"]: OutlineQuiz(
                id=row["id"],
                key=row["quiz_key"],
                title=row["title"],
                url=address_of(row["url_path"]),
                quiz_kind=row["quiz_kind"],
                question_count=row["question_count"],
                time_limit_minutes=row["time_limit_minutes"],
            )
            for row in rows
            if row["quiz_key"] is not None
        },
    )


def lesson_rows(
    rows: list[dict[str, Any]], modules: dict[str, list[OutlineLesson]]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of lessons whose module is live too."""
    return (row for row in rows if row["lesson_key"] is not None and row["path"][:-STEP] in modules)


def columns_of(model: type[Page], fields: Iterable[str], alias: str) -> dict[str, str]:
    """Return what to select of a joined page: ``{name in the row: column}``."""
    found = {}
    for name in fields:
        column = model._meta.get_field(name)
        table = f"{alias}_page" if column.model is Page else alias
        found[f"{alias}_{name}"] = f"{table}.{column.column}"
    return found


@cache
def lesson_query() -> str:
    """Return the text of :func:`get_lesson`, which is the same at every request.

    As a query set, two parts that each build a JSON object, it took five milliseconds to compile,
    a quarter of what the most opened page of the portal may cost.
    """
    joined = columns_of(ModulePage, MODULE_FIELDS, "module") | columns_of(
        CoursePage, COURSE_FIELDS, "course"
    )
    extra = ", ".join(f"{column} AS {name}" for name, column in joined.items())
    # Names of our own tables and columns; the slugs are parameters.
    return f"""SELECT page.*, lesson.*, {extra}
        FROM {LessonPage._meta.db_table} lesson
        JOIN {Page._meta.db_table} page ON page.id = lesson.page_ptr_id
        JOIN {Page._meta.db_table} module_page
          ON module_page.path = substr(page.path, 1, length(page.path) - {STEP})
        JOIN {ModulePage._meta.db_table} module ON module.page_ptr_id = module_page.id
        JOIN {Page._meta.db_table} course_page
          ON course_page.path = substr(page.path, 1, length(page.path) - {2 * STEP})
        JOIN {CoursePage._meta.db_table} course ON course.page_ptr_id = course_page.id
        WHERE page.slug = %s AND module_page.slug = %s AND course_page.slug = %s
          AND page.live AND module_page.live AND course_page.live"""  # noqa: S608 (our own names)


def get_lesson(course_slug: str, module_slug: str, lesson_slug: str) -> LessonPage:
    """Return the live lesson at an address, with its live ``module`` and ``course`` brought along.

    One query. These two carry the fields of ``MODULE_FIELDS`` and ``COURSE_FIELDS``; asking them
    for another costs a query each. Raises ``LessonPage.DoesNotExist``.
    """
    found = list(LessonPage.objects.raw(lesson_query(), [lesson_slug, module_slug, course_slug]))
    if not found:
        raise LessonPage.DoesNotExist
    lesson = found[0]
    for name, model, fields in (
        ("module", ModulePage, MODULE_FIELDS),
        ("course", CoursePage, COURSE_FIELDS),
    ):
        values = {field: getattr(lesson, f"{name}_{field}") for field in fields}
        setattr(lesson, name, partly_loaded(model, values))
    return lesson


def partly_loaded(model: type[PageType], values: dict[str, Any]) -> PageType:
    """Return a page that holds ``values``; every other field is fetched when asked for."""
    values = values | {"page_ptr_id": values["id"], "live": True}
    names = [f.attname for f in model._meta.concrete_fields if f.attname in values]
    return model.from_db("default", names, [values[name] for name in names])


@dataclass(frozen=True)
class CourseCard:
    """A course as the lists show it."""

    id: int
    key: str
    number: int
    title: str
    short_title: str
    summary: str
    url: str
    edition: str
    lesson_count: int
    online_periods: int
    class_periods: int


def course_cards() -> list[CourseCard]:
    """Return the live courses by their number; two queries, however many there are."""
    courses = list(
        CoursePage.objects.filter(live=True)
        .order_by("number", "path")
        .only(
            "title",
            "path",
            "url_path",
            "key",
            "number",
            "short_title",
            "summary",
            "edition",
            "online_periods",
            "class_periods",
            "depth",
            "slug",
            "live",
        )
    )
    lessons = LessonPage.objects.filter(live=True).values_list("path", flat=True)
    counts: dict[str, int] = {}
    for path in lessons:
        counts[path[: -2 * STEP]] = counts.get(path[: -2 * STEP], 0) + 1
    return [
        CourseCard(
            id=course.pk,
            key=course.key,
            number=course.number,
            title=course.title,
            short_title=course.short_title,
            summary=course.summary,
            url=address_of(course.url_path),
            edition=course.edition,
            lesson_count=counts.get(course.path, 0),
            online_periods=course.online_periods,
            class_periods=course.class_periods,
        )
        for course in courses
    ]


def find_quiz(course_slug: str, quiz_slug: str) -> QuizPage | None:
    """Return the live quiz at an address or ``None``; one query."""
    courses = CoursePage.objects.filter(
        live=True, path=Left(OuterRef("path"), Length(OuterRef("path")) - STEP)
    )
    return (
        QuizPage.objects.filter(live=True, slug=quiz_slug)
        .annotate(course_slug=Subquery(courses.values("slug")))
        .filter(course_slug=course_slug)
        .first()
    )
