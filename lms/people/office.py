"""Who runs the portal: names, signer and hotlines as data, because duties move between agencies.

Every page reads them, so they are cached; an edit shows at once in the process that saved it and
within a minute in the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache

from lms.people.models import OfficeSettings

CACHE_KEY = "people.office"
CACHE_SECONDS = 60


@dataclass(frozen=True)
class Office:
    """The settings as plain values; ``hotlines`` are (label, number, note)."""

    portal_name: str
    portal_name_short: str
    province_name: str
    parent_agency: str
    owner_name: str
    owner_short_name: str
    signer_authority: str
    signer_title: str
    signer_name: str
    place_name: str
    certificate_symbol: str
    logo_id: int | None
    hotlines: tuple[tuple[str, str, str], ...]
    help_email: str
    help_phone: str
    quick_exit_url: str


def office() -> Office:
    """Return the settings of the office; at most one query, none while cached.

    Without a saved row the defaults of the model hold; reading never writes one.
    """
    values: dict[str, Any] | None = cache.get(CACHE_KEY)
    if values is None:
        row = OfficeSettings.objects.order_by("pk").first() or OfficeSettings()
        values = {
            name: getattr(row, name) for name in Office.__dataclass_fields__ if name != "hotlines"
        }
        values["hotlines"] = read_hotlines(row.hotlines)
        cache.set(CACHE_KEY, values, CACHE_SECONDS)
    return Office(**values)


def read_hotlines(text: str) -> tuple[tuple[str, str, str], ...]:
    """Return (label, number, note) of each line "number|label|note" that has a number."""
    hotlines = []
    for line in text.splitlines():
        number, label, note = ([part.strip() for part in line.split("|")] + ["", ""])[:3]
        if number:
            hotlines.append((label, number, note))
    return tuple(hotlines)


def forget_office(**kwargs: Any) -> None:
    """Receiver of ``post_save`` of the settings: the next page reads them anew."""
    cache.delete(CACHE_KEY)
