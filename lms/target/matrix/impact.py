"""What a change of the grid does to the figures, before it is saved.

The same people are judged twice in one statement, by what they need now and by what they would
need, so that the two sides differ in nothing but the change.
"""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db import connection

from content.models import CoursePage
from lms.people.days import FAR
from lms.people.models import PositionGroup, UnitVersion
from lms.people.models.rules import Tier
from lms.people.rules import tiers_on
from lms.target.changes.comparing import Place, Turns, turns_of
from lms.target.figures.derived import Basis, Needs
from lms.target.figures.folded import counted_rows, standing_rows
from lms.target.figures.sql import Question, verdict_ctes
from lms.target.matrix.planning import EditKind, Plan
from lms.target.tables import labels_of


@dataclass
class GroupImpact:
    """People counted in the target on the day, by whether they are trained before and after."""

    label: str = ""
    group: PositionGroup | None = None
    counted: int = 0
    trained_before: int = 0
    trained_after: int = 0
    lost: int = 0
    won: int = 0

    @property
    def is_touched(self) -> bool:
        return bool(self.lost or self.won)

    def add(self, was: int, becomes: int, people: int) -> None:
        self.counted += people
        self.trained_before += was * people
        self.trained_after += becomes * people
        self.lost += people if was and not becomes else 0
        self.won += people if becomes and not was else 0


@dataclass(frozen=True)
class Impact:
    """The impact on the people of ``day``: whole, by group, by unit below the province.

    Of units those are named whose people turn. ``empty`` are core groups that would need nothing:
    their people would all count as trained.
    """

    day: date
    total: GroupImpact
    groups: list[GroupImpact]
    units: list[GroupImpact]
    empty: list[PositionGroup]


def impact_of(plan: Plan, root: UnitVersion, day: date) -> Impact:
    """Return what ``plan`` does on ``day`` to the people of the province; seven queries at most.

    ``root`` is the province on ``day``. Somebody in several groups is counted once, with the group
    of her home posting.
    """
    groups = {group.pk: group for group in PositionGroup.objects.all()}
    before = Basis.read()
    needs = before.needs if before.source.is_built else Needs.read()
    after = needs_after(needs, plan, groups)
    total, by_group = GroupImpact(), defaultdict(GroupImpact)
    by_unit: dict[int, GroupImpact] = defaultdict(GroupImpact)
    for unit_id, group_id, was, becomes, people in _rows(root, day, before, needs, after):
        for line in (total, by_group[group_id], by_unit[unit_id]):
            line.add(was, becomes, int(people))
    for group_id, line in by_group.items():
        line.group = groups[group_id]
        line.label = line.group.label
    units = []
    for unit_id, label in labels_of(root, day):
        if unit_id in by_unit and by_unit[unit_id].is_touched:
            by_unit[unit_id].label = label
            units.append(by_unit[unit_id])
    masks, tiers = after.on(day, None), tiers_on(day)
    return Impact(
        day=day,
        total=total,
        groups=[by_group[key] for key in groups if key in by_group],
        units=units,
        empty=[
            group
            for group in groups.values()
            if tiers.get(group.pk) == Tier.CORE and not masks.get(group.bit)
        ],
    )


def needs_after(needs: Needs, plan: Plan, groups: dict[int, PositionGroup]) -> Needs:
    """Return the requirements as they would be known once ``plan`` is saved; one query."""
    bits = dict(CoursePage.objects.values_list("pk", "bit"))
    gone = defaultdict(list)
    begun = []
    for edit in plan.edits:
        key = (groups[edit.group_id].bit, bits[edit.course_id])
        if edit.is_begin:
            begun.append((*key, plan.day, edit.until, plan.day, FAR))
        else:
            gone[*key, edit.row.valid_from, edit.row.valid_to].append(edit)
    rows = []
    for row in needs.rows:
        group, course, valid_from, valid_to, recorded_on, withdrawn_on = row
        edits = gone.get((group, course, valid_from, valid_to)) if withdrawn_on == FAR else None
        if not edits:
            rows.append(row)
        elif edits[0].kind != EditKind.WITHDRAW:
            rows.append((group, course, valid_from, plan.day, recorded_on, FAR))
    return Needs((*rows, *begun))


def turned_by(plan: Plan, root: UnitVersion, day: date, *, last: int = 0) -> Turns:
    """Return one page of the people whom ``plan`` turns on ``day``, by name, after ``last``.

    Only people with a duty in one of its groups are judged; five queries at most.
    """
    groups = {group.pk: group for group in PositionGroup.objects.all()}
    needs = Needs.read()
    after = needs_after(needs, plan, groups)
    touched = ", ".join(str(int(edit.group_id)) for edit in plan.edits)
    question = Question(day=day, unit_id=root.unit_id, is_root=True)

    def place(need: str) -> str:
        return (
            f"CASE WHEN (n.courses & n.{need}) = n.{need} THEN {Place.TRAINED:d} "
            f"ELSE {Place.NOT_TRAINED:d} END"
        )

    pairs = f"""{verdict_ctes(question, among=f"AND p.group_id IN ({touched})")}
        SELECT n.person_id, n.unit_id AS old_unit, n.unit_id AS new_unit, n.group_id AS old_group,
            n.group_id AS new_group, {place("now")} AS was, {place("later")} AS becomes
        FROM (
            SELECT s.person_id, s.unit_id, s.group_id, s.courses,
                {needs.text(day, None)} AS now, {after.text(day, None)} AS later
            FROM (
                SELECT v.*, coalesce(m.mask, 0) AS groups
                FROM verdict v LEFT JOIN membership m ON m.person_id = v.person_id
            ) s WHERE s.on_leave = 0
        ) n"""
    return turns_of(pairs, question, last=last)


def _rows(
    root: UnitVersion, day: date, basis: Basis, needs: Needs, after: Needs
) -> list[tuple[int, int, int, int, int]]:
    """Return (row of the unit, group of the home posting, trained now, trained then, people).

    One query.
    """
    question = Question(day=day, unit_id=root.unit_id, is_root=True)
    if basis.source.is_built:
        source = counted_rows if basis.source.has_counted(question) else standing_rows
        text = f"WITH {source(question, basis, 'bucket_id, group_id, ')}"
    else:
        text = f"""{verdict_ctes(question)},
    folded AS (
        SELECT v.bucket_id, v.group_id, v.courses, v.on_leave, coalesce(m.mask, 0) AS groups,
            1 AS people
        FROM verdict v LEFT JOIN membership m ON m.person_id = v.person_id
    )"""
    text += f"""
    SELECT j.bucket_id, j.group_id, j.was, j.becomes, sum(j.people) FROM (
        SELECT n.bucket_id, n.group_id, n.people,
            CASE WHEN (n.courses & n.now) = n.now THEN 1 ELSE 0 END AS was,
            CASE WHEN (n.courses & n.later) = n.later THEN 1 ELSE 0 END AS becomes
        FROM (
            SELECT s.bucket_id, s.group_id, s.people, s.courses,
                {needs.text(day, None)} AS now, {after.text(day, None)} AS later
            FROM folded s WHERE s.on_leave = 0
        ) n
    ) j GROUP BY 1, 2, 3, 4"""
    with connection.cursor() as cursor:
        cursor.execute(text, question.params())
        return cursor.fetchall()
