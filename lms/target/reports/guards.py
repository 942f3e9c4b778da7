"""Frozen rows are kept by the database itself: no UPDATE, no DELETE, by whatever door.

Triggers on both databases, in the way of ``lms.people.overlaps``: SQLite forgets them when Django
rebuilds a table, so they are made again after every migrate. The parts of a report may be removed
once its erasure is written, and then as a whole by ``lms.target.reports.freezing.erase``.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connections
from django.db.migrations.operations.base import Operation


@dataclass(frozen=True)
class Kept:
    """Rows of ``table`` are never changed; removed only while ``unless`` holds of ``OLD``."""

    table: str
    unless: str = ""

    @property
    def name(self) -> str:
        return f"{self.table}_kept"

    def acts(self) -> list[tuple[str, str]]:
        """Return (act, condition under which it is refused)."""
        return [("UPDATE", ""), ("DELETE", f"NOT ({self.unless})" if self.unless else "")]

    def postgresql(self) -> list[str]:
        refuse = f"RAISE EXCEPTION '{self.name}' USING ERRCODE = 'integrity_constraint_violation';"
        statements = [
            f"CREATE OR REPLACE FUNCTION {self.name}_refuse() RETURNS trigger LANGUAGE plpgsql "
            f"AS $$ BEGIN {refuse} END $$",
            # A condition with a query may not stand in WHEN; it goes into the function.
            f"CREATE OR REPLACE FUNCTION {self.name}_delete() RETURNS trigger LANGUAGE plpgsql "
            f"AS $$ BEGIN IF NOT ({self.unless or 'false'}) THEN {refuse} END IF; "
            f"RETURN OLD; END $$",
        ]
        for act, function in (("UPDATE", "refuse"), ("DELETE", "delete")):
            trigger = f"{self.name}_on_{act.lower()}"
            statements += [
                f"DROP TRIGGER IF EXISTS {trigger} ON {self.table}",
                f"CREATE TRIGGER {trigger} BEFORE {act} ON {self.table} "
                f"FOR EACH ROW EXECUTE FUNCTION {self.name}_{function}()",
            ]
        return statements

    def sqlite(self) -> list[str]:
        statements = []
        for act, condition in self.acts():
            trigger = f"{self.name}_on_{act.lower()}"
            when = f"WHEN {condition} " if condition else ""
            statements += [
                f"DROP TRIGGER IF EXISTS {trigger}",
                f"CREATE TRIGGER {trigger} BEFORE {act} ON {self.table} "
                f"{when}BEGIN SELECT RAISE(ABORT, '{self.name}'); END",
            ]
        return statements

    def lift(self, vendor: str) -> list[str]:
        """Return what takes the guard away; no row is touched."""
        if vendor == "postgresql":
            return [
                *(
                    f"DROP TRIGGER IF EXISTS {self.name}_on_{act} ON {self.table}"
                    for act in ("update", "delete")
                ),
                *(
                    f"DROP FUNCTION IF EXISTS {self.name}_{function}()"
                    for function in ("refuse", "delete")
                ),
            ]
        return [f"DROP TRIGGER IF EXISTS {self.name}_on_{act}" for act in ("update", "delete")]


ALL = (
    Kept("target_reportsnapshot"),
    Kept(
        "target_snapshotpart",
        # The name is a constant above, never input.
        unless="EXISTS (SELECT 1 FROM target_snapshoterasure e "
        "WHERE e.snapshot_id = OLD.snapshot_id)",
    ),
    Kept("target_snapshoterasure"),
)


def install(connection) -> None:
    """Create the guards on ``connection``; safe to repeat."""
    run(connection, [text for rule in ALL for text in getattr(rule, connection.vendor)()])


def lift(connection) -> None:
    """Take the guards away: for a database that is emptied as a whole between two tests."""
    run(connection, [text for rule in ALL for text in rule.lift(connection.vendor)])


def run(connection, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def restore_triggers(sender, using, **kwargs) -> None:
    """Receiver of ``post_migrate``: SQLite forgets triggers when a table is rebuilt."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    tables = set(connection.introspection.table_names())
    if tables.issuperset(rule.table for rule in ALL):
        install(connection)


class KeepFrozen(Operation):
    """Migration step that installs the guards; reversing drops them, no row is touched."""

    reversible = True
    reduces_to_sql = True

    def deconstruct(self):
        return (self.__class__.__qualname__, [], {})

    def state_forwards(self, app_label, state) -> None:
        """The guards are not part of the model state."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        for rule in ALL:
            for statement in getattr(rule, schema_editor.connection.vendor)():
                schema_editor.execute(statement)

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        for rule in ALL:
            for statement in rule.lift(schema_editor.connection.vendor):
                schema_editor.execute(statement)

    def describe(self) -> str:
        return "Keep frozen reports as they are"
