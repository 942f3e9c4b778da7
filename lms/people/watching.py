"""Who writes down what an act changes, so that the act can be taken back as one.

``facts.py`` and ``staff.py`` say here what they write; outside a watch nobody listens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


class Watch:
    """What was written so far: versions recorded and withdrawn, and the records of people."""

    def __init__(self) -> None:
        self.recorded: list[Any] = []
        self.withdrawn: list[Any] = []
        self.registered: set[int] = set()
        # Person key: her fields as they stood before the first change.
        self.corrected: dict[int, dict[str, Any]] = {}


@contextmanager
def watching() -> Iterator[Watch]:
    """Listen to what is written inside. Raises ``RuntimeError`` inside another watch."""
    if _watch.get() is not None:
        raise RuntimeError("One act is watched at a time.")
    watch = Watch()
    token = _watch.set(watch)
    try:
        yield watch
    finally:
        _watch.reset(token)


def recorded(facts: Iterable[Any]) -> None:
    """Say that these versions were inserted."""
    if (watch := _watch.get()) is not None:
        watch.recorded.extend(facts)


def withdrawn(facts: Iterable[Any]) -> None:
    """Say that these versions were withdrawn."""
    if (watch := _watch.get()) is not None:
        watch.withdrawn.extend(facts)


def registered(person_id: int) -> None:
    """Say that the record of a person was added."""
    if (watch := _watch.get()) is not None:
        watch.registered.add(person_id)


def corrected(person_id: int, before: dict[str, Any]) -> None:
    """Say that fields of a person changed; ``before`` holds what they said."""
    watch = _watch.get()
    if watch is not None and person_id not in watch.registered:
        watch.corrected[person_id] = before | watch.corrected.get(person_id, {})
