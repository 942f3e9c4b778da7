"""Lists of people: as long as their figures, alike over facts and standings, and who sees them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from courses.standing import standings
from lms.people.models import StaffMember, User
from lms.target.figures import Basis, Question, figures, is_root
from lms.target.figures.derived import Needs, Source
from lms.target.lists import Order, Plans, Who, people, tallies
from lms.target.lists import tallies as tallying
from lms.target.lists.entries import LISTS
from lms.target.standing.refreshing import rebuild
from tests import factories as f
from tests.courses.rounds import make_attempt, make_mark, make_session
from tests.numbers import at_length
from tests.target.histories import Base, make_base
from tests.target.test_recount import ask
from tests.target.test_standing import NOW, followed

pytestmark = pytest.mark.django_db

DAY = date(2024, 6, 30)
ADDRESS = {"ngay": "30/06/2024"}


@pytest.fixture
def base() -> Base:
    return make_base()


def both_ways() -> tuple[Basis, Basis]:
    needs = Needs.read()
    return Basis(Source(True, frozenset()), needs), Basis(Source(False, frozenset()), needs)


def test_every_list_is_the_same_over_standings_and_over_facts(base):
    met: set[Who] = set()
    for seed, history in followed(base, range(7500, 7500 + at_length(8, 200))):
        derived, facts = both_ways()
        for day, known, unit in history.questions(2):
            version = ask(day, known, unit)
            if version is None:
                continue
            question = Question(day, known, unit_id=unit.pk, is_root=is_root(version))
            for who in Who:
                found = people(question, who, limit=None, basis=derived)
                assert found == people(question, who, limit=None, basis=facts), (seed, who)
                if found.count:
                    met.add(who)
            many = {"people": 5, "plans": Plans.read()}
            assert tallies(question, basis=derived, **many) == tallies(
                question, basis=facts, **many
            )
    assert met >= {Who.NOT_STARTED, Who.PROGRESS, Who.RETRAIN, Who.NEW, Who.NEVER_SIGNED_IN}


def test_lists_are_as_long_as_the_figures(base):
    for seed, history in followed(base, range(7600, 7600 + at_length(6, 100))):
        derived, _facts = both_ways()
        for day, known, unit in history.questions(3):
            version = ask(day, known, unit)
            if version is None:
                continue
            question = Question(day, known, unit_id=unit.pk, is_root=is_root(version))
            found = figures(version, day, known)
            total = found.total
            lengths = {
                Who.NOT_STARTED: total.not_started,
                Who.PROGRESS: total.in_progress,
                Who.RETRAIN: total.needs_retraining,
                Who.NEW: total.newly_assigned,
                Who.ON_LEAVE: total.on_leave,
                Who.MISSING: total.missing,
                Who.EVERYBODY: total.everybody,
                Who.UNPLACED: found.unplaced.denominator,
            }
            for who, length in lengths.items():
                page = people(question, who, limit=None, basis=derived)
                assert page.count == len(page.lines) == length, (seed, who)
            counted = tallies(question, people=5, basis=derived, plans=Plans.read())
            for who, length in counted.people.items():
                assert people(question, who, basis=derived).count == length, (seed, who)


# Who lacks one thing -----------------------------------------------------------------------------


def learn(person: StaffMember, course: Any, quiz: Any, lessons: list, random: Random) -> None:
    """A round in which anything may be done: lessons, test, class, marks taken back."""
    opened = datetime(2024, 2, random.randint(1, 20), 3, 0, tzinfo=UTC)
    enrolment = f.make_enrolment(person, course, at=opened)
    for lesson in lessons:
        if random.random() < 0.85:
            enrolment.lesson_progress.create(
                lesson=lesson,
                lesson_version=lesson.latest_version,
                done_at=opened,
                done_on=opened.date(),
                recorded_at=opened,
                recorded_on=opened.date(),
            )
    if random.random() < 0.8:
        make_attempt(enrolment, quiz, started_at=opened, passed=random.random() < 0.6)
    session = make_session(course, starts_at=opened + timedelta(days=30), periods=[1, 2, 3])
    at = session.starts_at
    for _number in range(random.choice([0, 0, 1, 1, 2, 3])):
        periods = random.choice([[1, 2, 3], [1, 2, 3], [1, 2]])
        make_mark(enrolment, session, periods=periods, at=at)
        at += timedelta(minutes=5)
        if random.random() < 0.3:
            make_mark(enrolment, session, status="", periods=[], at=at, source="undo")
            at += timedelta(minutes=5)
    if random.random() < 0.15:
        type(session).objects.filter(pk=session.pk).update(cancelled_at=at)


def expected_almost(persons: list[StaffMember], courses: list[Any]) -> dict[Who, set[int]]:
    """The courses' own answer, one person at a time."""
    found: dict[Who, set[int]] = {Who.ONLY_CLASS: set(), Who.ONLY_QUIZ: set()}
    at = datetime(2024, 6, 30, 12, 0, tzinfo=UTC)
    for person in persons:
        missing = [
            {each.code for each in course.missing} if course.is_open else set()
            for course in standings(person, courses, at=at).values()
            if not course.is_held
        ]
        for who, code in ((Who.ONLY_CLASS, "attendance"), (Who.ONLY_QUIZ, "post_test")):
            if missing and all(codes == {code} for codes in missing):
                found[who].add(person.pk)
    return found


