"""What every page costs: a literal bound for each address, and no growth with the rows behind it.

Each page is asked for in the small world and again after it has grown (``docs/decisions.md`` 38).
Counted are queries, without transaction statements, at the second visit: caches are warm.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from certificates.issuing import issue_certificate
from content.models import LessonPage, ModulePage
from content.publishing import course_versions_at_the_end
from courses.attendance import record_attendance
from courses.classes import add_session, add_to_roster, create_class
from courses.enrolment import enrol
from courses.models import Completion
from courses.quizzes.attempts import start_attempt
from lms.people.corrections import ask_correction
from tests.addresses import ROWS, read_to_the_end
from tests.factories import make_course, make_person, make_posting, make_unit
from tests.test_role_matrix import ACTORS, GET
from tests.world import ANONYMOUS, World, add, learn, make_learner, pass_quiz, publish, sign_in

pytestmark = pytest.mark.django_db

MORE = 7
# For whom a page is made; where learners have none, who sees most of it.
PREFERRED = ("learner", "province_manager", "instructor", "sysadmin", ANONYMOUS)
TRANSACTION = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "SET TRANSACTION")

# Queries of one visit; the issue's own limits: course 15, lesson 12, my learning 14, dashboard 15.
BOUNDS: dict[str, int] = {
    "people:sign_in": 0,
    "people:forgotten_password": 2,
    "people:reset_sent": 2,
    "people:first_sign_in": 2,
    "people:account": 2,
    "people:change_password": 2,
    "people:notice": 2,
    "people:accounts": 7,
    "people:person_account": 10,
    "people:person_roles": 7,
    "people:ask_correction": 6,
    "people:corrections": 6,
    "people:correction": 8,
    "page:HomePage": 8,
    "page:CourseIndexPage": 10,
    "page:CoursePage": 15,
    "page:LessonPage": 12,
    "page:QuizPage": 8,
    "course": 15,
    "lesson": 12,
    "quiz": 8,
    "attempt": 3,
    "attempt_submit": 3,
    "completion_reviews": 6,
    "completion": 7,
    "classes": 9,
    "class_new": 7,
    "class": 15,
    "class_new_session": 5,
    "register": 10,
    "register_sheet": 9,
    "certificates": 3,
    "certificates_issue": 5,
    "certificate": 6,
    "verify_form": 2,
    "verify_certificate": 4,
    "target:learning": 14,
    "target:progress": 15,
    "target:staff": 7,
    "target:record": 25,
}


def seers() -> dict[str, str]:
    """Return for each address that is a page the actor who looks at it."""
    found = {}
    for name, verdicts in GET.items():
        letters = dict(zip(ACTORS, verdicts.replace(" ", ""), strict=True))
        actors = [actor for actor in (*PREFERRED, *ACTORS) if letters[actor] == "."]
        if ROWS[name].is_page and actors:
            found[name] = actors[0]
    return found


def costs(world: World) -> dict[str, int]:
    """Return the queries of a second visit to each page."""
    clients: dict[str, Client] = {}
    found = {}
    for name, actor in seers().items():
        if actor not in clients:
            clients[actor] = Client()
            if actor != ANONYMOUS:
                sign_in(clients[actor], world.users[actor])
        client, address = clients[actor], ROWS[name].find(world, world.own)
        cache.clear()
        read_to_the_end(client.get(address))
        with CaptureQueriesContext(connection) as queries:
            read_to_the_end(client.get(address))
        found[name] = sum(not each["sql"].startswith(TRANSACTION) for each in queries)
    return found


def grow(world: World) -> None:
    """Add people, units, lessons, courses, classes and requests all around what is looked at."""
    at, trainer = world.at, world.users["trainer"]
    for number in range(MORE):
        unit = make_unit(code=f"9{number:04}", name=f"Xã Thêm {number}", parent=world.district)
        make_posting(make_person(), unit=unit, group=world.group)
        graduate(world, number)
        extra = create_class(
            world.course,
            unit=world.own.unit,
            title=f"Lớp thêm {number}",
            place="Hội trường",
            instructors=[trainer, world.users["instructor"]],
            actor=world.users["province_manager"],
            at=at,
        )
        for training_class in (extra, world.own.training_class):
            starts = at + timedelta(days=10 + number)
            add_session(
                training_class,
                title="Buổi thêm",
                starts_at=starts,
                ends_at=starts + timedelta(hours=2),
                periods=[1],
                actor=trainer,
                at=at,
            )
        add_to_roster(extra, world.own.learner.staff, actor=trainer, at=at)
    # Last: who enrols from now on needs the new lessons too.
    with course_versions_at_the_end(at=at, actor=None):
        for number in range(MORE):
            key = f"9.{number}"
            publish(make_course(key=f"them-{number}", title=f"Khóa thêm {number}"), at=at)
            chapter = add(
                world.course,
                ModulePage(title=f"Học phần {number}", slug=f"hp-{number}", key=key),
                at=at,
            )
            lesson = LessonPage(title=f"Bài {number}", slug=f"bai-{number}", key=f"{key}.1")
            add(chapter, lesson, at=at)


def graduate(world: World, number: int) -> None:
    """Another learner of the commune, who has done everything and been corrected since."""
    at, trainer = world.at, world.users["trainer"]
    user = make_learner(world, f"Đoàn Thị Thêm {number}", unit=world.own.unit)
    enrolment = enrol(user.staff, world.course, actor=user, at=at)
    learn(world, user, enrolment, at=at)
    add_to_roster(world.own.training_class, user.staff, actor=trainer, at=at)
    attend(world, user, "present")
    pass_quiz(start_attempt(enrolment, world.post_test, actor=user, at=at), actor=user, at=at)
    issue_certificate(Completion.objects.get(enrolment=enrolment), actor=None, at=at)
    attend(world, user, "absent")
    ask_correction(user.staff, subject="name", text="Sai tên đệm.", actor=user, at=at)


def attend(world: World, user, status: str) -> None:
    record_attendance(
        world.own.session,
        {user.staff_id: status},
        marked_by=world.users["trainer"],
        at=world.at,
    )


def test_every_page_stays_within_its_bound_and_does_not_grow(world: World):
    # So that no list is empty to begin with: a review waits, and somebody without an account.
    attend(world, world.own.graduate, "absent")
    make_posting(make_person(), unit=world.own.unit, group=world.group)
    small = costs(world)
    grow(world)
    large = costs(world)
    assert set(small) == set(BOUNDS)
    assert {name: count for name, count in large.items() if count > BOUNDS[name]} == {}
    grown = {name: (count, large[name]) for name, count in small.items() if large[name] > count}
    assert grown == {}
