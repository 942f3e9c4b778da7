"""Keeping ``Standing`` equal to the facts: at each write, from the beginning, and by repair."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from django.db import connection, transaction
from django_tasks import task

from lms.people.days import FAR
from lms.people.models import Posting, StaffMember
from lms.people.planner import refresh_planner_statistics
from lms.target.models import Dirty, Standing, StandingBook
from lms.target.standing.checkpoints import (
    correct_days,
    forget_days,
    keep_days,
)
from lms.target.standing.computing import Merged, Row, Rules, State, standing
from lms.target.standing.gathering import kin_of, read_facts, read_merges, read_rules
from lms.target.standing.tops import take_book

BATCH = 1000
# Fields of a row in the order of :class:`State`, then its times.
FIELDS = (*State._fields, *Row._fields[1:])


def is_built() -> bool:
    """Tell whether the table is complete, so that figures may be read from it; one query."""
    return StandingBook.objects.filter(pk=1, built_at__isnull=False).exists()


class Book(NamedTuple):
    """The state of the table as a writer finds it."""

    is_built: bool
    is_filling: bool


def share_book() -> Book:
    """Hold the book together with other writers until the transaction ends; return its state.

    SQLite has one writer at a time and needs no lock.
    """
    sql = "SELECT built_at, is_filling FROM target_standingbook WHERE id = 1"
    if connection.vendor == "postgresql":
        sql += " FOR SHARE"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return Book(row is not None and row[0] is not None, row is not None and bool(row[1]))


def people_changed(person_ids: frozenset[int] | None) -> None:
    """Follower of the facts: make the rows of these people again, now; see ``followers``.

    A change of tiers or rules (``None``) concerns everybody: they are queued and made again by the
    worker, and until then pages say how many wait.
    """
    book = share_book()
    if not (book.is_built or book.is_filling):
        return
    if person_ids is None:
        everybody_waits()
    elif book.is_built:
        refresh(person_ids)
    else:
        wait(person_ids)


def people_started(person_ids: frozenset[int]) -> None:
    """Follower of lessons and quizzes: most people have begun something before."""
    book = share_book()
    if book.is_filling:
        wait(person_ids)
    if not book.is_built:
        return
    begun = Standing.objects.filter(person__in=person_ids, known_to=FAR, is_started=1)
    fresh = person_ids.difference(begun.values_list("person_id", flat=True))
    if fresh:
        refresh(fresh)


def wait(person_ids: Iterable[int]) -> None:
    """Queue these people to be made again."""
    Dirty.objects.bulk_create(
        [Dirty(person_id=person) for person in sorted(person_ids)],
        ignore_conflicts=True,
        batch_size=BATCH,
    )


def everybody_waits() -> None:
    """Queue everybody who ever had a duty, and have the worker begin after the commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Dirty._meta.db_table} (person_id)"  # noqa: S608 (names of models)
            f" SELECT DISTINCT person_id FROM {Posting._meta.db_table} p WHERE NOT EXISTS"
            f" (SELECT 1 FROM {Dirty._meta.db_table} d WHERE d.person_id = p.person_id)"
        )
    # What was counted in advance rests on the old rules.
    forget_days()
    transaction.on_commit(clean_later.enqueue)


def pending_count() -> int:
    """Return how many people wait to be made again; figures may be behind for them."""
    return Dirty.objects.count()


@task
def clean_later() -> int:
    return clean()


