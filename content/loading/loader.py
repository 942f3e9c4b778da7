"""Loads the starter courses: laws, then each course with its lessons, questions and quizzes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from wagtail.models import Page, Site

from content.loading.bodies import body_of, reviewed_part
from content.loading.changes import Ledger, Report
from content.loading.laws import load_laws
from content.loading.pages import write_lesson, write_page
from content.loading.questions import load_questions
from content.loading.sources import (
    STARTER,
    CourseSource,
    SourceError,
    Sources,
    digest,
    read_sources,
)
from content.models import (
    CourseIndexPage,
    CoursePage,
    HomePage,
    LessonPage,
    ModulePage,
    Question,
    QuizPage,
)
from content.models.pages import CertificateMode, LessonKind
from content.models.quizzes import QuizKind
from content.publishing import course_versions_at_the_end
from content.slugs import ascii_slug
from lms.people.models import RuleSet

# ``real`` publishes what is reviewed and keeps the rest as a newer draft; ``demo`` publishes all,
# visibly marked (``docs/decisions.md`` 22).
EDITIONS = ("real", "demo")

HOME_TITLE = "Tập huấn để mỗi nạn nhân được giúp đỡ an toàn, đúng quy định"
HOME_LEAD = (
    "Các khóa học cho cán bộ làm công tác hỗ trợ nạn nhân bị mua bán: nhận diện, tham vấn, hồ sơ, "
    "pháp lý. Học được trên điện thoại, kể cả khi mạng yếu."
)
HOME_STEPS = {
    "title": "Học như thế nào",
    "steps": [
        ("Học từng bài ngắn", "Mỗi bài khoảng 10 đến 20 phút. Học đến đâu, cổng ghi nhận đến đó."),
        ("Kiểm tra và thực hành", "Làm bài kiểm tra cuối khóa và dự buổi học trực tiếp."),
        ("Nhận giấy chứng nhận", "Giấy có mã kiểm tra, tải về hoặc in; ai cũng có thể đối chiếu."),
    ],
}
INDEX_LEAD = (
    "Mỗi nhóm vị trí có khóa bắt buộc riêng. Đăng nhập để xem phần của anh/chị; khóa nào cũng "
    "có thể học tự nguyện."
)

COURSE_FIELDS = (
    "title",
    "number",
    "short_title",
    "summary",
    "aims",
    "audience",
    "edition",
    "online_periods",
    "class_periods",
    "class_plan",
    "class_notes",
    "class_size_max",
    "gates",
    "pass_mark_percent",
    "attendance_percent",
)
LESSON_FIELDS = ("title", "kind", "summary", "minutes", "edition", "body", "sources")
QUIZ_FIELDS = (
    "title",
    "quiz_kind",
    "question_count",
    "time_limit_minutes",
    "matrix",
    "fixed_questions",
)


def load_courses(*, edition: str, at: datetime, root: Path = STARTER) -> Report:
    """Bring the starter courses of ``root`` in or up to date; return what was done.

    ``at`` is written as the moment of loading. Each course is one transaction. Raises
    :class:`SourceError`, with nothing of that course written, if a source file is wrong.
    """
    sources = read_sources(root)
    report = Report()
    ledger = Ledger(report, at)
    with transaction.atomic():
        laws = load_laws(sources, ledger)
        index = ensure_index()
    for source in sources.courses:
        with transaction.atomic(), course_versions_at_the_end(at=at, actor=None):
            CourseLoader(source, sources, laws, ledger, edition).run(index)
    return report


def ensure_index() -> CourseIndexPage:
    """Return the list of courses; makes it, the home page and the site on the first loading."""
    index = CourseIndexPage.objects.first()
    if index is not None:
        return index
    home = HomePage.objects.first() or make_home()
    index = CourseIndexPage(title="Khóa học", slug="khoa-hoc", lead=INDEX_LEAD)
    home.add_child(instance=index)
    index.save_revision().publish()
    return index


def make_home() -> HomePage:
    root = Page.get_first_root_node()
    home = HomePage(title=HOME_TITLE, slug="trang-chu", lead=HOME_LEAD)
    home.body = [
        (
            "steps",
            {
                "title": HOME_STEPS["title"],
                "steps": [{"title": t, "text": text} for t, text in HOME_STEPS["steps"]],
            },
        )
    ]
    root.add_child(instance=home)
    home.save_revision().publish()
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={"hostname": "localhost", "root_page": home, "site_name": "Cổng tập huấn"},
    )
    # Wagtail's own page of a fresh database; anything else a person made.
    for page in Page.objects.child_of(root).filter(slug="home", numchild=0):
        if page.specific_class is Page:
            page.delete()
    return home


class CourseLoader:
    """Loads one course."""

    def __init__(
        self,
        source: CourseSource,
        sources: Sources,
        laws: Mapping[str, int],
        ledger: Ledger,
        edition: str,
    ) -> None:
        self.source = source
        self.sources = sources
        self.laws = laws
        self.ledger = ledger
        self.is_demo = edition == "demo"

    def run(self, index: CourseIndexPage) -> None:
        course = self.course(index)
        if course is None:
            return  # a trainer deleted it with all that was below
        modules = {}
        for settings in self.source.settings["modules"]:
            module = self.module(course, settings)
            if module is None:
                continue
            modules[settings["key"]] = module
            for key in settings["lessons"]:
                self.lesson(module, self.source.lessons[key])
        questions = load_questions(
            self.source, course, modules, self.sources, self.laws, self.ledger, self.is_demo
        )
        self.quizzes(course, questions)

    def course(self, index: CourseIndexPage) -> CoursePage | None:
        settings = self.source.settings
        gates = list(CoursePage.objects.filter(key__in=settings["gates"]).order_by("number"))
        if missing := set(settings["gates"]) - {gate.key for gate in gates}:
            raise SourceError(f"{self.source.key}: gates come later or nowhere: {missing}")
        fields = {
            "title": settings["title"],
            "number": settings["number"],
            "short_title": settings["short_title"],
            "summary": settings["summary"],
            "aims": [("aim", aim) for aim in settings["aims"]],
            "audience": settings["audience"],
            "edition": settings["edition"],
            "online_periods": settings["periods"]["online"],
            "class_periods": settings["periods"]["class"],
            "class_plan": [("step", step) for step in settings["class_plan"]],
            "class_notes": "\n".join(settings["class_notes"]),
            "class_size_max": settings["class_size"]["max"],
            "gates": gates,
            "pass_mark_percent": unless_default(settings, "pass_mark_percent"),
            "attendance_percent": unless_default(settings, "attendance_percent"),
        }
        first = {
            "slug": self.source.key,
            "key": self.source.key,
            "certificate_mode": CertificateMode.ON_COMPLETION
            if self.is_demo
            else CertificateMode.BY_DECISION,
        }
        standing = CoursePage.objects.filter(key=self.source.key).first()
        return self.ledger.load(
            f"course:{self.source.key}",
            digest(settings),
            standing,
            COURSE_FIELDS,
            lambda: write_page(CoursePage, standing, index, fields, first),
        )

    def module(self, course: CoursePage, settings: dict[str, Any]) -> ModulePage | None:
        standing = ModulePage.objects.filter(key=settings["key"]).first()
        fields = {"title": settings["title"]}
        first = {"slug": ascii_slug(settings["title"]), "key": settings["key"]}
        return self.ledger.load(
            f"module:{settings['key']}",
            digest(settings["title"]),
            standing,
            ("title",),
            lambda: write_page(ModulePage, standing, course, fields, first),
        )

    def lesson(self, module: ModulePage, source: dict[str, Any]) -> None:
        key = source["key"]
        standing = LessonPage.objects.filter(key=key).first()
        body = body_of(source, self.sources, self.laws)
        has_case = any(block["type"] == "case_scenario" for block in body)
        fields = {
            "title": source["title"],
            "summary": source["summary"],
            "minutes": source["minutes"],
            "kind": LessonKind.SCENARIO if has_case else LessonKind.LESSON,
            "edition": source["edition"],
            "sources": "\n".join(self.sources.sources_of(source)),
        }
        shown = body if self.is_demo else reviewed_part(body)
        first = {"slug": ascii_slug(source["title"])[:60].strip("-"), "key": key}
        self.ledger.load(
            f"lesson:{key}",
            digest(source, body, fields["sources"], self.is_demo),
            standing,
            LESSON_FIELDS,
            lambda: write_lesson(standing, module, fields, first, body, shown),
        )
        if shown != body:
            self.ledger.report.drafts.append(f"lesson:{key}")

    def quizzes(self, course: CoursePage, questions: Mapping[str, Question]) -> None:
        settings = self.source.settings
        post = settings["post_test"]
        matrix = {name: value for name, value in post.items() if name not in {"count", "minutes"}}
        fixed = [questions[key] for key in settings["pre_test"] if key in questions]
        self.quiz(
            course,
            {
                "title": "Kiểm tra đầu khóa",
                "quiz_kind": QuizKind.PRE,
                "question_count": len(fixed),
                "time_limit_minutes": None,
                "matrix": {},
                "fixed_questions": fixed,
            },
        )
        self.quiz(
            course,
            {
                "title": "Kiểm tra cuối khóa",
                "quiz_kind": QuizKind.POST,
                "question_count": post["count"],
                "time_limit_minutes": post["minutes"],
                "matrix": matrix,
                "fixed_questions": [],
            },
        )

    def quiz(self, course: CoursePage, fields: dict[str, Any]) -> None:
        key = f"{self.source.key}-{fields['quiz_kind']}"
        standing = QuizPage.objects.filter(key=key).first()
        plain = fields | {"fixed_questions": [each.key for each in fields["fixed_questions"]]}
        first = {"slug": ascii_slug(fields["title"]), "key": key}
        self.ledger.load(
            f"quiz:{key}",
            digest(plain),
            standing,
            QUIZ_FIELDS,
            lambda: write_page(QuizPage, standing, course, fields, first),
        )


def unless_default(settings: dict[str, Any], name: str) -> int | None:
    """Return the course's own number, ``None`` where it is the rule set's: that one is dated."""
    return None if settings[name] == RuleSet._meta.get_field(name).default else settings[name]
