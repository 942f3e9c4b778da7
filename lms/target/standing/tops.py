"""The province's counts on the days counted in advance, by the rows of its table.

They rest on the tree and on the needs of the day: whoever reads them compares both
(``Basis.has_folded``) and adds up the units instead where either changed, until the worker or the
night has folded the day anew. What one person's change adds is judged by the needs the day was
folded by, so that the rows of a day always belong together.
"""

# ruff: noqa: S608 (the text is put together from constants and whole numbers)

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from django.db import connection, transaction
from django_tasks import task

from lms.people.units import find_root
from lms.target.figures.derived import Needs, judged_cte, need_text, read_needs, spell_needs
from lms.target.figures.folded import COLUMNS, KEYS, counted_cte
from lms.target.figures.sql import FAR_SQL, UNPLACED, Question, bucket_cte
from lms.target.models import FigureDay, FigureTop, StandingBook

ADD = f"INSERT INTO target_figuretop (day, {KEYS}, {COLUMNS}) "
SUMMED = f"""
    {judged_cte()}, {counted_cte("people", keys=f"day, {KEYS}")}
    SELECT day, {KEYS}, {COLUMNS} FROM counted"""


def take_book() -> None:
    """Hold the book alone: waits for every writer that shares it, and holds the next ones back."""
    StandingBook.objects.get_or_create(pk=1)
    StandingBook.objects.select_for_update().get(pk=1)


def count_top(day: date, needs: Needs) -> None:
    """Fold a counted day by the rows of the province's table; the caller holds the book alone."""
    root = find_root(day)
    FigureTop.objects.filter(day=day).delete()
    if root is None:
        return
    needed = needs.on(day, None)
    FigureDay.objects.filter(day=day).update(top_unit=root.unit_id, top_needs=spell_needs(needed))
    question = Question(day, unit_id=root.unit_id, is_root=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{ADD} WITH {bucket_cte(question)},
    status AS (
        SELECT s.*, s.held_courses AS once, coalesce(b.bucket_id, {UNPLACED}) AS bucket_id,
            {need_text(needed)} AS need
        FROM target_figure s LEFT JOIN bucket b ON b.unit_id = s.unit_id WHERE s.day = %(day)s
    ),{SUMMED}""",
            question.params(),
        )


def add_to_tops(figures: Collection[int], needs: Mapping[date, str]) -> None:
    """Add these rows of ``Figure`` to the counts of their days; one query.

    ``needs`` are those by which each day was folded. The row of the table in which a unit stands is
    what it hangs under, one step below the root; itself, or the root for its own staff.
    """
    if not figures:
        return
    known = "{alias}.known_to = {far} AND {alias}.valid_from <= d.day AND {alias}.valid_to > d.day"
    low, up = (known.format(alias=alias, far=FAR_SQL) for alias in ("low", "up"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{ADD} WITH status AS (
        SELECT s.*, s.held_courses AS once, coalesce(up.ancestor_id, {UNPLACED}) AS bucket_id,
            {need_by_day(needs)} AS need
        FROM target_figure s JOIN target_figureday d ON d.day = s.day
        LEFT JOIN people_unitpath low
          ON low.unit_id = s.unit_id AND low.ancestor_id = d.top_unit_id AND {low}
        LEFT JOIN people_unitpath up ON up.unit_id = low.unit_id
          AND up.depth = CASE WHEN low.depth = 0 THEN 0 ELSE low.depth - 1 END AND {up}
        WHERE s.id IN ({", ".join(str(int(each)) for each in figures)})
    ),{SUMMED}"""
        )


def need_by_day(needs: Mapping[date, str]) -> str:
    """Return the SQL for what row ``s`` needs on its own day: mostly all days need the same."""
    days: dict[str, list[date]] = {}
    for day, spelled in needs.items():
        days.setdefault(spelled, []).append(day)
    cases = [
        f"WHEN s.day IN ({', '.join(repr(day.isoformat()) for day in same)})"
        f" THEN {need_text(read_needs(spelled))}"
        for spelled, same in days.items()
    ]
    return f"CASE {' '.join(cases)} END"


def tree_changed() -> None:
    """Follower of the tree: what was folded by its rows is folded anew by the worker.

    Until then the province's figures are added up from its units.
    """
    if FigureDay.objects.filter(top_unit__isnull=False).update(top_unit=None):
        transaction.on_commit(fold_later.enqueue)


def needs_changed() -> None:
    """Have the days folded anew by other needs; to be called in the transaction of the change."""
    if FigureDay.objects.exists():
        transaction.on_commit(fold_later.enqueue)


@task
def fold_later() -> int:
    return fold_days()


def fold_days() -> int:
    """Fold the counted days whose tree or needs are others now; return how many. Safe to repeat."""
    count, needs = 0, Needs.read()
    for day in list(FigureDay.objects.order_by("-day").values_list("day", flat=True)):
        if is_folded(day, needs):
            continue
        with transaction.atomic():
            take_book()
            needs = Needs.read()
            if not is_folded(day, needs):
                count_top(day, needs)
                count += 1
    return count


def is_folded(day: date, needs: Needs) -> bool:
    """Tell whether the counts of ``day`` rest on its tree and needs, or the day is gone."""
    rows = FigureDay.objects.filter(day=day).values_list("top_unit", "top_needs")
    return all(
        top is not None and spelled == spell_needs(needs.on(day, None)) for top, spelled in rows
    )
