"""Where the unit of a target stands on a day: units are renamed, merged and end.

The target of the province is that of whichever unit is the province on the day
(``docs/decisions.md`` 8); any other unit that has ended is followed to the one it went into.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from lms.people.models import UnitVersion
from lms.people.reorganising import map_units
from lms.target.figures import is_root
from lms.target.models import TargetTerms


@dataclass
class Places:
    """The versions of the units of some targets and of the province, as known on a day."""

    known: date | None
    versions: dict[int, list[UnitVersion]] = field(default_factory=lambda: defaultdict(list))
    roots: list[UnitVersion] = field(default_factory=list)

    @classmethod
    def read(cls, terms: Iterable[TargetTerms], known: date | None = None) -> Places:
        """One query."""
        return cls._read({each.unit_id for each in terms}, known)

    @classmethod
    def read_units(cls, terms: Iterable[TargetTerms], known: date | None = None) -> Places:
        """Read the owners too, for their names; one query."""
        terms = list(terms)
        units = {unit for each in terms for unit in (each.unit_id, each.owner_id)}
        return cls._read(units, known)

    @classmethod
    def _read(cls, units: set[int], known: date | None) -> Places:
        places = cls(known)
        rows = UnitVersion.objects.known_on(known)
        own, root = Q(unit__in=units), Q(pk__in=rows.roots().values("pk"))
        for version in rows.filter(own | root).order_by("code", "valid_from"):
            if is_root(version):
                places.roots.append(version)
            if version.unit_id in units:
                places.versions[version.unit_id].append(version)
        return places

    def on(self, terms: TargetTerms, day: date) -> UnitVersion | None:
        """Return the version for which ``terms`` count on ``day``; ``None`` where no unit stands.

        No query, but three or four for a unit that has ended.
        """
        own = self.versions[terms.unit_id]
        if any(is_root(version) for version in own):
            return _valid(self.roots, day)
        if found := _valid(own, day):
            return found
        if not own or day < terms.valid_from:
            return None
        went_to = map_units(terms.valid_from, day, self.known).unit(terms.unit_id)
        if went_to is None or went_to == terms.unit_id:
            return None
        rows = UnitVersion.objects.known_on(self.known).valid_on(day)
        return rows.filter(unit=went_to).first()

    def id_on(self, terms: TargetTerms, day: date) -> int | None:
        found = self.on(terms, day)
        return found.unit_id if found else None

    def name_of_unit(self, unit_id: int, day: date | None = None) -> str:
        """Return what a unit is called on ``day``; without one, or if it was none, lately."""
        own = sorted(self.versions[unit_id], key=lambda version: version.valid_from)
        found = (_valid(own, day) if day else None) or (own[-1] if own else None)
        return found.full_name if found else ""

    def code_of_unit(self, unit_id: int, day: date) -> str:
        """Return the code of a unit on ``day``, or its latest."""
        own = sorted(self.versions[unit_id], key=lambda version: version.valid_from)
        found = _valid(own, day) or (own[-1] if own else None)
        return found.code if found else ""


def _valid(versions: Iterable[UnitVersion], day: date) -> UnitVersion | None:
    return next((each for each in versions if each.valid_from <= day < each.valid_to), None)
