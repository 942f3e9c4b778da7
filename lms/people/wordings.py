"""Texts of Django that the portal words itself.

Nothing reads this list: it stands here so that collecting the texts of the sources finds them and
keeps our translation, which wins over the library's own.
"""

from django.utils.translation import gettext_noop, ngettext_lazy

LIBRARY_TEXTS = (
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
        10,
    ),
    gettext_noop("The password is too similar to the %(verbose_name)s."),
    # Offices write the days of the week in words, the library in figures.
    gettext_noop("Monday"),
    gettext_noop("Tuesday"),
    gettext_noop("Wednesday"),
    gettext_noop("Thursday"),
    gettext_noop("Friday"),
    gettext_noop("Saturday"),
    gettext_noop("Sunday"),
)
