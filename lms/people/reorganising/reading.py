"""The file of a reorganisation: YAML in, one checked ``Resolution`` out.

A file holds the events of one decision, all in effect on one day. What an event takes away
(``units``, ``unit``) is named by the codes of the day before; what it leads to (``into``,
``parent``) by the codes of the day itself, so a code that lives on under another name is never in
doubt. The format is described in ``docs/reorganisations.md``.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import yaml
from django.utils.translation import gettext as _

from lms.people.models.units import UnitEventKind, UnitLevel
from lms.people.reorganising.resolutions import (
    EVENT_KEYS,
    EventRow,
    ListedPerson,
    NewUnitRow,
    Refusal,
    Refused,
    Resolution,
    body_of,
)
from lms.people.text import clean

LARGEST_FILE = 5_000_000
MOST_EVENTS = 20_000
KEYS = {
    "title",
    "decision_number",
    "decided_on",
    "effective_on",
    "note",
    "new_units",
    "events",
}
NEEDED = {
    UnitEventKind.MERGE: {"units", "into"},
    UnitEventKind.SPLIT: {"unit", "into"},
    UnitEventKind.RENAME: {"unit", "name"},
    UnitEventKind.RETYPE: {"unit", "type"},
    UnitEventKind.MOVE: {"units", "parent"},
    UnitEventKind.DISSOLVE: {"units"},
    UnitEventKind.TRANSFER_FUNCTION: {"unit", "into"},
}


def read_text(content: bytes | str) -> Resolution:
    """Return the resolution in the bytes of a file. Raises :class:`Refused`."""
    if len(content) > LARGEST_FILE:
        raise Refused([Refusal(_("The file is larger than 5 MB."))])
    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Refused([Refusal(_("The file is not UTF-8 text. Save it as UTF-8."))]) from wrong
    try:
        data = yaml.load(text, Loader=PlainLoader)  # noqa: S506 (made from SafeLoader below)
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise Refused(
            [Refusal(_("The file cannot be read: look at line %(line)d.") % {"line": line})]
        ) from wrong
    except RecursionError as wrong:
        raise Refused([Refusal(_("The file is nested too deeply."))]) from wrong
    return read_data(data)


class PlainLoader(yaml.SafeLoader):
    """Plain YAML without references: a file of a few lines cannot grow into millions of rows.

    Every scalar stays text, because a code such as 049 is text and 2025-01-01 is checked by us.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.composer.ComposerError(
                None, None, "references are not allowed", self.peek_event().start_mark
            )
        return super().compose_node(parent, index)


PlainLoader.yaml_implicit_resolvers = {}


def read_data(data: Any) -> Resolution:
    """Return the resolution in plain data (parsed YAML or stored JSON). Raises :class:`Refused`."""
    if not isinstance(data, dict):
        raise Refused([Refusal(_("The file is no list of events: it needs title and events."))])
    reader = _Reader()
    resolution = reader.resolution(data)
    if reader.refusals:
        raise Refused(reader.refusals)
    return resolution


