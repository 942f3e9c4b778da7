"""Duties and leaves of one person with every version of them: who wrote what, when and why."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from lms.people.days import last_day
from lms.people.finding import versions_of
from lms.people.models import BatchFact, Leave, Posting, StaffMember, UnitVersion


@dataclass(frozen=True)
class Line:
    """One duty or leave: what stands of it, and the versions before, newest first."""

    fact: Any
    unit: UnitVersion | None
    versions: list[Any]
    units: dict[int, UnitVersion]
    # Why it was taken back, where it was.
    taken_back_because: str
    today: date

    @property
    def is_leave(self) -> bool:
        return isinstance(self.fact, Leave)

    @property
    def stands(self) -> bool:
        return self.fact.stands

    @property
    def last_day(self) -> date | None:
        return last_day(self.fact.valid_to)

    @property
    def was_never(self) -> bool:
        """Whether it ended before its first day."""
        return self.fact.valid_to <= self.fact.valid_from

    @property
    def state(self) -> str:
        """The state as components know it."""
        if not self.stands or self.was_never:
            return "lock"
        if self.fact.valid_from > self.today:
            return "todo"
        return "done" if self.fact.valid_to <= self.today else "now"

    @property
    def state_label(self) -> str:
        if not self.stands:
            return _("Taken back")
        if self.was_never:
            return _("Did not begin")
        return {"todo": _("Still to come"), "done": _("Past"), "now": _("At present")}[self.state]

    @property
    def earlier(self) -> list[dict[str, Any]]:
        """The versions as the page prints them, newest first."""
        return [
            {
                "fact": version,
                "unit": self.units.get(getattr(version, "unit_id", 0)),
                "last_day": last_day(version.valid_to),
            }
            for version in self.versions
        ]


def lines_of(person: StaffMember, today: date) -> tuple[list[Line], list[Line]]:
    """Return duties and leaves of ``person``, those that go on first; four queries."""
    postings = list(
        Posting.objects.filter(person=person)
        .select_related("group", "recorded_by__staff", "withdrawn_by__staff")
        .order_by("recorded_at", "pk")
    )
    leaves = list(
        Leave.objects.filter(person=person)
        .select_related("recorded_by__staff", "withdrawn_by__staff")
        .order_by("recorded_at", "pk")
    )
    units = versions_of([posting.unit_id for posting in postings], today)
    reasons = dict(
        BatchFact.objects.filter(
            person=person, after_id=None, batch__kind="take_back", batch__undone_at=None
        )
        .order_by("batch__at")
        .values_list("logical_id", "batch__reason")
    )
    return tuple(_lines(facts, units, reasons, today) for facts in (postings, leaves))


def _lines(
    facts: list[Any], units: dict[int, UnitVersion], reasons: dict[Any, str], today: date
) -> list[Line]:
    by_id: dict[Any, list[Any]] = defaultdict(list)
    for fact in facts:
        by_id[fact.logical_id].insert(0, fact)
    lines = [
        Line(
            fact=versions[0],
            unit=units.get(getattr(versions[0], "unit_id", 0)),
            versions=versions,
            units=units,
            taken_back_because="" if versions[0].stands else reasons.get(logical_id, ""),
            today=today,
        )
        for logical_id, versions in by_id.items()
    ]
    return sorted(
        lines,
        key=lambda line: (
            line.stands,
            line.fact.valid_to,
            getattr(line.fact, "is_primary", True),
            line.fact.valid_from,
        ),
        reverse=True,
    )
