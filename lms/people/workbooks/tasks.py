"""What the worker does for an import: read it, apply it, undo it."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task

from lms.people.models import User
from lms.people.workbooks.applying import apply_run
from lms.people.workbooks.imports import read
from lms.people.workbooks.undoing import undo_run


@task()
def read_later(pk: int, run: str) -> None:
    """Read a handed-in file and write its preview."""
    read(pk, run)


@task()
def apply_later(pk: int, run: str, user_id: int | None) -> None:
    """Apply the good rows of a preview."""
    apply_run(pk, run, actor=User.objects.filter(pk=user_id).first(), at=timezone.now())


@task()
def undo_later(pk: int, run: str, user_id: int | None) -> None:
    """Take an applied import back."""
    undo_run(pk, run, actor=User.objects.filter(pk=user_id).first(), at=timezone.now())
