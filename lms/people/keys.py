"""Keys of rows as they stand in addresses and forms."""

from __future__ import annotations

# One digit fewer than the largest key that both databases can compare.
MOST_DIGITS = 18


def read_key(text: str) -> int | None:
    """Return the key that ``text`` writes, ``None`` for anything that writes none.

    A key is as many ASCII digits as a database can compare: a longer number is nobody's.
    """
    is_key = text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
    return int(text) if is_key else None