def test_who_lacks_only_class_or_test_is_whom_the_courses_name(province):
    random, parts = Random(3), []
    for course in province.courses:
        module = f.make_module(course)
        lessons = [f.make_lesson(module) for _number in range(2)]
        quiz = f.make_quiz(course)
        course.refresh_from_db()
        f.make_course_version(course)
        parts.append((course, quiz, lessons))
    persons = [province.person("51001") for _number in range(60)]
    for person in persons:
        for course, quiz, lessons in parts:
            if random.random() < 0.5:
                f.make_completion(person, course, valid_from=date(2024, 2, 1))
            elif random.random() < 0.9:
                learn(person, course, quiz, lessons, random)
    expected = expected_almost(persons, province.courses)
    assert all(len(found) > 3 for found in expected.values())
    question = Question(DAY, unit_id=province.units["49"].pk, is_root=True)
    for _round in range(2):
        counted = tallies(question, people=60, basis=Basis.read(), plans=Plans.read())
        for who, found in expected.items():
            page = people(question, who, limit=None)
            assert {line.person_id for line in page.lines} == found
            assert page.count == counted.people[who] == len(found)
        rebuild(at=NOW)


def test_among_very_many_only_the_list_counts_who_lacks_one_thing(province, monkeypatch):
    monkeypatch.setattr("lms.target.lists.counting.MOST_LOOKED_THROUGH", 3)
    question = Question(DAY, unit_id=province.units["49"].pk, is_root=True)
    for number, expected in ((3, 0), (4, None)):
        found = tallying(question, people=number, basis=Basis.read(), plans=Plans.read())
        assert found.people[Who.ONLY_CLASS] == found.people[Who.ONLY_QUIZ] == expected


# The page ----------------------------------------------------------------------------------------


def test_who_never_signed_in(province, as_role):
    came, never, without = (province.person("51001", name=name) for name in "ABC")
    for person in (came, never):
        f.make_user(person)
    User.objects.filter(staff=came).update(last_login=timezone.now())
    client = as_role("province_manager")
    board = client.get("/tien-do/", ADDRESS | {"ds": "chua-dang-nhap"}).context["board"]
    assert [line.person_id for line in board.people.lines] == [never.pk, without.pk]
    assert {e.list_name: e.count for e in board.entries}["chua-dang-nhap"] == 2


