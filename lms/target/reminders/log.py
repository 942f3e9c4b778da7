"""What was told to whom: the log that counts as evidence, and the list that is printed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from content.models import CoursePage
from lms.notices.models import Channel
from lms.notices.sending import RETRY_AFTER
from lms.people.models import UnitVersion
from lms.people.scopes import Scope
from lms.people.units import names_on
from lms.target.figures import bits_of
from lms.target.models.reminders import Reminder, ReminderKind

PAGE_SIZE = 50
# One printed list; what is handed over makes room for the rest.
PRINT_SIZE = 500


@dataclass(frozen=True)
class Line:
    """A reminder as the log prints it."""

    reminder: Reminder
    unit: UnitVersion | None
    courses: tuple[str, ...]

    @property
    def what(self) -> str:
        day = f"{self.reminder.ends_on:%d/%m/%Y}"
        if self.reminder.kind == ReminderKind.DUE:
            return _("due %(day)s") % {"day": day}
        return _("valid to %(day)s") % {"day": day}

    @cached_property
    def how(self) -> tuple[str, str]:
        """The state that is drawn and its words: told how, and whether it arrived."""
        handover = getattr(self.reminder, "handover", None)
        if self.reminder.channel == Channel.PRINT:
            if handover:
                day = f"{handover.handed_on:%d/%m/%Y}"
                return "done", _("Told in person on %(day)s") % {"day": day}
            return "todo", _("On the printed list")
        notice = self.reminder.notice
        if notice.sent_at:
            return "done", _("Sent by e-mail")
        if notice.failed_count > len(RETRY_AFTER):
            return "late", _("E-mail could not be delivered")
        return "now", _("E-mail is waiting to be sent")


def reminders_seen(scope: Scope) -> QuerySet[Reminder]:
    """Return the reminders the asker may see, newest first."""
    return (
        Reminder.objects.visible_to(scope)
        .select_related("person", "notice", "handover")
        .order_by("-pk")
    )


def lines(reminders: list[Reminder], day: date) -> list[Line]:
    """Return the rows of the log; two queries."""
    units = names_on(list({each.unit_id for each in reminders}), day)
    titles = dict(CoursePage.objects.values_list("bit", "short_title"))
    return [
        Line(
            each,
            units.get(each.unit_id),
            tuple(titles[bit] for bit in bits_of(each.courses) if bit in titles),
        )
        for each in reminders
    ]


def to_hand_over(scope: Scope, today: date) -> QuerySet[Reminder]:
    """Return what waits to be told in person and still matters, by unit and name."""
    return (
        reminders_seen(scope)
        .filter(channel=Channel.PRINT, handover=None, ends_on__gte=today - timedelta(days=30))
        .exclude(person=scope.person_id)
        .order_by("unit_id", "person__sort_name", "pk")
    )


def by_unit(found: list[Line]) -> list[tuple[UnitVersion | None, list[Line]]]:
    """Return the lines of each unit in code order; each unit is a sheet of its own."""
    sheets: dict[int, list[Line]] = defaultdict(list)
    for line in found:
        sheets[line.reminder.unit_id].append(line)
    return sorted(
        ((lines_[0].unit, lines_) for lines_ in sheets.values()),
        key=lambda sheet: sheet[0].code if sheet[0] else "",
    )