class _Reader:
    """Reads one file and gathers everything that is wrong with it."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []

    def refuse(self, text: str, event: int | None = None, row: int | None = None) -> None:
        self.refusals.append(Refusal(text, event, row))

    def resolution(self, data: dict[str, Any]) -> Resolution:
        self.unknown(data, KEYS)
        new_units = [
            self.new_unit(row, number)
            for number, row in enumerate(self.rows(data.get("new_units"), "new_units"), 1)
        ]
        raw_events = self.rows(data.get("events"), "events")
        if not raw_events:
            self.refuse(_("The file holds no event."))
        if len(raw_events) > MOST_EVENTS:
            self.refuse(_("The file holds too many events."))
            raw_events = []
        events = [self.event(row, number) for number, row in enumerate(raw_events, 1)]
        effective_on = self.day(data.get("effective_on"), "effective_on")
        resolution = Resolution(
            title=self.text(data.get("title"), "title", longest=200),
            decision_number=self.text(data.get("decision_number"), "decision_number", longest=80),
            decided_on=self.day(data.get("decided_on"), "decided_on", is_needed=False),
            effective_on=effective_on or date.max,
            note=self.text(data.get("note"), "note", is_needed=False, longest=5000),
            new_units=tuple(each for each in new_units if each),
            events=tuple(each for each in events if each),
        )
        object.__setattr__(resolution, "body", body_of(resolution))
        return resolution

    def rows(self, value: Any, key: str) -> list[Any]:
        if value in (None, ""):
            return []
        if not isinstance(value, list):
            self.refuse(_("“%(key)s” must be a list.") % {"key": key})
            return []
        return value

    def unknown(self, data: dict[str, Any], keys: set[str], event: int | None = None) -> None:
        for key in sorted(str(each) for each in data if each not in keys):
            self.refuse(_("“%(key)s” is not known here.") % {"key": key[:40]}, event)

    def text(
        self,
        value: Any,
        key: str,
        event: int | None = None,
        *,
        is_needed: bool = True,
        longest: int = 120,
    ) -> str:
        if isinstance(value, dict | list):
            self.refuse(_("“%(key)s” must be a line of text.") % {"key": key}, event)
            return ""
        text = clean(str(value or ""))
        if is_needed and not text:
            self.refuse(_("“%(key)s” is missing.") % {"key": key}, event)
        if len(text) > longest:
            self.refuse(
                _("“%(key)s” is longer than %(most)d characters.") % {"key": key, "most": longest},
                event,
            )
        return text[:longest]

    def day(self, value: Any, key: str, *, is_needed: bool = True) -> date | None:
        text = self.text(value, key, is_needed=is_needed, longest=20)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.refuse(_("“%(key)s” must be a day written as 2025-07-01.") % {"key": key})
            return None

    def codes(self, value: Any, key: str, event: int) -> tuple[str, ...]:
        values = value if isinstance(value, list) else [value]
        codes = tuple(self.text(each, key, event, longest=20) for each in values)
        for code in sorted({each for each in codes if codes.count(each) > 1 and each}):
            self.refuse(_("The unit %(code)s is named twice.") % {"code": code}, event)
        return codes

    def new_unit(self, row: Any, number: int) -> NewUnitRow | None:
        if not isinstance(row, dict):
            self.refuse(_("New unit %(number)d is no list of fields.") % {"number": number})
            return None
        self.unknown(row, {"code", "name", "type", "level", "parent"})
        level = self.text(row.get("level"), "level")
        if level and level not in UnitLevel.values:
            self.refuse(
                _("Level “%(level)s” of the new unit %(number)d is not known.")
                % {"level": level[:20], "number": number}
            )
        return NewUnitRow(
            code=self.text(row.get("code"), "code", longest=20),
            name=self.text(row.get("name"), "name"),
            kind=self.text(row.get("type"), "type", is_needed=False, longest=40),
            level=level,
            parent=self.text(row.get("parent"), "parent", is_needed=False, longest=20),
        )

    def event(self, row: Any, number: int) -> EventRow | None:
        if not isinstance(row, dict):
            self.refuse(_("This is no list of fields."), number)
            return None
        kind = self.text(row.get("kind"), "kind", number)
        if kind not in UnitEventKind.values:
            if kind:
                self.refuse(_("Kind “%(kind)s” is not known.") % {"kind": kind[:40]}, number)
            return None
        self.unknown(row, EVENT_KEYS[kind] | {"kind"}, number)
        missing = sorted(key for key in NEEDED[kind] if row.get(key) in (None, "", []))
        for key in missing:
            self.refuse(_("“%(key)s” is missing.") % {"key": key}, number)
        if missing:
            return None
        level = self.text(row.get("level"), "level", number, is_needed=False)
        if level and level not in UnitLevel.values:
            self.refuse(_("Level “%(level)s” is not known.") % {"level": level[:20]}, number)
        event = EventRow(
            number=number,
            kind=kind,
            units=self.codes(row.get("units", row.get("unit")), "units", number),
            into=self.codes(row["into"], "into", number) if "into" in row else (),
            name=self.text(row.get("name"), "name", number, is_needed=False),
            code=self.text(row.get("code"), "code", number, is_needed=False, longest=20),
            type=self.text(row.get("type"), "type", number, is_needed=False, longest=40),
            level=level,
            parent=self.text(row.get("parent"), "parent", number, is_needed=False, longest=20),
            groups=self.codes(row["groups"], "groups", number) if row.get("groups") else (),
            people=self.people(row.get("people"), number),
        )
        self.check_shape(event)
        return event

    def check_shape(self, event: EventRow) -> None:
        if event.kind == UnitEventKind.MERGE and len(event.into) != 1:
            self.refuse(_("A merge leads into one unit."), event.number)
        if event.kind == UnitEventKind.SPLIT and len(event.into) < 2:
            self.refuse(_("A split leads into two units or more."), event.number)
        if event.kind == UnitEventKind.TRANSFER_FUNCTION:
            if event.groups and len(event.into) != 1:
                self.refuse(_("A transfer by position group leads into one unit."), event.number)
            if not event.groups and not event.people:
                self.refuse(
                    _("A transfer of a function needs position groups or a list of people."),
                    event.number,
                )

    def people(self, value: Any, number: int) -> tuple[ListedPerson, ...]:
        listed, seen = [], set()
        for place, row in enumerate(self.rows(value, "people"), 1):
            if not isinstance(row, dict):
                self.refuse(_("This is no list of fields."), number, place)
                continue
            code = self.text(row.get("person"), "person", number, longest=20).upper()
            to = self.text(row.get("to"), "to", number, longest=20)
            if code in seen:
                self.refuse(_("%(code)s is named twice.") % {"code": code}, number, place)
            seen.add(code)
            listed.append(ListedPerson(place, code, to))
        return tuple(listed)


def read_people_list(text: str) -> list[dict[str, str]]:
    """Return the lines "staff code, unit code" of a pasted list or a CSV file.

    The parting may be a comma, a semicolon, a tab or spaces; a first line of headings and empty
    lines are left out. Raises :class:`Refused` naming the row.
    """
    rows, refusals = [], []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        for mark in (";", "\t", ","):
            line = line.replace(mark, " ")
        words = clean(line.replace('"', " ")).split(" ")
        if words == [""]:
            continue
        if number == 1 and not any(character.isdigit() for character in "".join(words)):
            continue
        if len(words) != 2:
            refusals.append(
                Refusal(_("Write a staff code and a unit code in each line."), row=number)
            )
            continue
        rows.append({"person": words[0].upper(), "to": words[1]})
    if refusals:
        raise Refused(refusals)
    return rows
