"""The demo's settings with one more template: the bare page that everything is compared with."""

from lms.settings.demo import *  # noqa: F403 - settings are layered by name
from lms.settings.demo import LOGGING, TEMPLATES, VAR_DIR
from lms.settings.environment import BASE_DIR

TEMPLATES = [
    {**engine, "DIRS": [BASE_DIR / "lms" / "bench" / "templates", *engine["DIRS"]]}
    for engine in TEMPLATES
]
LOGGING = {**LOGGING, "root": {"handlers": ["console"], "level": "ERROR"}}
# Its own: a demo that runs beside it keeps the files it was started with.
STATIC_ROOT = VAR_DIR / "bench-static"
