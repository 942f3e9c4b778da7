"""Find a unit by any spelling: with or without marks, short or long type, code, old name.

"Hoà" and "Hòa", "A Vương" and "Avương", "H. Đại Lộc" and "huyện đại lộc" are one. What is compared
is the folded name without spaces; what stands on the list is the official spelling.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Func, Q, QuerySet, Value

from lms.people.days import BEFORE
from lms.people.models import UnitVersion
from lms.people.models.accounts import Role
from lms.people.reorganising.mapping import map_units
from lms.people.scopes import Scope
from lms.people.text import clean, fold, squeeze

MOST_FOUND = 50
LONGEST = 100
# Short forms of the types as offices write them; a one-letter form needs its full stop or a capital
# alone, which folding turns into a word of one letter.
TYPES = {
    "t": "tinh",
    "tp": "thanh pho",
    "tx": "thi xa",
    "h": "huyen",
    "q": "quan",
    "tt": "thi tran",
    "p": "phuong",
    "x": "xa",
    "dk": "dac khu",
}
# Up to this rank the whole name matched, in whatever spelling.
RANK_WHOLE = 2
PROVINCE_ROLES = (Role.PROVINCE_MANAGER, Role.PROVINCE_LEADER)


@dataclass(frozen=True)
class Found:
    """A unit that was found: its version of the day, else its last, and the name that matched."""

    version: UnitVersion
    is_valid: bool
    old_name: str = ""


def visible_unit_ids(scope: Scope) -> set[int] | None:
    """Return the units the asker may open, ``None`` for all; outside it is 404.

    Hers and those below today, and of ended units those that all went into hers.
    """
    if scope.has_role(*PROVINCE_ROLES):
        return None
    if not scope.sees_people:
        return set()
    own = set(scope.units().values_list("unit_id", flat=True))
    mapped = map_units(BEFORE, scope.day)
    return own | {unit for unit in mapped.targets if mapped.unit(unit) in own}


def find_units(typed: str, scope: Scope) -> list[Found]:
    """Return the units that ``typed`` may mean, the likeliest first; at most two queries and those
    of :func:`visible_unit_ids`."""
    text = clean(typed)[:LONGEST]
    if not squeeze(text):
        return []
    versions = UnitVersion.objects.current().filter(valid_from__lt=F("valid_to"))
    visible = visible_unit_ids(scope)
    if visible is not None:
        versions = versions.filter(unit__in=visible)
    matches = list(_matching(versions, text).order_by("valid_from", "pk")[: MOST_FOUND * 10])
    best: dict[int, tuple[int, UnitVersion]] = {}
    for version in matches:
        rank = _rank(version, text)
        known = best.get(version.unit_id)
        if known is None or rank <= known[0]:
            best[version.unit_id] = (rank, version)
    today = versions_of(list(best), scope.day)
    found = []
    for unit_id, (rank, matched) in best.items():
        version = today[unit_id]
        is_valid = version.valid_from <= scope.day < version.valid_to
        old = "" if version.full_name == matched.full_name else matched.full_name
        found.append(
            (rank, not is_valid, version.sort_name, unit_id, Found(version, is_valid, old))
        )
    found.sort(key=lambda each: each[:4])
    return [each[4] for each in found[:MOST_FOUND]]


def name_unit(typed: str, day: date) -> list[UnitVersion]:
    """Return the units valid on ``day`` that ``typed`` names: several where it is not clear which.

    By code, by name in any spelling, or by both as in "Xã Duy Phước (20335)"; a query or two.
    """
    text = clean(typed)[:LONGEST]
    if not squeeze(text):
        return []
    versions = UnitVersion.objects.current().filter(valid_from__lte=day, valid_to__gt=day)
    in_brackets = re.search(r"\(([\w-]+)\)$", text)
    code = in_brackets.group(1) if in_brackets else text
    if by_code := list(versions.filter(code__iexact=code)[:1]):
        return by_code
    found = sorted(
        _matching(versions, text)[:MOST_FOUND],
        key=lambda version: (_rank(version, text), version.sort_name, version.pk),
    )
    if not found or _rank(found[0], text) > RANK_WHOLE:
        return found
    best = _rank(found[0], text)
    return [version for version in found if _rank(version, text) == best]


def _matching(versions: QuerySet[UnitVersion], text: str) -> QuerySet[UnitVersion]:
    squeezed = Func(F("folded_name"), Value(" "), Value(""), function="REPLACE")
    versions = versions.annotate(squeezed_name=squeezed)
    wanted = Q(code__iexact=text) | Q(squeezed_name__contains=squeeze(text))
    kind, rest = split_type(text)
    if kind:
        wanted |= Q(squeezed_name__startswith=kind.replace(" ", "") + squeeze(rest))
    return versions.filter(wanted)


def split_type(text: str) -> tuple[str, str]:
    """Return the folded long form of a type at the beginning of ``text`` and what follows it."""
    parts = re.split(r"[\s.]+", text, maxsplit=1)
    if len(parts) < 2 or not squeeze(parts[1]):
        return "", text
    kind = TYPES.get(fold(parts[0]), "")
    return (kind, parts[1]) if kind else ("", text)


def _rank(version: UnitVersion, text: str) -> int:
    """Return how well the version matches, 0 best."""
    if version.code.lower() == text.lower():
        return 0
    kind, rest = split_type(text)
    if kind and fold(version.kind) != kind:
        rest = text
    names = (version.name, version.full_name)
    if any(clean(name).lower() == clean(rest).lower() for name in names):
        return 1
    needle = squeeze(rest)
    if needle in {squeeze(name) for name in names}:
        return 2
    if any(squeeze(name).startswith(needle) for name in names):
        return 3
    return 4


def versions_of(unit_ids: list[int], day: date) -> dict[int, UnitVersion]:
    """Return the version of each unit on ``day``, else its last one before, else its first."""
    found: dict[int, UnitVersion] = {}
    for version in (
        UnitVersion.objects.current()
        .filter(unit__in=unit_ids, valid_from__lt=F("valid_to"))
        .order_by("valid_from")
    ):
        if version.unit_id not in found or version.valid_from <= day:
            found[version.unit_id] = version
    return found
