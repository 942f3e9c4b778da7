#!/usr/bin/env python
"""Run a management command, by default on the settings and database of ``make demo``."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.demo")
    execute_from_command_line(sys.argv)
