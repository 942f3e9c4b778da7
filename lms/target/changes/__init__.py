"""What a change of the rules or tiers does to the figures, before it is saved."""

from lms.target.changes.comparing import Impact, ImpactLine, Turn, Turns, compare, turned_people

__all__ = ["Impact", "ImpactLine", "Turn", "Turns", "compare", "turned_people"]
