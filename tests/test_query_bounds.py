"""What every page costs: a literal bound for each address, and no growth with the rows behind it.

Each page is asked for in the small world and again after it has grown (``docs/decisions.md`` 38).
Counted are queries, without transaction statements, at the second visit: caches are warm.
"""

from __future__ import annotations

from datetime import date, timedelta

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
from courses.recognition.evidence import read_evidence
from courses.recognition.papers import Claim, hand_in
from lms.people.corrections import ask_correction
from lms.people.models import Unit
from lms.target.goals import Draft, Milestone, change, milestones_by_target, print_of, set_up
from lms.target.models import TargetTerms
from tests.addresses import ROWS, read_to_the_end
from tests.factories import make_course, make_person, make_posting, make_unit
from tests.test_role_matrix import ACTORS, GET
from tests.world import (
    ANONYMOUS,
    World,
    add,
    learn,
    make_learner,
    pass_quiz,
    picture,
    publish,
    sign_in,
)

pytestmark = pytest.mark.django_db

MORE = 7
# For whom a page is made; where learners have none, who sees most of it.
PREFERRED = ("learner", "province_manager", "instructor", "sysadmin", ANONYMOUS)
# Officers who learn too: roles and the second factor must not cost queries of their own.
OFFICERS = ("unit_focal", "province_manager", "instructor")
TRANSACTION = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "SET TRANSACTION")

# Queries of one visit; the issue's own limits: course 15, lesson 12, my learning 14, dashboard 15.
BOUNDS: dict[str, int] = {
    "people:sign_in": 0,
    "people:forgotten_password": 2,
    "people:reset_sent": 2,
    "people:first_sign_in": 2,
    "people:account": 3,
    "people:change_password": 2,
    "people:notice": 2,
    "people:accounts": 7,
    "people:person_account": 10,
    "people:person_roles": 7,
    "people:batches": 4,
    "people:batch": 20,
    "people:staff_merge": 9,
    "people:staff_add": 6,
    "people:staff_duties": 12,
    "people:staff_edit": 9,
    "people:staff_transfer": 9,
    "people:staff_concurrent": 9,
    "people:staff_leave": 9,
    "people:staff_end": 9,
    "people:staff_rejoin": 9,
    "people:staff_correct": 9,
    "people:staff_take_back": 9,
    "people:announcements": 5,
    "people:announcement_new": 3,
    "people:announcement": 4,
    "people:ask_correction": 6,
    "people:corrections": 6,
    "people:correction": 8,
    "people:staff_imports": 6,
    "people:staff_import": 9,
    "people:units": 5,
    "people:reorganisations": 5,
    "people:reorganisation_file": 4,
    "people:reorganisation_new": 4,
    "people:reorganisation": 15,
    "people:reorganisation_people": 9,
    "people:reorganisation_place": 8,
    "target:unit": 18,
    "page:HomePage": 9,
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
    "recognitions_mine": 3,
    "recognition_new": 3,
    "recognition_for": 5,
    "recognitions": 7,
    "recognition": 10,
    "recognition_erase": 4,
    "past_lists": 5,
    "past_list": 5,
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
    "target:bridge": 18,
    "target:ledger": 20,
    "target:baselines": 5,
    "target:baselines_new": 3,
    "target:baseline": 5,
    "target:reports": 6,
    "target:freeze": 6,
    "target:report": 16,
    "target:report_correct": 9,
    "target:report_differences": 14,
    "target:report_check": 10,
    "target:report_erase": 6,
    "target:staff": 10,
    "target:bundle": 4,
    "target:record": 35,
    "target:integrity": 4,
    "target:targets": 16,
    "target:target": 21,
    "target:target_new": 6,
    "target:target_change": 10,
    "target:target_end": 7,
    "target:matrix": 10,
    "target:tiers": 8,
    "target:rules": 10,
    "target:refreshers": 7,
    "target:periods": 6,
    "target:period": 5,
    "target:desk": 14,
    "target:focals": 8,
    "target:rosters": 7,
    "target:roster": 16,
    "target:reminders": 7,
    "target:reminders_printed": 6,
    "target:notice_texts": 4,
    "target:notice_text": 4,
}


def seers(actors: tuple[str, ...] = (*PREFERRED, *ACTORS)) -> dict[str, str]:
    """Return for each address that is a page the first of ``actors`` who sees it."""
    found = {}
    for name, verdicts in GET.items():
        letters = dict(zip(ACTORS, verdicts.replace(" ", ""), strict=True))
        seeing = [actor for actor in actors if letters[actor] == "."]
        if ROWS[name].is_page and seeing:
            found[name] = seeing[0]
    return found


def costs(world: World, seen_by: dict[str, str]) -> dict[str, int]:
    """Return the queries of a second visit to each page of ``seen_by``."""
    clients: dict[str, Client] = {}
    found = {}
    for name, actor in seen_by.items():
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
        more_targets(world, unit, number)
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


def more_targets(world: World, unit: Unit, number: int) -> None:
    """A target of a new commune, and one more change of the one looked at."""
    at, actor = world.at, world.users["province_manager"]
    year = {"first_day": date(at.year, 1, 1), "last_day": date(at.year, 12, 31)}
    step = Milestone(date(at.year, 1, 1 + number), 20 + number)
    said = {"owner": world.department, "milestones": (step,)} | year
    set_up(Draft(name=f"Chỉ tiêu thêm {number}", unit=unit, **said), actor=actor, at=at)
    own = world.own.target
    terms = TargetTerms.objects.current().get(target=own.target_id)
    milestones = milestones_by_target([own.target_id])[own.target_id]
    change(
        own.target,
        Draft(name=own.name, unit=world.own.unit, level_percent=60 + number, **said),
        seen=print_of(terms, milestones),
        reason=f"QĐ {number}",
        actor=actor,
        at=at,
    )


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
    claim = Claim("Lớp thêm", "Bộ", date(2024, 3, 4), date(2024, 3, 5), 16, f"{number}/GCN", None)
    for owner in (user, world.own.learner):
        hand_in(owner.staff, claim, read_evidence(picture()), actor=owner, at=at)


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
    small = costs(world, seers())
    grow(world)
    large = costs(world, seers())
    assert set(small) == set(BOUNDS)
    assert {name: count for name, count in large.items() if count > BOUNDS[name]} == {}
    grown = {name: (count, large[name]) for name, count in small.items() if large[name] > count}
    assert grown == {}


@pytest.mark.parametrize("actor", OFFICERS)
def test_an_officer_with_a_role_pays_no_more_than_a_learner(world: World, actor: str):
    found = costs(world, seers((actor,)))
    assert {"lesson", "course", "quiz", "target:learning"} <= set(found)
    assert {name: count for name, count in found.items() if count > BOUNDS[name]} == {}
