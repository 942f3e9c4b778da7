"""From how many people on a rate is shown: of fewer it would tell who.

The department sees every rate. For everybody else the number of the rule set of today holds,
whatever day is looked at: what is shown now is what may be told now.
"""

from __future__ import annotations

from django.core.cache import cache

from lms.people.models.rules import RuleSet
from lms.people.rules import NoRules, rules_on
from lms.people.scopes import Scope
from lms.target.filters import DEPARTMENT_ROLES

CACHE_KEY = "target.small_unit_below"
CACHE_SECONDS = 60


def least_shown(scope: Scope) -> int:
    """Return the fewest people whose rate the asker may see; at most one query, none while cached.

    A new rule shows at once in the process that saved it and within a minute in the others.
    """
    if scope.has_role(*DEPARTMENT_ROLES):
        return 0
    least = cache.get(CACHE_KEY)
    if least is None:
        try:
            least = rules_on(scope.day).small_unit_below
        except NoRules:
            least = RuleSet._meta.get_field("small_unit_below").default
        cache.set(CACHE_KEY, least, CACHE_SECONDS)
    return least


def forget() -> None:
    """Read the rule anew: it was changed."""
    cache.delete(CACHE_KEY)
