"""A province of any size, written set-based: units, people and three years of facts.

The seed of the demo invents people one by one, which takes a minute for ten thousand. Here the
database draws them by hashing row numbers: the same numbers give the same province. What the
figures are counted from is all there (postings with their earlier versions, concurrent duties,
leaves, names in the roster, rounds, completions that end, are renewed or corrected, lessons begun);
attempts, marks and certificates are not.
"""

# ruff: noqa: S608 (the text is put together from constants; whatever varies is a parameter)

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from content.models import CoursePage, LessonPage
from lms.demo.accounts import open_account
from lms.demo.cast import CAST, MANAGER
from lms.demo.names import invent_name
from lms.people.accounts import create_account
from lms.people.days import BEFORE, FAR, local_day
from lms.people.models import PositionGroup, StaffMember, Unit, UnitVersion
from lms.people.models.units import UnitLevel
from lms.people.staff import register_person
from lms.people.text import fold, person_sort_key, sort_key
from lms.people.units import find_root, rebuild_paths
from lms.target.standing.refreshing import close_book

NAMES = 20_000
DAYS = 3 * 365
# Position groups by where somebody works, the commonest first.
GROUPS = {
    UnitLevel.COMMUNE: ("xa_ldtbxh", "xa_ldtbxh", "xa_ldtbxh", "cong_an", "phu_nu", "doan_the"),
    UnitLevel.DISTRICT: ("phong_ldtbxh", "phong_ldtbxh", "cong_an", "phu_nu", "y_te_gd"),
    UnitLevel.AGENCY: ("so_ldtbxh", "tt_ctxh", "tgpl", "cong_an", "bien_phong", "tong_dai"),
}
VALIDITY_MONTHS = 24


@dataclass(frozen=True)
class Size:
    """How large the province is, and the days of its history: from ``first`` to ``today``."""

    staff_count: int
    at: datetime
    districts: int = 63
    communes_each: int = 189

    @property
    def today(self) -> date:
        return local_day(self.at)

    @property
    def first(self) -> date:
        return self.today - timedelta(days=DAYS)


def build(size: Size, *, tell: Callable[[str], object]) -> None:
    """Write the province into a database that holds units, courses and requirements, no people.

    One transaction: a run that is stopped leaves nothing.
    """
    close_book()
    with transaction.atomic():
        began = time.monotonic()
        for title, step in (
            ("units", add_units),
            ("names", fill_names),
            ("places", fill_places),
            ("people", add_people),
            ("postings", add_postings),
            ("leaves and names in the roster", add_leaves),
            ("completions", add_completions),
            ("lessons begun", add_lessons),
        ):
            step(size)
            tell(f"{time.monotonic() - began:6.0f} s  {title}")


def run(text: str, **params: object) -> None:
    """Do one statement; a per cent sign that is no parameter is written twice."""
    with connection.cursor() as cursor:
        cursor.execute(text, params)


def chance(salt: int, of: str = "i") -> str:
    """Return SQL for a number in [0, 1) that hangs on ``of`` and ``salt`` alone."""
    return f"((hashint8({of} * 64 + {salt}) & 1073741823) / 1073741824.0)"


def add_units(size: Size) -> None:
    """Fill the province up with districts and communes of the invented kind."""
    root = find_root(size.today)
    there = UnitVersion.objects.current().valid_on(size.today)
    districts = list(there.filter(level=UnitLevel.DISTRICT).values_list("unit_id", flat=True))
    for number in range(len(districts), size.districts):
        districts += add_versions(
            [(f"B{number:02}", f"Thử {number}", "Huyện", UnitLevel.DISTRICT, root.unit_id)], size.at
        )
    communes = []
    for number, district in enumerate(districts):
        missing = size.communes_each - there.filter(parent=district).count()
        communes += [
            (f"X{number:02}{each:03}", f"Thử {number}.{each}", "Xã", UnitLevel.COMMUNE, district)
            for each in range(missing)
        ]
    add_versions(communes, size.at)
    rebuild_paths()


def add_versions(rows: list[tuple[str, str, str, str, int]], at: datetime) -> list[int]:
    units = Unit.objects.bulk_create([Unit(created_at=at) for _row in rows], batch_size=5000)
    UnitVersion.objects.bulk_create(
        [
            UnitVersion(
                unit=unit, parent_id=parent, code=code, name=name, kind=kind, level=level,
                folded_name=fold(f"{kind} {name}"), sort_name=sort_key(name),
                valid_from=BEFORE, valid_to=FAR, recorded_at=at, recorded_on=BEFORE,
            )
            for unit, (code, name, kind, level, parent) in zip(units, rows, strict=True)
        ],
        batch_size=5000,
    )  # fmt: skip
    return [unit.pk for unit in units]


