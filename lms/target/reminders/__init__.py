"""Reminders before a course is due and before it ends (``docs/decisions.md``)."""
