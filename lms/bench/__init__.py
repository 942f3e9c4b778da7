"""What a request costs: pages of the portal beside a bare Wagtail page, in one run.

Two server processes on PostgreSQL, real sign-ins over HTTP, processor time read from ``/proc``
(``docs/decisions.md`` 37). Bounded in requests and in seconds.
"""
