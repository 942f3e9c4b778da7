"""What the pages of a class show of each person on its list; reads only, no query per person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from courses.conditions import Manifest, RuleBook, facts_of, judge
from courses.models import ClassRosterEntry
from lms.people.models import Posting, StaffMember, UnitVersion
from lms.people.units import names_on


@dataclass(frozen=True)
class Place:
    """Where a person works on a day: names for a list."""

    unit_name: str = ""
    title: str = ""


@dataclass(frozen=True)
class RosterRow:
    """A name on the list, where she works, and how far she is in her round."""

    entry: ClassRosterEntry
    place: Place
    lessons_left: int
    scenario_left: bool
    test_left: bool
    attended: int
    needed: int

    @property
    def person(self) -> StaffMember:
        return self.entry.person

    @property
    def online_done(self) -> bool:
        """Everything that is not the class: lessons, scenario and post-test."""
        return not (self.lessons_left or self.scenario_left or self.test_left)


def roster_rows(entries: Iterable[ClassRosterEntry], day: date) -> list[RosterRow]:
    """Return one row per entry (with ``person`` and ``enrolment__course_version``); six queries."""
    entries = list(entries)
    if not entries:
        return []
    facts = facts_of(entry.enrolment_id for entry in entries)
    rules = RuleBook()
    places = places_of([entry.person_id for entry in entries], day)
    rows = []
    for entry in entries:
        manifest = Manifest.of(entry.enrolment.course_version)
        verdict = judge(manifest, facts[entry.enrolment_id], rules.on(entry.enrolment.opened_on))
        rows.append(
            RosterRow(
                entry=entry,
                place=places.get(entry.person_id, Place()),
                lessons_left=len(verdict.lessons_missing),
                scenario_left=bool(verdict.scenarios_missing),
                test_left=manifest.post_test_id is not None and not verdict.is_passed,
                attended=verdict.attended,
                needed=verdict.needed,
            )
        )
    return rows


def places_of(person_ids: Iterable[int], day: date) -> dict[int, Place]:
    """Return where each person works on ``day``, her primary posting first; two queries."""
    postings: dict[int, Posting] = {}
    for posting in (
        Posting.objects.current()
        .valid_on(day)
        .filter(person__in=list(person_ids))
        .order_by("is_primary", "-duty_began_on", "-pk")
    ):
        # The last one wins: the primary posting, else the duty that began first.
        postings[posting.person_id] = posting
    names = names_on(list({posting.unit_id for posting in postings.values()}), day)
    return {
        person_id: Place(unit_name=_name(names.get(posting.unit_id)), title=posting.position_title)
        for person_id, posting in postings.items()
    }


def _name(version: UnitVersion | None) -> str:
    return version.full_name if version else ""