def test_every_list_has_its_address_and_its_length(province, as_role):
    province.person("51001", valid_from=date(2024, 6, 1), name="Hà Mới")
    province.person("CHUA-XEP", name="Hà Chờ")
    away = province.person("51001", name="Hà Nghỉ")
    f.make_leave(away, valid_from=date(2024, 6, 1))
    client = as_role("province_manager")
    page = client.get("/tien-do/", ADDRESS)
    assert [each.list_name for each, _url in page.context["entries"]] == list(LISTS)
    for each, url in page.context["entries"]:
        board = client.get(url).context["board"]
        assert board.people.count == each.count, each.list_name
    district = client.get("/tien-do/", ADDRESS | {"don-vi": "510"})
    assert "chua-xep" not in {each.list_name for each, _url in district.context["entries"]}


def test_a_list_as_a_file_holds_the_people_of_the_page(province, as_role):
    away = province.person("51001", name="Hà Nghỉ")
    f.make_leave(away, valid_from=date(2024, 6, 1))
    province.person("51001", name="Hà Làm")
    client = as_role("unit_focal", "51001")
    response = client.post("/tien-do/xuat-ten/", ADDRESS | {"tep": "csv", "ds": "nghi-dai-han"})
    assert "nghi-dai-han.csv" in response["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig")), delimiter=";"))
    assert [row[2] for row in rows[1:]] == ["Hà Nghỉ"]
    everybody = client.post("/tien-do/xuat-ten/", ADDRESS | {"tep": "csv", "ds": "khong-co"})
    assert "Hà Làm" in everybody.getvalue().decode()


def test_a_list_goes_on_by_key_over_standings(province):
    for number in range(7):
        province.person("51001", name=f"Hà {number}", valid_from=date(2024, 1, 1 + number))
    rebuild(at=NOW)
    question = Question(DAY, unit_id=province.units["510"].pk)
    for order in Order:
        whole = people(question, Who.MISSING, order=order, limit=None).lines
        found, key = [], ""
        while key is not None:
            page = people(question, Who.MISSING, order=order, after=key, limit=3)
            found += page.lines
            key = page.next_key
        assert tuple(found) == whole
        assert len(found) == 7


def test_among_very_many_the_page_goes_by_name_and_looks_at_its_own_people(
    province, as_role, monkeypatch
):
    for number in range(30):
        province.person("51001", name=f"Nguyễn Văn {number:02}", valid_from=date(2024, 1, 1))
    for person in StaffMember.objects.filter(full_name__endswith="5"):
        province.train(person)
    client = as_role("province_manager")
    whole = client.get("/tien-do/", ADDRESS | {"xep": "ten"}).context["board"].people
    monkeypatch.setattr("lms.target.dashboard.MOST_LOOKED_THROUGH", 20)
    for built in (False, True):
        if built:
            rebuild(at=NOW)
        first = client.get("/tien-do/", ADDRESS)
        second = client.get(first.context["next_url"])
        board = first.context["board"]
        assert board.people.lines == whole.lines
        assert board.people.count == whole.count == 27
        assert len(second.context["board"].people.lines) == 2
        assert second.context["next_url"] == ""
        lengths = {each.list_name: each.count for each in board.entries}
        assert lengths["chua-bat-dau"] == 27
        assert lengths["chua-dang-nhap"] is lengths["het-han-30"] is None
        # Due dates are those of the short way; who lacks one thing is looked for in a unit.
        assert all(line.due_on for line in board.people.lines)
        too_long = client.get("/tien-do/", ADDRESS | {"ds": "con-thieu-lop"})
        assert "chọn một đơn vị" in too_long.content.decode()
        ending = client.get("/tien-do/", ADDRESS | {"ds": "het-han-30"}).context["board"]
        assert ending.people.count == 0
        never = client.get("/tien-do/", ADDRESS | {"ds": "chua-dang-nhap"}).context["board"]
        assert len(never.people.lines) == 25
