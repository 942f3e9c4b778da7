from django.db import migrations

COLUMNS = (("people_staffmember", "varchar(500)"), ("people_unitversion", "varchar(500)"))


def compare_bytes(apps, schema_editor):
    """Sort keys are made to be compared byte by byte, as SQLite does; PostgreSQL would compare
    them by the language of the database it happens to run in."""
    if schema_editor.connection.vendor == "postgresql":
        for table, kind in COLUMNS:
            schema_editor.execute(
                f'ALTER TABLE {table} ALTER COLUMN sort_name TYPE {kind} COLLATE "C"'
            )


def compare_by_language(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, kind in COLUMNS:
            schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN sort_name TYPE {kind}")


class Migration(migrations.Migration):
    """No row changes; only how two columns are compared."""

    dependencies = [("people", "0003_office_settings")]

    operations = [migrations.RunPython(compare_bytes, compare_by_language)]
