"""Reading what is frozen, and telling whether it is still what was frozen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lms.target.models import ReportSnapshot
from lms.target.reports.canonical import digest

# A part of people weighs half a megabyte.
PARTS_AT_ONCE = 10


class Erased(LookupError):
    """The words of the report were erased; its hash is what is left."""


@dataclass(frozen=True)
class Verdict:
    """Whether a stored report is whole; ``wrong`` names what is not, in the order of the parts."""

    wrong: tuple[str, ...]
    is_erased: bool

    @property
    def is_whole(self) -> bool:
        return not self.wrong


def read_part(snapshot: ReportSnapshot, name: str) -> Any:
    """Return the part ``name`` of one number. Raises :class:`Erased`."""
    body = snapshot.parts.filter(name=name, number=0).values_list("body", flat=True).first()
    if body is None:
        raise Erased(snapshot.pk)
    return json.loads(body)


def read_rows(snapshot: ReportSnapshot, name: str) -> Iterator[list[Any]]:
    """Yield the rows of a list, a part at a time. Raises :class:`Erased`."""
    numbers = list(
        snapshot.parts.filter(name=name).order_by("number").values_list("number", flat=True)
    )
    if not numbers:
        raise Erased(snapshot.pk)
    for number in numbers:
        body = snapshot.parts.values_list("body", flat=True).get(name=name, number=number)
        yield from json.loads(body)["rows"]


def verify(snapshot: ReportSnapshot) -> Verdict:
    """Compare the stored report with its hashes and with the version it follows.

    Read anew from the database, a part at a time. Of an erased report the head is left, which still
    has to fit its hash and the chain.
    """
    wrong = []
    head = json.loads(snapshot.head)
    if digest(snapshot.head) != snapshot.sha256:
        wrong.append("head")
    earlier = snapshot.previous
    if head["previous"] != (earlier.sha256 if earlier else None):
        wrong.append("previous")
    row = (snapshot.version, snapshot.day.isoformat(), snapshot.frozen_at)
    if row != (head["version"], head["day"], datetime.fromisoformat(head["frozen_at"])):
        wrong.append("row")
    is_erased = hasattr(snapshot, "erasure")
    if not is_erased:
        expected = {(name, number): sha256 for name, number, sha256 in head["parts"]}
        parts = snapshot.parts.order_by("name", "number").values_list("name", "number", "body")
        for name, number, body in parts.iterator(chunk_size=PARTS_AT_ONCE):
            if expected.pop((name, number), None) != digest(body):
                wrong.append(f"{name} {number}")
        wrong += [f"{name} {number}" for name, number in expected]
    return Verdict(tuple(wrong), is_erased)
