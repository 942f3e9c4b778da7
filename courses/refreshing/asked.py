"""What a version that asks for a refresher ends: completions of what was taught before it.

Stated once, for those that stand when the refresher is asked and for those recorded later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from content.models import CourseVersion
from courses.models.completion import CompletionSource
from lms.people.days import day_after, local_day


def is_before(version: CourseVersion, *, source: str, number: int | None, valid_from: date) -> bool:
    """Tell whether a completion is of what was taught before ``version``.

    One of the portal by the number of its own version. A training held elsewhere, and a completion
    without a version, by its day: before the local day on which ``version`` was published.
    """
    if source == CompletionSource.PORTAL and number is not None:
        return number < version.number
    return valid_from < local_day(version.published_at)


class Refreshers:
    """The refreshers asked of some courses, read once: one query for any number of completions."""

    def __init__(self, course_ids: Iterable[int]) -> None:
        self._versions = list(
            CourseVersion.objects.filter(
                course__in=set(course_ids), refresher_due_on__isnull=False
            ).defer("body")
        )

    def end_of(
        self, course_id: int, end: date, *, source: str, number: int | None, valid_from: date
    ) -> date:
        """Return the exclusive end of a completion that would last until ``end``.

        Not after the earliest due day of a refresher that asks it. What happens only after that day
        is never held: both ends are equal.
        """
        due = [
            day_after(version.refresher_due_on)
            for version in self._versions
            if version.course_id == course_id
            and is_before(version, source=source, number=number, valid_from=valid_from)
        ]
        return max(min([end, *due]), valid_from)
