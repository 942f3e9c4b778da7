"""Overlapping intervals are forbidden by the database itself.

PostgreSQL gets an exclusion constraint, SQLite a pair of triggers (``docs/decisions.md`` 3). An
``ExclusionConstraint`` in ``Meta`` would be invalid SQL on SQLite, and SQLite loses triggers when
Django rebuilds a table, so they are made again after every migrate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connections
from django.db.migrations.operations.base import Operation

FAR_SQL = "'9999-12-31'"


@dataclass(frozen=True)
class NoOverlap:
    """Rows of ``table`` equal in ``keys`` may not share a day while ``condition`` holds.

    ``condition`` is a template: ``{row}`` stands for the row's alias and the dot. The days run from
    ``begins`` up to ``ends``, and to its end where ``is_inclusive``.
    """

    name: str
    table: str
    keys: tuple[str, ...]
    condition: str
    begins: str = "valid_from"
    ends: str = "valid_to"
    is_inclusive: bool = False

    def postgresql(self) -> list[str]:
        keys = ", ".join(f"{key} WITH =" for key in self.keys)
        days = f"daterange({self.begins}, {self.ends}, '[{']' if self.is_inclusive else ')'}')"
        return [
            "CREATE EXTENSION IF NOT EXISTS btree_gist",
            f"ALTER TABLE {self.table} DROP CONSTRAINT IF EXISTS {self.name}",
            f"ALTER TABLE {self.table} ADD CONSTRAINT {self.name} EXCLUDE USING gist "
            f"({keys}, {days} WITH &&) "
            f"WHERE ({self.condition.format(row='')})",
        ]

    def sqlite(self) -> list[str]:
        same = " AND ".join(f"o.{key} = NEW.{key}" for key in self.keys)
        statements = []
        later = f"max(o.{self.begins}, NEW.{self.begins})"
        earlier = f"min(o.{self.ends}, NEW.{self.ends})"
        for act in ("INSERT", "UPDATE"):
            trigger = f"{self.name}_{act.lower()}"
            others = (
                f"{self.table} o WHERE {same} AND o.id IS NOT NEW.id "
                f"AND {self.condition.format(row='o.')} "
                f"AND {later} {'<=' if self.is_inclusive else '<'} {earlier}"
            )
            # Names and conditions are the constants below, never input.
            when = f"{self.condition.format(row='NEW.')} AND EXISTS (SELECT 1 FROM {others})"  # noqa: S608 (constants)
            refuse = f"BEGIN SELECT RAISE(ABORT, '{self.name}'); END"
            statements += [
                f"DROP TRIGGER IF EXISTS {trigger}",
                f"CREATE TRIGGER {trigger} BEFORE {act} ON {self.table} WHEN {when} {refuse}",
            ]
        return statements


POSTING_PRIMARY = NoOverlap(
    name="people_posting_primary_no_overlap",
    table="people_posting",
    keys=("person_id",),
    condition="{row}is_primary AND {row}withdrawn_on = " + FAR_SQL,
)
UNIT_VERSION = NoOverlap(
    name="people_unitversion_no_overlap",
    table="people_unitversion",
    keys=("unit_id",),
    condition="{row}withdrawn_on = " + FAR_SQL,
)
UNIT_CODE = NoOverlap(
    name="people_unitversion_code_no_overlap",
    table="people_unitversion",
    keys=("code",),
    condition="{row}withdrawn_on = " + FAR_SQL,
)
RULE_SET = NoOverlap(
    name="people_ruleset_no_overlap",
    table="people_ruleset",
    keys=("scope_key",),
    condition="{row}withdrawn_on = " + FAR_SQL,
)
GROUP_TIER = NoOverlap(
    name="people_grouptier_no_overlap",
    table="people_grouptier",
    keys=("group_id",),
    condition="{row}withdrawn_on = " + FAR_SQL,
)
ALL: dict[str, NoOverlap] = {}


def forbid(*rules: NoOverlap) -> None:
    """Let ``rules`` be kept; a higher floor adds its own here, once its models are loaded."""
    ALL.update({rule.name: rule for rule in rules})


forbid(POSTING_PRIMARY, UNIT_VERSION, UNIT_CODE, RULE_SET, GROUP_TIER)


def install(connection, rules: Iterable[NoOverlap]) -> None:
    """Create the guards on ``connection``; safe to repeat."""
    with connection.cursor() as cursor:
        for rule in rules:
            statements = rule.postgresql() if connection.vendor == "postgresql" else rule.sqlite()
            for statement in statements:
                cursor.execute(statement)


def restore_triggers(sender, using, **kwargs) -> None:
    """Receiver of ``post_migrate``: SQLite forgets triggers when a table is rebuilt."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    tables = set(connection.introspection.table_names())
    install(connection, [rule for rule in ALL.values() if rule.table in tables])


class ForbidOverlaps(Operation):
    """Migration step that installs guards; reversing drops them, no row is touched."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def deconstruct(self):
        return (self.__class__.__qualname__, [self.names], {})

    def _rules(self) -> tuple[NoOverlap, ...]:
        return tuple(ALL[name] for name in self.names)

    def state_forwards(self, app_label, state) -> None:
        """The guards are not part of the model state."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        for rule in self._rules():
            vendor = schema_editor.connection.vendor
            for statement in rule.postgresql() if vendor == "postgresql" else rule.sqlite():
                schema_editor.execute(statement)

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        for rule in self._rules():
            if schema_editor.connection.vendor == "postgresql":
                schema_editor.execute(
                    f"ALTER TABLE {rule.table} DROP CONSTRAINT IF EXISTS {rule.name}"
                )
            else:
                for act in ("insert", "update"):
                    schema_editor.execute(f"DROP TRIGGER IF EXISTS {rule.name}_{act}")

    def describe(self) -> str:
        return "Forbid overlapping intervals"
