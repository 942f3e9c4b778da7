"""A line of the ledger in words: the verdict, and the sentence that defends it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.utils.translation import gettext as _

from lms.people.days import BEFORE, last_day
from lms.target.explanation import TEXTS, Standing
from lms.target.ledger.kinds import LABELS, Kind
from lms.target.ledger.lines import Line


def day_text(day: date) -> str:
    return _("the beginning of the records") if day <= BEFORE else f"{day:%d/%m/%Y}"


def verdict_text(line: Line) -> str:
    """Return the state of somebody who counts, the reason of somebody who does not."""
    if line.counts:
        return str(TEXTS[Standing(line.state)])
    return str(LABELS[line.kind])


def detail_text(line: Line, visible: Collection[int] | None = None) -> str:
    """Return since when somebody counts, or the days and names behind the reason; may be empty.

    Never why somebody is on leave: the portal does not know it. ``visible`` are people who may be
    named to the reader; ``None`` = everybody.
    """
    match line.kind:
        case Kind.COUNTS:
            return counts_text(line)
        case Kind.ON_LEAVE if line.first_day and line.end_day:
            return leave_text(line.first_day, line.end_day)
        case Kind.ELSEWHERE if line.posted_from:
            return elsewhere_text(line, line.posted_from)
        case Kind.NOT_NAMED:
            if line.end_day is None:
                return _("Never named.")
            return _("No longer named since %(day)s.") % {"day": day_text(line.end_day)}
        case Kind.DUTY_ENDED if line.end_day and (last := last_day(line.end_day)):
            return _("The duty ended on %(day)s.") % {"day": day_text(last)}
        case Kind.LEFT if line.end_day and (last := last_day(line.end_day)):
            return _("The last posting ended on %(day)s.") % {"day": day_text(last)}
        case Kind.UNIT_ENDED:
            return unit_ended_text(line)
        case Kind.NOT_BEGUN if line.first_day:
            return _("The first posting begins on %(day)s.") % {"day": day_text(line.first_day)}
        case Kind.MERGED if visible is None or line.survivor_id in visible:
            return _("Counted as staff code %(code)s.") % {"code": line.survivor_code}
    return ""


def counts_text(line: Line) -> str:
    parts = []
    if line.since is not None:
        parts.append(_("Counts since %(day)s.") % {"day": day_text(line.since)})
    if line.is_new:
        parts.append(_("Newly assigned."))
    if not line.is_placed:
        parts.append(
            _("The unit has no place in the map: counted in the province, “not placed yet”.")
        )
    return " ".join(parts)


def leave_text(first_day: date, end_day: date) -> str:
    words = {"first": day_text(first_day)}
    last = last_day(end_day)
    if last is None:
        return _("On leave since %(first)s, without an end so far.") % words
    words["last"] = day_text(last)
    return _("On leave from %(first)s until the end of %(last)s.") % words


def elsewhere_text(line: Line, since: date) -> str:
    words = {"unit": line.unit_name, "day": day_text(since)}
    return with_leave(_("Stands at %(unit)s since %(day)s.") % words, line)


def with_leave(text: str, line: Line) -> str:
    return f"{text} {_('On long leave there.')}" if line.state == "leave" else text


def unit_ended_text(line: Line) -> str:
    """A posting that goes on counts in the province; one that ended with its unit nowhere."""
    if line.end_day is not None and (last := last_day(line.end_day)):
        return _("The unit and the posting ended on %(day)s.") % {"day": day_text(last)}
    if line.state == "leave":
        return with_leave(_("The unit has no place in the map."), line)
    return _("The unit has no place in the map: counted in the province, “not placed yet”.")
