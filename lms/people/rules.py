"""The numbers of the target and the tiers of position groups, as they were on a day.

A figure for day D uses the rule set valid on D, as known on K (``docs/decisions.md`` 5).
"""

from __future__ import annotations

from datetime import date

from lms.people.models import GroupTier, RuleSet


class NoRules(LookupError):
    """No rule set covers this day: ``load_units`` has not been run."""


def rules_on(day: date, known: date | None = None) -> RuleSet:
    """Return the rule set valid on ``day`` as known on ``known`` (``None`` = now); one query.

    Raises :class:`NoRules` if there is none.
    """
    rules = RuleSet.objects.known_on(known).valid_on(day).filter(scope_key="province").first()
    if rules is None:
        raise NoRules(day)
    return rules


def tiers_on(day: date, known: date | None = None) -> dict[int, str]:
    """Return the tier ("C", "N" or "E") of each position group on ``day``, by group id; one query.

    A group without a tier on that day is absent: it counts for nothing.
    """
    return dict(GroupTier.objects.known_on(known).valid_on(day).values_list("group_id", "tier"))
