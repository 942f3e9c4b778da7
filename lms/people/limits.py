"""How often one address may ask in a while: against machines, wide enough for an office.

Counted in the cache, so a restart forgets it; what must never be forgotten is a constraint.
"""

from __future__ import annotations

import math

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def is_over(subject: str, request: HttpRequest, *, limit: int, seconds: int) -> bool:
    """Count one more ``subject`` from this address; tell whether there were over ``limit``."""
    key = f"limit:{subject}:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key) > limit
    except ValueError:  # it ran out between the two lines
        cache.add(key, 1, seconds)
        return False


def too_many(request: HttpRequest, *, seconds: int) -> HttpResponse:
    """Return the page for too many tries, with how long to wait."""
    response = render(
        request, "429.html", {"wait_minutes": max(1, math.ceil(seconds / 60))}, status=429
    )
    response["Retry-After"] = str(seconds)
    return response
