"""Tags that bring a learner's state to pages written without knowing learners."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import template

from lms.people import days

register = template.Library()


@register.filter
def last_day(valid_to: date) -> date | None:
    """Return the inclusive last day of a holding that ends before ``valid_to``."""
    return days.last_day(valid_to)


@register.filter
def state_for(lesson: Any, learner: Any) -> str:
    """Return ``done``, ``now``, ``todo`` or ``lock`` of a lesson of the outline for ``learner``."""
    standing = learner.standing
    if lesson.id in standing.done:
        return "done"
    if standing.is_locked:
        return "lock"
    following = standing.next_lesson
    return "now" if following is not None and following.page_id == lesson.id else "todo"
