"""Who entered or left which count between two versions of a frozen report, and why.

Both lists stand in the order of person keys, so they are read side by side and neither is held in
memory. The reason is looked for among the facts that were recorded or withdrawn after the earlier
version was frozen; where a person has none, the requirement, a rule or the units changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Q

from courses.models import Completion
from lms.people.days import local_day
from lms.people.models import Leave, PersonMerge, Posting
from lms.target.figures.counts import Counts, counts_of
from lms.target.models import RosterEntry
from lms.target.reports.gathering import COUNT_NAMES, PEOPLE_COLUMNS

DIFFERENCE_COLUMNS = "person before after entered left why".split()
# Looked up together; a million people are never all different at once, but thousands may be.
BATCH = 400

Row = list[Any]


def counts_in(row: Row | None) -> Counts:
    """Return the counts in which the person of ``row`` stands, each 0 or 1."""
    if row is None:
        return Counts()
    cells = dict(zip(PEOPLE_COLUMNS, row, strict=True))
    return counts_of(
        cells["state"], bool(cells["in_year"]), bool(cells["is_new"]), bool(cells["on_leave"]), 1
    )


def side_by_side(
    before: Iterable[Row], after: Iterable[Row]
) -> Iterator[tuple[Row | None, Row | None]]:
    """Yield the two rows of each person; ``None`` where a version does not know her."""
    left, right = iter(before), iter(after)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            yield one, None
            one = next(left, None)
        elif one is None or other[0] < one[0]:
            yield None, other
            other = next(right, None)
        else:
            yield one, other
            one, other = next(left, None), next(right, None)


def place(row: Row | None) -> Row | None:
    """Return where a person stood: unit, group, state (or on leave)."""
    if row is None:
        return None
    cells = dict(zip(PEOPLE_COLUMNS, row, strict=True))
    return [cells["unit"], cells["group"], "on_leave" if cells["on_leave"] else cells["state"]]


class Differences:
    """The rows of the list and, once they were read, how much each count gained and lost."""

    def __init__(self, before: Iterable[Row], after: Iterable[Row], *, since: datetime) -> None:
        self._before, self._after, self._since = before, after, since
        self.entered: dict[str, int] = defaultdict(int)
        self.left: dict[str, int] = defaultdict(int)
        self.people = 0

    def rows(self) -> Iterator[Row]:
        """Yield :data:`DIFFERENCE_COLUMNS` for each person who stands otherwise than before."""
        changed = self._changed()
        while batch := list(islice(changed, BATCH)):
            reasons = reasons_since({row[0] for row in batch}, self._since)
            for row in batch:
                self.people += 1
                yield [*row, reasons.get(row[0], [["other", "", "", ""]])]

    def _changed(self) -> Iterator[Row]:
        for one, other in side_by_side(self._before, self._after):
            if one == other:
                continue
            was, now = counts_in(one), counts_in(other)
            entered = [n for n in COUNT_NAMES if getattr(now, n) > getattr(was, n)]
            left = [n for n in COUNT_NAMES if getattr(was, n) > getattr(now, n)]
            if not entered and not left and place(one) == place(other):
                # Only what she needs or holds changed, and no count with it.
                continue
            for name in entered:
                self.entered[name] += 1
            for name in left:
                self.left[name] += 1
            key = (one or other or [""])[0]
            yield [key, place(one), place(other), entered, left]

    def summary(self, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
        """Return for each count what it was, gained, lost and is; read :meth:`rows` first."""
        return {
            "people": self.people,
            "counts": {
                name: [before[name], self.entered[name], self.left[name], after[name]]
                for name in COUNT_NAMES
            },
            "rates": [before["rate"], after["rate"]],
            "in_year_rates": [before["in_year_rate"], after["in_year_rate"]],
        }


def reasons_since(keys: set[str], since: datetime) -> dict[str, list[Row]]:
    """Return for each person key [what, recorded or withdrawn, its day, course]; five queries."""
    found: dict[str, list[Row]] = defaultdict(list)
    changed = Q(recorded_at__gt=since) | Q(withdrawn_at__gt=since)
    for name, model in (
        ("posting", Posting),
        ("leave", Leave),
        ("roster", RosterEntry),
        ("completion", Completion),
    ):
        fields = ["person__key", "recorded_at", "withdrawn_at", "valid_from"]
        if model is Completion:
            fields.append("course__key")
        rows = model.objects.filter(changed, person__key__in=keys).order_by("recorded_at", "pk")
        for key, recorded_at, _withdrawn_at, valid_from, *course in rows.values_list(*fields):
            act = "recorded" if recorded_at > since else "withdrawn"
            found[str(key)].append([name, act, valid_from, course[0] if course else ""])
    merges = PersonMerge.objects.filter(
        changed, Q(survivor__key__in=keys) | Q(duplicate__key__in=keys)
    ).values_list("survivor__key", "duplicate__key", "recorded_at")
    for survivor, duplicate, recorded_at in merges.order_by("pk"):
        act = "recorded" if recorded_at > since else "withdrawn"
        for key in (str(survivor), str(duplicate)):
            if key in keys:
                found[key].append(["merge", act, local_day(recorded_at), ""])
    return dict(found)
