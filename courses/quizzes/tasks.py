"""Work for the background worker: each attempt with a time limit is finished at its deadline.

The sweep (command ``sweep_attempts``) finds what a worker that was down has missed.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django_tasks import default_task_backend, task

from courses.models import Attempt
from courses.quizzes.attempts import sweep


@task()
def finish_attempts() -> int:
    """Store the end of every attempt whose time is over now."""
    return sweep(timezone.now())


def finish_at_deadline(attempt: Attempt) -> None:
    """Ask the worker, after the commit, to finish ``attempt`` once its time is over.

    A backend that cannot wait (the immediate one of tests) is not asked.
    """
    if attempt.deadline_at is None or not default_task_backend.supports_defer:
        return
    later = finish_attempts.using(run_after=attempt.deadline_at)
    # Robust: the attempt is started, and the sweep makes up for a task that was not queued.
    transaction.on_commit(later.enqueue, robust=True)
