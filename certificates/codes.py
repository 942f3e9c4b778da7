"""Verification codes: not to be guessed, easy to type from paper.

135 random bits in 27 letters and digits and one check letter. The alphabet has 32 signs without 0,
O, 1 and I, which look alike in print. The check letter is Luhn's, in base 32: it catches every
single wrong letter and every swap of neighbours but one pair, so that a slip of the hand is told
from an unknown certificate without asking the database.
"""

from __future__ import annotations

import secrets

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
RANDOM_LETTERS = 27
CODE_LENGTH = RANDOM_LETTERS + 1
GROUP = 4


class MalformedCode(ValueError):
    """Not a code this portal can have printed: wrong length, letters or check letter."""


def new_code() -> str:
    """Return a fresh code of 28 letters, from the system's random source."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LETTERS))
    return body + check_letter(body)


def check_letter(body: str) -> str:
    """Return the last letter of a code that begins with ``body``."""
    total = 0
    for place, letter in enumerate(reversed(body)):
        value = ALPHABET.index(letter) * (1 if place % 2 else 2)
        total += value // len(ALPHABET) + value % len(ALPHABET)
    return ALPHABET[-total % len(ALPHABET)]


def read_code(typed: str) -> str:
    """Return the code in what a person typed: any case, spaces and hyphens are as good as none.

    Raises :class:`MalformedCode`.
    """
    code = "".join(char for char in typed.upper() if not (char.isspace() or char in "-–—."))
    if len(code) != CODE_LENGTH or not set(code) <= set(ALPHABET):
        raise MalformedCode(typed)
    if check_letter(code[:-1]) != code[-1]:
        raise MalformedCode(typed)
    return code


def in_groups(code: str) -> str:
    """Return ``code`` as printed: groups of four with hyphens."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
