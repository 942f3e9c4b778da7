"""What the loader wrote last, so that it can tell a trainer's change from its own work."""

from __future__ import annotations

from django.db import models


class LoadedSource(models.Model):
    """The state of one source file at its last loading.

    A separate table: in the page itself these hashes would travel with its revisions and its
    copies, and publishing an older draft would bring back an older hash.
    """

    # For example "lesson:1.1.1", "question:ND-01", "law:luat-53-2024".
    key = models.CharField(max_length=80, unique=True)
    # SHA-256 of the source with the edition it was loaded for.
    source_hash = models.CharField(max_length=64)
    # SHA-256 of the fields as they stood right after loading.
    loaded_hash = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
