"""Which sets held from when to when, who began them, and what each changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lms.people.days import BEFORE, last_day
from lms.people.models import Batch, RuleSet
from lms.target.changes.acts import HISTORY_SIZE, newest_acts
from lms.target.rulebook.numbers import Difference, differences, values_of
from lms.target.rulebook.planning import KIND, SERIES


@dataclass(frozen=True)
class PastSet:
    """One set over its days; ``entered`` is the version that first wrote it."""

    rules: RuleSet
    entered: RuleSet
    changed: list[Difference]

    @property
    def first_day(self) -> date | None:
        """``None`` for the set that holds since before the records began."""
        return self.rules.valid_from if self.rules.valid_from > BEFORE else None

    @property
    def last_day(self) -> date | None:
        return last_day(self.rules.valid_to)

    @property
    def is_loaded(self) -> bool:
        """Whether it came with the portal: nobody entered it."""
        return self.entered.recorded_on == BEFORE


@dataclass(frozen=True)
class RuleAct:
    """One act of the page: the set it began and what that changed."""

    batch: Batch
    day: date
    basis: str
    changed: list[Difference]


def past_sets() -> list[PastSet]:
    """Return the sets that stand, the newest first; two queries."""
    rows = list(
        RuleSet.objects.current()
        .filter(scope_key=SERIES)
        .order_by("-valid_from")[: HISTORY_SIZE + 1]
    )
    entered: dict[object, RuleSet] = {}
    for row in (
        RuleSet.objects.filter(logical_id__in=[row.logical_id for row in rows])
        .select_related("recorded_by__staff")
        .order_by("-recorded_at", "-pk")
    ):
        entered[row.logical_id] = row
    found = []
    for place, row in enumerate(rows[:HISTORY_SIZE]):
        earlier = rows[place + 1] if place + 1 < len(rows) else None
        changed = differences(earlier, values_of(row)) if earlier else []
        found.append(PastSet(row, entered[row.logical_id], changed))
    return found


def acts() -> list[RuleAct]:
    """Return the newest acts with what each changed; three queries."""
    found = []
    for batch, changes in newest_acts(KIND, RuleSet).items():
        begun = [after for _before, after in changes if after]
        held = [before for before, _after in changes if before]
        if not begun:
            continue
        newest = max(begun, key=lambda row: row.valid_from)
        changed = differences(held[0] if held else None, values_of(newest))
        found.append(RuleAct(batch, newest.valid_from, newest.basis, changed))
    return found
