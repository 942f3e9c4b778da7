"""What the first start of the demo does, and how a later start knows that it was done.

A marker beside the database says that the seed came to its end. A SQLite file without one is what
an interrupted first start left behind: it is set aside, so that the seed never meets half a seed.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from lms.target.standing.checkpoints import keep_days
from lms.target.standing.refreshing import is_built

SEED_STAFF_COUNT = 1200
SEED = 1


def prepare() -> Iterator[str]:
    """Bring database, sample data and static files up to date; yield a line before each step."""
    settings.VAR_DIR.mkdir(exist_ok=True)
    seeded = _seed_marker()
    if not seeded.exists():
        _set_unfinished_database_aside()
    if _has_unapplied_migrations():
        yield "Making the tables…"
        call_command("migrate", verbosity=0, interactive=False)
    if not seeded.exists():
        yield "Loading units and courses…"
        call_command("load_units", verbosity=0)
        call_command("load_courses", edition="demo", verbosity=0)
        yield f"Inventing {SEED_STAFF_COUNT} staff and what they learnt…"
        call_command("seed_demo", staff=SEED_STAFF_COUNT, seed=SEED, verbosity=0)
        seeded.touch()
    if not is_built():
        yield "Counting who stands where…"
        call_command("rebuild_standing", verbosity=0)
    keep_days(at=timezone.now())
    collected = settings.STATIC_ROOT / "sources.sha256"
    digest = _digest_of_static_sources()
    if not collected.exists() or collected.read_text() != digest:
        yield "Collecting static files…"
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        collected.write_text(digest)


def _seed_marker() -> Path:
    """Return the marker of this database; one that outlived its SQLite file is removed."""
    if connection.vendor == "sqlite":
        database = Path(settings.DATABASES["default"]["NAME"])
        marker = database.with_name(f"{database.name}.seeded")
        if not database.exists():
            marker.unlink(missing_ok=True)
        return marker
    database = settings.DATABASES["default"]
    identity = "|".join(str(database[key]) for key in ("HOST", "PORT", "NAME"))
    return settings.VAR_DIR / f"demo-{hashlib.sha256(identity.encode()).hexdigest()[:12]}.seeded"


def _set_unfinished_database_aside() -> None:
    if connection.vendor != "sqlite":
        return
    connection.close()
    database = Path(settings.DATABASES["default"]["NAME"])
    for suffix in ("", "-wal", "-shm"):
        part = database.with_name(database.name + suffix)
        if part.exists():
            part.replace(part.with_name(f"unfinished-{part.name}"))


def _has_unapplied_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _digest_of_static_sources() -> str:
    """Return a digest of names, sizes and times: collecting takes a minute, asking must not."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
