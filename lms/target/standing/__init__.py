"""Who stood where, derived from the facts and kept beside them (``docs/as-of.md``)."""
