"""The saved acts of a page of dated changes, and since when a row of it holds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from lms.people.days import BEFORE, FAR
from lms.people.facts import DatedFact
from lms.people.models import Batch, BatchFact

# Acts that a page shows, newest first.
HISTORY_SIZE = 20

# Of each fact the version before the act and the one it left; one of them may be missing.
Change = tuple[Any, Any]


def newest_acts(kind: str, model: type[DatedFact], *related: str) -> dict[Batch, list[Change]]:
    """Return the newest acts of ``kind`` upon ``model``, each with what it changed; three queries.

    ``related`` are followed for the words of the page.
    """
    batches = list(
        Batch.objects.filter(kind=kind)
        .select_related("actor__staff", "undone_by")
        .newest_first()[:HISTORY_SIZE]
    )
    facts = list(BatchFact.objects.filter(batch__in=batches).order_by("pk"))
    rows = model._default_manager.select_related(*related) if related else model._default_manager
    versions = rows.in_bulk(
        [key for fact in facts for key in (fact.before_id, fact.after_id) if key]
    )
    changes: dict[int, list[Change]] = defaultdict(list)
    for fact in facts:
        before, after = versions.get(fact.before_id), versions.get(fact.after_id)
        if before or after:
            changes[fact.batch_id].append((before, after))
    return {batch: changes[batch.pk] for batch in batches}


@dataclass(frozen=True)
class Held:
    """Something that holds by a dated row, or by none."""

    row: Any = None

    @property
    def since(self) -> date | None:
        """The day from which it holds; none for what held before the records began."""
        return self.row.valid_from if self.row and self.row.valid_from > BEFORE else None

    @property
    def ends_on(self) -> date | None:
        """The first day on which it no longer holds; none while its end is open."""
        return self.row.valid_to if self.row and self.row.valid_to < FAR else None
