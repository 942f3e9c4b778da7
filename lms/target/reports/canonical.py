"""One text for one content: what is hashed depends neither on the database nor on an order of keys.

JSON with sorted keys and no spaces, UTF-8, text in NFC. Fractions are refused: a rate is a text
with its one decimal, so that no two machines print it differently.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


def plain(value: Any) -> Any:
    """Return ``value`` as what JSON knows; days in ISO form, moments in UTC."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return unicodedata.normalize("NFC", str(value))
        case Decimal():
            return f"{value:.1f}"
        case UUID():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case dict():
            return {plain(key): plain(each) for key, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
    raise TypeError(f"{type(value).__name__} has no one text")


def canonical(value: Any) -> str:
    """Return the one JSON text of ``value``. Raises ``TypeError`` for what has none."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """Return the SHA-256 of ``text`` as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
