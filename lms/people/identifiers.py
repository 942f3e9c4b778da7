"""What a person types to sign in: staff code, phone or e-mail, each folded to one form.

Folding is what makes "unique" true: ``+84 905 123 456`` and ``0905.123.456`` are one phone.
"""

from __future__ import annotations

import re

from lms.people.text import clean

_SPACES = re.compile(r"\s+")
_PHONE = re.compile(r"\+?[\d\s.()\-]+")
# Mobile numbers of Viet Nam: ten digits from 03, 05, 07, 08, 09. Landlines belong to an office,
# so nobody signs in with one.
_MOBILE = re.compile(r"0[35789]\d{8}")


def fold_staff_code(text: str) -> str:
    """Return a staff code as accounts keep it: NFC, lower case, no spaces."""
    return _SPACES.sub("", clean(text)).lower()


def fold_email(text: str) -> str:
    """Return an e-mail address in lower case, or "" if ``text`` is none.

    Mail servers may tell upper from lower case in the first part; none in use here does, and two
    accounts that differ only in case would be one person's mistake.
    """
    folded = _SPACES.sub("", clean(text)).lower()
    name, _at, host = folded.partition("@")
    return folded if name and "." in host and "@" not in host else ""


def fold_phone(text: str) -> str:
    """Return a mobile number as ten digits from 0, or "" if ``text`` is no mobile number."""
    typed = clean(text)
    if not _PHONE.fullmatch(typed):
        return ""
    digits = re.sub(r"\D", "", typed)
    for prefix in ("0084", "84"):
        if digits.startswith(prefix):
            # "+84 (0)905…" is written too.
            digits = "0" + digits.removeprefix(prefix).removeprefix("0")
            break
    return digits if _MOBILE.fullmatch(digits) else ""
