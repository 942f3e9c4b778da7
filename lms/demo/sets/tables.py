"""Many rows of one table with keys of our own: COPY on PostgreSQL, ``executemany`` on SQLite."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import Max

NO_DEFAULT = models.NOT_PROVIDED


class Table:
    """Rows of ``model`` waiting to be written; ``names`` are those given to :meth:`add`, in order.

    Columns that are not named hold the field's default. JSON is given as text.
    """

    def __init__(self, model: type[models.Model], *names: str) -> None:
        self.model = model
        given = {model._meta.get_field(name).attname for name in names}
        rest = [
            field
            for field in model._meta.concrete_fields
            if not field.primary_key and field.attname not in given
        ]
        fields = [model._meta.get_field(name) for name in names]
        self.columns = [
            model._meta.pk.column,
            *(field.column for field in fields),
            *(field.column for field in rest),
        ]
        self._defaults = tuple(_default(field) for field in rest)
        self._rows: list[tuple[Any, ...]] = []
        self.next_id = (model._default_manager.aggregate(last=Max("pk"))["last"] or 0) + 1
        self.count = 0

    def add(self, *values: Any) -> int:
        """Keep one row and return its key."""
        key = self.next_id
        self.next_id += 1
        self._rows.append((key, *values, *self._defaults))
        return key

    def __len__(self) -> int:
        return len(self._rows)

    def flush(self) -> None:
        """Write what waits."""
        if not self._rows:
            return
        quoted = ", ".join(connection.ops.quote_name(column) for column in self.columns)
        table = connection.ops.quote_name(self.model._meta.db_table)
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
                    for row in self._rows:
                        copy.write_row(row)
            else:
                marks = ", ".join(["%s"] * len(self.columns))
                cursor.executemany(
                    f"INSERT INTO {table} ({quoted}) VALUES ({marks})",  # noqa: S608 (names of our own models)
                    [tuple(map(_plain, row)) for row in self._rows],
                )
        self.count += len(self._rows)
        self._rows.clear()


class Tables:
    """Tables in an order in which each finds the rows it points to."""

    def __init__(self, *tables: Table, batch: int = 50_000) -> None:
        self.tables, self.batch = tables, batch

    def flush_if_many(self) -> None:
        if sum(len(table) for table in self.tables) >= self.batch:
            self.flush()

    def flush(self) -> None:
        for table in self.tables:
            table.flush()

    def finish(self) -> dict[str, int]:
        """Write the rest, let the database's own keys go on after ours; return the counts."""
        self.flush()
        models_written = [table.model for table in self.tables]
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), models_written):
                cursor.execute(statement)
            if connection.vendor == "postgresql":
                # Millions of rows came at once: without this the planner believes in empty tables.
                cursor.execute("ANALYZE")
        return {table.model._meta.label_lower: table.count for table in self.tables}


def _default(field: models.Field) -> Any:
    value = field.get_default() if field.default is not NO_DEFAULT else None
    if value is None and not field.null:
        value = "" if field.empty_strings_allowed else value
    return json.dumps(value) if isinstance(field, models.JSONField) else value


def _plain(value: Any) -> Any:
    """Return ``value`` as Django stores it in SQLite."""
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    if isinstance(value, UUID):
        return value.hex
    return str(value) if isinstance(value, Decimal) else value
