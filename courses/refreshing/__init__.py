"""A required update of a course: who is asked for a refresher, and by when (``docs/decisions.md``).

Old completions count up to and on the due day. That is written into their ends, so the figures need
no condition of their own.
"""
