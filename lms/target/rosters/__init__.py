"""The list of who counts in a unit for a period: proposed, corrected, confirmed, approved."""
