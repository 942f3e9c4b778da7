"""The tiers of position groups: who counts in the target, changed from a day on."""
