"""Who must hear of a change of facts inside its own transaction.

A table that a higher floor derives from the facts of a person must never disagree with them, so it
is made again in the transaction that writes the facts; a signal after the commit would leave a
moment in which a report is wrong. The higher floor registers itself here (``follow``) when its app
is ready. Inside ``facts.writing()`` the people touched are gathered and told once, at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction

# Called with the keys of the people whose facts changed; ``None`` = a number or tier of the rules
# changed, which may concern anybody.
Follower = Callable[[frozenset[int] | None], None]
# Called with the keys of people who began to learn something: most have begun before.
StartFollower = Callable[[frozenset[int]], None]

# Called when the tree of units is another than before.
TreeFollower = Callable[[], None]

_followers: dict[str, tuple[Follower, StartFollower]] = {}
_tree_followers: dict[str, TreeFollower] = {}
_gathered: ContextVar[Gathering | None] = ContextVar("gathered_people", default=None)


class Gathering:
    """The people touched so far in one act."""

    def __init__(self) -> None:
        self.people: set[int] = set()
        self.starters: set[int] = set()
        self.everybody = False


def follow(name: str, changed: Follower, *, started: StartFollower) -> None:
    """Register the follower ``name``; registering it again replaces it."""
    _followers[name] = (changed, started)


def follow_tree(name: str, changed: TreeFollower) -> None:
    """Register who keeps something by the rows of the tree; registering it again replaces it."""
    _tree_followers[name] = changed


def touch_tree() -> None:
    """Say that units hang elsewhere now; to be called in the transaction of the change."""
    for changed in _tree_followers.values():
        changed()


@contextmanager
def gathering() -> Iterator[None]:
    """Gather the people touched inside and tell of them once, before the outermost one ends.

    Nothing is told when the act fails: its facts are taken back.
    """
    if _gathered.get() is not None:
        yield
        return
    gathered = Gathering()
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
    _tell(gathered)


def touch(person_ids: Iterable[int]) -> None:
    """Say that facts of these people changed; to be called in the transaction of the change."""
    with gathering():
        _open().people.update(person_ids)


def touch_started(person_ids: Iterable[int]) -> None:
    """Say that these people did a lesson or began a quiz."""
    with gathering():
        _open().starters.update(person_ids)


def touch_everybody() -> None:
    """Say that a tier or a number of the rules changed."""
    with gathering():
        _open().everybody = True


def _open() -> Gathering:
    gathered = _gathered.get()
    if gathered is None:
        raise RuntimeError("Nobody gathers here.")
    return gathered


def _tell(gathered: Gathering) -> None:
    people = frozenset(gathered.people)
    starters = frozenset(gathered.starters - gathered.people)
    if not (people or starters or gathered.everybody):
        return
    with transaction.atomic(savepoint=False):
        for changed, started in _followers.values():
            if people:
                changed(people)
            if starters:
                started(starters)
            if gathered.everybody:
                changed(None)
