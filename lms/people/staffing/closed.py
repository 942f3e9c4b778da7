"""Words of warning about days that a higher floor has closed.

A fact of a day that was reported is written all the same; what was reported stays as it was. The
floor that keeps reports registers here how it says so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

# (first day of the fact) -> a sentence, "" where nothing is closed.
Warn = Callable[[date], str]

_warners: dict[str, Warn] = {}


def follow(name: str, warn: Warn) -> None:
    """Register the warner ``name``; registering it again replaces it."""
    _warners[name] = warn


def warnings_of(day: date) -> list[str]:
    """Return what to know before writing a fact that begins on ``day``."""
    return [text for warn in _warners.values() if (text := warn(day))]
