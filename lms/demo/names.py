"""Invented names: a family name and a middle-and-given name that never met before."""

from __future__ import annotations

import csv
import random
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data"
# Weights for the commonest names of the Kinh; the file's order is that of frequency.
COMMON_WEIGHTS = (38, 12, 11, 6, 5, 5, 4, 3, 3, 2)
# Districts where names of highland peoples are common.
HIGHLAND_DISTRICTS = frozenset({"504", "505", "510", "511", "515", "516"})
HIGHLAND_SHARE = 0.35


@cache
def family_names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the Kinh, commonest first, and those of highland peoples."""
    rows = _rows("vn_family_names.csv")
    return (
        tuple(row["family"] for row in rows if row["group"] == "Kinh"),
        tuple(row["family"] for row in rows if row["group"] != "Kinh"),
    )


@cache
def given_names() -> tuple[str, ...]:
    return tuple(row["middle_given"] for row in _rows("vn_given_names.csv"))


def invent_name(rng: random.Random, district_code: str) -> str:
    """Return a full name; in the highlands some family names are of highland peoples."""
    kinh, highland = family_names()
    if district_code in HIGHLAND_DISTRICTS and rng.random() < HIGHLAND_SHARE:
        family = rng.choice(highland)
    else:
        weights = COMMON_WEIGHTS + (1,) * (len(kinh) - len(COMMON_WEIGHTS))
        family = rng.choices(kinh, weights)[0]
    given = rng.choice(given_names())
    # Now and then "Thị" or "Văn" stands between, as on any list of staff.
    middle = rng.choices(("", "Thị ", "Văn "), (80, 12, 8))[0]
    return f"{family} {middle if ' ' not in given else ''}{given}"


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
