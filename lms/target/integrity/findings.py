"""What a check is and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

# What keeps one finding from being put right must not stop the next one.
Find = Callable[[datetime], Iterator["Finding"]]
Mend = Callable[["Finding", datetime], None]


# Stands for the person's name, which is put in when the text is shown: what is stored of an
# examination holds no name (``docs/decisions.md`` 6).
WHO = "{person}"


@dataclass(frozen=True)
class Finding:
    """One thing that disagrees; ``text`` says what, in the language of who examines.

    ``key`` names the row for a person who looks it up; ``subject`` is what a mend works on.
    """

    text: str
    key: str
    person_id: int | None = None
    subject: Any = None


@dataclass(frozen=True)
class Check:
    """One examination: how to find what is wrong, what to do about it, and perhaps a mend.

    ``is_note`` = nothing is broken, somebody has to decide something.
    """

    name: str
    title: Any
    advice: Any
    find: Find
    mend: Mend | None = None
    is_note: bool = False


def say(text: str, name: str) -> str:
    """Return ``text`` with the person's name in it; nothing else in it is a placeholder."""
    return text.replace(WHO, name or _("somebody"))
