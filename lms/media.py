"""Files over HTTP: public pictures, and parts of a file for players that jump (RFC 9110, 14)."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils._os import safe_join
from django.utils.http import http_date
from django.views.decorators.http import require_safe
from django.views.static import was_modified_since

# Renditions of pictures. Uploaded originals, documents and recordings lie in other folders of
# MEDIA_ROOT and go through views that ask who is reading.
PUBLIC_FOLDERS = ("images",)
CHUNK_BYTES = 64 * 1024
ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@require_safe
def public_file(request: HttpRequest, path: str) -> HttpResponse:
    """Send a file of a public folder of MEDIA_ROOT; everything else there is not found."""
    folder, _, name = path.partition("/")
    if folder not in PUBLIC_FOLDERS or not name:
        raise Http404
    try:
        file = Path(safe_join(settings.MEDIA_ROOT / folder, name))
        handle = file.open("rb")
    except (OSError, ValueError, SuspiciousFileOperation) as error:  # ValueError: a NUL byte
        raise Http404 from error
    modified_at = int(os.fstat(handle.fileno()).st_mtime)
    if not was_modified_since(request.headers.get("If-Modified-Since"), modified_at):
        handle.close()
        return HttpResponseNotModified()
    response = FileResponse(handle)
    response["Last-Modified"] = http_date(modified_at)
    response["Cache-Control"] = "public, max-age=86400"
    # A file that a browser takes for a page must not act as one (ASVS V3.2.1).
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


class ByteRangeMiddleware:
    """Answer ``Range`` for every ``FileResponse`` over a file, whichever app made it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            isinstance(response, FileResponse)
            and response.status_code == 200
            and response.headers.get("Content-Length")
            and getattr(response, "file_to_stream", None) is not None
            and response.file_to_stream.seekable()
        ):
            response["Accept-Ranges"] = "bytes"
            if request.method == "GET" and "Range" in request.headers:
                return _partial(request, response)
        return response


def _partial(request: HttpRequest, response: FileResponse) -> HttpResponse:
    """Narrow ``response`` to the one range asked for; several ranges or nonsense get the whole."""
    size = int(response["Content-Length"])
    condition = request.headers.get("If-Range")
    if condition and condition not in (response.get("Last-Modified"), response.get("ETag")):
        return response  # the reader's first half is of another version
    match = ONE_RANGE.fullmatch(request.headers["Range"].strip())
    if match is None or match.groups() == ("", ""):
        return response
    first, last = match.groups()
    if first:
        start, end = int(first), min(int(last or size - 1), size - 1)
        if last and int(last) < int(first):
            return response
    else:  # the last n bytes
        start, end = max(size - int(last), 0), size - 1
    if start > end:
        response.file_to_stream.close()  # not the response: that would say the request is over
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    handle = response.file_to_stream
    handle.seek(start)
    response.streaming_content = _read(handle, end - start + 1)
    # FileResponse forgot the handle on the line above, else the server would send it whole.
    response.status_code = 206
    response["Content-Length"] = str(end - start + 1)
    response["Content-Range"] = f"bytes {start}-{end}/{size}"
    return response


def _read(handle: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0 and (chunk := handle.read(min(CHUNK_BYTES, length))):
        length -= len(chunk)
        yield chunk
