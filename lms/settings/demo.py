"""What ``make demo`` and a bare ``manage.py`` run on: this machine only, plain HTTP, no secret."""

from lms.settings.base import *  # noqa: F403 - settings are layered by name
from lms.settings.base import LOGGING, VAR_DIR
from lms.settings.environment import database, env

# DATABASE_URL is not read: a demo started beside a production environment must not touch its data.
DATABASES = {
    "default": database(env.str("DEMO_DATABASE_URL", default=f"sqlite:///{VAR_DIR}/demo.sqlite3"))
}
SECRET_KEY = "demo-only-not-a-secret-" + "x" * 40  # the demo holds invented people
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
SITE_URL = f"http://127.0.0.1:{env.int('PORT', default=8000)}"
WAGTAILADMIN_BASE_URL = SITE_URL
IS_DEMO = True

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"

# Plain HTTP on the loopback address: nothing may insist on TLS.
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = False
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, LANGUAGE_COOKIE_NAME = "session", "csrf", "language"

# Wagtail tells every page it publishes; the demo loads a hundred and would bury its own lines.
LOGGING["loggers"]["wagtail"] = {"level": "WARNING"}
