"""What each row would do: a new person, changes of a known one, nothing, or why it is refused.

Pure but for the people read by ``matching``: planned again over the same facts, rows give the same
plan, which is how an apply finds out that something changed since the preview.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lms.people.models.imports import RowStatus
from lms.people.scopes import Scope
from lms.people.staff import STAFF_CODE_PREFIX
from lms.people.text import fold
from lms.people.workbooks.columns import BY_KEY, CLEAR, PERSONAL
from lms.people.workbooks.duties import DutyPlanner, Refused
from lms.people.workbooks.matching import Known, People, find_people
from lms.people.workbooks.places import Groups, Units, unit_ids_of
from lms.people.workbooks.reading import TypedRow
from lms.people.workbooks.refusals import Reason, reason

SAME, NEW, SKIP = "same", "new", "skip"
NEEDED_OF_A_NEW_PERSON = ("full_name", "unit", "group", "valid_from")
MOST_CANDIDATES = 5


@dataclass(slots=True)
class PlannedRow:
    """A row with its verdict.

    ``changes`` are (column, old, new) for people to read, ``plan`` is what an apply does.
    """

    row: TypedRow
    status: str = RowStatus.UNCHANGED
    person_id: int | None = None
    reasons: list[Reason] = field(default_factory=list)
    changes: list[list[Any]] = field(default_factory=list)
    candidates: list[int] = field(default_factory=list)
    plan: dict[str, Any] = field(default_factory=dict)

    def refuse(self, *reasons: Reason) -> None:
        self.status, self.changes, self.plan = RowStatus.REFUSED, [], {}
        self.reasons += reasons


@dataclass(frozen=True)
class Decision:
    """What somebody said about a row that resembles a person."""

    choice: str
    person_id: int | None = None


def plan_rows(
    rows: list[TypedRow],
    letters: dict[str, str],
    scope: Scope,
    *,
    decisions: Mapping[int, Decision] | None = None,
) -> list[PlannedRow]:
    """Return each row with its verdict, in the order of the file."""
    return Planner(rows, letters, scope, decisions or {}).plan()


class Planner:
    def __init__(
        self,
        rows: list[TypedRow],
        letters: dict[str, str],
        scope: Scope,
        decisions: Mapping[int, Decision],
    ) -> None:
        self.rows, self.letters, self.decisions = rows, letters, decisions
        unit_ids = unit_ids_of(scope)
        self.may_name_codes = unit_ids is None
        self.people: People = find_people(
            [row for row in rows if not row.reasons],
            scope,
            decided=[each.person_id for each in decisions.values() if each.person_id],
        )
        self.duties = DutyPlanner(Units(unit_ids), Groups(), letters, today=scope.day)
        self.new_people: dict[tuple[Any, ...], int] = {}

    def plan(self) -> list[PlannedRow]:
        planned = {row.number: PlannedRow(row) for row in self.rows}
        of_person: dict[int, list[PlannedRow]] = defaultdict(list)
        others: list[PlannedRow] = []
        for each in planned.values():
            if each.row.reasons:
                each.refuse(*each.row.reasons)
                continue
            person = self.person_of(each)
            if each.status == RowStatus.REFUSED:
                continue
            if person is None:
                others.append(each)
            else:
                of_person[person.pk].append(each)
        for pk, group in of_person.items():
            self.plan_person(self.people.by_pk[pk], group)
        for each in others:
            self.plan_without_person(each)
        return list(planned.values())

    # Who ------------------------------------------------------------------------------------
    def person_of(self, each: PlannedRow) -> Known | None:
        """Return the person a row names by code or by decision; refuses where it may not."""
        row, values = each.row, each.row.values
        decision = self.decisions.get(row.number)
        if decision is not None and decision.choice == SAME:
            chosen = self.people.by_pk.get(decision.person_id or 0)
            if chosen is not None and chosen.pk in self.people.alike.get(row.number, []):
                return chosen
        code = values.get("staff_code")
        if code is None:
            return None
        person = self.people.by_pk.get(self.people.by_code.get(code, 0))
        cell = row.ref("staff_code", self.letters)
        if person is None:
            if values.get("code_is_number"):
                each.refuse(reason("number-code", cell, value=code))
            elif not self.may_name_codes or code.startswith(STAFF_CODE_PREFIX):
                each.refuse(reason("unknown-code", cell, value=code))
            return None
        if person.merged_into:
            each.refuse(reason("merged-person", cell, value=person.merged_into))
        elif self.is_somebody_else(values, person):
            each.refuse(reason("other-person", cell, value=code))
        return person

    @staticmethod
    def is_somebody_else(values: dict[str, Any], person: Known) -> bool:
        """Tell whether name and day of birth both say that the code is of another person."""
        name, born = values.get("full_name"), values.get("birth_date", CLEAR)
        if name is None or born == CLEAR or person.birth_date is None:
            return False
        return fold(name) != person.folded_name and born != person.birth_date.isoformat()

    # A known person -------------------------------------------------------------------------
    def plan_person(self, person: Known, group: list[PlannedRow]) -> None:
        """Plan all rows about one person: they see each other's duties."""
        self.plan_personal(person, group)
        good = [each for each in group if each.status != RowStatus.REFUSED]
        state = self.duties.state_of(person)
        for each in good:
            each.person_id = person.pk
        exact = [each for each in good if self.duties.has_exact(each.row, state)]
        rest = [each for each in good if not any(each is other for other in exact)]
        for each in (*exact, *rest):
            trial = state.copy()  # a refused row leaves no trace for the rows behind it
            try:
                self.duties.plan(each, trial)
                self.duties.plan_leave(each, trial)
            except Refused as refused:
                each.refuse(refused.reason)
                continue
            if each.plan and not person.is_managed:
                cell = each.row.ref("full_name", self.letters)
                each.refuse(reason("not-managed", cell))
                continue
            state = trial
            each.status = RowStatus.CHANGED if each.plan else RowStatus.UNCHANGED

    def plan_personal(self, person: Known, group: list[PlannedRow]) -> None:
        """Plan name, birth and contacts: once, from the first row; later rows must agree."""
        said: dict[str, tuple[Any, int]] = {}
        for each in group:
            differing = [
                key
                for key in PERSONAL
                if key in each.row.values and key in said and said[key][0] != each.row.values[key]
            ]
            if differing:
                key = differing[0]
                cell = each.row.ref(key, self.letters)
                each.refuse(reason("differs-from-row", cell, row=said[key][1]))
                continue
            fresh = {k: v for k, v in each.row.values.items() if k in PERSONAL and k not in said}
            said |= {key: (value, each.row.number) for key, value in fresh.items()}
            changed = {}
            for key, value in fresh.items():
                old = getattr(person, key)
                old = old.isoformat() if isinstance(old, date) else old or ""
                new = "" if value == CLEAR else value
                if new != old:
                    each.changes.append([key, old, new])
                    changed[key] = new
            if changed:
                each.plan["person"] = changed

    # Nobody yet -----------------------------------------------------------------------------
    def plan_without_person(self, each: PlannedRow) -> None:
        """Plan a row that names nobody: the same entry, a likely duplicate, or a new person."""
        decision = self.decisions.get(each.row.number)
        alike = [
            pk
            for pk in self.people.alike.get(each.row.number, [])
            if not self.people.by_pk[pk].merged_into
        ]
        if alike and not (decision and decision.choice == NEW):
            for pk in alike:
                trial = PlannedRow(each.row)
                self.plan_person(self.people.by_pk[pk], [trial])
                if trial.status == RowStatus.UNCHANGED:
                    each.person_id = pk
                    return
            close = [pk for pk in alike if self.is_close(each.row, self.people.by_pk[pk])]
            if close:
                each.candidates = close[:MOST_CANDIDATES]
                codes = ", ".join(self.people.by_pk[pk].staff_code for pk in each.candidates)
                each.status = RowStatus.UNDECIDED
                code = "set-aside" if decision and decision.choice == SKIP else "duplicate"
                each.reasons.append(
                    reason(code, each.row.ref("full_name", self.letters), people=codes)
                )
                return
        self.plan_new(each)

    def is_close(self, row: TypedRow, person: Known) -> bool:
        """Tell a likely duplicate from a bare namesake: day of birth, contact or unit agree."""
        values = row.values
        if values.get("birth_date") and person.birth_date:
            return True  # they agree, else the person would not be alike
        if any(values.get(k) and values[k] == getattr(person, k) for k in PERSONAL[2:]):
            return True
        units = self.duties.units_named(row)
        return any(duty.unit_id in units for duty in person.duties)

    def plan_new(self, each: PlannedRow) -> None:
        values, row = each.row.values, each.row
        missing = [key for key in NEEDED_OF_A_NEW_PERSON if values.get(key, CLEAR) == CLEAR]
        if missing:
            each.refuse(
                *(
                    reason("missing", row.ref(key, self.letters) or BY_KEY[key].title)
                    for key in missing
                )
            )
            return
        try:
            self.duties.plan(each, self.duties.state_of(None))
            self.duties.plan_leave(each, self.duties.state_of(None))
        except Refused as refused:
            each.refuse(refused.reason)
            return
        earlier = self.seen_before(each)
        if earlier:
            cell = row.ref("full_name", self.letters)
            each.refuse(reason("same-new-person", cell, row=earlier))
            return
        personal = {
            key: values[key] for key in ("staff_code", *PERSONAL) if values.get(key, CLEAR) != CLEAR
        }
        each.plan["new"] = personal
        each.changes = [[key, "", value] for key, value in personal.items()] + each.changes
        each.status = RowStatus.NEW

    def seen_before(self, each: PlannedRow) -> int | None:
        """Return the earlier row that brings the same new person, and remember this one."""
        values = each.row.values
        name = fold(values["full_name"])
        strong = [
            (name, key, values[key])
            for key in ("birth_date", "work_email", "work_phone")
            if values.get(key, CLEAR) != CLEAR
        ]
        if "staff_code" in values:
            strong.append(("", "staff_code", values["staff_code"]))
        keys = strong or [(name, "unit", each.plan["duty"]["open"]["unit"])]
        for key in keys:
            if key in self.new_people:
                return self.new_people[key]
        for key in keys:
            self.new_people[key] = each.row.number
        return None
