"""The derived table against the recount, on random histories, by the way it is really kept.

Every fact of a history is written while the table follows it, people and days in any order. Then
each person, each table and each day counted in advance is asked of the derived tables and compared
with the plain recount; faults planted into the function that makes the rows, into the SQL that
reads them and into the days counted in advance must each be noticed.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Max, Sum
from django.utils import timezone

from courses.reviews import withdraw_completion
from lms.people import followers
from lms.people.days import FAR
from lms.people.facts import record, succeed, withdraw, writing
from lms.people.models import GroupTier, Posting, RuleSet, UnitVersion
from lms.people.staff import (
    end_posting,
    open_posting,
    record_leave,
    register_person,
    transfer,
)
from lms.people.units import rebuild_paths
from lms.target.figures import Question, derived, figures, is_root, reading, totals, trend
from lms.target.figures.derived import Basis, Needs, Source, derived_ctes
from lms.target.figures.folded import folded_ctes
from lms.target.figures.sql import UNPLACED
from lms.target.models import Dirty, Figure, FigureDay, FigureTop, Standing, StandingBook
from lms.target.standing import checkpoints, computing, refreshing, tops
from lms.target.standing.checkpoints import count_day, keep_days, wanted_days
from lms.target.standing.refreshing import (
    clean,
    differences,
    pending_count,
    rebuild,
    refresh,
    repair,
)
from lms.target.standing.tops import fold_days
from tests import factories as f
from tests.numbers import at_length
from tests.races import at_once
from tests.target.conftest import Province
from tests.target.histories import ANCHORS, Base, History, make_base, moment, read_world
from tests.target.recount import Recount, Verdict
from tests.target.test_recount import PEOPLE, ask, assert_sums, bits, table_of

pytestmark = pytest.mark.django_db

QUESTIONS = 10
NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


@pytest.fixture
def base() -> Base:
    return make_base()


def open_book(**fields: Any) -> None:
    StandingBook.objects.update_or_create(pk=1, defaults={"built_at": NOW} | fields)


class Followed(History):
    """A history whose every fact is followed as the portal's own functions would have it.

    Tiers and numbers of the rules change too, sometimes entered late. Where the history ``folds``,
    days counted in advance are folded after the requirements, and people come then.
    """

    def __init__(self, base: Base, seed: int) -> None:
        self.folds = bool(seed % 2)
        super().__init__(base, seed)

    def add(self, model: Any, **fields: Any) -> Any:
        row = super().add(model, **fields)
        if names := row.follows:
            followers.touch(getattr(row, name) for name in names)
        return row

    def draw_learning(self, person: Any) -> None:
        super().draw_learning(person)
        followers.touch([person.pk])

    def draw(self) -> None:
        if self.random.random() < 0.4:
            self.change_rules()
        super().draw()
        if self.random.random() < 0.4:
            self.change_rules()
        clean()

    def draw_duties(self, person: Any) -> None:
        if self.folds and person is self.people[0]:
            # What the worker does after the requirements changed.
            fold_days()
        super().draw_duties(person)

    def change_rules(self) -> None:
        """Another tier, or other numbers, from a day on; entered on the same day or another."""
        day, entered = self.day(), self.day()
        if self.random.random() < 0.5:
            standing = RuleSet.objects.current().filter(valid_to=FAR).get()
            changes = {"min_leave_days": self.random.choice([15, 31, 60]), "new_duty_days": 30}
        else:
            group = self.random.choice(self.base.groups)
            standing = GroupTier.objects.current().filter(valid_to=FAR, group=group).get()
            changes = {"tier": self.random.choice("CNE")}
        if day <= standing.valid_from or entered < standing.recorded_on:
            return
        model = type(standing)
        kept = {
            field.attname: getattr(standing, field.attname)
            for field in model._meta.concrete_fields
            if field.name not in {"id", "logical_id", "withdrawn_at", "withdrawn_on"}
        } | {"recorded_at": moment(entered), "recorded_on": entered}
        model.objects.filter(pk=standing.pk).update(
            withdrawn_at=moment(entered), withdrawn_on=entered
        )
        model.objects.create(**kept | {"valid_to": day, "logical_id": standing.logical_id})
        model.objects.create(**kept | {"valid_from": day, "valid_to": FAR} | changes)
        followers.touch_everybody()


def followed(base: Base, seeds: range):
    """Yield histories that were followed; some days are counted in advance before they begin."""
    for seed in seeds:
        with transaction.atomic():
            open_book()
            for day in ANCHORS[seed % 3 :: 2]:
                count_day(day, at=NOW)
            history = Followed(base, seed)
            if history.folds:
                # What the worker does after the tree changed.
                fold_days()
            yield seed, history
            transaction.set_rollback(True)


def by_person(question: Question) -> dict[int, Verdict | None]:
    """Ask the derived table for every person in the question."""
    text = derived_ctes(question, Basis(Source(True, frozenset()), Needs.read())) + PEOPLE
    with connection.cursor() as cursor:
        cursor.execute(text, question.params())
        rows = cursor.fetchall()
    found: dict[int, Verdict | None] = {}
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


def disagreements(history: History) -> list[str]:
    """Ask the questions of a history both ways; return where the answers differ."""
    world = read_world()
    wrong = []
    for day, known, unit in history.questions(QUESTIONS):
        version = ask(day, known, unit)
        if version is None:
            continue
        where = f"D={day}, K={known}, unit {version.code}"
        recount = Recount(world, day, known)
        people = {
            person: verdict
            for person, verdict in recount.verdicts().items()
            if recount.bucket(verdict.unit, unit.pk, asked_is_root=is_root(version)) is not None
        }
        question = Question(day, known, unit_id=unit.pk, is_root=is_root(version))
        if by_person(question) != people:
            wrong.append(f"people, {where}")
        result = figures(version, day, known)
        if table_of(result) != recount.table(unit.pk, asked_is_root=is_root(version)):
            wrong.append(f"table, {where}")
        else:
            assert_sums(result)
    return wrong + wrong_days(world, history)


def wrong_days(world: Any, history: History) -> list[str]:
    """Compare the days counted in advance with the recount."""
    wrong = []
    root = history.base.root
    for day in FigureDay.objects.values_list("day", flat=True):
        version = ask(day, None, root)
        if version is None:
            continue
        result = figures(version, day)
        if table_of(result) != Recount(world, day).table(root.pk, asked_is_root=True):
            wrong.append(f"counted day {day}")
    return wrong


def test_what_was_followed_equals_the_recount(base):
    counted = folded = 0
    for seed, history in followed(base, range(at_length(50, 1000))):
        assert disagreements(history) == [], f"history {seed}"
        people = [person.pk for person in history.people]
        assert differences(people) == [], f"history {seed}"
        assert pending_count() == 0
        counted += FigureDay.objects.count()
        root, basis = history.base.root, Basis.read()
        folded += sum(
            basis.has_folded(Question(day, unit_id=root.pk, is_root=True))
            for day in basis.source.days
        )
    assert 0 < folded < counted, "no history kept a day, or none was asked both ways"


def rows_that_differ(base: Base, seeds: range) -> tuple[int, list[str]]:
    """Compare the row of the kept counts with the figure of its unit; also say how many there were.

    Units elsewhere in the tree are asked too: none may be answered by a row.
    """
    rows, wrong = 0, []
    for seed, _history in followed(base, seeds):
        basis = Basis.read()
        for day in sorted(basis.source.days):
            for version in UnitVersion.objects.current().valid_on(day):
                question = Question(day, unit_id=version.unit_id, is_root=is_root(version))
                rows += basis.has_row(question, version)
                (kept,) = totals([question], basis=basis, unit=version)
                total = figures(version, day).total
                if (kept.denominator, kept.numerator, kept.in_year) != (
                    total.denominator,
                    total.numerator,
                    total.in_year,
                ):
                    wrong.append(f"history {seed}: {version.code} on {day}")
    return rows, wrong


def test_a_row_of_the_kept_counts_is_the_figure_of_its_unit(base):
    rows, wrong = rows_that_differ(base, range(9000, 9000 + at_length(20, 500)))
    assert wrong == []
    assert rows > 0


def test_a_unit_taken_for_a_row_is_noticed(base, monkeypatch):
    monkeypatch.setattr(Basis, "has_row", lambda basis, question, unit: True)
    assert rows_that_differ(base, range(9000, 9020))[1]


def test_at_most_one_row_answers_any_question(base):
    for seed, history in followed(base, range(3000, 3000 + at_length(20, 200))):
        for person in history.people:
            rows = list(Standing.objects.filter(person=person))
            for place, one in enumerate(rows):
                for other in rows[place + 1 :]:
                    apart = (
                        one.valid_to <= other.valid_from
                        or other.valid_to <= one.valid_from
                        or one.known_to <= other.known_from
                        or other.known_to <= one.known_from
                    )
                    # What overlaps may do so only where nobody may ask: D after a past K.
                    day = max(one.valid_from, other.valid_from)
                    known_to = min(one.known_to, other.known_to)
                    assert apart or known_to <= day, f"history {seed}"


def test_made_anew_equals_what_was_followed(base):
    columns = ["person_id", *refreshing.FIELDS]
    for seed, _history in followed(base, range(4000, 4000 + at_length(5, 40))):
        kept = sorted(Standing.objects.values_list(*columns))
        Standing.objects.all().delete()
        rebuild(at=NOW)
        assert sorted(Standing.objects.values_list(*columns)) == kept, f"history {seed}"


# Faults ------------------------------------------------------------------------------------------


class Faulty:
    """Faults in the function that makes the rows: each replaces one of its parts."""

    @staticmethod
    def day_after_the_end(row, day):
        return row.valid_from <= day <= row.valid_to

    @staticmethod
    def known_on_the_day_of_withdrawal(row, known):
        return row.known_from <= known <= row.known_to

    @staticmethod
    def everything_is_known(row, known):
        return True

    @staticmethod
    def recorded_that_day_is_not_known(row, known):
        return row.known_from < known < row.known_to or row.known_from == date.min

    @staticmethod
    def merges_are_ignored(person_id, merges, known):
        return lambda part_id: part_id == person_id

    @staticmethod
    def merges_go_one_step(person_id, merges, known):
        into = {
            row.duplicate_id: row.survivor_id
            for row in merges
            if row.known_from <= known < row.known_to
        }
        return lambda part_id: into.get(part_id, part_id) == person_id

    @staticmethod
    def merges_hold_always(person_id, merges, known):
        into = {row.duplicate_id: row.survivor_id for row in merges}
        return lambda part_id: into.get(part_id, part_id) == person_id

    @staticmethod
    def adjoining_holdings_are_two(day, held):
        courses = year = ever = 0
        for row in held:
            ever |= 1 << row.bit
            if row.valid_to > day:
                courses |= 1 << row.bit
                if row.valid_from.year >= day.year:
                    year |= 1 << row.bit
        return courses, year, ever

    @staticmethod
    def nothing_was_ever_held(day, held):
        courses, year, _ever = SOUND["masks_at"](day, held)
        return courses, year, courses

    @staticmethod
    def every_course_is_of_this_year(day, held):
        courses, _year, ever = SOUND["masks_at"](day, held)
        return courses, courses, ever

    @staticmethod
    def adjoining_leaves_are_two(day, leaves, shortest):
        return any(
            row.valid_from <= day < row.valid_to
            and (row.valid_to >= FAR or (row.valid_to - row.valid_from).days >= shortest)
            for row in leaves
        )

    @staticmethod
    def leave_of_thirty_days_is_short(begins, ends, day, shortest):
        return SOUND["covers"](begins, ends, day, shortest + 1)

    @staticmethod
    def open_leave_is_short(begins, ends, day, shortest):
        return ends != FAR and SOUND["covers"](begins, ends, day, shortest)

    @staticmethod
    def nobody_is_away(day, leaves, shortest):
        return False


SOUND = {
    name: getattr(computing, name)
    for name in ("is_valid", "is_known", "owner_at", "masks_at", "is_away", "covers", "strips")
}
ROW_FAULTS = {
    "day_after_the_end": "is_valid",
    "known_on_the_day_of_withdrawal": "is_known",
    "everything_is_known": "is_known",
    "recorded_that_day_is_not_known": "is_known",
    "merges_are_ignored": "owner_at",
    "merges_go_one_step": "owner_at",
    "merges_hold_always": "owner_at",
    "adjoining_holdings_are_two": "masks_at",
    "nothing_was_ever_held": "masks_at",
    "every_course_is_of_this_year": "masks_at",
    "adjoining_leaves_are_two": "is_away",
    "leave_of_thirty_days_is_short": "covers",
    "open_leave_is_short": "covers",
    "nobody_is_away": "is_away",
}


def no_new_year(facts, rules):
    """Strips without the cut on 1 January after a completion."""
    years = {
        date(row.valid_from.year + 1, 1, 1) for row in facts.held if row.valid_from.year < 9999
    }
    known = {
        day
        for row in (*facts.duties, *facts.leaves, *facts.held, *facts.named)
        for day in (row.valid_from, row.valid_to)
    }
    merged: list[tuple[date, date]] = []
    for start, end in SOUND["strips"](facts, rules):
        if merged and start in years - known and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return iter(merged)


def is_noticed(base: Base, seeds: range) -> bool:
    return any(disagreements(history) for _seed, history in followed(base, seeds))


# Histories in which a fault that needs a rare coincidence shows; the long run begins at the first.
RARE = {
    "adjoining_holdings_are_two": 5067,
    "adjoining_leaves_are_two": 5072,
    "merges_go_one_step": 5010,
}


@pytest.mark.parametrize("name", sorted(ROW_FAULTS))
def test_fault_in_the_rows_is_noticed(base, monkeypatch, name):
    monkeypatch.setattr(computing, ROW_FAULTS[name], getattr(Faulty, name))
    first = at_length(RARE.get(name, 5000), 5000)
    assert is_noticed(base, range(first, first + at_length(30, 200)))


def test_missing_new_year_is_noticed(base, monkeypatch):
    monkeypatch.setattr(computing, "strips", no_new_year)
    assert is_noticed(base, range(5000, 5000 + at_length(150, 300)))


SQL_FAULTS = {
    "need_of_the_home_group": ("s.groups & ", "(CASE WHEN 1 = 1 THEN 1 ELSE 0 END) & "),
    "one_course_is_enough": (
        "(x.courses & x.need) = x.need THEN 'trained'",
        "x.need = 0 OR (x.courses & x.need) <> 0 THEN 'trained'",
    ),
    "lapse_is_not_seen": ("(x.need & (x.once - x.courses)) <> 0", "1 = 0"),
    "all_courses_in_the_year": (
        "(x.year_courses & x.need) <> 0",
        "(x.year_courses & x.need) = x.need",
    ),
    "start_is_not_seen": ("x.is_started = 1", "1 = 0"),
    "known_to_is_not_asked": ("s.known_to > %(known)s", "1 = 1"),
    "end_still_counts": ("s.valid_to > %(day)s", "s.valid_to >= %(day)s"),
    "newly_assigned_a_day_short": ("<= (SELECT new_duty_days", "< (SELECT new_duty_days"),
    "unplaced_fall_out": ("LEFT JOIN bucket", "JOIN bucket"),
}


@pytest.mark.parametrize("name", sorted(SQL_FAULTS))
def test_fault_in_the_reading_is_noticed(base, monkeypatch, name):
    old, new = SQL_FAULTS[name]
    changed = False

    def faulty(*args: Any, **kwargs: Any) -> str:
        nonlocal changed
        text = folded_ctes(*args, **kwargs)
        changed = changed or old in text
        return text.replace(old, new)

    monkeypatch.setattr(reading, "folded_ctes", faulty)
    assert is_noticed(base, range(6000, 6000 + at_length(60, 200)))
    assert changed, "a fault that changes nothing proves nothing"


def twice(stale: list[Standing], fresh: list[Standing], rules: computing.Rules) -> None:
    checkpoints.correct_days(stale, fresh, rules)
    checkpoints.correct_days([], fresh[:1], rules)


@pytest.mark.parametrize(
    "fault",
    (
        lambda stale, fresh, rules: None,
        lambda stale, fresh, rules: checkpoints.correct_days([], fresh, rules),
        lambda stale, fresh, rules: checkpoints.correct_days(stale, [], rules),
        twice,
    ),
    ids=("nothing", "never minus", "never plus", "one too many"),
)
def test_fault_in_the_days_counted_in_advance_is_noticed(base, monkeypatch, fault):
    monkeypatch.setattr(refreshing, "correct_days", fault)
    assert is_noticed(base, range(7000, 7000 + at_length(20, 100)))


def in_no_row(figures: list[int], needs: dict[date, str]) -> None:
    last = FigureTop.objects.aggregate(last=Max("pk"))["last"] or 0
    tops.add_to_tops(figures, needs)
    FigureTop.objects.filter(pk__gt=last).update(bucket_id=UNPLACED)


@pytest.mark.parametrize(
    "fault",
    (
        lambda figures, needs: None,
        lambda figures, needs: tops.add_to_tops(figures[:1], needs),
        lambda figures, needs: tops.add_to_tops(figures, dict.fromkeys(needs, "")),
        in_no_row,
    ),
    ids=("nothing", "one too few", "nobody needs", "another tree"),
)
def test_fault_in_the_counts_of_the_province_is_noticed(base, monkeypatch, fault):
    monkeypatch.setattr(checkpoints, "add_to_tops", fault)
    assert is_noticed(base, range(7000, 7000 + at_length(20, 100)))


def test_counts_of_other_needs_are_noticed(base, monkeypatch):
    monkeypatch.setattr(derived, "spell_needs", lambda masks: "")
    monkeypatch.setattr(tops, "spell_needs", lambda masks: "")
    assert is_noticed(base, range(7000, 7000 + at_length(20, 100)))


def test_day_folded_by_the_tree_follows_a_unit_that_moves(base):
    """Hung elsewhere, its people stand in another row at once, before and after the fold anew."""
    open_book()
    day = date(2024, 6, 30)
    moved, old, new = base.units[2], base.units[1], base.units[4]
    person = register_person(full_name="Nguyễn Thị Hà", actor=None, at=f.AT)
    open_posting(
        person, unit=moved, group=base.groups[0], valid_from=date(2024, 1, 1), actor=None, at=f.AT
    )
    count_day(day, at=NOW)

    def rows() -> dict[int, int]:
        found = figures(ask(day, None, base.root), day).children
        return {unit: counts.denominator for unit, counts in found.items() if counts.denominator}

    assert FigureDay.objects.get().top_unit_id == base.root.pk
    assert rows() == {old.pk: 1}
    UnitVersion.objects.current().filter(unit=moved).update(parent=new)
    rebuild_paths(known_from=NOW.date())
    assert FigureDay.objects.get().top_unit_id is None
    assert rows() == {new.pk: 1}
    assert fold_days() == 1
    assert FigureDay.objects.get().top_unit_id == base.root.pk
    assert rows() == {new.pk: 1}
    # Who comes now is added to the row of the new tree.
    other = register_person(full_name="Trần Văn Núi", actor=None, at=f.AT)
    open_posting(
        other, unit=moved, group=base.groups[0], valid_from=date(2024, 1, 1), actor=None, at=f.AT
    )
    assert rows() == {new.pk: 2}


def test_day_folded_by_the_needs_follows_a_requirement(base):
    """Asked for by other needs it answers at once, before and after the fold anew."""
    open_book()
    day, group, course = date(2024, 6, 30), base.groups[0], base.courses[0]
    person = register_person(full_name="Nguyễn Thị Hà", actor=None, at=f.AT)
    open_posting(
        person, unit=base.units[2], group=group, valid_from=date(2024, 1, 1), actor=None, at=f.AT
    )
    count_day(day, at=NOW)

    def trained() -> tuple[int, bool]:
        basis = Basis.read()
        kept = basis.has_folded(Question(day, unit_id=base.root.pk, is_root=True))
        return figures(ask(day, None, base.root), day).total.numerator, kept

    assert trained() == (1, True)
    required = f.make_requirement(group, course)
    assert trained() == (0, False)
    assert fold_days() == 1
    assert trained() == (0, True)
    f.make_requirement(base.groups[1], course)
    # Whoever changes before the next fold is judged by the needs of the last one.
    f.make_completion(person, course, valid_from=date(2024, 2, 1))
    followers.touch([person.pk])
    assert trained() == (1, False)
    assert fold_days() == 1
    assert trained() == (1, True)
    withdraw(required, actor=None, at=NOW)
    assert (trained(), fold_days(), fold_days()) == ((1, False), 1, 0)


# The portal's own functions ----------------------------------------------------------------------


@contextmanager
def following(province: Province):
    open_book()
    yield
    people = list(Posting.objects.values_list("person_id", flat=True).distinct())
    assert people
    assert differences(people) == []


def headline(province: Province, day: date, known: date | None = None) -> tuple[int, int]:
    version = province.units["49"].versions.known_on(known).valid_on(day).get()
    total = figures(version, day, known).total
    return total.numerator, total.denominator


def test_every_write_keeps_the_table(province):
    with following(province):
        at = datetime(2024, 2, 1, 3, 0, tzinfo=UTC)
        person = register_person(full_name="Bhling Thị Một", actor=None, at=at)
        xa, district = province.units["51001"], province.units["510"]
        posting = open_posting(
            person,
            unit=xa,
            group=province.groups["xa"],
            valid_from=date(2024, 1, 15),
            actor=None,
            at=at,
        )
        assert headline(province, date(2024, 2, 1)) == (0, 1)
        province.train(person, on=date(2024, 3, 1))
        assert headline(province, date(2024, 2, 29)) == (0, 1)
        assert headline(province, date(2024, 3, 1)) == (1, 1)
        transfer(
            person,
            unit=district,
            group=province.groups["xa"],
            on=date(2024, 5, 1),
            actor=None,
            at=at + timedelta(days=90),
        )
        assert (
            figures(
                province.units["510"].versions.current().get(), date(2024, 5, 1)
            ).own_staff.numerator
            == 1
        )
        record_leave(person, first_day=date(2024, 7, 1), actor=None, at=at + timedelta(days=150))
        assert headline(province, date(2024, 7, 1)) == (0, 0)
        # As known before the leave was entered, she still counted.
        assert headline(province, date(2024, 6, 30), date(2024, 6, 30)) == (1, 1)
        completion = person.completions.filter(withdrawn_on=FAR).first()
        withdraw_completion(
            completion,
            effective_on=date(2024, 6, 1),
            reason="Sai",
            actor=f.make_user(),
            at=at + timedelta(days=160),
        )
        assert headline(province, date(2024, 6, 1)) == (0, 1)
        moved = Posting.objects.current().get(unit=district)
        end_posting(moved, last_day=date(2024, 8, 31), actor=None, at=at + timedelta(days=220))
        assert headline(province, date(2024, 9, 1)) == (0, 0)
        assert posting.logical_id != moved.logical_id


def test_an_act_that_fails_leaves_the_table_as_it_was(province):
    with following(province):
        person = province.person("51001")
        before = list(Standing.objects.values_list("pk", flat=True))

        def fail() -> None:
            with writing():
                record(
                    Posting,
                    actor=None,
                    at=NOW,
                    person=person,
                    unit=province.units["510"],
                    group=province.groups["doan"],
                    valid_from=date(2026, 1, 1),
                    duty_began_on=date(2026, 1, 1),
                    is_primary=False,
                )
                raise KeyError

        with pytest.raises(KeyError):
            fail()
        assert list(Standing.objects.values_list("pk", flat=True)) == before
        # Nothing of the failed act is left to be told with the next one.
        with writing():
            succeed(Posting.objects.current().get(), actor=None, at=NOW, position_title="X")


def test_many_facts_of_one_act_are_told_once(province, monkeypatch):
    told: list[frozenset[int]] = []
    monkeypatch.setitem(followers._followers, "standing", (told.append, lambda people: None))
    person = province.person("51001")
    told.clear()
    with writing():
        posting = succeed(
            Posting.objects.current().get(), actor=None, at=NOW, valid_to=date(2026, 1, 1)
        )
        withdraw(posting, actor=None, at=NOW)
    assert told == [frozenset({person.pk})]


def test_before_the_table_is_built_the_facts_answer(province):
    StandingBook.objects.filter(pk=1).update(built_at=None)
    person = province.person("51001")
    province.train(person)
    assert Standing.objects.count() == 0
    assert headline(province, date(2024, 6, 30)) == (1, 1)
    rebuild(at=NOW)
    assert Standing.objects.count() > 0
    assert headline(province, date(2024, 6, 30)) == (1, 1)


def test_who_is_touched_while_the_table_is_filled_is_made_again(province):
    open_book(built_at=None, is_filling=True)
    person = province.person("51001")
    assert list(Dirty.objects.values_list("person_id", flat=True)) == [person.pk]
    assert Standing.objects.count() == 0
    rebuild(at=NOW)
    assert Dirty.objects.count() == 0
    assert differences([person.pk]) == []


def test_a_change_of_the_rules_queues_everybody_and_says_so(province):
    with following(province):
        people = [province.person("51001") for _number in range(3)]
        count_day(date(2024, 6, 30), at=NOW)
        rules = RuleSet.objects.current().get()
        succeed(rules, actor=None, at=NOW, min_leave_days=10)
        assert pending_count() == len(people)
        # What was counted in advance rests on the old rules: it is not used any more.
        assert FigureDay.objects.count() == 0
        assert clean() == len(people)
        assert (pending_count(), clean()) == (0, 0)


def test_the_nightly_walk_mends_what_was_tampered_with(province):
    with following(province):
        people = [province.person("51001").pk for _number in range(4)]
        Standing.objects.filter(person=people[0]).update(courses=7)
        Standing.objects.filter(person=people[1]).delete()
        assert [person for person, _rows in differences(people)] == people[:2]
        assert repair(people) == 3
        assert repair(people) == 0


def test_days_are_counted_once_and_old_ones_go(province):
    with following(province):
        province.person("51001")
        days = wanted_days(date(2026, 3, 2))
        assert (days[0], days[1], days[-1]) == (
            date(2026, 3, 2),
            date(2026, 2, 28),
            date(2024, 3, 31),
        )
        count_day(date(2026, 3, 1), at=NOW)
        assert keep_days(at=NOW) == len(days)
        assert keep_days(at=NOW) == 0
        assert set(FigureDay.objects.values_list("day", flat=True)) == set(days)
        assert set(Figure.objects.values_list("day", flat=True)) <= set(days)
        assert keep_days(at=NOW + timedelta(days=1)) == 1


def test_a_day_counted_in_advance_is_read_in_a_few_statements(province, django_assert_num_queries):
    with following(province):
        for _number in range(5):
            province.train(province.person("51001"))
        keep_days(at=NOW)
        version = province.units["49"].versions.current().get()
        # The book with its days, the requirements, the figures.
        with django_assert_num_queries(3):
            result = figures(version, date(2026, 3, 2))
        assert (result.total.numerator, result.total.denominator) == (5, 5)
        Standing.objects.all().delete()  # so that only the figures can answer
        with django_assert_num_queries(3):
            points = trend(version, date(2026, 3, 2))
        assert [(point.day, point.counts.denominator) for point in points] == [
            (date(2026, 1, 31), 5),
            (date(2026, 2, 28), 5),
            (date(2026, 3, 2), 5),
        ]
        rebuild(at=NOW)


@pytest.mark.parametrize("people", (1, 30))
def test_one_change_costs_a_fixed_number_of_statements(
    province, people, django_assert_max_num_queries
):
    with following(province):
        for _number in range(people):
            province.train(province.person("51001"))
        keep_days(at=timezone.now())
        person = province.person("51002")
        with django_assert_max_num_queries(22), transaction.atomic():
            refresh([person.pk])
        with django_assert_max_num_queries(24), transaction.atomic():
            refresh(list(Posting.objects.values_list("person_id", flat=True).distinct()))


def test_filters_narrow_the_derived_figures_like_the_facts(province):
    with following(province):
        for code in ("51001", "51101", "SO", "CHUA-XEP"):
            province.train(province.person(code), count=1)
            province.person(code, group="doan")
        version = province.units["49"].versions.current().get()
        day, mask = date(2024, 6, 30), 1 << province.courses[0].bit
        for asked in ({}, {"course_mask": mask}, {"group_id": province.groups["xa"].pk}):
            counted = figures(version, day, **asked)
            StandingBook.objects.filter(pk=1).update(built_at=None)
            assert figures(version, day, **asked) == counted
            open_book()


# Races -------------------------------------------------------------------------------------------


def make_little_province() -> Province:
    world = Province()
    world.units["49"] = f.make_unit(code="49", name="Quảng Nam", kind="Tỉnh", level="province")
    world.units["51001"] = f.make_unit(code="51001", name="Một", parent=world.units["49"])
    world.groups["xa"] = f.make_group(code="xa", name="Công chức xã")
    world.courses = [f.make_course(title="Khóa số 1")]
    f.make_requirement(world.groups["xa"], world.courses[0])
    f.make_rules()
    return world


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_writers_beside_a_count_lose_nothing():
    world = make_little_province()
    open_book()
    people = [world.person("51001") for _number in range(8)]
    day = date(2026, 3, 2)

    def train(person: Any) -> None:
        with transaction.atomic():
            world.train(person)

    def count() -> None:
        with transaction.atomic():
            checkpoints.take_book()
            count_day(day, at=NOW)

    works = [lambda person=person: train(person) for person in people[:6]]
    results = at_once(*works[:3], count, *works[3:], count)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert differences([person.pk for person in people]) == []
    total = Figure.objects.filter(day=day).aggregate(people=Sum("people"))["people"]
    assert total == len(people)
    version = world.units["49"].versions.current().get()
    assert figures(version, day).total.numerator == 6


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_writers_of_one_person_leave_her_right():
    world = make_little_province()
    open_book()
    person = world.person("51001")

    def leave(first: date) -> None:
        record_leave(person, first_day=first, last_day=first, actor=None, at=NOW)

    results = at_once(*(lambda n=n: leave(date(2026, 1, 1 + n)) for n in range(4)))
    assert [result for result in results if isinstance(result, Exception)] == []
    assert differences([person.pk]) == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_writers_beside_a_rebuild_are_not_forgotten():
    world = make_little_province()
    people = [world.person("51001") for _number in range(6)]
    works = [
        lambda person=person: record_leave(person, first_day=date(2026, 1, 1), actor=None, at=NOW)
        for person in people
    ]
    results = at_once(*works[:3], lambda: rebuild(at=NOW), *works[3:])
    assert [result for result in results if isinstance(result, Exception)] == []
    assert differences([person.pk for person in people]) == []
    assert derived.Source.read().is_built
