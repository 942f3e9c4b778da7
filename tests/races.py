"""Doing things at the same moment, each on a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections

SECONDS = 60


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run ``works`` in threads that start together; return what each returned or raised.

    The test needs ``django_db(transaction=True)``: other threads see only what is committed.
    """
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=SECONDS)
            return work()
        except Exception as failure:  # noqa: BLE001 (the test compares whatever it is)
            return failure
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def kinds_of(results: list[Any]) -> list[str]:
    """Return the sorted names of the types of ``results``: who won, who was refused."""
    return sorted(type(result).__name__ for result in results)
