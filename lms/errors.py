"""Pages for what went wrong; wired as ``handler403``, ``handler404`` and ``handler500``.

The pages for 500 and 503 read nothing: no context, no session, no settings of the office, because
the database may be what failed.
"""

from __future__ import annotations

import math

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

RETRY_SERVICE_SECONDS = 300

# Shown when even the page for errors cannot be rendered (no template, no static manifest).
LAST_RESORT = (
    '<!doctype html><html lang="vi"><meta charset="utf-8"><title>Cổng đang gặp sự cố</title>'
    "<h1>Cổng đang gặp sự cố</h1>"
    "<p>Lỗi ở phía cổng, không phải do anh/chị. Bài làm đã lưu không bị mất."
    " Xin thử lại sau ít phút.</p>"
    '<p>Nếu có người đang cần giúp, xin gọi <a href="tel:111">111</a>'
    ' hoặc <a href="tel:18001581">1800 1581</a>.</p></html>'
)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def too_many_requests(request: HttpRequest, *, retry_after_seconds: int) -> HttpResponse:
    """Refuse for now; the wait is rounded up to whole minutes on the page."""
    wait_minutes = max(1, math.ceil(retry_after_seconds / 60))
    response = render(request, "429.html", {"wait_minutes": wait_minutes}, status=429)
    response["Retry-After"] = str(retry_after_seconds)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    return _static_page("500.html", status=500)


def service_unavailable(request: HttpRequest) -> HttpResponse:
    response = _static_page("503.html", status=503)
    response["Retry-After"] = str(RETRY_SERVICE_SECONDS)
    return response


def _static_page(template_name: str, *, status: int) -> HttpResponse:
    try:
        page = render_to_string(template_name)
    except Exception:  # noqa: BLE001 (an error on the page for errors would show nothing at all)
        page = LAST_RESORT
    response = HttpResponse(page, status=status)
    response["Cache-Control"] = "no-store"
    return response
