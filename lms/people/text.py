"""Vietnamese text: one form on the way in, one key to search by, one key to sort by.

Sources: Unicode normal form C for all input; tone marks are secondary and ă â đ ê ô ơ ư are letters
of their own (CLDR ``vi``). The sort key is stored, because SQLite has no Vietnamese collation and a
list must stand in the same order in the database, on the screen and in a spreadsheet.
"""

from __future__ import annotations

import re
import unicodedata

LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_LETTER_RANK = {letter: chr(ord("A") + rank) for rank, letter in enumerate(LETTERS)}
# Order of the tones: none, huyền, hỏi, ngã, sắc, nặng.
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
# NUL counts as a space: PostgreSQL refuses it in any text.
_SPACES = re.compile(r"[\s\x00]+")
_NAME_BREAKS = re.compile(r"[\s\x00\-‐‑–—'’ʼ`.]+")


def clean(text: str) -> str:
    """Return ``text`` in NFC with runs of white space made one space and none at the ends."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def fold(text: str) -> str:
    """Return the key under which ``text`` is searched: lower case, no marks, đ as d.

    Spaces, hyphens and apostrophes collapse, so "A Vương" and "Avương" stay different only by the
    space; use :func:`squeeze` to make them equal.
    """
    lowered = unicodedata.normalize("NFC", text).lower().replace("đ", "d")
    bare = "".join(c for c in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(c))
    return _NAME_BREAKS.sub(" ", bare).strip()


def squeeze(text: str) -> str:
    """Return :func:`fold` without any space: "A Vương", "Avương" and "A-vương" are one."""
    return fold(text).replace(" ", "")


def _word_key(word: str) -> tuple[str, str]:
    letters, tones = [], []
    for char in unicodedata.normalize("NFC", word).lower():
        parts = unicodedata.normalize("NFD", char)
        tone = "".join(_TONES.get(mark, "") for mark in parts[1:]) or "0"
        base = unicodedata.normalize("NFC", "".join(m for m in parts if m not in _TONES))
        letters.append(_LETTER_RANK.get(base, base if base.isdigit() else "~" + base))
        tones.append(tone[0])
    # A syllable has one tone; on which vowel it is written ("hòa", "hoà") must not matter.
    return "".join(letters), max(tones, default="0")


def sort_key(text: str) -> str:
    """Return a key whose byte order is the Vietnamese order of ``text``, word by word.

    Letters of all words decide first, then the tones: ma < mà < mạ < mă < mâ.
    """
    keys = [_word_key(word) for word in clean(text).split(" ")]
    return " ".join(k[0] for k in keys) + "\x01" + " ".join(k[1] for k in keys)


def person_sort_key(full_name: str) -> str:
    """Return the key for a list of people: given name, then family name, then middle names.

    The last word is the given name; names of one or two words (common in the highlands) work too.
    """
    words = clean(full_name).split(" ")
    given, family, middle = words[-1], words[0] if len(words) > 1 else "", " ".join(words[1:-1])
    return sort_key(" ".join(part for part in (given, family, middle) if part))
