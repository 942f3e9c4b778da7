"""Rows of higher floors that name a unit and follow it through a reorganisation.

A floor registers its tables here when it is ready; this floor never imports them. Two kinds:

- ``follow_person``: dated facts with a person and a unit (a name in a roster). They are closed on
  the day and go on in the unit the person goes to, as her duties do.
- ``follow_unit``: rows that are no facts and are still open (a class that has yet to meet). They
  change their unit where the successor is one unit, and change back at an undo.

What is finished is never touched: completions, certificates and frozen reports keep the unit of
their day, targets and rosters that of their period, which ``map_units`` reads on the map of now.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import QuerySet

from lms.people.facts import DatedFact

# (day) -> the open rows whose ``unit`` may still change.
FindOpen = Callable[[date], QuerySet[Any]]

PERSON_FACTS: dict[str, type[DatedFact]] = {}
UNIT_ROWS: dict[str, FindOpen] = {}


def follow_person(model: type[DatedFact]) -> None:
    """Let the facts of ``model`` (fields ``person`` and ``unit``) follow the person; idempotent."""
    PERSON_FACTS[model._meta.label_lower] = model


def follow_unit(label: str, find_open: FindOpen) -> None:
    """Let the rows that ``find_open`` finds (field ``unit``) follow their unit; idempotent."""
    UNIT_ROWS[label] = find_open
