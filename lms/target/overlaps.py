"""What the database itself keeps apart on this floor, as ``lms.people.overlaps`` does below.

Periods of one kind may not share a day, nor targets of the same unit and groups.
"""

from __future__ import annotations

from django.db import connections

from lms.people.overlaps import FAR_SQL, ForbidOverlaps, NoOverlap, forbid, install

PERIOD = NoOverlap(
    name="target_reportingperiod_no_overlap",
    table="target_reportingperiod",
    keys=("kind",),
    condition="{row}kind <> 'other'",
    begins="first_day",
    ends="last_day",
    is_inclusive=True,
)

TARGET_TERMS = NoOverlap(
    name="target_targetterms_no_overlap",
    table="target_targetterms",
    keys=("unit_id", "group_mask"),
    condition="{row}withdrawn_on = " + FAR_SQL,
)
forbid(TARGET_TERMS)


def restore_triggers(sender, using, **kwargs) -> None:
    """Receiver of ``post_migrate``: SQLite forgets triggers when a table is rebuilt."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        columns = {
            column.name
            for column in connection.introspection.get_table_description(cursor, PERIOD.table)
        }
    # In the middle of the migrations the column may not be there yet.
    if "kind" in columns:
        install(connection, (PERIOD,))


class ForbidPeriodOverlaps(ForbidOverlaps):
    """Migration step that installs the guard of the periods; reversing drops it alone."""

    def __init__(self) -> None:
        super().__init__([PERIOD.name])

    def deconstruct(self):
        return (self.__class__.__qualname__, [], {})

    def _rules(self) -> tuple[NoOverlap, ...]:
        return (PERIOD,)
