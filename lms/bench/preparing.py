"""The database of the benchmark: own, seeded once, with fresh learners for every run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql
from wagtail.models import Page

from certificates.models import Certificate
from content.models import CoursePage, HomePage, LessonPage
from courses.enrolment import enrol
from courses.models import Enrolment
from courses.progress import answer_decisions, mark_lessons_done
from lms.bench.province import Size, build, make_manager
from lms.demo.cast import PASSWORD, TRAINED
from lms.demo.courses import CourseKit, read_courses
from lms.people.accounts import create_account
from lms.people.days import local_day
from lms.people.models import PositionGroup, StaffMember, UnitVersion, User
from lms.people.planner import refresh_planner_statistics
from lms.people.staff import open_posting, register_person
from lms.target.standing.checkpoints import keep_days
from lms.target.standing.refreshing import is_built, rebuild

COURSE = "nhan-dien"
COMMUNE = "20626"
BARE_SLUG = "trang-tran"


@dataclass(frozen=True)
class Addresses:
    """Where the pages stand that are asked for."""

    bare: str
    course: str
    lesson: str
    quiz: str
    certificate: str


def create_database(server: str, url: str) -> None:
    """Create the database if it is not there."""
    name = urlsplit(url).path.removeprefix("/")
    with psycopg.connect(server, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if known.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def prepare(staff_count: int) -> None:
    """Bring tables, content, people and static files up to date; seconds if nothing is missing."""
    call_command("migrate", verbosity=0, interactive=False)
    call_command("load_units", verbosity=0)
    if not CoursePage.objects.exists():
        call_command("load_courses", edition="demo", verbosity=0)
    if not StaffMember.objects.exists():
        call_command("seed_demo", staff=staff_count, seed=1, verbosity=0)
    # A server that keeps no statistics by itself measures its planner, not the portal.
    refresh_planner_statistics()
    if is_static_stale():
        call_command("collectstatic", verbosity=0, interactive=False)


def prepare_province(staff_count: int, *, tell: Callable[[str], object]) -> None:
    """Write the large province if it is not there, with the table behind its figures.

    A million people take about half an hour, once.
    """
    call_command("migrate", verbosity=0, interactive=False)
    call_command("load_units", verbosity=0)
    if not CoursePage.objects.exists():
        call_command("load_courses", edition="demo", verbosity=0)
    if not StaffMember.objects.exists():
        build(Size(staff_count, timezone.now()), tell=tell)
        refresh_planner_statistics()
    if not is_built():
        began = time.monotonic()
        rows = rebuild(at=timezone.now())
        tell(f"{time.monotonic() - began:6.0f} s  {rows} rows behind the figures")
    make_manager(at=timezone.now())
    keep_days(at=timezone.now())
    # Pages read from an index alone only where the table was vacuumed after it was filled.
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    if is_static_stale():
        call_command("collectstatic", verbosity=0, interactive=False)


def is_static_stale() -> bool:
    """Tell whether a static file is newer than what was collected; collecting takes a minute."""
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if not manifest.exists():
        return True
    sources = (storage.path(path) for finder in get_finders() for path, storage in finder.list([]))
    return manifest.stat().st_mtime < max(Path(source).stat().st_mtime for source in sources)


def find_addresses() -> Addresses:
    """Return the pages to ask for; the bare one is made if it is missing."""
    course = CoursePage.objects.get(key=COURSE)
    lesson = LessonPage.objects.descendant_of(course).filter(kind="lesson").order_by("path").first()
    quiz = read_courses(local_day(course.first_published_at))[COURSE].post_test
    certificate = Certificate.objects.filter(person__staff_code=TRAINED).order_by("pk").first()
    return Addresses(
        bare=bare_page(depth=lesson.depth).url,
        course=course.url,
        lesson=lesson.url,
        quiz=quiz.url,
        certificate=f"/chung-nhan/{certificate.pk}/",
    )


def bare_page(*, depth: int) -> Page:
    """Return a page without anything of ours, as deep in the tree as a lesson."""
    page = HomePage.objects.get()
    while page.depth < depth:
        child = Page.objects.child_of(page).filter(slug__startswith=BARE_SLUG).first()
        if child is None:
            child = page.add_child(
                instance=Page(title="Trang trần", slug=f"{BARE_SLUG}-{page.depth}", live=True)
            )
        page = child
    return page.specific


@transaction.atomic
def make_learners(count: int, *, at: datetime) -> list[str]:
    """Return the sign-ins of ``count`` new learners who may take the post-test of course 1.

    One hash serves all passwords: a thousand would take minutes, and sign-ins cost the same.
    """
    day = local_day(at)
    unit = UnitVersion.objects.current().valid_on(day).get(code=COMMUNE).unit
    group = PositionGroup.objects.get(code="xa_ldtbxh")
    kit = read_courses(day)[COURSE]
    password = make_password(PASSWORD)
    first = StaffMember.objects.filter(staff_code__startswith="BENCH").count()
    signs = []
    for number in range(first, first + count):
        person = register_person(
            full_name="Người Học Thử", staff_code=f"BENCH{number:05}", actor=None, at=at
        )
        open_posting(
            person, unit=unit, group=group, valid_from=day - timedelta(days=30), actor=None, at=at
        )
        user = create_account(person, actor=None, at=at)
        User.objects.filter(pk=user.pk).update(
            password=password, must_change_password=False, informed_at=at
        )
        read_all(kit, enrol(person, kit.page, actor=user, at=at), user, at=at)
        signs.append(user.username)
    return signs


def read_all(kit: CourseKit, enrolment: Enrolment, user: User, *, at: datetime) -> None:
    """Do the lessons and the scenario, so that the post-test opens."""
    mark_lessons_done(enrolment, [(lesson, at) for lesson in kit.lessons], actor=user, at=at)
    for lesson, version, decisions in kit.scenarios:
        choices = {decision.key: decision.options[0].key for decision in decisions}
        answer_decisions(enrolment, lesson, choices, version=version, actor=user, at=at)
