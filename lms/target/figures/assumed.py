"""What a question takes for granted instead of what the facts say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lms.people.models.rules import Tier


@dataclass(frozen=True)
class Assumed:
    """Tiers and numbers taken for granted on the day, whatever stands: what a change would make.

    ``tiers`` by group id, ``numbers`` by field of the rule set; ``None`` = as the facts have it.
    """

    tiers: Mapping[int, str] | None = None
    numbers: Mapping[str, int] | None = None

    def tiers_text(self) -> str:
        """Return the table ``(group_id, tier)``; never without a row."""
        pairs = [(0, ""), *sorted((self.tiers or {}).items())]
        return " UNION ALL ".join(
            f"SELECT {group:d} AS group_id, '{Tier(tier) if tier else ''}' AS tier"
            for group, tier in pairs
        )


AS_IT_STANDS = Assumed()
