"""The demo's settings with one more template: the bare page that everything is compared with."""

from lms.settings.demo import *  # noqa: F403 - settings are layered by name
from lms.settings.demo import LOGGING, TEMPLATES
from lms.settings.environment import BASE_DIR

TEMPLATES = [
    {**engine, "DIRS": [BASE_DIR / "lms" / "bench" / "templates", *engine["DIRS"]]}
    for engine in TEMPLATES
]
LOGGING = {**LOGGING, "root": {"handlers": ["console"], "level": "ERROR"}}
