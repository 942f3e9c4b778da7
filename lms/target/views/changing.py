"""What the pages of dated changes share: who reads and writes them, the day, taking back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.people import batches
from lms.people.batches import BatchUndone, DependedOn
from lms.people.keys import read_key
from lms.people.models import Batch
from lms.people.models.accounts import Role
from lms.people.scopes import scope_of
from lms.target.asking import WrongDay, read_day


def may_write_or_404(request: HttpRequest) -> bool:
    """Tell whether the asker may change what the page shows; 404 outside the department.

    The leader reads: a POST of his finds nothing.
    """
    scope = scope_of(request.user)
    may_write = scope.has_role(Role.PROVINCE_MANAGER)
    may_read = may_write or scope.has_role(Role.PROVINCE_LEADER)
    if not may_read or (request.method == "POST" and not may_write):
        raise Http404
    return may_write


def day_shown(request: HttpRequest) -> tuple[date, str, str]:
    """Return the day asked for (else today), what stands in its field, and why it is none."""
    today = timezone.localdate()
    typed = request.GET.get("ngay", "").strip()
    if not typed:
        return today, f"{today:%d/%m/%Y}", ""
    try:
        return read_day(typed), typed, ""
    except WrongDay as refusal:
        return today, typed, str(refusal)


def key_sent(request: HttpRequest, name: str) -> int:
    """Return the key sent under ``name``, 0 for nothing or what is none."""
    return read_key(request.POST.get(name, "")) or 0


def take_back(request: HttpRequest, kind: str, undo: Callable[..., object] = batches.undo) -> None:
    """Undo the act of ``kind`` that was sent, and say what came of it."""
    batch = get_object_or_404(Batch, pk=key_sent(request, "hoan-tac"), kind=kind)
    undo_and_say(request, batch, undo)


def undo_and_say(
    request: HttpRequest, batch: Batch, undo: Callable[..., object] = batches.undo
) -> None:
    """Undo ``batch``, which the asker may, and say what came of it."""
    try:
        undo(batch, actor=request.user, at=timezone.now())
    except BatchUndone:
        messages.warning(request, _("This change was undone before."))
    except DependedOn as refusal:
        messages.error(
            request,
            " ".join(
                [
                    _("Something entered later rests on this change, so it is not undone."),
                    *refusal.reasons,
                ]
            ),
        )
    else:
        messages.success(request, _("The change is undone. What held before holds again."))
