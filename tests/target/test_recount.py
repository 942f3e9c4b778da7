"""The SQL of the rate against a count by hand, on random histories; and faults it must notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from lms.people.units import get_unit_version
from lms.target.figures import Question, figures, is_root, sql
from tests import factories as f
from tests.numbers import at_length
from tests.target.histories import Base, History, make_base, read_world
from tests.target.recount import Recount, Verdict

pytestmark = pytest.mark.django_db

QUESTIONS = 10
PEOPLE = """
    SELECT person_id, unit_id, group_id, need, have, state, in_year, is_new, on_leave
    FROM verdict"""


@pytest.fixture
def base() -> Base:
    return make_base()


def bits(mask: int) -> frozenset[int]:
    return frozenset(bit for bit in range(63) if mask >> bit & 1)


def by_person(question: Question) -> dict[int, Verdict | None]:
    """Ask the definition for every person in the question."""
    with connection.cursor() as cursor:
        cursor.execute(sql.verdict_ctes(question) + PEOPLE, question.params())
        rows = cursor.fetchall()
    found = {}
    for person, unit, group, need, have, state, in_year, is_new, on_leave in rows:
        # None differs from every verdict: nobody may be counted twice.
        found[person] = (
            None
            if person in found
            else Verdict(
                unit=unit,
                group=group,
                need=bits(need),
                have=bits(have),
                state=state,
                in_year=bool(in_year),
                is_new=bool(is_new),
                on_leave=bool(on_leave),
            )
        )
    return found


def table_of(result: Any) -> dict[int, dict[str, int]]:
    """Return the rows of a figure in the recount's shape."""
    rows = dict(result.children) | {result.unit_id: result.own_staff, 0: result.unplaced}
    return {
        bucket: {name: value for name, value in vars(counts).items() if value}
        for bucket, counts in rows.items()
        if counts.everybody
    }


def histories(base: Base, seeds: range) -> Iterator[tuple[int, History]]:
    """Yield one history after the other; each is taken back before the next."""
    for seed in seeds:
        with transaction.atomic():
            yield seed, History(base, seed)
            transaction.set_rollback(True)


def ask(day: date, known: date | None, unit: Any) -> Any:
    """Return the version of ``unit`` on the day as known then, or ``None``."""
    versions = type(unit).objects.none()
    versions = unit.versions.known_on(known).valid_on(day)
    return versions.first()


def test_figures_equal_the_recount(base):
    for seed, history in histories(base, range(at_length(50, 1000))):
        world = read_world()
        for day, known, unit in history.questions(QUESTIONS):
            version = ask(day, known, unit)
            if version is None:
                continue
            where = f"history {seed}, D={day}, K={known}, unit {version.code}"
            recount = Recount(world, day, known)
            people = {
                person: verdict
                for person, verdict in recount.verdicts().items()
                if recount.bucket(verdict.unit, unit.pk, asked_is_root=is_root(version)) is not None
            }
            question = Question(day, known, unit_id=unit.pk, is_root=is_root(version))
            assert by_person(question) == people, where
            result = figures(version, day, known)
            assert table_of(result) == recount.table(unit.pk, asked_is_root=is_root(version)), where
            assert_sums(result)


def assert_sums(result: Any) -> None:
    """Rows add up to the total, whichever way they are split."""
    total = vars(result.total)
    parts = [*result.children.values(), result.own_staff, result.unplaced]
    assert {k: sum(vars(part)[k] for part in parts) for k in total} == total
    assert {k: sum(vars(part)[k] for part in result.groups.values()) for k in total} == total
    assert total["denominator"] == (
        total["numerator"] + total["needs_retraining"] + total["in_progress"] + total["not_started"]
    )
    assert total["in_year"] <= total["numerator"]


