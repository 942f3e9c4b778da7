"""How much a test repeats: little in ``make test``, the full numbers in ``make test-long``."""

import os

IS_LONG_RUN = os.environ.get("TEST_LONG") == "1"


def at_length(short: int, full: int) -> int:
    """Return how many rounds a repeated test makes in this run."""
    return full if IS_LONG_RUN else short
