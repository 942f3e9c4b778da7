"""Texts of law, from the source file into rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from content.loading.changes import Ledger
from content.loading.sources import SourceError, Sources, digest
from content.models import LegalReference

LAW_FIELDS = (
    "short_name",
    "title",
    "number",
    "issued_on",
    "in_force_from",
    "in_force_to",
    "status",
    "replaced_by",
    "is_verified",
    "note",
)


def load_laws(sources: Sources, ledger: Ledger) -> dict[str, int]:
    """Load the texts of law; return their ids by key."""
    standing = {law.key: law for law in LegalReference.objects.all()}
    # A text is written after the one that replaces it.
    waiting = {source["key"]: source for source in sources.laws}
    while waiting:
        ready = [s for s in waiting.values() if s["replaced_by"] not in waiting]
        if not ready:
            raise SourceError(f"texts of law replace each other: {', '.join(waiting)}")
        for source in ready:
            key = source["key"]
            law = ledger.load(
                f"law:{key}",
                digest(source),
                standing.get(key),
                LAW_FIELDS,
                lambda source=source: write_law(source, standing),
            )
            if law is not None:
                standing[key] = law
            del waiting[key]
    return {key: law.pk for key, law in standing.items()}


def write_law(source: dict[str, Any], standing: Mapping[str, LegalReference]) -> LegalReference:
    fields = {
        name: source[name] for name in LAW_FIELDS if name not in {"replaced_by", "is_verified"}
    }
    fields |= {
        "number": source["number"] or "",
        "note": source["note"] or "",
        "is_verified": source["verified"],
        "replaced_by": standing[source["replaced_by"]] if source["replaced_by"] else None,
    }
    law, _created = LegalReference.objects.update_or_create(key=source["key"], defaults=fields)
    return law