def fill_names(size: Size) -> None:
    """Keep invented names with their keys, which only our own code can make."""
    rng = random.Random("names")  # noqa: S311 (repeatable, not secret)
    run(
        "CREATE TEMP TABLE bench_name"
        " (n int PRIMARY KEY, full_name text, folded text, sorting text) ON COMMIT DROP"
    )
    with connection.cursor() as cursor, cursor.copy("COPY bench_name FROM STDIN") as copy:
        for number in range(NAMES):
            name = invent_name(rng, "505")
            copy.write_row((number, name, fold(name), person_sort_key(name)))


def fill_places(size: Size) -> None:
    """Number the places of work: each commune four times, so that most people work there."""
    groups = dict(PositionGroup.objects.values_list("code", "pk"))
    # ``neighbour`` is the next unit of the same level: most who move stay near.
    run(
        """
        CREATE TEMP TABLE bench_place ON COMMIT DROP AS
        SELECT row_number() OVER (ORDER BY turn, unit_id) - 1 AS n, unit_id, neighbour, level
        FROM (
            SELECT unit_id, level, lead(unit_id, 1, unit_id) OVER (
                PARTITION BY level ORDER BY parent_id, unit_id) AS neighbour
            FROM people_unitversion
            WHERE withdrawn_on = '9999-12-31' AND valid_to = '9999-12-31' AND parent_id IS NOT NULL
        ) u CROSS JOIN generate_series(1, 4) AS turn
        WHERE level = 'commune' OR turn = 1
        """
    )
    run("CREATE TEMP TABLE bench_group (level text, n int, group_id bigint) ON COMMIT DROP")
    with connection.cursor() as cursor, cursor.copy("COPY bench_group FROM STDIN") as copy:
        for level, codes in GROUPS.items():
            for number, code in enumerate(codes):
                copy.write_row((str(level), number, groups[code]))
    run("ANALYZE bench_place")


def add_people(size: Size) -> None:
    """Write the people and, in a table of this run, what was drawn for each.

    ``began`` is the first day of duty, ``told`` the day on which it was entered (a quarter of all
    late); ``moved`` and ``ended`` are days or nothing.
    """
    run(
        f"""
        CREATE TEMP TABLE bench_person ON COMMIT DROP AS
        SELECT i, i AS person_id, p.unit_id, p.neighbour, g.group_id, d.began,
            CASE WHEN {chance(5)} < 0.28 THEN d.began + 1 + ({chance(6)} * 60)::int
                 ELSE d.began - ({chance(6)} * 10)::int END AS told,
            CASE WHEN {chance(7)} < 0.33
                 THEN d.began + 30 + ({chance(8)} * (%(today)s - d.began))::int END AS moved,
            CASE WHEN {chance(9)} < 0.12
                 THEN d.began + 60 + ({chance(10)} * (%(today)s - d.began))::int END AS ended
        FROM generate_series(1, %(count)s) AS i
        JOIN bench_place p ON p.n = ({chance(1)} * (SELECT count(*) FROM bench_place))::bigint
        JOIN bench_group g ON g.level = p.level AND g.n = floor({chance(2)} *
            (SELECT count(*) FROM bench_group h WHERE h.level = p.level))
        CROSS JOIN LATERAL (SELECT CASE WHEN {chance(3)} < 0.6
            THEN %(first)s - ({chance(4)} * 900)::int
            ELSE %(first)s + ({chance(4)} * (%(today)s - %(first)s))::int END AS began) d
        """,
        first=size.first,
        today=size.today,
        count=size.staff_count,
    )
    # Days that lie ahead are left out: the history ends today.
    run(
        "UPDATE bench_person SET moved = CASE WHEN moved < least(%(today)s, ended) THEN moved END,"
        " ended = CASE WHEN ended < %(today)s THEN ended END, told = least(told, %(today)s)",
        today=size.today,
    )
    run("ANALYZE bench_person")
    run(
        f"""
        INSERT INTO people_staffmember (id, key, staff_code, full_name, folded_name, sort_name,
            work_email, work_phone, created_at)
        SELECT b.i, gen_random_uuid(), 'QN' || lpad(b.i::text, 7, '0'), n.full_name, n.folded,
            n.sorting, '', '', %(at)s
        FROM bench_person b JOIN bench_name n ON n.n = floor({chance(11)} * {NAMES})
        """,
        at=size.at,
    )
    reset("people_staffmember")


