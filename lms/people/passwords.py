"""What a password may not be: a word that everybody who knows the office would try first.

Length and the list of common passwords are Django's own validators; nothing else is asked for, no
signs and no change by date.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from lms.people.office import office
from lms.people.text import squeeze

# Words of the work itself; the office's names are added from its settings.
CONTEXT_WORDS = ("dolisa", "ldtbxh", "quangnam", "taphuan", "muaban", "nannhan", "matkhau")
# Shorter words ("Sở") stand in too many good passwords.
SHORTEST_WORD = 4
# What may stand beside a context word at the least: "quangnam2024" is the word and a year.
LEAST_BESIDE = 8


class ContextWordValidator:
    """Refuse a password that is little more than a name, a code or a word of the office."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` if too little is left when one known word is taken out."""
        squeezed = squeeze(password)
        for word in self.words(user):
            if word in squeezed and len(squeezed.replace(word, "")) < LEAST_BESIDE:
                raise ValidationError(
                    _("This is close to a name or a code that others know. Choose other words."),
                    code="password_context_word",
                )

    def get_help_text(self) -> str:
        return _("Not your name, your staff code or the name of your office.")

    def words(self, user: Any) -> set[str]:
        """Return the folded words that others know of ``user`` and of the office."""
        settings = office()
        known = [
            *CONTEXT_WORDS,
            settings.province_name,
            settings.owner_short_name,
            settings.portal_name_short,
        ]
        if user is not None:
            known += [user.username, user.phone or "", (user.email or "").partition("@")[0]]
            if user.staff_id:
                known += [user.staff.full_name, *user.staff.full_name.split()]
                known += [version.name for version in self._units(user)]
        return {folded for word in known if len(folded := squeeze(word)) >= SHORTEST_WORD}

    @staticmethod
    def _units(user: Any) -> Any:
        # Imported here because password validators are loaded while models are.
        from lms.people.models import Posting, UnitVersion  # noqa: PLC0415 (the registry)

        postings = Posting.objects.current().filter(person=user.staff_id).values("unit_id")
        return UnitVersion.objects.current().filter(unit__in=postings)
