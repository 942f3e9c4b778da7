"""Why somebody is not counted, or not as trained: the conditions that fail, one sentence each.

The verdict is that of the definition (``lms.target.explanation``); here it is said what in it is
missing: which course and what in the course, which leave, which unit, which end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from django.utils.translation import gettext as _

from content.models import CoursePage
from courses.models import CompletionWithdrawal
from courses.standing import CourseStanding
from lms.people.days import FAR, last_day
from lms.people.models import Leave, Posting, StaffMember, UnitPath, UnitVersion
from lms.target.explanation import Explanation, Standing


class HasStanding(Protocol):
    """A course of a record with how far the person is in it."""

    course: CoursePage
    standing: CourseStanding


@dataclass(frozen=True)
class Reason:
    """A condition that fails, and what would have to be done about it, if anything can be."""

    text: str
    steps: tuple[str, ...] = ()


def reasons_of(
    person: StaffMember,
    explanation: Explanation,
    lines: Mapping[int, HasStanding],
    day: date,
) -> list[Reason]:
    """Return what keeps ``person`` from being counted as trained on ``day``, as known now.

    ``lines`` are her courses by bit. Empty for somebody who is. At most two statements.
    """
    reasons = []
    if explanation.unit_id is not None and not is_placed(explanation.unit_id, day):
        reasons.append(
            Reason(
                _("The unit has no place in the map: counted in the province, “not placed yet”.")
            )
        )
    match explanation.standing:
        case Standing.ON_LEAVE:
            reasons += leave_reasons(person, day)
        case Standing.NO_POSTING:
            reasons += posting_reasons(person, day)
    if explanation.missing and explanation.counts:
        taken = withdrawn_days(person)
        reasons += [
            course_reason(lines[bit], bit in explanation.lapsed, taken)
            for bit in explanation.missing
            if bit in lines
        ]
    return reasons


def is_placed(unit_id: int, day: date) -> bool:
    """Tell whether a unit hangs below the province on ``day``; one statement."""
    roots = UnitVersion.objects.current().valid_on(day).roots().values("unit_id")
    return UnitPath.objects.filter(
        unit=unit_id, ancestor__in=roots, valid_from__lte=day, valid_to__gt=day, known_to=FAR
    ).exists()


def leave_reasons(person: StaffMember, day: date) -> list[Reason]:
    leave = Leave.objects.current().valid_on(day).filter(person=person).order_by("valid_to").last()
    if leave is None:
        return []
    words = {"first": f"{leave.valid_from:%d/%m/%Y}"}
    if leave.valid_to >= FAR:
        return [Reason(_("On leave since %(first)s, without an end so far.") % words)]
    words["last"] = f"{leave.valid_to - timedelta(days=1):%d/%m/%Y}"
    return [Reason(_("On leave from %(first)s until the end of %(last)s.") % words)]


def posting_reasons(person: StaffMember, day: date) -> list[Reason]:
    postings = Posting.objects.current().filter(person=person)
    ended = postings.filter(valid_to__lte=day).order_by("valid_to").last()
    if ended is not None:
        last = last_day(ended.valid_to)
        return [Reason(_("The last posting ended on %(day)s.") % {"day": f"{last:%d/%m/%Y}"})]
    ahead = postings.order_by("valid_from").first()
    if ahead is None:
        return []
    return [
        Reason(_("The first posting begins on %(day)s.") % {"day": f"{ahead.valid_from:%d/%m/%Y}"})
    ]


def withdrawn_days(person: StaffMember) -> dict[int, date]:
    """Return by course the last day from which a completion was taken away; one statement."""
    rows = CompletionWithdrawal.objects.filter(person=person).order_by("effective_on")
    return dict(rows.values_list("course_id", "effective_on"))


def course_reason(line: HasStanding, has_lapsed: bool, taken: Mapping[int, date]) -> Reason:
    """Say why one required course is missing: never completed, expired or taken away."""
    course, standing = line.course, line.standing
    words = {"course": course.short_title}
    steps = tuple(each.text for each in standing.missing)
    completion = standing.completion
    ended = completion.valid_to if completion and not standing.is_held else None
    withdrawn = taken.get(course.pk)
    if withdrawn is not None and (ended is None or ended <= withdrawn):
        words["day"] = f"{withdrawn:%d/%m/%Y}"
        return Reason(_("%(course)s: the completion was taken away from %(day)s.") % words, steps)
    if has_lapsed and ended is not None:
        words["day"] = f"{ended - timedelta(days=1):%d/%m/%Y}"
        return Reason(_("%(course)s: was valid until %(day)s.") % words, steps)
    if standing.is_begun:
        return Reason(_("%(course)s: not completed yet.") % words, steps)
    return Reason(_("%(course)s: not started yet.") % words, steps)