def clean() -> int:
    """Make the people again who wait; return how many. Safe to repeat and to run twice at once."""
    count = 0
    while True:
        waiting = list(Dirty.objects.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not waiting:
            return count
        with transaction.atomic():
            if not share_book().is_built:
                return count
            refresh(waiting)
            Dirty.objects.filter(pk__in=waiting).delete()
        count += len(waiting)


def refresh(person_ids: Collection[int]) -> int:
    """Make the rows of these people agree with their facts; return how many rows changed.

    The caller holds the transaction. People are locked in key order, so that two writers cannot
    wait for each other. Records that were ever merged with these are made again too.
    """
    changed = 0
    for batch in batches(sorted(person_ids), BATCH):
        changed += refresh_batch(batch)
    return changed


def refresh_batch(person_ids: list[int]) -> int:
    merges = read_merges(person_ids)
    kin = kin_of(merges)
    people = sorted({each for person in person_ids for each in kin.get(person, (person,))})
    lock(people)
    rules = read_rules()
    stale, fresh = compare(people, rules, merges)
    Standing.objects.filter(pk__in=[row.pk for row in stale]).delete()
    Standing.objects.bulk_create(fresh, batch_size=BATCH)
    correct_days(stale, fresh, rules)
    return len(stale) + len(fresh)


def lock(person_ids: list[int]) -> None:
    """Serialise refreshes of one person; rows that only refer to her need not wait."""
    people = StaffMember.objects.select_for_update(no_key=True).filter(pk__in=person_ids)
    list(people.order_by("pk").values_list("pk", flat=True))


def compare(person_ids: list[int], rules: Rules, merges: list[Merged]) -> tuple[list, list]:
    """Return the rows that should not stand, and those that should and do not (unsaved)."""
    facts = read_facts(person_ids, merges)
    wanted = {
        (person, *row.state, *row[1:]): person
        for person in person_ids
        for row in standing(person, facts[person], rules)
    }
    stale = []
    for row in Standing.objects.filter(person__in=person_ids):
        key = (row.person_id, *(getattr(row, name) for name in FIELDS))
        if wanted.pop(key, None) is None:
            stale.append(row)
    fresh = [
        Standing(person_id=person, **dict(zip(FIELDS, key[1:], strict=True)))
        for key, person in wanted.items()
    ]
    return stale, fresh


def batches(items: Iterable[int], size: int) -> Iterator[list[int]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def every_person() -> Iterator[list[int]]:
    """Yield the keys of all staff members in slices, without holding them all."""
    last = 0
    while True:
        slice_ = list(
            StaffMember.objects.filter(pk__gt=last)
            .order_by("pk")
            .values_list("pk", flat=True)[:BATCH]
        )
        if not slice_:
            return
        yield slice_
        last = slice_[-1]


def close_book() -> None:
    """Let figures be counted from the facts and nobody keep rows, until :func:`rebuild`."""
    StandingBook.objects.update_or_create(pk=1, defaults={"built_at": None, "is_filling": False})


def rebuild(*, at: datetime) -> int:
    """Make the whole table from the facts; return how many rows it has.

    While it is filled figures are counted from the facts, and whoever is touched waits in a queue;
    before it opens, those are made again while every writer waits for a moment.
    """
    with transaction.atomic():
        take_book()
        StandingBook.objects.filter(pk=1).update(built_at=None, is_filling=True)
        forget_days()
    for number, person_ids in enumerate(every_person(), start=1):
        with transaction.atomic():
            refresh_batch(person_ids)
        # A planner that believes the table empty reads all of it for each batch: count it at the
        # 1st, 2nd, 4th, 8th … batch.
        if number & (number - 1) == 0:
            refresh_planner_statistics(Standing)
    with transaction.atomic():
        take_book()
        for person_ids in batches(Dirty.objects.values_list("pk", flat=True).iterator(), BATCH):
            refresh(person_ids)
        Dirty.objects.all().delete()
        StandingBook.objects.filter(pk=1).update(built_at=at, is_filling=False)
    refresh_planner_statistics()
    keep_days(at=at)
    return Standing.objects.count()


def repair(person_ids: list[int]) -> int:
    """Make these people again and return how many rows were wrong; the nightly walk calls this."""
    with transaction.atomic():
        if not share_book().is_built:
            return 0
        return refresh(person_ids)


def differences(person_ids: list[int]) -> list[tuple[int, int]]:
    """Return (person, wrong or missing rows) for whom the table and the facts disagree."""
    stale, fresh = compare(person_ids, read_rules(), read_merges(person_ids))
    wrong: dict[int, int] = {}
    for row in (*stale, *fresh):
        wrong[row.person_id] = wrong.get(row.person_id, 0) + 1
    return sorted(wrong.items())
