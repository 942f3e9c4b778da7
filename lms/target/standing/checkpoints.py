"""Days counted in advance: today and the ends of months, as known now.

A day is counted by one statement over ``Standing`` while the book is held alone; from then on each
refresh adds rows of plus and minus people in its own transaction. Nobody updates a row, so writers
do not wait for each other, and reading adds up.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from lms.people.days import FAR, local_day
from lms.target.figures.derived import Needs
from lms.target.models import Figure, FigureDay, FigureTop, Standing, StandingBook
from lms.target.standing.computing import Rules
from lms.target.standing.gathering import read_rules
from lms.target.standing.tops import add_to_tops, count_top, fold_days, take_book

MONTHS_KEPT = 24
# What people of one row of :class:`Figure` share, beside the day and whether they are new.
ALIKE = (
    "unit_id",
    "group_id",
    "groups",
    "courses",
    "year_courses",
    "held_courses",
    "is_started",
    "on_leave",
)


def wanted_days(today: date) -> list[date]:
    """Return today and the ends of the last months, newest first."""
    days, first = [today], today.replace(day=1)
    for _month in range(MONTHS_KEPT):
        days.append(first - timedelta(days=1))
        first = days[-1].replace(day=1)
    return days


def correct_days(stale: list[Standing], fresh: list[Standing], rules: Rules) -> None:
    """Add to the days counted in advance what a refresh changed; one query, three if it did."""
    if not (stale or fresh):
        return
    days = list(FigureDay.objects.values_list("day", "top_unit", "top_needs"))
    if not days:
        return
    tops = {day: top for day, top, _needs in days}
    needs = {day: spelled for day, _top, spelled in days}
    since = {day: rules.new_since(day) for day in tops}
    change: Counter[tuple[Any, ...]] = Counter()
    for sign, rows in ((-1, stale), (1, fresh)):
        for row in rows:
            if row.known_to != FAR:
                continue
            alike = tuple(getattr(row, name) for name in ALIKE)
            for day in tops:
                if row.valid_from <= day < row.valid_to:
                    change[day, int(row.duty_began_on >= since[day]), *alike] += sign
    made = Figure.objects.bulk_create(
        [
            Figure(day=day, is_new=is_new, people=people, **dict(zip(ALIKE, alike, strict=True)))
            for (day, is_new, *alike), people in change.items()
            if people
        ],
        batch_size=1000,
    )
    add_to_tops([row.pk for row in made if tops[row.day] is not None], needs)


def count_day(day: date, *, at: datetime) -> None:
    """Count ``day`` anew from the standings; the caller holds the book alone."""
    names = ", ".join(ALIKE)
    adapt = connection.ops.adapt_datefield_value
    Figure.objects.filter(day=day).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Figure._meta.db_table} (day, is_new, people, {names})"  # noqa: S608 (names of fields)
            f" SELECT {day_literal()}, CASE WHEN duty_began_on >= %(since)s THEN 1 ELSE 0 END,"
            f" count(*), {names} FROM {Standing._meta.db_table}"
            f" WHERE known_to = %(far)s AND valid_from <= %(day)s AND valid_to > %(day)s"
            f" GROUP BY 2, {names}",
            {
                "day": adapt(day),
                "since": adapt(read_rules().new_since(day)),
                "far": adapt(FAR),
            },
        )
    FigureDay.objects.update_or_create(day=day, defaults={"counted_at": at, "top_unit": None})
    count_top(day, Needs.read())


def day_literal() -> str:
    return "CAST(%(day)s AS date)" if connection.vendor == "postgresql" else "%(day)s"


def forget_days() -> None:
    """Drop every day counted in advance; figures are added up from the standings meanwhile."""
    for model in (FigureTop, Figure, FigureDay):
        model.objects.all().delete()


def keep_days(*, at: datetime) -> int:
    """Count the days that are wanted and not there, drop the others; return how many were counted.

    One transaction a day, so that writers never wait for more than one count.
    """
    wanted = wanted_days(local_day(at))
    with transaction.atomic():
        take_book()
        FigureDay.objects.exclude(day__in=wanted).delete()
        Figure.objects.exclude(day__in=wanted).delete()
        FigureTop.objects.exclude(day__in=wanted).delete()
        is_built = StandingBook.objects.filter(pk=1, built_at__isnull=False).exists()
    there = set(FigureDay.objects.values_list("day", flat=True))
    counted = 0
    for day in wanted:
        if is_built and day not in there:
            with transaction.atomic():
                take_book()
                count_day(day, at=at)
            counted += 1
    fold_days()
    return counted
