"""What a resolution would do to the units: the map of the day before, the map of the day itself.

All events of a file happen at once. They are read against the units valid on the day as known now;
what cannot be is refused with the event and the row, and nothing is written here. People, roles and
other rows follow from :attr:`Plan.moves` (``lms.people.reorganising.people``).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.db.models import F
from django.utils.translation import gettext as _

from lms.people.days import FAR
from lms.people.models import PositionGroup, Posting, StaffMember, Unit, UnitVersion
from lms.people.models.units import UnitEventKind, UnitLevel
from lms.people.reorganising.plans import Move, Part, Plan, UnitState
from lms.people.reorganising.resolutions import EventRow, Refusal, Resolution
from lms.people.text import clean
from lms.people.units import MAX_DEPTH, UNPLACED_KEY

MANY = 500


def plan_of(resolution: Resolution) -> Plan:
    """Return what ``resolution`` would do as things stand now; four queries and two for lists."""
    return _Planner(resolution).run()


class _Planner:
    def __init__(self, resolution: Resolution) -> None:
        self.resolution = resolution
        self.plan = Plan(resolution)
        self.day = resolution.effective_on
        self.old_codes: dict[str, int] = {}
        self.new_codes: dict[str, int] = {}
        self.later: dict[int, date] = {}
        self.lasting: set[int] = set()
        self.future_codes: dict[str, UnitVersion] = {}

    def refuse(self, text: str, event: int | None = None, row: int | None = None) -> None:
        self.plan.refusals.append(Refusal(text, event, row))

    def run(self) -> Plan:
        self._load()
        if self.plan.unplaced is None:
            self.refuse(_("The portal has no units yet: run load_units first."))
            return self.plan
        self._open_new_units()
        for event in self.resolution.events:
            self._end_or_change(event)
        self._index_new_map()
        for event in self.resolution.events:
            self._lead(event)
        self._hang_new_units()
        self._let_children_follow()
        self._list_people()
        self._check_tree()
        return self.plan

    def _load(self) -> None:
        self.plan.unplaced = Unit.objects.filter(own_key=UNPLACED_KEY).first()
        for version in UnitVersion.objects.current().filter(valid_to__gt=self.day):
            if version.valid_to == FAR:
                self.lasting.add(version.unit_id)
            if version.valid_from > self.day:
                self.later[version.unit_id] = version.valid_from
                self.future_codes[version.code] = version
                continue
            if version.valid_to < FAR:
                self.later.setdefault(version.unit_id, version.valid_to)
            self.plan.before[version.unit_id] = version
            self.old_codes[version.code] = version.unit_id
            self.plan.after[version.unit_id] = UnitState(
                ref=version.unit_id,
                code=version.code,
                name=version.name,
                kind=version.kind,
                level=version.level,
                parent=version.parent_id,
                before=version,
            )

    def _open_new_units(self) -> None:
        for number, new in enumerate(self.resolution.new_units, 1):
            self.plan.after[-number] = UnitState(
                ref=-number,
                code=new.code,
                name=clean(new.name),
                kind=clean(new.kind),
                level=new.level,
                parent=None,
            )

    # The old map --------------------------------------------------------------------------------
    def _find_old(self, code: str, event: int) -> int | None:
        """Return the unit with ``code`` on the day; refuse one that cannot be changed then."""
        unit_id = self.old_codes.get(code)
        if unit_id is None:
            self.refuse(
                _("No unit has the code %(code)s on %(day)s.")
                % {"code": code, "day": f"{self.day:%d/%m/%Y}"},
                event,
            )
            return None
        version = self.plan.before[unit_id]
        words = {"unit": f"{version.full_name} ({version.code})"}
        if unit_id == self.plan.unplaced.pk:
            self.refuse(
                _("%(unit)s is where people wait and takes part in no event.") % words, event
            )
            return None
        if version.valid_from == self.day:
            self.refuse(
                _("%(unit)s begins or changes on this day by another decision.") % words, event
            )
            return None
        if unit_id in self.later:
            words["day"] = f"{self.later[unit_id]:%d/%m/%Y}"
            self.refuse(
                _("%(unit)s changes again on %(day)s: undo that decision first.") % words, event
            )
            return None
        return unit_id

    def _end_or_change(self, event: EventRow) -> None:
        stays = set(event.into) if event.kind == UnitEventKind.SPLIT else set()
        for code in event.units:
            unit_id = self._find_old(code, event.number)
            if unit_id is None:
                continue
            state = self.plan.after.get(unit_id)
            ends = event.kind in (UnitEventKind.MERGE, UnitEventKind.DISSOLVE) or (
                event.kind == UnitEventKind.SPLIT and code not in stays
            )
            if unit_id in self.plan.ended:
                if event.kind != UnitEventKind.TRANSFER_FUNCTION:
                    self.refuse(
                        _("The unit %(code)s ends by event %(other)d already.")
                        % {"code": code, "other": self.plan.ended[unit_id]},
                        event.number,
                    )
                continue
            if ends:
                if state.event:
                    self.refuse(
                        _("The unit %(code)s is changed by event %(other)d and ends by this one.")
                        % {"code": code, "other": state.event},
                        event.number,
                    )
                    continue
                self.plan.ended[unit_id] = event.number
                del self.plan.after[unit_id]
            elif event.kind == UnitEventKind.RENAME:
                state.name, state.event = event.name, event.number
                state.code = event.code or state.code
            elif event.kind == UnitEventKind.RETYPE:
                state.kind, state.event = event.type, event.number
                state.level = event.level or state.level

    # The new map --------------------------------------------------------------------------------
    def _index_new_map(self) -> None:
        for state in self.plan.after.values():
            if state.code in self.new_codes:
                self.refuse(
                    _("The code %(code)s would be in use twice on %(day)s.")
                    % {"code": state.code, "day": f"{self.day:%d/%m/%Y}"},
                    state.event or None,
                )
            later = self.future_codes.get(state.code)
            if later is not None and state.ref != later.unit_id and state.is_changed:
                self.refuse(
                    _("The code %(code)s is in use from %(day)s.")
                    % {"code": state.code, "day": f"{later.valid_from:%d/%m/%Y}"},
                    state.event or None,
                )
            self.new_codes[state.code] = state.ref

    def _find_new(self, code: str, event: int, row: int | None = None) -> int | None:
        """Return the unit with ``code`` on the map of the day, which must last."""
        ref = self.new_codes.get(code)
        if ref is None:
            self.refuse(
                _("No unit has the code %(code)s after these events.") % {"code": code}, event, row
            )
            return None
        if ref > 0 and ref not in self.lasting:
            self.refuse(
                _("The unit %(code)s ends on %(day)s by a later decision: undo that one first.")
                % {"code": code, "day": f"{self.later[ref]:%d/%m/%Y}"},
                event,
                row,
            )
            return None
        if ref == self.plan.unplaced.pk:
            self.refuse(_("People are not sent to wait by an event."), event, row)
            return None
        return ref

    def _lead(self, event: EventRow) -> None:
        """Add where the event leads: parents, edges and moves."""
        units = [self.old_codes[code] for code in event.units if code in self.old_codes]
        number = event.number
        if event.kind == UnitEventKind.MOVE:
            parent = self._find_new(event.parent, number)
            for unit_id in units:
                state = self.plan.after.get(unit_id)
                if parent is not None and state is not None:
                    state.parent, state.event = parent, number
                    self._add_part(number, unit_id, unit_id)
            return
        if event.kind in (UnitEventKind.RENAME, UnitEventKind.RETYPE):
            for unit_id in units:
                self._add_part(number, unit_id, unit_id)
            return
        targets = [self._find_new(code, number) for code in event.into]
        if None in targets:
            return
        for target in targets:
            state = self.plan.after[target]
            state.event = state.event or number
        for unit_id in units:
            if event.kind == UnitEventKind.MERGE:
                self._add_part(number, unit_id, targets[0])
                self._add_move(Move(number, unit_id, targets[0], takes_rest=True))
            elif event.kind == UnitEventKind.DISSOLVE:
                self._add_part(number, unit_id, None, by_list=True)
                self._add_move(Move(number, unit_id, None, takes_rest=True))
            elif event.kind == UnitEventKind.SPLIT:
                for target in targets:
                    self._add_part(number, unit_id, target, by_list=True)
                ends = self.plan.ended.get(unit_id) == number
                self._add_move(Move(number, unit_id, None, takes_rest=ends))
            else:
                for target in targets:
                    self._add_part(number, unit_id, target, by_list=True)
                self._add_move(
                    Move(
                        number,
                        unit_id,
                        targets[0] if event.groups else None,
                        takes_rest=False,
                        groups=self._groups(event),
                    )
                )

    def _add_part(self, event: int, unit_id: int, to: int | None, *, by_list: bool = False) -> None:
        part = Part(event, unit_id, to, by_list)
        if part not in self.plan.parts:
            self.plan.parts.append(part)

    def _add_move(self, move: Move) -> None:
        self.plan.moves[move.unit_id].append(move)

    def _groups(self, event: EventRow) -> frozenset[int]:
        known = dict(PositionGroup.objects.filter(code__in=event.groups).values_list("code", "pk"))
        for code in event.groups:
            if code not in known:
                self.refuse(
                    _("No position group has the code %(code)s.") % {"code": code}, event.number
                )
        return frozenset(known.values())

    def _hang_new_units(self) -> None:
        first = self.resolution.events[0].number
        for number, new in enumerate(self.resolution.new_units, 1):
            state = self.plan.after[-number]
            state.event = state.event or first
            if new.parent:
                ref = self.new_codes.get(new.parent)
                if ref is None or (ref > 0 and ref not in self.lasting):
                    self.refuse(
                        _("The parent %(parent)s of the new unit %(code)s is not there on %(day)s.")
                        % {
                            "parent": new.parent,
                            "code": new.code,
                            "day": f"{self.day:%d/%m/%Y}",
                        }
                    )
                else:
                    state.parent = ref

    def _let_children_follow(self) -> None:
        successors = self.plan.successors()
        orphans: dict[int, list[str]] = defaultdict(list)
        for state in self.plan.after.values():
            if state.parent not in self.plan.ended:
                continue
            successor = successors[state.parent]
            if successor is None:
                orphans[state.parent].append(state.label)
                continue
            self.plan.followed[state.ref] = state.parent
            state.event = self.plan.ended[state.parent]
            self._add_part(state.event, state.ref, state.ref)
            state.parent = successor
            if state.ref in self.later:
                self.refuse(
                    _("%(unit)s changes again on %(day)s: undo that decision first.")
                    % {"unit": state.label, "day": f"{self.later[state.ref]:%d/%m/%Y}"},
                    state.event,
                )
        for unit_id, labels in orphans.items():
            shown = ", ".join(labels[:5]) + (" …" if len(labels) > 5 else "")
            self.refuse(
                _("%(unit)s ends, and it is not said where the units below it go: %(below)s.")
                % {"unit": self.plan.before[unit_id].full_name, "below": shown},
                self.plan.ended[unit_id],
            )

    # People named one by one --------------------------------------------------------------------
    def _list_people(self) -> None:
        listed = [event for event in self.resolution.events if event.people]
        if not listed:
            return
        codes = sorted({row.staff_code for event in listed for row in event.people})
        known: dict[str, int] = {}
        for start in range(0, len(codes), MANY):
            known |= dict(
                StaffMember.objects.filter(staff_code__in=codes[start : start + MANY]).values_list(
                    "staff_code", "pk"
                )
            )
        for event in listed:
            moves = {
                move.unit_id: move
                for code in event.units
                for move in self.plan.moves.get(self.old_codes.get(code, 0), ())
                if move.event == event.number
            }
            self._list_rows(event, moves, known)

    def _list_rows(self, event: EventRow, moves: dict[int, Move], known: dict[str, int]) -> None:
        posted: dict[int, list[int]] = defaultdict(list)
        for person_id, unit_id in (
            Posting.objects.current()
            .filter(unit__in=list(moves), valid_to__gt=self.day, valid_from__lt=F("valid_to"))
            .values_list("person_id", "unit_id")
        ):
            posted[person_id].append(unit_id)
        allowed = set(event.into)
        for row in event.people:
            person_id = known.get(row.staff_code)
            words = {"person": row.staff_code, "unit": row.to}
            if person_id is None:
                text = _("Nobody has the staff code %(person)s.")
            elif person_id not in posted:
                text = _("%(person)s has no duty in the unit of this event.")
            elif allowed and row.to not in allowed:
                text = _("The event does not lead to the unit %(unit)s.")
            else:
                target = self._find_new(row.to, event.number, row.row)
                if target is not None:
                    for unit_id in posted[person_id]:
                        moves[unit_id].people[person_id] = target
                continue
            self.refuse(text % words, event.number, row.row)

    # The tree as a whole ------------------------------------------------------------------------
    def _check_tree(self) -> None:
        if self.plan.refusals:
            return
        after = self.plan.after
        for state in after.values():
            at, depth = state.parent, 0
            while at is not None and depth <= MAX_DEPTH:
                if at not in after:
                    self.refuse(
                        _("%(unit)s would hang below a unit that is not there.")
                        % {"unit": state.label},
                        state.event or None,
                    )
                    break
                if at == state.ref:
                    depth = MAX_DEPTH
                at, depth = after[at].parent, depth + 1
            if depth > MAX_DEPTH:
                self.refuse(
                    _("%(unit)s would be below itself.") % {"unit": state.label},
                    state.event or None,
                )
        roots = [
            state
            for state in after.values()
            if state.parent is None and state.level != UnitLevel.AGENCY
        ]
        if len(roots) != 1:
            names = ", ".join(state.label for state in roots[:5]) or "–"
            self.refuse(
                _("On %(day)s there must be one unit on top; there would be: %(units)s.")
                % {"day": f"{self.day:%d/%m/%Y}", "units": names}
            )
