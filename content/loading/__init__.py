"""The starter courses, from readable files into pages and questions (``docs/content-sources.md``).

Repeatable: what a trainer changed is left as it is and named; what she did not is updated.
"""

from content.loading.loader import EDITIONS, Report, load_courses
from content.loading.sources import SourceError

__all__ = ["EDITIONS", "Report", "SourceError", "load_courses"]
