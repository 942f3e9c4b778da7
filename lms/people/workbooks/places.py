"""Units and position groups as a workbook names them: by list entry, by code or by name."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date

from django.db.models import F

from lms.people.models import PositionGroup, UnitVersion
from lms.people.models.accounts import Role
from lms.people.scopes import Scope
from lms.people.text import clean, fold, squeeze

# Who may change records of staff: focal persons those of their units, the manager all.
EDITING_ROLES = (Role.UNIT_FOCAL, Role.DISTRICT_FOCAL, Role.PROVINCE_MANAGER)
# "20626 – Xã Duy Phước"; people type a plain hyphen too.
_ENTRY = re.compile(r"(\S+)\s+[–—-]\s+(.+)")


def unit_ids_of(scope: Scope) -> frozenset[int] | None:
    """Return the units whose staff the scope may change today, ``None`` for all; one query."""
    if scope.has_role(Role.PROVINCE_MANAGER):
        return None
    return frozenset(scope.units(*EDITING_ROLES).values_list("unit_id", flat=True))


class Units:
    """The units of a reach with all their names, to be found by what is typed."""

    def __init__(self, unit_ids: frozenset[int] | None) -> None:
        self.unit_ids = unit_ids
        versions = UnitVersion.objects.current().filter(valid_from__lt=F("valid_to"))
        if unit_ids is not None:
            versions = versions.filter(unit__in=unit_ids)
        self._by_code: dict[str, list[UnitVersion]] = defaultdict(list)
        self._by_name: dict[str, list[UnitVersion]] = defaultdict(list)
        self._by_unit: dict[int, list[UnitVersion]] = defaultdict(list)
        for version in versions.order_by("valid_from", "pk"):
            self._by_code[version.code.upper()].append(version)
            self._by_unit[version.unit_id].append(version)
            for name in {squeeze(version.full_name), squeeze(version.name)}:
                self._by_name[name].append(version)

    def may_change(self, unit_id: int) -> bool:
        return self.unit_ids is None or unit_id in self.unit_ids

    def find(self, typed: str, day: date) -> list[UnitVersion]:
        """Return the versions valid on ``day`` that ``typed`` names: one, none or several."""
        found = self._by_code.get(typed.upper(), [])
        if not found and (entry := _ENTRY.fullmatch(typed)):
            found = self._by_code.get(entry[1].upper(), [])
        found = [each for each in found if each.valid_from <= day < each.valid_to]
        if not found:
            name = _ENTRY.fullmatch(typed)
            for text in (typed, name[2] if name else ""):
                same = self._by_name.get(squeeze(text), []) if text else []
                found = [each for each in same if each.valid_from <= day < each.valid_to]
                exact = [each for each in found if clean(text) in (each.name, each.full_name)]
                found = exact or found
                if found:
                    break
        return list({each.unit_id: each for each in found}.values())

    def name_of(self, unit_id: int, day: date) -> str:
        """Return what a unit of the reach is called on ``day``, else its last name; "" if none."""
        versions = self._by_unit.get(unit_id, [])
        for version in versions:
            if version.valid_from <= day < version.valid_to:
                return version.full_name
        return versions[-1].full_name if versions else ""


class Groups:
    """The position groups by code, name and short name."""

    def __init__(self) -> None:
        self._by_word: dict[str, int] = {}
        self.names: dict[int, str] = {}
        for group in PositionGroup.objects.order_by("-bit"):
            self.names[group.pk] = group.name
            for word in (group.short_name, group.name, group.code):
                if word:
                    self._by_word[fold(word)] = group.pk

    def find(self, typed: str) -> int | None:
        found = self._by_word.get(fold(typed))
        if found is None and (entry := _ENTRY.fullmatch(typed)):
            found = self._by_word.get(fold(entry[1]))
        return found
