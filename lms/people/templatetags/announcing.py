"""The tag that brings the department's announcements to a first page."""

from __future__ import annotations

from typing import Any

from django import template

from lms.people.announcements import shown_to
from lms.people.scopes import scope_of

register = template.Library()


@register.inclusion_tag("people/_announcements.html", takes_context=True)
def announcements(context: dict[str, Any]) -> dict[str, Any]:
    """Print what runs today for the asker of the page; one query."""
    user = getattr(context.get("request"), "user", None)
    return {"announcements": shown_to(scope_of(user))}
