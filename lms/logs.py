"""How the log is written: one entry is one line, whatever a user typed into it (ASVS V16.4.1)."""

import logging

ESCAPES = str.maketrans({"\\": r"\\", "\r": r"\r", "\n": r"\n"})


class OneLineFormatter(logging.Formatter):
    """Escape line ends, so that a name with a newline cannot forge an entry."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).translate(ESCAPES)
