"""What the worker does for a reorganisation: apply it or undo it."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task

from lms.people.models import User
from lms.people.reorganising.working import work_run


@task()
def work_later(pk: int, run: str, user_id: int | None) -> None:
    """Apply or undo, whichever was asked for."""
    work_run(pk, run, actor=User.objects.filter(pk=user_id).first(), at=timezone.now())
