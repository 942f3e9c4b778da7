"""What the seed switches off while it writes a history: queued work and savepoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django_tasks import task_backends
from django_tasks.backends.dummy import DummyBackend

from certificates.documents import documents_in_one_go

QUEUE = "default"


@contextmanager
def without_queue() -> Iterator[None]:
    """Queue nothing: what would be queued for moments long past has been done by the history.

    Certificates issued inside are drawn by one task for all, queued at the end.
    """
    working = task_backends[QUEUE]
    with documents_in_one_go():
        task_backends[QUEUE] = DummyBackend(QUEUE, {})
        try:
            yield
        finally:
            task_backends[QUEUE] = working


@contextmanager
def without_savepoints() -> Iterator[None]:
    """Let nested transactions be one: half of all statements would be savepoints.

    A refusal inside the history is a fault of the plan, and then the whole month must go.
    """
    features = connection.features
    had = features.uses_savepoints
    features.uses_savepoints = False
    try:
        yield
    finally:
        features.uses_savepoints = had
