"""Which questions make a paper: the matrix of a quiz, and an exact search for a paper that fits.

Pure functions over light values; ``courses.quizzes.draw`` calls :func:`pick_paper` for an attempt,
``content.banks`` asks the same function whether a bank can meet its matrix at all. The search looks
at every valid paper before it says there is none, and among the valid ones takes one with the
fewest questions to avoid (``docs/decisions.md`` 26).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

ORDER_OR_MATCH = "ORD_OR_MAT"
ANY_TYPE = "ANY"

# What may be given up, in this order and one after the other, when no paper meets everything.
PRE_TEST = "max_from_pre_test"
TYPES = "by_type"
MODULES = "min_per_module"
SUBJECTS = "subjects"
RELAXATIONS = (PRE_TEST, TYPES, MODULES, SUBJECTS)


class NotEnoughQuestions(Exception):
    """The bank holds fewer questions than a paper needs, whatever is relaxed."""

    def __init__(self, found: int, needed: int) -> None:
        super().__init__(f"{found} of {needed} questions")
        self.found = found
        self.needed = needed


@dataclass(frozen=True)
class Candidate:
    """A question as the draw sees it; ``id`` is whatever the caller knows it by."""

    id: Hashable
    type: str
    module: Hashable
    is_safety: bool = False
    is_confidentiality: bool = False
    is_validity: bool = False
    in_pre_test: bool = False


@dataclass(frozen=True)
class Matrix:
    """What a paper must hold. ``by_type`` counts types, ``ORD_OR_MAT`` and ``ANY``."""

    count: int
    by_type: Mapping[str, int] = field(default_factory=dict)
    min_per_module: int = 0
    max_from_pre_test: int | None = None
    min_safety: int = 0
    min_confidentiality: int = 0
    min_validity: int = 0

    @classmethod
    def of(cls, count: int, matrix: Mapping[str, Any]) -> Matrix:
        """Read the matrix of a ``QuizPage``; raises ``ValueError`` if it contradicts itself."""
        by_type = {
            kind: int(number) for kind, number in matrix.get("by_type", {}).items() if number
        }
        if by_type and sum(by_type.values()) != count:
            raise ValueError(f"types add up to {sum(by_type.values())}, the paper has {count}")
        limit = matrix.get("max_from_pre_test")
        return cls(
            count=count,
            by_type=by_type,
            min_per_module=int(matrix.get("min_per_module", 0)),
            max_from_pre_test=None if limit is None else int(limit),
            min_safety=int(matrix.get("min_safety", 0)),
            min_confidentiality=int(matrix.get("min_confidentiality", 0)),
            min_validity=int(matrix.get("min_validity", 0)),
        )

    def without(self, relaxed: Collection[str]) -> Matrix:
        """Return the matrix with what is ``relaxed`` left out."""
        changes: dict[str, Any] = {}
        if PRE_TEST in relaxed:
            changes["max_from_pre_test"] = None
        if TYPES in relaxed:
            changes["by_type"] = {}
        if MODULES in relaxed:
            changes["min_per_module"] = 0
        if SUBJECTS in relaxed:
            changes |= {"min_safety": 0, "min_confidentiality": 0, "min_validity": 0}
        return replace(self, **changes)


@dataclass(frozen=True)
class Paper:
    """A drawn paper: the ids in random order, what was relaxed, how many were to be avoided."""

    ids: tuple[Hashable, ...]
    relaxed: tuple[str, ...]
    repeat_count: int


def pick_paper(
    candidates: Iterable[Candidate],
    matrix: Matrix,
    modules: Collection[Hashable],
    *,
    avoid: Collection[Hashable] = (),
    rng: Random,
) -> Paper:
    """Return a paper with the fewest ids of ``avoid`` among all that meet ``matrix``.

    ``modules`` are those that must be asked about. If none meets it, requirements are given up in
    the order of ``RELAXATIONS``, each on top of those before, until one does; the paper names them.
    The same candidates in the same order and the same ``rng`` give the same paper. Raises
    :class:`NotEnoughQuestions` if the bank is smaller than the paper.
    """
    bank = list(candidates)
    if len(bank) < matrix.count:
        raise NotEnoughQuestions(len(bank), matrix.count)
    for kept in range(len(RELAXATIONS) + 1):
        relaxed = RELAXATIONS[:kept]
        wanted = matrix.without(relaxed)
        if kept and wanted == matrix.without(RELAXATIONS[: kept - 1]):
            continue  # this step gives nothing up
        found = Search(bank, wanted, modules, avoid, rng).run()
        if found is not None:
            named = tuple(step for step in relaxed if matrix.without([step]) != matrix)
            return Paper(found, named, sum(each in avoid for each in found))
    raise NotEnoughQuestions(len(bank), matrix.count)  # pragma: no cover - the last step takes any


def find_unmet(
    candidates: Iterable[Candidate], matrix: Matrix, modules: Collection[Hashable]
) -> tuple[str, ...]:
    """Return what must be relaxed for a paper to exist; empty if the matrix can be met.

    Raises :class:`NotEnoughQuestions` if the bank is smaller than the paper.
    """
    return pick_paper(candidates, matrix, modules, rng=Random(0)).relaxed  # noqa: S311 (asks only whether, not which)


# A state of the search: what is still to be chosen. Equal states have equal futures.
State = tuple[int, tuple[int, ...], tuple[int, ...], int, int, int, int, int]


class Search:
    """Chooses from classes of alike questions, remembering every state that led nowhere.

    Questions that differ only in their id are one class, so the search counts instead of naming
    them; the remembered states keep it exact and short on large banks too.
    """

    def __init__(
        self,
        bank: Sequence[Candidate],
        matrix: Matrix,
        modules: Collection[Hashable],
        avoid: Collection[Hashable],
        rng: Random,
    ) -> None:
        self.matrix = matrix
        self.rng = rng
        self.slots = [kind for kind in matrix.by_type if kind != ANY_TYPE]
        self.modules = list(modules) if matrix.min_per_module else []
        classes: dict[tuple[Any, ...], list[Candidate]] = {}
        for each in bank:
            alike = (
                self.slot_of(each.type),
                self.module_place(each.module),
                each.is_safety,
                each.is_confidentiality,
                each.is_validity,
                each.in_pre_test,
                each.id in avoid,
            )
            classes.setdefault(alike, []).append(each)
        self.classes = list(classes.items())
        rng.shuffle(self.classes)
        # Slot after slot, in any order: only one slot is ever partly filled, which keeps the number
        # of different states small.
        turns = list(range(-1, len(self.slots)))
        rng.shuffle(turns)
        self.classes.sort(key=lambda alike: turns.index(alike[0][0]))
        # How many questions, and of each slot and module, are left from a class on.
        self.left = self.suffixes()
        self.dead: set[tuple[int, State]] = set()

    def slot_of(self, kind: str) -> int:
        """Return the place of the type in ``by_type``; -1 if only ``ANY`` takes it."""
        name = ORDER_OR_MATCH if kind in {"ORD", "MAT"} and ORDER_OR_MATCH in self.slots else kind
        return self.slots.index(name) if name in self.slots else -1

    def module_place(self, module: Hashable) -> int:
        return self.modules.index(module) if module in self.modules else -1

    def suffixes(self) -> list[tuple[int, list[int], list[int], list[int]]]:
        left = [(0, [0] * len(self.slots), [0] * len(self.modules), [0, 0, 0])]
        for alike, members in reversed(self.classes):
            total, slots, modules, subjects = left[-1]
            slots, modules, subjects = list(slots), list(modules), list(subjects)
            if alike[0] >= 0:
                slots[alike[0]] += len(members)
            if alike[1] >= 0:
                modules[alike[1]] += len(members)
            for place in range(3):
                subjects[place] += len(members) * alike[2 + place]
            left.append((total + len(members), slots, modules, subjects))
        return left[::-1]

    def run(self) -> tuple[Hashable, ...] | None:
        """Return the ids of a paper with the fewest to avoid, or ``None`` if there is no paper."""
        matrix = self.matrix
        wanted = tuple(matrix.by_type.get(slot, 0) for slot in self.slots)
        free = matrix.count - sum(wanted)
        for repeats in range(matrix.count + 1):
            self.dead.clear()
            start: State = (
                free,
                wanted,
                (matrix.min_per_module,) * len(self.modules),
                matrix.count if matrix.max_from_pre_test is None else matrix.max_from_pre_test,
                matrix.min_safety,
                matrix.min_confidentiality,
                matrix.min_validity,
                repeats,
            )
            counts = self.choose(0, start)
            if counts is not None:
                return self.name(counts)
        return None

    def choose(self, place: int, state: State) -> list[int] | None:
        """Return how many to take of each class from ``place`` on, or ``None``."""
        free, slots, modules, pre_left, safety, confidentiality, validity, repeats = state
        needed = free + sum(slots)
        subjects = (safety, confidentiality, validity)
        if needed == 0:
            return [] if not any(modules) and not any(subjects) else None
        total, slots_left, modules_left, subjects_left = self.left[place]
        if (
            total < needed
            or any(want > have for want, have in zip(slots, slots_left, strict=True))
            or any(want > have for want, have in zip(modules, modules_left, strict=True))
            or any(want > have for want, have in zip(subjects, subjects_left, strict=True))
            or (place, state) in self.dead
        ):
            return None
        alike, members = self.classes[place]
        slot, module, is_safety, is_confidentiality, is_validity, in_pre_test, is_avoided = alike
        room = (slots[slot] if slot >= 0 else 0) + free
        most = min(
            len(members), room, pre_left if in_pre_test else room, repeats if is_avoided else room
        )
        numbers = list(range(most + 1))
        self.rng.shuffle(numbers)
        for taken in numbers:
            in_slot = min(taken, slots[slot]) if slot >= 0 else 0
            rest = self.choose(
                place + 1,
                (
                    free - (taken - in_slot),
                    lowered(slots, slot, in_slot),
                    lowered(modules, module, taken),
                    pre_left - taken if in_pre_test else pre_left,
                    max(0, safety - taken) if is_safety else safety,
                    max(0, confidentiality - taken) if is_confidentiality else confidentiality,
                    max(0, validity - taken) if is_validity else validity,
                    repeats - taken if is_avoided else repeats,
                ),
            )
            if rest is not None:
                return [taken, *rest]
        self.dead.add((place, state))
        return None

    def name(self, counts: list[int]) -> tuple[Hashable, ...]:
        ids = [
            each.id
            for (_alike, members), taken in zip(self.classes, counts, strict=False)
            for each in self.rng.sample(members, taken)
        ]
        self.rng.shuffle(ids)
        return tuple(ids)


def lowered(counts: tuple[int, ...], place: int, by: int) -> tuple[int, ...]:
    """Return ``counts`` with the one at ``place`` lower by ``by``, not below zero."""
    if place < 0 or not by:
        return counts
    return (*counts[:place], max(0, counts[place] - by), *counts[place + 1 :])