# Faults planted into the SQL: name -> (text that must be there, what stands in its place).
SQL_FAULTS = {
    "day_after_the_end_still_counts": ("valid_to > %(day)s", "valid_to >= %(day)s"),
    "first_day_does_not_count": ("valid_from <= %(day)s", "valid_from < %(day)s"),
    "withdrawn_versions_count_now": ("withdrawn_on = '9999-12-31'", "withdrawn_on > '0001-01-01'"),
    "known_on_the_day_of_withdrawal": (
        "withdrawn_on > %(known)s",
        "withdrawn_on >= %(known)s",
    ),
    "recorded_that_day_is_not_known": (
        "recorded_on <= %(known)s",
        "recorded_on < %(known)s",
    ),
    "duty_without_victim_support_counts": ("WHERE p.victim_support AND", "WHERE"),
    "extended_tier_counts": ("t.tier = 'C' OR", "t.tier <> 'N' OR"),
    "named_tier_needs_no_name": ("AND n.person_id IS NOT NULL", ""),
    "proposed_roster_counts": ("o.status = 'approved'", "1 = 1"),
    "home_ignores_primary": ("CASE WHEN d.is_primary THEN 0 ELSE 1 END,", ""),
    "home_is_the_latest_duty": ("d.duty_began_on, d.chain_id", "d.duty_began_on DESC, d.chain_id"),
    "merged_person_counts_twice": (
        "coalesce(v.survivor_id, p.person_id)",
        "coalesce(p.person_id, v.survivor_id)",
    ),
    "facts_of_the_duplicate_are_lost": (
        "SELECT v.survivor_id, v.duplicate_id FROM survivor v\n",
        "SELECT v.survivor_id, v.survivor_id FROM survivor v\n",
    ),
    "need_of_the_home_group_only": (
        "JOIN people_positiongroup g ON g.id = d.group_id GROUP BY",
        "JOIN home y ON y.person_id = d.person_id JOIN people_positiongroup g"
        " ON g.id = y.group_id GROUP BY",
    ),
    "one_course_is_enough": (
        "(s.courses & s.need) = s.need THEN 'trained'",
        "s.need = 0 OR (s.courses & s.need) <> 0 THEN 'trained'",
    ),
    "renewal_without_a_gap_is_new": (
        "reached < valid_from THEN valid_from END",
        "1 = 1 THEN valid_from END",
    ),
    "adjoining_holdings_are_two": (
        "reached < valid_from THEN valid_from END",
        "reached <= valid_from THEN valid_from END",
    ),
    "year_begins_a_day_late": (
        "unbroken_from >= %(year_begins)s",
        "unbroken_from > %(year_begins)s",
    ),
    "all_courses_in_the_year": (
        "(s.year_courses & s.need) <> 0",
        "(s.year_courses & s.need) = s.need",
    ),
    "lapsed_is_only_in_progress": ("(s.need & (s.once - s.courses)) <> 0", "1 = 0"),
    "lapse_of_any_course": ("(s.need & (s.once - s.courses)) <> 0", "(s.once - s.courses) <> 0"),
    "leave_of_thirty_days_is_short": (">= rules.min_leave_days", "> rules.min_leave_days"),
    "leave_of_twenty_nine_days_is_long": (
        ">= rules.min_leave_days",
        ">= rules.min_leave_days - 1",
    ),
    "adjoining_leaves_are_two": (
        "reached < valid_from THEN 1 ELSE 0",
        "reached <= valid_from THEN 1 ELSE 0",
    ),
    "open_leave_is_no_leave": (">= rules.min_leave_days", "BETWEEN rules.min_leave_days AND 9999"),
    "leave_is_not_asked": (
        "a.person_id IS NULL THEN 0 ELSE 1",
        "a.person_id IS NULL THEN 0 ELSE 0",
    ),
    "newly_assigned_a_day_short": ("<= rules.new_duty_days", "< rules.new_duty_days"),
    "undone_mark_is_a_start": ("u.recorded_at > m.recorded_at", "1 = 0"),
    "absence_is_a_start": ("m.status IN ('present', 'late')", "m.status <> ''"),
    "lesson_of_a_later_day_is_a_start": ("l.done_on <= %(day)s", "1 = 1"),
    "attempt_is_no_start": ("t.started_on <= %(day)s", "1 = 0"),
    "requirement_of_every_day": ("WHERE {r_on} GROUP BY m.mask", "GROUP BY m.mask"),
    "unit_of_every_day": ("low.valid_from <= %(day)s AND low.valid_to > %(day)s", "1 = 1"),
}


