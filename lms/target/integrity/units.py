"""Checks of the tree of units."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.people.days import FAR, local_day
from lms.people.models import UnitPath, UnitVersion
from lms.people.models.units import UnitLevel
from lms.people.units import find_root, path_rows, rebuild_paths
from lms.target.integrity.findings import Check, Finding


def key_of(row: UnitPath) -> tuple:
    return (row.unit_id, row.ancestor_id, row.depth, row.valid_from, row.valid_to)


def stale_paths(at: datetime) -> Iterator[Finding]:
    """Rows of the tree that do not follow from the versions of the units, or are missing."""
    wanted = {key_of(row) for row in path_rows(list(UnitVersion.objects.current()))}
    standing = {key_of(row) for row in UnitPath.objects.filter(known_to=FAR).iterator()}
    for key in sorted(wanted ^ standing):
        unit_id, ancestor_id = key[:2]
        text = (
            _("Unit %(unit)s is not found below unit %(above)s, where it belongs.")
            if key in wanted
            else _("Unit %(unit)s is found below unit %(above)s, where it does not belong.")
        )
        yield Finding(
            text % {"unit": unit_id, "above": ancestor_id}, f"unit {unit_id}, {ancestor_id}"
        )


def rebuild(finding: Finding, at: datetime) -> None:
    """Make the tree anew from the versions; the first finding mends them all."""
    rebuild_paths(known_from=local_day(at))


def units_off_the_tree(at: datetime) -> Iterator[Finding]:
    """Territorial units of today that do not hang below the province."""
    today = local_day(at)
    root = find_root(today)
    if root is None:
        yield Finding(_("There is no province on this day: no figure can be counted."), "")
        return
    below = UnitPath.objects.filter(
        unit=OuterRef("unit_id"),
        ancestor=root.unit_id,
        known_to=FAR,
        valid_from__lte=today,
        valid_to__gt=today,
    )
    found = (
        UnitVersion.objects.current()
        .valid_on(today)
        .exclude(level=UnitLevel.AGENCY)
        .filter(~Exists(below))
        .in_code_order()
    )
    for version in found:
        yield Finding(
            _("%(unit)s (%(code)s) does not hang below the province.")
            % {"unit": version.full_name, "code": version.code},
            version.code,
        )


CHECKS = (
    Check(
        "stale-paths",
        gettext_lazy("The tree of units does not follow from their history"),
        gettext_lazy("The tree is made anew from the history of the units."),
        stale_paths,
        rebuild,
    ),
    Check(
        "units-off-the-tree",
        gettext_lazy("Units that hang nowhere"),
        gettext_lazy("Enter the reorganisation that moved the unit."),
        units_off_the_tree,
    ),
)
