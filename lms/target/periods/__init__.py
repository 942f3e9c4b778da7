"""The reporting periods that the department keeps: a year set up at once, one added or changed."""
