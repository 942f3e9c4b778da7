"""The parts of a report on their way from the reading to the writing.

Reading a province takes seconds and must not hold a lock; a million keys must not fill the memory.
So the parts are written to a file without a name first, and into the database afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from heapq import merge
from itertools import islice
from os import SEEK_END
from tempfile import TemporaryFile
from typing import Any, NamedTuple

from lms.target.reports.canonical import canonical, digest

# So many people, or so many units, stand in one part.
PEOPLE_A_PART = 5_000
UNITS_A_PART = 2_000
SORTED_AT_ONCE = 20_000


class Part(NamedTuple):
    name: str
    number: int
    body: str
    sha256: str


class Spool:
    """Parts in the order in which they came; a context that forgets them at its end."""

    def __init__(self) -> None:
        self._file = TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115 (closed by __exit__)
        self._labels: list[tuple[str, int, str]] = []

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._file.close()

    def add(self, name: str, value: Any, *, number: int = 0) -> None:
        body = canonical(value)
        self.take(Part(name, number, body, digest(body)))

    def take(self, part: Part) -> None:
        """Add a part that is one already."""
        self._file.seek(0, SEEK_END)
        # JSON escapes line ends, so a line is a part.
        self._file.write(part.body + "\n")
        self._labels.append((part.name, part.number, part.sha256))

    def add_rows(
        self, name: str, rows: Iterable[list[Any]], *, columns: list[str], size: int
    ) -> None:
        """Add ``rows`` in parts of ``size``; at least one part, so that an empty list is said."""
        number, chunk = 0, []
        for row in rows:
            chunk.append(row)
            if len(chunk) == size:
                self.add(name, {"columns": columns, "rows": chunk}, number=number)
                number, chunk = number + 1, []
        if chunk or not number:
            self.add(name, {"columns": columns, "rows": chunk}, number=number)

    def hashes(self) -> list[list[Any]]:
        """Return [name, number, SHA-256] of each part, sorted."""
        return [list(label) for label in sorted(self._labels)]

    def __iter__(self) -> Iterator[Part]:
        self._file.seek(0)
        for (name, number, sha256), line in zip(self._labels, self._file, strict=True):
            yield Part(name, number, line.rstrip("\n"), sha256)

    def value_of(self, name: str) -> Any:
        """Return what :meth:`add` was given under ``name``, as JSON gives it back."""
        return next(json.loads(part.body) for part in self if part.name == name)

    def rows_of(self, name: str) -> Iterator[list[Any]]:
        """Yield the rows that :meth:`add_rows` was given under ``name``."""
        for part in self:
            if part.name == name:
                yield from json.loads(part.body)["rows"]


def in_order(rows: Iterable[list[Any]], *, size: int = SORTED_AT_ONCE) -> Iterator[list[Any]]:
    """Yield ``rows`` sorted, of whatever number: at most ``size`` of them are in memory at once.

    Cells must be what JSON knows and comparable column by column.
    """
    rows = iter(rows)
    with ExitStack() as open_files:
        runs = []
        while batch := sorted(islice(rows, size)):
            run = open_files.enter_context(TemporaryFile("w+", encoding="utf-8", newline="\n"))
            run.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in batch)
            run.seek(0)
            runs.append(map(json.loads, run))
        yield from merge(*runs)
