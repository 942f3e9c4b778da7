"""Every address of the portal. Django's own admin is not mounted: it knows no unit and no second
factor. Wagtail's catch-all stays last; an app adds its ``urls`` module to ``APP_URLS``."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from lms import health, media

# The addresses of each app begin at the root: they are Vietnamese words, not names of apps.
APP_URLS = [
    "lms.people.urls",
    "content.urls",
    "courses.urls",
    "certificates.urls",
    "lms.target.urls",
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("ngon-ngu/", include("django.conf.urls.i18n")),
    *[path("", include(module)) for module in APP_URLS],
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
]

if settings.SERVE_MEDIA:
    urlpatterns.append(path("media/<path:path>", media.public_file, name="public_file"))

urlpatterns.append(path("", include(wagtail_urls)))

handler403 = "lms.errors.permission_denied"
handler404 = "lms.errors.page_not_found"
handler500 = "lms.errors.server_error"
