"""Recordings for those who are signed in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe
from wagtailmedia.models import get_media_model


@require_safe
@login_required
def media_file(request: HttpRequest, media_id: int) -> HttpResponse:
    """Send an uploaded video or sound; ``lms.media`` answers the player's ranges."""
    media = get_object_or_404(get_media_model(), pk=media_id)
    try:
        handle = media.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(handle, filename=media.filename)
    response["Cache-Control"] = "private, max-age=86400"
    # A file that a browser takes for a page must not act as one.
    response["Content-Security-Policy"] = "default-src 'none'; media-src 'self'; sandbox"
    return response
