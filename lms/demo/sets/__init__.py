"""Writing the same plan set-based: for tens of thousands of people (``docs/decisions.md`` 41).

The rows have the shapes that the site's functions give them, and the rules are asked where they
stand (``judge``, ``expiry``, ``periods_after_arrival``, the bank's draw); what is left out is the
audit entry of each act, for which one entry for each table stands.
"""
