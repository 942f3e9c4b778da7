"""Tells a trainer's change from what the loader wrote.

After each loading the hash of what stands is kept; if what stands later has another hash, somebody
changed it, and the loader leaves it alone from then on. The live text and the newest draft both
count: a trainer may have edited without publishing, or published what waited for review.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from wagtail.fields import StreamField

from content.loading.sources import digest
from content.models import LoadedSource

# Draftail adds a key to every paragraph it saves: opening and saving alone changes nothing.
BLOCK_KEYS = re.compile(r' data-block-key="[^"]*"')


@dataclass
class Report:
    """What a loading did, by the keys of the sources."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)  # a trainer changed or deleted these
    drafts: list[str] = field(default_factory=list)  # wholly or partly waiting for a reviewer


class Ledger:
    """The loaded sources, read once; written one by one."""

    def __init__(self, report: Report, at: datetime) -> None:
        self.report = report
        self.at = at
        self.known = {row.key: row for row in LoadedSource.objects.all()}

    def load(
        self,
        key: str,
        source_hash: str,
        standing: models.Model | None,
        fields: tuple[str, ...],
        write: Callable[[], models.Model],
    ) -> models.Model | None:
        """Let ``write`` create or update what ``key`` names, unless nothing or a trainer changed.

        Returns what stands afterwards, ``None`` if a trainer deleted it.
        """
        row = self.known.get(key)
        if row is not None and row.source_hash == source_hash and standing is not None:
            self.report.unchanged.append(key)
            return standing
        if (
            row is not None and (standing is None or row.loaded_hash != state(standing, fields))
        ) or (row is None and standing is not None):
            self.report.left.append(key)
            return standing
        written = write()
        (self.report.created if row is None else self.report.updated).append(key)
        self.known[key], _created = LoadedSource.objects.update_or_create(
            key=key,
            defaults={
                "source_hash": source_hash,
                "loaded_hash": state(written, fields),
                "loaded_at": self.at,
            },
        )
        return written


def state(instance: models.Model, fields: tuple[str, ...]) -> str:
    """Return the hash over ``fields`` of the live row and of the newest draft."""
    live = type(instance)._default_manager.get(pk=instance.pk)
    parts = [values(live, fields), getattr(live, "live", None)]
    if hasattr(live, "get_latest_revision_as_object"):
        parts.append(values(live.get_latest_revision_as_object(), fields))
    return digest(parts)


def values(instance: models.Model, fields: tuple[str, ...]) -> dict[str, Any]:
    found = {name: value_of(instance, name) for name in fields}
    return {name: value for name, value in found.items() if not is_empty(value)}


def is_empty(value: Any) -> bool:
    """Tell whether ``value`` says nothing.

    What says nothing is left out of the hash: a field, or a part of a block, that a later release
    adds must not look like the work of a trainer.
    """
    return value is None or value is False or value in ("", [], {})


def value_of(instance: models.Model, name: str) -> Any:
    column = instance._meta.get_field(name)
    value = getattr(instance, name)
    if isinstance(column, StreamField):
        return bare(value.get_prep_value())
    if isinstance(column, models.ManyToManyField):
        return sorted(row.pk for row in value.all())
    if isinstance(column, models.ManyToOneRel):
        return [
            [row.key, row.text, row.match_text, row.is_correct]
            for row in sorted(value.all(), key=lambda row: row.sort_order or 0)
        ]
    if isinstance(column, models.ForeignKey):
        return getattr(instance, column.attname)
    return value


def bare(value: Any) -> Any:
    """Return the data of a body without ids and keys that the editor adds by itself."""
    if isinstance(value, str):
        return BLOCK_KEYS.sub("", value)
    if isinstance(value, list):
        return [bare(each) for each in value]
    if isinstance(value, dict):
        is_child = value.keys() >= {"type", "value"}
        return {
            name: bare(each)
            for name, each in value.items()
            if not (is_child and name == "id") and not is_empty(each)
        }
    return value