# Columns of every dated fact; the moments are noon of their days.
TIMES = (
    "logical_id, recorded_at, recorded_on, withdrawn_at, withdrawn_on, valid_from, valid_to, reason"
)


def version(fact: str, told: str, until: str, starts: str, ends: str) -> str:
    """Return SQL for :data:`TIMES` of a version known from ``told`` until ``until``."""
    return (
        f"{fact}, {told} + time '05:00', {told},"
        f" CASE WHEN {until} = 'infinity'::date THEN NULL ELSE {until} + time '05:00' END,"
        f" CASE WHEN {until} = 'infinity'::date THEN DATE '9999-12-31' ELSE {until} END,"
        f" {starts}, {ends}, ''"
    )


def add_postings(size: Size) -> None:
    """Write each career: open, closed by a later version, moved on, with a second duty."""
    rest = "person_id, unit_id, group_id, position_title, is_primary, victim_support,"
    rest += " duty_began_on, chain_id"
    run(
        """
        CREATE TEMP TABLE bench_duty ON COMMIT DROP AS
        SELECT *, gen_random_uuid() AS fact, gen_random_uuid() AS chain FROM (
            SELECT person_id, unit_id, group_id, true AS is_primary, began AS starts, told,
                coalesce(moved, ended) AS ends FROM bench_person
            UNION ALL
            SELECT person_id, neighbour, group_id, true, moved, greatest(told, moved), ended
            FROM bench_person WHERE moved IS NOT NULL
            UNION ALL
            SELECT person_id, neighbour, (SELECT min(group_id) FROM bench_group
                WHERE level = 'commune'), false, began, told, ended
            FROM bench_person WHERE person_id %% 12 = 0
        ) d
        """
    )
    # When the end was entered; GREATEST passes over NULL, so who goes on is told apart first.
    entered = "least(greatest(ends + (person_id %% 20)::int - 5, told + 1), %(today)s)"
    until = f"(CASE WHEN ends IS NULL THEN 'infinity'::date ELSE {entered} END)"
    first = version("fact", "told", until, "starts", "DATE '9999-12-31'")
    closed = version("fact", entered, "'infinity'::date", "starts", "ends")
    for columns, condition in ((first, "true"), (closed, "ends IS NOT NULL")):
        run(
            f"""
            INSERT INTO people_posting ({TIMES}, {rest})
            SELECT {columns}, person_id, unit_id, group_id, '', is_primary, true, starts, chain
            FROM bench_duty WHERE {condition} AND told < %(today)s
            """,
            today=size.today,
        )


def add_leaves(size: Size) -> None:
    """Write long leaves, some without an end, and the names of those who count by name only."""
    leave = version(
        "gen_random_uuid()", "starts", "'infinity'::date", "starts",
        "CASE WHEN person_id %% 5 = 0 THEN DATE '9999-12-31' ELSE starts + long END",
    )  # fmt: skip
    run(
        f"""
        INSERT INTO people_leave ({TIMES}, person_id)
        SELECT {leave}, person_id FROM (
            SELECT person_id, began + 40 + ({chance(12)} * (%(today)s - began))::int AS starts,
                15 + ({chance(13)} * 180)::int AS long
            FROM bench_person WHERE {chance(14)} < 0.07
        ) l WHERE starts < %(today)s
        """,
        today=size.today,
    )
    named = version("gen_random_uuid()", "told", "'infinity'::date", "began", "DATE '9999-12-31'")
    run(
        f"""
        INSERT INTO target_rosterentry ({TIMES}, person_id, unit_id)
        SELECT {named}, person_id, unit_id FROM bench_person
        WHERE {chance(15)} < 0.7 AND group_id IN (SELECT group_id FROM people_grouptier
            WHERE tier = 'N' AND withdrawn_on = '9999-12-31')
        """
    )


