"""Headers, language and client address of every request."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers

GetResponse = Callable[[HttpRequest], HttpResponse]


class ChosenLanguageMiddleware:
    """Vietnamese unless the person chose another language by cookie; Accept-Language is ignored.

    A borrowed or freshly installed machine often asks for English, which its user does not read.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.codes = {code for code, _name in settings.LANGUAGES}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        language = chosen if chosen in self.codes else settings.LANGUAGE_CODE
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language())
        patch_vary_headers(response, ("Cookie",))
        return response


class AdminContentPolicyMiddleware:
    """Let Wagtail's admin, and nothing else, run inline scripts and styles.

    Its date fields and inline panels write them. A nonce would cancel 'unsafe-inline', so
    ``request.csp_nonce`` must never be read on these pages.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.prefix: str | None = None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if self.prefix is None:  # the addresses are not loaded yet when middleware is built
            self.prefix = reverse("wagtailadmin_home")
        if request.path_info.startswith(self.prefix):
            if "Content-Security-Policy" in response.headers:
                # A preview went through all middleware as the page it shows: it keeps the strict
                # policy of that page, but may stand in the editor's frame.
                del response.headers["Content-Security-Policy"]
            else:
                response._csp_update = {
                    "script-src": ["'unsafe-inline'"],
                    "style-src": ["'unsafe-inline'"],
                    "img-src": ["blob:"],  # the preview of a picture before it is uploaded
                }
            response._csp_replace = {"frame-ancestors": ["'self'"]}  # the preview panel's frame
        return response


class PermissionsPolicyMiddleware:
    """Say which of the device's abilities a page may ask for: none that we do not use."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response


class ForwardedAddressMiddleware:
    """Take the client's address from the front server, for lockouts and limits.

    Only the last entry counts: it is the one the front server added, the others a client may forge.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if forwarded:
            request.META["REMOTE_ADDR"] = forwarded
        return self.get_response(request)
