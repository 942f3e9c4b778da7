"""Two questions of a machine that watches the portal: does it run, and can it serve?

The answers are one word each: what is wrong stands in the log, not on an open page (ASVS V13.4.5).
"""

import logging
import shutil
import threading
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)

LEAST_FREE_BYTES = 64 * 1024 * 1024

# Migrations only ever come with a new process: once found applied, they are not looked up again.
_migrations_are_applied = threading.Event()


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; asks nothing of any other part."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The database, its tables, the cache and the disk are usable: 200, else 503."""
    for name, is_ready in CHECKS.items():
        try:
            if is_ready():
                continue
            logger.error("Not ready: %s", name)
        except Exception:  # whatever a broken part raises, the answer is "not ready"
            logger.exception("Not ready: %s", name)
        return HttpResponse("not ready", content_type="text/plain", status=503)
    return HttpResponse("ready", content_type="text/plain")


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def _migrations_applied() -> bool:
    if not _migrations_are_applied.is_set():
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrations_are_applied.set()
    return True


def _cache_answers() -> bool:
    value = get_random_string(8)
    cache.set("readyz", value, timeout=10)
    # Another check may have written in between: any answer shows that the cache keeps values.
    return cache.get("readyz") is not None


def _disk_has_room() -> bool:
    folders = [folder for folder in (settings.MEDIA_ROOT, settings.PRIVATE_ROOT) if folder.exists()]
    return all(shutil.disk_usage(folder).free >= LEAST_FREE_BYTES for folder in folders)


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database_answers,
    "migrations": _migrations_applied,
    "cache": _cache_answers,
    "disk": _disk_has_room,
}
