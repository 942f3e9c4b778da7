"""Keys of rows as they stand in addresses and forms."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

# One digit fewer than the largest key that both databases can compare.
MOST_DIGITS = 18


def read_key(text: str) -> int | None:
    """Return the key that ``text`` writes, ``None`` for anything that writes none.

    A key is as many ASCII digits as a database can compare: a longer number is nobody's.
    """
    is_key = text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
    return int(text) if is_key else None


def find_row(rows: QuerySet[Any], text: str) -> Any | None:
    """Return the one of ``rows`` whose key ``text`` writes, else ``None``; at most one query."""
    key = read_key(text)
    return None if key is None else rows.filter(pk=key).first()
