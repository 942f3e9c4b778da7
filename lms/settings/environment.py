"""How settings read the environment: a missing or malformed value stops the start-up by name.

django-environ reads ``DEBUG=flase`` as False without a word; ``flag`` refuses it.
"""

import os
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = environ.Env()

# IMMEDIATE takes the write lock when a transaction opens. With Django's default a transaction that
# reads and then writes is refused with "database is locked" as soon as two run side by side
# (tests/test_sqlite_locking.py shows both). Reports open a second connection with the same options
# but "DEFERRED", so that reading one snapshot blocks no writer.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
# Compiling a figure takes PostgreSQL longer than answering it: half a second to two, each time.
POSTGRESQL_OPTIONS = {"connect_timeout": 5, "options": "-c jit=off"}


def required(name: str) -> str:
    """Return the variable ``name``; an unset or empty one is ``ImproperlyConfigured``."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"Set the {name} environment variable")
    return value


def flag(name: str, *, default: bool) -> bool:
    """Read a boolean that may only be spelled true, false, 1 or 0."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"true", "1"}:
        return True
    if value in {"false", "0"}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}")


def folder(name: str, *, default: Path) -> Path:
    """Read a folder; a relative one is seen from the top of the checkout."""
    return BASE_DIR / os.environ.get(name, "").strip() if os.environ.get(name) else default


def database(url: str) -> dict[str, Any]:
    """Turn a ``DATABASE_URL`` into Django's settings for SQLite or PostgreSQL, with our options.

    A relative SQLite path is seen from the top of the checkout, whatever the working folder.
    """
    config = dict(environ.Env.db_url_config(url))
    match config.get("ENGINE"):
        case "django.db.backends.sqlite3":
            if config["NAME"] != ":memory:":
                config["NAME"] = str(BASE_DIR / config["NAME"])
            config["OPTIONS"] = {**SQLITE_OPTIONS, **config.get("OPTIONS", {})}
            # Closing the last connection writes the whole log back: not after each request.
            config["CONN_MAX_AGE"] = 600
        case "django.db.backends.postgresql":
            config["OPTIONS"] = {**POSTGRESQL_OPTIONS, **config.get("OPTIONS", {})}
            config["CONN_MAX_AGE"] = 60
            config["CONN_HEALTH_CHECKS"] = True  # a restarted server costs no request an error
        case _:
            raise ImproperlyConfigured("DATABASE_URL must name a sqlite or postgres database")
    return config
