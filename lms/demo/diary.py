"""What happens in the invented history, in the order of its moments, written month by month."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.utils import timezone

Act = Callable[[datetime], object]


class Diary:
    """Acts with their moments; writing them calls each with its moment.

    A month is one transaction: an act for an act would spend its time in commits. What the site
    does after a commit (certificates) happens at the end of the month, in the order of the acts.
    """

    def __init__(self) -> None:
        self._acts: list[tuple[datetime, int, Act]] = []

    def note(self, at: datetime, act: Act) -> None:
        self._acts.append((at, len(self._acts), act))

    def write(self, *, before: datetime) -> Iterator[tuple[int, int, int]]:
        """Do every act that lies before ``before``; yield year, month and count of each month.

        Later acts are dropped: at that moment nobody has heard of them.
        """
        due = sorted(
            (entry for entry in self._acts if entry[0] < before), key=lambda entry: entry[:2]
        )
        for (year, month), acts in groupby(due, key=lambda entry: _month(entry[0])):
            count = 0
            with transaction.atomic():
                for at, _number, act in acts:
                    act(at)
                    count += 1
            yield year, month, count


def _month(at: datetime) -> tuple[int, int]:
    local = timezone.localtime(at)
    return local.year, local.month