def planted(name: str, text: str) -> str:
    """Return ``text`` with the fault in it."""
    old, new = SQL_FAULTS[name]
    if "{r_on}" in old:
        begin = text.index("WHERE r.valid_from", text.index("JOIN target_requirement"))
        return text[:begin] + text[text.index("GROUP BY m.mask") :]
    return text.replace(old, new)


def test_every_planted_fault_is_caught(base, monkeypatch):
    sound = sql.verdict_ctes
    alive = set(SQL_FAULTS)
    touched: set[str] = set()

    for _seed, history in histories(base, range(1000, 1000 + at_length(120, 200))):
        world = read_world()
        for day, known, unit in history.questions(QUESTIONS):
            version = ask(day, known, unit)
            if version is None:
                continue
            question = Question(day, known, unit_id=unit.pk, is_root=is_root(version))
            recount = Recount(world, day, known)
            wanted = recount.verdicts()
            expected = {
                person
                for person, verdict in wanted.items()
                if recount.bucket(verdict.unit, unit.pk, asked_is_root=is_root(version)) is not None
            }
            text = sound(question)
            for name in sorted(alive):
                faulty = planted(name, text)
                if faulty == text:
                    continue
                touched.add(name)
                monkeypatch.setattr(sql, "verdict_ctes", lambda *_args, t=faulty: t)
                found = by_person(question)
                if found != wanted and any(
                    wanted.get(person) != found.get(person) for person in found.keys() | expected
                ):
                    alive.discard(name)
        if not alive:
            break
    assert touched == set(SQL_FAULTS), "a fault that changes nothing proves nothing"
    assert alive == set()


class TieByRow(Recount):
    def home(self, active):
        return min(active, key=lambda row: (not row.is_primary, row.valid_from, row.chain))


class KnownIgnored(Recount):
    def is_known(self, row):
        return row.withdrawn_on == f.FAR

    def is_recorded(self, row):
        return True


class LeaveKnownLate(Recount):
    """Leaves joined before asking which of them were known."""

    def is_on_leave(self, person):
        return any(
            start <= self.day < end and self.is_long(start, end)
            for start, end in self.joined(self.rows_of(self.world.leaves, person))
        )


class RosterIgnored(Recount):
    def is_named(self, person):
        return True


class NeedOfToday(Recount):
    def need(self, active):
        groups = {row.group for row in active}
        return frozenset(
            row.course
            for row in self.world.requirements
            if row.group in groups and self.is_known(row) and row.valid_to == f.FAR
        )


class MergeIgnored(Recount):
    def find_survivors(self):
        return {}


class MergeOneStep(Recount):
    def find_survivors(self):
        return {row.duplicate: row.survivor for row in self.world.merges if self.is_known(row)}


class YearOfAnyCourse(Recount):
    def began_in_year(self, start):
        return True


@pytest.mark.parametrize(
    "fault",
    (
        TieByRow,
        KnownIgnored,
        LeaveKnownLate,
        RosterIgnored,
        NeedOfToday,
        MergeIgnored,
        MergeOneStep,
        YearOfAnyCourse,
    ),
)
def test_fault_in_the_recount_is_noticed(base, fault):
    for _seed, history in histories(base, range(2000, 2000 + at_length(120, 200))):
        world = read_world()
        for day, known, unit in history.questions(QUESTIONS):
            version = ask(day, known, unit)
            if version is None:
                continue
            question = Question(day, known, unit_id=unit.pk, is_root=is_root(version))
            faulty = fault(world, day, known)
            wrong = faulty.verdicts()
            if any(wrong.get(key) != value for key, value in by_person(question).items()):
                return
    pytest.fail(f"{fault.__name__} was not noticed")


def test_unit_is_resolved_on_the_day(base):
    assert get_unit_version("49", date(2024, 6, 30)).unit == base.root
