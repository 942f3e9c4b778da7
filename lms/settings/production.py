"""A real site. It needs SECRET_KEY, ALLOWED_HOSTS and DATABASE_URL; .env.example has the rest."""

from lms.settings.base import *  # noqa: F403 - settings are layered by name
from lms.settings.base import MIDDLEWARE
from lms.settings.environment import database, env, flag, required

SECRET_KEY = required("SECRET_KEY")
ALLOWED_HOSTS = [host.strip() for host in required("ALLOWED_HOSTS").split(",") if host.strip()]
DATABASES = {"default": database(required("DATABASE_URL"))}

SITE_URL = env.str("SITE_URL", default=f"https://{ALLOWED_HOSTS[0].lstrip('.')}")
WAGTAILADMIN_BASE_URL = SITE_URL

vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25"))

# Only behind a front server that sets both headers itself: a client can forge them otherwise.
if flag("TRUSTED_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    MIDDLEWARE = ["lms.middleware.ForwardedAddressMiddleware", *MIDDLEWARE]