def add_completions(size: Size) -> None:
    """Write rounds and completions: 24 months each, half of those that ended renewed.

    One and a half in a hundred were corrected to a later day, seven weeks on.
    """
    run(
        f"""
        CREATE TEMP TABLE bench_held ON COMMIT DROP AS
        SELECT row_number() OVER () AS id, h.*, gen_random_uuid() AS fact FROM (
            SELECT i * 4 + c.n AS j, person_id, unit_id, course_id, version_id, 1 AS round,
                greatest(began, %(first)s) + 20
                + ({chance(16, "(i * 4 + c.n)")} * (%(today)s - greatest(began, %(first)s)))::int
                AS day
            FROM bench_person CROSS JOIN (
                SELECT row_number() OVER (ORDER BY p.number) AS n, p.page_ptr_id AS course_id,
                    (SELECT max(v.id) FROM content_courseversion v
                        WHERE v.course_id = p.page_ptr_id) AS version_id
                FROM content_coursepage p
            ) c WHERE {chance(17, "(i * 4 + c.n)")} < 0.86
        ) h WHERE day < %(today)s
        """,
        first=size.first,
        today=size.today,
    )
    run(
        f"""
        INSERT INTO bench_held
        SELECT (SELECT max(id) FROM bench_held) + row_number() OVER (), j, person_id, unit_id,
            course_id, version_id, 2, next, gen_random_uuid()
        FROM (
            SELECT *, (day + interval '{VALIDITY_MONTHS} months')::date
                + ({chance(18, "j")} * 90)::int - 45 AS next FROM bench_held
        ) h WHERE {chance(19, "j")} < 0.5 AND next < %(today)s
        """,
        today=size.today,
    )
    run("ANALYZE bench_held")
    run(
        """
        INSERT INTO courses_enrolment (id, person_id, course_id, course_version_id, round,
            opened_at, opened_on, closed_at, closed_as)
        SELECT id, person_id, course_id, version_id, round, day - 14 + time '02:00', day - 14,
            day + time '05:00', 'completed'
        FROM bench_held
        """
    )
    reset("courses_enrolment")
    ends = f"(starts + interval '{VALIDITY_MONTHS} months')::date"
    standing = version("fact", "told", "until", "starts", ends)
    corrected = "j %% 67 = 0 AND day + 50 < %(today)s"
    for starts, told, until, condition in (
        ("day", "day", f"CASE WHEN {corrected} THEN day + 50 ELSE 'infinity'::date END", "true"),
        ("day + 10", "day + 50", "'infinity'::date", corrected),
    ):
        run(
            f"""
            INSERT INTO courses_completion ({TIMES}, person_id, course_id, enrolment_id,
                course_version_id, unit_id, position_title, source, validity_months, conditions)
            SELECT {standing}, person_id, course_id, id, version_id, unit_id, '', 'portal',
                {VALIDITY_MONTHS}, '{{}}'
            FROM (SELECT *, {starts} AS starts, {told} AS told, {until} AS until
                FROM bench_held WHERE {condition}) h
            """,
            today=size.today,
        )


def add_lessons(size: Size) -> None:
    """Let a third of those who never took their first course have begun a lesson of it."""
    course = CoursePage.objects.order_by("number").first()
    lesson = LessonPage.objects.descendant_of(course).order_by("path").first()
    params = {"course": course.pk, "lesson": lesson.pk, "today": size.today}
    run(
        """
        INSERT INTO courses_enrolment (person_id, course_id, course_version_id, round, opened_at,
            opened_on, closed_as)
        SELECT person_id, %(course)s, (SELECT max(v.id) FROM content_courseversion v
            WHERE v.course_id = %(course)s), 1, told + time '02:00', told, ''
        FROM bench_person b WHERE b.i %% 3 = 0 AND NOT EXISTS (
            SELECT 1 FROM bench_held h WHERE h.person_id = b.person_id
            AND h.course_id = %(course)s)
        """,
        **params,
    )
    run(
        """
        INSERT INTO courses_lessonprogress (enrolment_id, lesson_id, lesson_version_id, done_at,
            done_on, recorded_at, recorded_on)
        SELECT id, %(lesson)s, (SELECT max(v.id) FROM content_lessonversion v
            WHERE v.page_id = %(lesson)s), opened_at, opened_on, opened_at, opened_on
        FROM courses_enrolment WHERE closed_at IS NULL AND course_id = %(course)s
        """,
        **params,
    )


def reset(table: str) -> None:
    """Let the database's own keys of ``table`` go on after ours."""
    run(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")


def make_manager(*, at: datetime) -> None:
    """Give the demo's manager an account here, once: pages are asked for as the department."""
    character = next(each for each in CAST if each.staff_code == MANAGER)
    if StaffMember.objects.filter(staff_code=MANAGER).exists():
        return
    root = find_root(local_day(at))
    with transaction.atomic():
        person = register_person(
            full_name=character.full_name, staff_code=MANAGER, actor=None, at=at
        )
        user = create_account(person, actor=None, at=at)
        open_account(character, user, defaultdict(lambda: root.unit), actor=None, at=at)
