"""The rows that migrations made, put back after a test that committed.

Django empties every table after a transactional test, the root page, the groups and the site of
Wagtail's migrations included: the next test, and the next run with ``--reuse-db``, would stand on
an empty database. Rows are copied as the database holds them, so no model code runs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.core.management.color import no_style
from django.db import connection, transaction

from lms.target.reports.guards import install, lift


class Table(NamedTuple):
    name: str
    columns: list[str]
    rows: list[tuple[Any, ...]]


class Baseline:
    """A copy of every row as it stood when the copy was taken.

    While :attr:`is_held` several tests share what was committed, and none takes it back.
    """

    def __init__(self) -> None:
        self.is_held = False
        self.tables = [table for name in table_names() if (table := read(name)).rows]

    def clean_up(self) -> None:
        """Do what follows a test that may have committed."""
        if not self.is_held:
            self.restore()

    def restore(self) -> None:
        """Make the database hold these rows and no others."""
        with transaction.atomic(), connection.cursor() as cursor:
            # Frozen reports refuse to be removed, and SQLite empties a table row by row.
            lift(connection)
            # References are checked at commit, so the order of the tables is free.
            for statement in connection.ops.sql_flush(no_style(), table_names()):
                cursor.execute(statement)
            for table in self.tables:
                columns = ", ".join(connection.ops.quote_name(name) for name in table.columns)
                values = ", ".join(["%s"] * len(table.columns))
                cursor.executemany(
                    f"INSERT INTO {connection.ops.quote_name(table.name)} ({columns})"  # noqa: S608 (names of our own tables)
                    f" VALUES ({values})",
                    table.rows,
                )
            install(connection)

    def size_of(self, table: str) -> int:
        return next((len(each.rows) for each in self.tables if each.name == table), 0)


def table_names() -> list[str]:
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


def read(table: str) -> Table:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 (our own)
        return Table(table, [column[0] for column in cursor.description], cursor.fetchall())
