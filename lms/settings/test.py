"""What pytest runs on. Each person names an own database by TEST_DB_SUFFIX, so that several can
run ``pytest --reuse-db`` side by side."""

import atexit
import shutil
import tempfile
from pathlib import Path

from lms.settings.base import *  # noqa: F403 - settings are layered by name
from lms.settings.base import STORAGES, VAR_DIR
from lms.settings.environment import database, env

VAR_DIR.mkdir(exist_ok=True)
TEST_DB_SUFFIX = env.str("TEST_DB_SUFFIX", default="local")
DATABASES = {"default": database(env.str("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/unused"))}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads, subprocesses and the read connection of reports must see it.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / f"test-{TEST_DB_SUFFIX}.sqlite3")}
else:
    DATABASES["default"]["TEST"] = {"NAME": f"test_portal_{TEST_DB_SUFFIX}"}
DATABASES["default"]["CONN_MAX_AGE"] = 0  # an idle connection keeps the database in use

SECRET_KEY = "test-only"  # noqa: S105 - tests hold invented people
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
SITE_URL = "http://testserver"
WAGTAILADMIN_BASE_URL = SITE_URL

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

# Own folders for each run; TEST_FILES_ROOT hands them to a subprocess that must see the files.
FILES_ROOT = Path(env.str("TEST_FILES_ROOT", default="") or tempfile.mkdtemp(prefix="portal-test-"))
if not env.str("TEST_FILES_ROOT", default=""):
    atexit.register(shutil.rmtree, FILES_ROOT, ignore_errors=True)
MEDIA_ROOT = FILES_ROOT / "media"
PRIVATE_ROOT = FILES_ROOT / "private"
STATIC_ROOT = FILES_ROOT / "static"
STORAGES = {
    **STORAGES,
    "private": {
        **STORAGES["private"],
        "OPTIONS": {**STORAGES["private"]["OPTIONS"], "location": PRIVATE_ROOT},
    },
    # No collectstatic before a test; the manifest has its own check in `make lint`.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True

# The test client and the browser speak plain HTTP.
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = False
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, LANGUAGE_COOKIE_NAME = "session", "csrf", "language"
