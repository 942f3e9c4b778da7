"""Reading the day, the day of knowledge and the unit that somebody typed or linked to."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from lms.people.units import UnknownUnit

# The portal's figures begin with its plans; what lies outside is a slip of the hand.
FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2100, 12, 31)
DAY_FORMATS = ("%d/%m/%Y", "%Y-%m-%d")


class WrongDay(ValueError):
    """What was typed is no day that a figure can be asked for; the text says why."""


def read_day(text: str) -> date:
    """Return the day typed as dd/mm/yyyy or in ISO form. Raises :class:`WrongDay`."""
    for form in DAY_FORMATS:
        try:
            day = datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
        if not FIRST_DAY <= day <= LAST_DAY:
            raise WrongDay(
                _("Choose a day between %(first)s and %(last)s.")
                % {"first": f"{FIRST_DAY:%d/%m/%Y}", "last": f"{LAST_DAY:%d/%m/%Y}"}
            )
        return day
    raise WrongDay(
        _("“%(text)s” is not a day. Write day/month/year, for example 30/06/2024.")
        % {"text": text.strip()[:40]}
    )


def known_for(day: date, asked: date | None, *, today: date) -> date | None:
    """Return K for the definition: ``None`` (now) for today, else the past day asked for.

    Raises :class:`WrongDay` for a day of knowledge in the future, and for a past one before
    ``day``: what was only a forecast then is not kept.
    """
    if asked is None or asked == today:
        return None
    if asked > today:
        raise WrongDay(_("What will be known on a later day cannot be asked."))
    if day > asked:
        raise WrongDay(
            _("As known on %(known)s, only days up to that day can be asked.")
            % {"known": f"{asked:%d/%m/%Y}"}
        )
    return asked


def unknown_unit_text(error: UnknownUnit) -> str:
    """Say that a code is not in use on the day, and what the unit became."""
    words = {"code": error.code, "day": f"{error.day:%d/%m/%Y}"}
    if error.successors:
        words["successors"] = ", ".join(error.successors)
        return _("No unit has the code %(code)s on %(day)s. It became: %(successors)s.") % words
    return _("No unit has the code %(code)s on %(day)s.") % words
