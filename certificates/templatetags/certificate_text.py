"""How facts of a certificate are written: days, capitals and the code in groups.

The days follow decree 30/2020/NĐ-CP, Appendix I: in the long form days below 10 and the months 1
and 2 take a leading zero.
"""

from datetime import date

from django import template
from django.utils.html import format_html

from certificates.codes import in_groups

register = template.Library()


@register.filter
def short_day(value: str) -> str:
    """Return an ISO day as dd/mm/yyyy."""
    return f"{date.fromisoformat(value):%d/%m/%Y}"


@register.filter
def long_day(value: str) -> str:
    """Return an ISO day as "ngày 07 tháng 3 năm 2024"."""
    day = date.fromisoformat(value)
    month = f"{day.month:02}" if day.month <= 2 else str(day.month)
    return f"ngày {day.day:02} tháng {month} năm {day.year:04}"


@register.filter
def capitals(value: str) -> str:
    return value.upper()


@register.filter
def code_groups(value: str) -> str:
    """Return a verification code in groups of four, as it is printed and shown."""
    return in_groups(value)


@register.filter
def two_lines(value: str, longest: int) -> str:
    """Break a text of more than ``longest`` letters at the space nearest to its middle.

    Without it the last word of a long name would stand alone on its line.
    """
    spaces = [place for place, letter in enumerate(value) if letter == " "]
    if len(value) <= longest or not spaces:
        return value
    middle = min(spaces, key=lambda place: abs(place - len(value) / 2))
    return format_html("{}<br>{}", value[:middle], value[middle + 1 :])
