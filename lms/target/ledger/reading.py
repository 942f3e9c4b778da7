"""The ledger asked: its sums, a page of its lines, or all of them in batches."""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from lms.people.models import StaffMember
from lms.people.scopes import Scope
from lms.people.text import fold
from lms.target.bridge import BookClosed
from lms.target.figures import Basis, Counts
from lms.target.figures.counts import counts_of
from lms.target.figures.sql import DIALECT
from lms.target.filters import DEPARTMENT_ROLES
from lms.target.ledger.kinds import PARTS, REASONS, Kind
from lms.target.ledger.lines import Line, Row, lines_of
from lms.target.ledger.sql import COLUMNS, Subject, line_ctes

PAGE_SIZE = 25
BATCH = 1000


@dataclass
class Sums:
    """People of the ledger: ``counts`` like a figure, ``unplaced`` among them, and the others.

    ``reasons`` holds every reason why somebody does not count; those on leave stand in ``counts``
    as well, as in any figure.
    """

    counts: Counts = field(default_factory=Counts)
    unplaced: int = 0
    reasons: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(REASONS, 0))

    @property
    def not_counted(self) -> int:
        return sum(self.reasons.values())

    @property
    def everybody(self) -> int:
        return self.counts.denominator + self.not_counted


@dataclass(frozen=True)
class Search:
    """What narrows the lines: a part by its name in the address, and words typed.

    Words are looked for among the people whom ``scope`` may see: a search must not tell a name that
    its line does not.
    """

    part: str = ""
    words: str = ""
    scope: Scope | None = None

    def conditions(self) -> tuple[list[str], dict[str, Any]]:
        """Return conditions on a line ``l`` and its record ``s``, and their parameters."""
        found, params = [], {}
        if self.part:
            found.append(PARTS[self.part])
        if text := fold(self.words):
            name = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
            params |= {"words": f"%{name}%", "code": self.words.strip().upper(), "slash": "\\"}
            found.append(
                "(s.folded_name LIKE %(words)s ESCAPE %(slash)s OR upper(s.staff_code) = %(code)s)"
            )
            if self.scope is not None and not self.scope.has_role(*DEPARTMENT_ROLES):
                visible, more = visible_text(self.scope)
                found.append(f"s.id IN ({visible})")
                params |= more
        return found, params


def visible_text(scope: Scope) -> tuple[str, dict[str, Any]]:
    """Return the ids of people whom the scope may see as SQL with named parameters."""
    queryset = StaffMember.objects.visible_to(scope).order_by().values("pk")
    text, values = queryset.query.sql_with_params()
    names = {f"seen_{place}": value for place, value in enumerate(values)}
    return text % tuple(f"%({name})s" for name in names), names


@dataclass(frozen=True)
class Page:
    """Some lines in the order of names; ``next_key`` is that of the next page, if there is one."""

    lines: tuple[Line, ...]
    next_key: int | None


def open_basis() -> Basis:
    """Return what the ledger rests on; two queries. Raises ``BookClosed`` while it is made."""
    basis = Basis.read()
    if not basis.source.is_built:
        raise BookClosed
    return basis


def sums(subject: Subject, basis: Basis | None = None) -> Sums:
    """Return the sums of the whole ledger; one statement, two more without ``basis``."""
    text = line_ctes(subject, basis or open_basis())
    with connection.cursor() as cursor:
        cursor.execute(
            f"{text} SELECT l.kind, l.state, l.in_year, l.is_new, l.is_placed, count(*)"
            " FROM line l GROUP BY l.kind, l.state, l.in_year, l.is_new, l.is_placed",
            subject.params(),
        )
        rows = cursor.fetchall()
    result = Sums()
    for name, state, in_year, is_new, is_placed, people in rows:
        kind = Kind(name)
        if kind in (Kind.COUNTS, Kind.ON_LEAVE):
            on_leave = kind is Kind.ON_LEAVE
            result.counts.add(counts_of(state, bool(in_year), bool(is_new), on_leave, people))
        if kind is not Kind.COUNTS:
            result.reasons[kind] += people
        elif not is_placed:
            result.unplaced += people
    return result


def page(
    subject: Subject,
    search: Search | None = None,
    *,
    after: int | None = None,
    limit: int = PAGE_SIZE,
    basis: Basis | None = None,
) -> Page:
    """Return a page of lines by name; eleven statements at most.

    ``after`` is the ``next_key`` of the page before.
    """
    basis = basis or open_basis()
    text, params = listed(subject, search or Search(), basis, after=after)
    params["rows"] = limit + 1
    with connection.cursor() as cursor:
        cursor.execute(f"{text} LIMIT %(rows)s", params)
        rows = [Row(*row) for row in cursor.fetchall()]
    shown = rows[:limit]
    return Page(
        lines=tuple(lines_of(shown, subject)),
        next_key=shown[-1].person_id if len(rows) > limit else None,
    )


def every_line(
    subject: Subject, search: Search | None = None, *, basis: Basis | None = None
) -> Iterator[list[Line]]:
    """Yield all lines by name in batches; the caller holds a ``snapshot()`` meanwhile."""
    text, params = listed(subject, search or Search(), basis or open_basis())
    with connection.chunked_cursor() as cursor:
        cursor.execute(text, params)
        while rows := cursor.fetchmany(BATCH):
            yield lines_of([Row(*row) for row in rows], subject)


def listed(
    subject: Subject, search: Search, basis: Basis, *, after: int | None = None
) -> tuple[str, Mapping[str, Any]]:
    """Return the statement for the lines in order, and its parameters."""
    name = DIALECT[connection.vendor]["bytewise"].format(text="s.sort_name")
    conditions, params = search.conditions()
    if after is not None:
        given = DIALECT[connection.vendor]["bytewise"].format(
            text="(SELECT a.sort_name FROM people_staffmember a WHERE a.id = %(after)s)"
        )
        conditions.append(f"({name}, s.id) > ({given}, %(after)s)")
        params["after"] = after
    columns = ", ".join(f"l.{column}" for column in COLUMNS.split(", "))
    text = f"""{line_ctes(subject, basis)}
    SELECT {columns}, s.full_name, s.staff_code, s.erased_at IS NOT NULL, z.staff_code
    FROM line l JOIN people_staffmember s ON s.id = l.person_id
    LEFT JOIN people_staffmember z ON z.id = l.survivor_id
    WHERE {" AND ".join(conditions) or "1 = 1"} ORDER BY {name}, s.id"""
    return text, subject.params() | params
