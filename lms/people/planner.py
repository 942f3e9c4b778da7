"""What the database's planner knows of the size of tables."""

from __future__ import annotations

from django.db import connection
from django.db.models import Model


def refresh_planner_statistics(*models: type[Model]) -> None:
    """Let PostgreSQL count the tables of ``models``, or all; called after very many writes.

    Until autovacuum comes by, a table that was filled just now counts as empty: a figure over 1,200
    staff took 2.3 seconds instead of 0.03, the dashboard over 30. SQLite needs no counts for it.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            names = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
            cursor.execute(f"ANALYZE {names}")
