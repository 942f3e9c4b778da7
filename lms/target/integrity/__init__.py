"""The books examined: what disagrees, in plain words, and what would put it right."""
