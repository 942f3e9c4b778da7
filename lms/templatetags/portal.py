"""Tags and filters of the portal's look: icons, numbers, days, form widgets.

The icons are drawn here, inline in the page: no request, no font, and they take the text's colour.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django import template
from django.forms import BoundField
from django.middleware.csrf import get_token
from django.template import Context
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils import timezone
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

register = template.Library()

ABSENT = "—"

CHECK = '<circle class="f" cx="12" cy="12" r="10"/><path class="k" d="m7.5 12.3 3 3 6-6.3"/>'
CIRCLE = '<circle cx="12" cy="12" r="9"/>'
HALF = CIRCLE + '<path class="f" d="M12 3a9 9 0 0 1 0 18z"/>'
CLOCK = CIRCLE + '<path d="M12 7v5l3.5 2"/>'
ALERT = CIRCLE + '<path d="M12 7v5.5M12 16.3v.1"/>'
LOCK = '<rect x="5" y="11" width="14" height="9.5" rx="1.5"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>'

ICONS = {
    "check": CHECK,
    "half": HALF,
    "clock": CLOCK,
    "alert": ALERT,
    "ring": CIRCLE,
    "lock": LOCK,
    # The six states by their own names; see components/state.html.
    "done": CHECK,
    "now": HALF,
    "soon": CLOCK,
    "late": ALERT,
    "todo": CIRCLE,
    "account": '<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c.8-4 3.8-6 7.5-6s6.7 2 7.5 6"/>',
    "arrow": '<path d="M5 12h14M13 6l6 6-6 6"/>',
    "barred": CIRCLE + '<path d="M5.7 5.7l12.6 12.6"/>',
    "book": '<path d="M4 5c3-1 6-.5 8 1.5C14 4.5 17 4 20 5v14c-3-1-6-.5-8 1.5C10 18.5 7 18 4 19z'
    'M12 6.5v14"/>',
    "calendar": '<rect x="4" y="5.5" width="16" height="15" rx="1"/>'
    '<path d="M4 10.5h16M8.5 3v4.5M15.5 3v4.5"/>',
    "cross": '<path d="M6 6l12 12M18 6 6 18"/>',
    "cup": '<path d="M5 9h11v5a5 5 0 0 1-5 5h-1a5 5 0 0 1-5-5zM16 10h2a2.5 2.5 0 0 1 0 5h-2'
    'M8.5 5.5v-2M12.5 5.5v-2"/>',
    "document": '<path d="M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6"/>',
    "down": '<path d="m6 9 6 6 6-6"/>',
    "download": '<path d="M12 4v11M7 10.5l5 5 5-5M5 20h14"/>',
    "exit": '<path d="M14 8V4H4v16h10v-4M9 12h12M17 8l4 4-4 4"/>',
    "info": CIRCLE + '<path d="M12 11v5M12 7.7v.1"/>',
    "offline": '<path d="M3 3l18 18M2.5 9a15 15 0 0 1 4.5-2.7M11 5a15 15 0 0 1 10.5 4'
    'M6 13a10 10 0 0 1 4-2.3M15 11.2A10 10 0 0 1 18 13M9.5 16.5a4 4 0 0 1 5 0M12 20v.1"/>',
    "phone": '<path d="M5 3.5h4l1.5 5-2.3 1.7a12.5 12.5 0 0 0 5.6 5.6l1.7-2.3 5 1.5v4'
    'a1.5 1.5 0 0 1-1.6 1.5C10.8 20 4 13.2 3.5 5.1A1.5 1.5 0 0 1 5 3.5z"/>',
    "play": '<circle cx="12" cy="12" r="10"/><path class="f" d="M10 8l6 4-6 4z"/>',
    "print": '<path d="M7 8V4h10v4M7 17H4V9h16v8h-3M7 14h10v6H7z"/>',
    "question": CIRCLE + '<path d="M9.3 9.3a2.8 2.8 0 1 1 3.9 2.6c-.8.4-1.2 1-1.2 1.9M12 17v.1"/>',
    "saved": '<rect x="6.5" y="2.5" width="11" height="19" rx="2"/><path d="m9.5 12 2 2 3.5-4"/>',
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
}


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """Draw an icon, hidden from screen readers: the words beside it say the same."""
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>',
        f"i {css_class}".strip(),
        mark_safe(ICONS[name]),  # noqa: S308 (our own drawings)
    )


@register.filter
def rate(value: Any) -> str:
    """Return a percentage with one decimal, cut and never rounded: 99,96 is not yet 100 %."""
    return ABSENT if value is None else f"{cut(value)}%".replace(".", ",")


@register.filter
def bar_width(value: Any) -> str:
    """Return a percentage as an SVG length, the same figure as :func:`rate`, within 0-100 %."""
    return "0%" if value is None else f"{min(max(cut(value), Decimal(0)), Decimal(100))}%"


def cut(value: Any) -> Decimal:
    # Through str: the shortest text of a float is the number that was meant (28.9, not 28.899…).
    return Decimal(str(value)).quantize(Decimal("0.1"), rounding=ROUND_DOWN)


@register.filter
def signed(value: Decimal | int | None) -> str:
    """Return a change as documents print it: "+1.204", "−3,5", "0", "—" for none."""
    if value is None:
        return ABSENT
    text = f"{abs(value):,}".translate(str.maketrans(",.", ".,"))
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{text}"


@register.filter
def dotted(value: int | None) -> str:
    """Return a count as Vietnamese offices print it: 1.234."""
    return ABSENT if value is None else f"{value:,}".replace(",", ".")


# Toll-free and shared-cost numbers in fours, mobile and fixed lines of ten digits as 4-3-3.
PHONE_GROUPS = {8: (4, 4), 10: (4, 3, 3)}


@register.filter
def phone(number: str) -> str:
    """Return a telephone number in groups that can be read aloud: 1800 1581, 0905 123 456.

    Short numbers and whatever is not plain digits stay as they were typed.
    """
    if not (number.isascii() and number.isdecimal() and len(number) in PHONE_GROUPS):
        return number
    groups, start = [], 0
    for length in PHONE_GROUPS[len(number)]:
        groups.append(number[start : start + length])
        start += length
    return " ".join(groups)


@register.filter
def day(value: date | datetime | None) -> str:
    """Return a ``<time>`` with dd/mm/yyyy; an aware moment is taken in local time."""
    if value is None:
        return ABSENT
    if isinstance(value, datetime):
        value = timezone.localdate(value)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), f"{value:%d/%m/%Y}")


@register.filter
def moment(value: datetime | None) -> str:
    """Return a ``<time>`` with hour and day of an aware moment, in local time."""
    if value is None:
        return ABSENT
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}">{}</time>',
        local.isoformat(timespec="minutes"),
        _("%(time)s on %(day)s") % {"time": f"{local:%H:%M}", "day": f"{local:%d/%m/%Y}"},
    )


@register.simple_tag
def weave(done: int, total: int, current: int = 0) -> SafeString:
    """Draw progress in countable steps, one cell a lesson; use a bar above 20.

    ``current`` is the number of the lesson in progress, counted from 1; 0 for none.
    """
    cells = [
        ("d" if number <= done else "c" if number == current else "t", 10 * number - 10)
        for number in range(1, total + 1)
    ]
    return format_html(
        '<svg class="weave" viewBox="0 0 {} 12" preserveAspectRatio="none" role="img"'
        ' aria-label="{}">{}</svg>',
        10 * total,
        _("%(done)s of %(total)s lessons done") % {"done": done, "total": total},
        format_html_join("", '<rect class="{}" x="{}" y="1" width="9.2" height="10"/>', cells),
    )


@register.simple_tag(takes_context=True)
def csrf_field(context: Context) -> str:
    """Return the hidden CSRF field, also inside an include with ``only``, which drops the token."""
    request = getattr(context, "request", None)
    if request is None:
        return ""
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request)
    )


@register.simple_tag(takes_context=True)
def heading_text(context: Context) -> str:
    """Return the page's heading as plain text, for the title of the window."""
    blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
    block = blocks.get_block("heading") if blocks else None
    return mark_safe(" ".join(strip_tags(block.render(context)).split())) if block else ""  # noqa: S308 (rendered with autoescape)


@register.simple_tag
def field_widget(field: BoundField) -> SafeString:
    """Render the widget with the portal's class and the ids of its hint and error.

    Django names these ids itself; they are repeated here because a date has a hint of ours.
    """
    attrs = {}
    if field.widget_type not in {"checkbox", "radioselect", "checkboxselectmultiple"}:
        attrs["class"] = f"in {field.field.widget.attrs.get('class', '')}".strip()
    described_by = [f"{field.auto_id}_helptext"] if has_hint(field) else []
    if field.errors:
        described_by.append(f"{field.auto_id}_error")
    if described_by and not field.use_fieldset:
        attrs["aria-describedby"] = " ".join(described_by)
    return field.as_widget(attrs=attrs)


@register.filter
def has_hint(field: BoundField) -> bool:
    """Tell whether the field gets a hint: the form's own, or how to type a day."""
    return bool(field.help_text) or field.widget_type == "date"
